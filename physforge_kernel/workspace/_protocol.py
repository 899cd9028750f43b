"""The Workspace: what a notebook, a dashboard, a report and the command line may ask of it.

The embedded workspace here and the client of a lab's service answer to the same Protocol.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from os import PathLike
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, Protocol

from .. import _wording
from ..errors import ConflictError, WorkspaceError
from . import _display
from ._job_views import ArtifactInfo, Event, JobRecord, JobState
from ._names import not_found

if TYPE_CHECKING:
    from xarray import Dataset

    from ._job import Job

Progress = Callable[[float, str], None]
"""Called with the fraction done, 0 to 1, and what is being done."""


@dataclass(frozen=True)
class FileEntry:
    """One file of a version."""

    path: str
    """Relative, with '/' between folders."""
    size: int
    """In bytes."""
    sha256: str


@dataclass(frozen=True)
class Version:
    """One immutable version of a dataset."""

    name: str
    number: int
    """Counts from 1; a number is never given twice."""
    id: str
    """The sha256 of the manifest, that is of the files' paths, sizes and hashes."""
    files: tuple[FileEntry, ...]
    size: int
    """In bytes."""
    created: datetime
    description: str
    tags: tuple[str, ...]
    metadata: Mapping[str, Any]
    """What `fields.describe` read from the file; for several files, one entry for each path."""
    reused: bool = field(default=False, compare=False)
    """True if an upload found these very bytes under this name, and so made no new version."""

    @property
    def ref(self) -> str:
        """The version's reference, such as `wake@3`."""
        return f"{self.name}@{self.number}"

    @property
    def readable(self) -> tuple[str, ...]:
        """The paths of those of its files that can be read as fields."""
        if len(self.files) == 1:
            return (self.files[0].path,)
        described = self.metadata.get("files", {})
        return tuple(path for path, one in described.items() if "refused" not in one)

    def file_to_open(self, file: str | None = None) -> str:
        """Return which of the files to open as a field: the one there is, or the one that is named.

        Raises:
            NotFoundError: no file of this name can be read.
            WorkspaceError: several can be read, and none is named.
        """
        if len(self.files) == 1:
            return self.files[0].path
        readable = self.readable
        if file is not None:
            if file not in readable:
                raise not_found("file", file, readable, f"{self.ref} holds {', '.join(readable[:8])}.")
            return file
        if len(readable) != 1:
            raise WorkspaceError(
                f"{self.ref} holds {len(readable)} files that can be read: {', '.join(readable[:8])}. "
                f"Say which, as in open({self.ref!r}, file={readable[0]!r})."
            )
        return readable[0]

    def place_at(self, destination: str | PathLike[str]) -> Path:
        """Return where a copy of the file, or of the folder of files, goes.

        A file keeps its ending where the destination names none, since that says what can read it.

        Raises:
            ConflictError: something is there already.
        """
        single = len(self.files) == 1
        target = Path(destination).expanduser()
        if target.is_dir():
            target = target / (self.files[0].path if single else f"{self.name}-{self.number}")
        elif single and not target.suffix:
            target = target.with_name(target.name + PurePath(self.files[0].path).suffix)
        if target.exists():
            raise ConflictError(f"{target} exists already. Remove it, or choose another path.")
        return target

    def __repr__(self) -> str:
        state = ", already there" if self.reused else ""
        return f"<Version {self.ref}: {self._contents()}, {_wording.size(self.size)}{state}>"

    def _repr_html_(self) -> str:
        facts = {
            "holds": self._contents(),
            "size": _wording.size(self.size),
            "uploaded": _wording.when(self.created) + (" (already there)" if self.reused else ""),
            "description": self.description,
            "tags": ", ".join(self.tags),
            "id": self.id[:12],
        }
        return _display.facts_html(self.ref, facts)

    def _contents(self) -> str:
        return self.files[0].path if len(self.files) == 1 else f"{len(self.files)} files"


@dataclass(frozen=True)
class DatasetInfo:
    """A dataset as a list shows it: its name, and its newest version."""

    name: str
    latest: int
    """The number of the newest version."""
    versions: int
    """How many there are."""
    size: int
    """Of the newest version, in bytes."""
    created: datetime
    """When the newest version was uploaded."""
    description: str
    tags: tuple[str, ...]


@dataclass(frozen=True)
class Report:
    """A rendered report."""

    id: str
    title: str
    template: str
    job: str
    created: datetime
    html: Path
    """A page that stands alone and works offline; read-only."""
    notebook: Path
    """The notebook that made it; read-only."""

    def _repr_html_(self) -> str:
        facts = {
            "report": self.id,
            "template": self.template,
            "job": self.job,
            "rendered": _wording.when(self.created),
            "page": str(self.html),
            "notebook": str(self.notebook),
        }
        return _display.facts_html(self.title, facts)


@dataclass(frozen=True)
class ReportRecord:
    """What is recorded of a report: everything but the files themselves, which are named by their hashes."""

    id: str
    title: str
    template: str
    job: str
    created: datetime
    html: FileEntry
    notebook: FileEntry


class Datasets(Protocol):
    """Files and fields with names and immutable versions."""

    def upload(
        self,
        source: str | PathLike[str] | Dataset,
        name: str | None = None,
        *,
        description: str = "",
        tags: Sequence[str] = (),
        progress: Progress | None = None,
    ) -> Version: ...

    def list(self, search: str | None = None) -> builtins.list[DatasetInfo]: ...

    def get(self, ref: str | Version) -> Version: ...

    def versions(self, name: str) -> builtins.list[Version]: ...

    def open(
        self,
        ref: str | Version,
        file: str | None = None,
        *,
        dims: str | Sequence[str] | None = None,
    ) -> Dataset: ...

    def path(self, ref: str | Version) -> Path: ...

    def download(self, ref: str | Version, destination: str | PathLike[str]) -> Path: ...

    def delete(self, name: str) -> None: ...


class Jobs(Protocol):
    """Work that outlives the process that asked for it."""

    def submit(
        self,
        kind: str,
        config: Mapping[str, Any] | None = None,
        *,
        inputs: str | Version | Mapping[str, str | Version] | None = None,
        name: str | None = None,
        idempotency_key: str | None = None,
        priority: int = 0,
        max_attempts: int = 3,
    ) -> Job: ...

    def get(self, id: str) -> Job: ...

    def list(self, state: JobState | None = None, limit: int = 50) -> builtins.list[Job]: ...

    def watch(self, id: str, timeout: float | None = None) -> Iterator[Event]: ...

    def wait(self, id: str, timeout: float | None = None) -> Job: ...

    def result(self, id: str, timeout: float | None = None) -> dict[str, Any]: ...

    def artifacts(self, id: str) -> builtins.list[ArtifactInfo]: ...

    def artifact(self, id: str, name: str) -> Path: ...

    def log(self, id: str) -> str: ...

    def cancel(self, id: str) -> Job: ...

    def record(self, id: str) -> JobRecord: ...


class Reports(Protocol):
    """Pages to read, and the notebooks that made them."""

    def render(
        self,
        job: str | Job,
        *,
        template: str = "discovery",
        title: str | None = None,
        progress: Progress | None = None,
    ) -> Report: ...

    def list(self) -> builtins.list[Report]: ...

    def get(self, id: str) -> Report: ...


class Workspace(Protocol):
    """Datasets, jobs and reports that last."""

    @property
    def datasets(self) -> Datasets: ...

    @property
    def jobs(self) -> Jobs: ...

    @property
    def reports(self) -> Reports: ...
