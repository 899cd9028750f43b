"""Where a runner and its supervisors reach the workspace: the records, and the files of a job's inputs."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from ..workspace._database import Database
from ..workspace._dataset_views import version_of
from ..workspace._job_records import JobRecords
from ..workspace._job_views import JobRecord
from ..workspace._object_store import LocalObjectStore
from ..workspace._schema import open_database
from ..workspace._uploads import disk_errors
from ..workspace._versions import resolve


class Desk:
    """The records and the object store under one home."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.database, self._store = _opened(home)
        self.records = JobRecords(self.database, self._store)

    def lay_out(self, job: JobRecord, folder: Path) -> dict[str, dict[str, Any]]:
        """Copy the files of the job's inputs to `folder`; return the `ref`, `path`, `readable` of each input.

        The path is the file's, or the folder's where a version has several files; `readable` are the paths in
        it of those that can be read as fields.

        Raises:
            WorkspaceError: an object is missing or damaged, or cannot be copied.
        """
        laid_out: dict[str, dict[str, Any]] = {}
        for name, ref in job.inputs.items():
            root = folder / name
            with self.database.reading() as session:
                version = version_of(resolve(session, job.owner, job.input_ids[name]))
            for file in version.files:
                destination = root / file.path
                destination.parent.mkdir(parents=True, exist_ok=True)
                with disk_errors():
                    self._store.fetch(file.sha256, destination, mode=0o444)
            first = version.files[0].path
            single = len(version.files) == 1 and "/" not in first
            path = str(root / first if single else root)
            laid_out[name] = {"ref": ref, "path": path, "readable": version.readable}
        return laid_out


@cache
def _opened(home: Path) -> tuple[Database, LocalObjectStore]:
    return open_database(home), LocalObjectStore(home)
