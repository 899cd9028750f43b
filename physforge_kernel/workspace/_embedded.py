"""The embedded workspace: SQLite and a folder, under one private home."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, suppress
from pathlib import Path

from sqlalchemy import select

from .._home import private_folder
from ..errors import PhysForgeWarning, WorkspaceError
from . import _objects
from ._clock import Clock, utc_now
from ._database import Database
from ._datasets import EmbeddedDatasets
from ._describing import Limits
from ._job_records import JobRecords
from ._jobs import EmbeddedJobs, Validator
from ._models import ObjectRow, VersionRow
from ._names import check_owner
from ._object_store import LocalObjectStore
from ._reports import EmbeddedReports, Renderer
from ._schema import open_database
from ._views import Views

_NETWORK_FILE_SYSTEMS = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "afs",
    "lustre",
    "ceph",
    "glusterfs",
    "beegfs",
}


class EmbeddedWorkspace:
    """A workspace in a folder of its own; it is made, or migrated, when it is opened.

    Many processes may have the same home open at once.

    Args:
        home: the workspace's folder; closed to everybody else if it is ours.
        owner: whose datasets, jobs and reports it sees and makes; empty for the person alone on a machine.
        kinds: job kind -> validator of its config, for `jobs.submit`; None accepts any kind.
        on_submit: called with the home after a job was queued, and now and then while one is waited for;
            it starts the runner if none is there.
        renderer: renders a report for `reports.render`.
        clock: tells the time, in UTC.
        limits: what describing an upload may take.

    Raises:
        WorkspaceError: the folder cannot be used, or was written by a newer PhysForge.

    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home:
    ...     EmbeddedWorkspace(home).datasets.list()
    No datasets yet.
    """

    def __init__(
        self,
        home: str | Path,
        *,
        owner: str = "",
        kinds: Mapping[str, Validator] | None = None,
        on_submit: Callable[[Path], object] | None = None,
        renderer: Renderer | None = None,
        clock: Clock = utc_now,
        limits: Limits = Limits(),  # noqa: B008 (frozen)
    ) -> None:
        self.home = _made(Path(home).expanduser().absolute())
        self._clock = clock
        self._database: Database = open_database(self.home)
        self._store = LocalObjectStore(self.home)
        self._store.clear_dead_staging()
        self._views = Views(self.home / "views", self._store)
        self._report_views = Views(self.home / "reports", self._store)
        self._kinds, self._on_submit, self._renderer, self._limits = kinds, on_submit, renderer, limits
        self.records = JobRecords(self._database, self._store, clock=clock)
        """The records of everybody's jobs, for the runner."""
        self._serve(owner)

    def acting_for(self, owner: str) -> EmbeddedWorkspace:
        """Return this workspace as another owner sees it: nobody else's datasets, jobs and reports.

        It shares the database and the store, and is cheap enough to be made for each request.

        Raises:
            WorkspaceError: nobody can be called that.

        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as home:
        ...     EmbeddedWorkspace(home).acting_for("ann").owner
        'ann'
        """
        theirs = copy.copy(self)
        theirs._serve(owner)
        return theirs

    def _serve(self, owner: str) -> None:
        self.owner = check_owner(owner)
        database, store = self._database, self._store
        records = JobRecords(database, store, owner=owner, clock=self._clock)
        self.datasets = EmbeddedDatasets(
            database, store, self._views, self._clock, self._limits, self._tidy, owner
        )
        self.jobs = EmbeddedJobs(records, database, self._views, kinds=self._kinds, wake=self.wake)
        self.reports = EmbeddedReports(
            self, database, store, self._report_views, self._clock, self._renderer, owner
        )

    def changes(self) -> AbstractContextManager[Callable[[], bool]]:
        """Return a context with a function that says cheaply whether anybody committed since it was asked."""
        return self._database.changes()

    def sweep(self) -> int:
        """Remove what dead uploads left, and the objects that nothing has held for a day; return how many."""
        cleared = self._store.clear_dead_staging()
        with self._database.writing() as session:
            deleted = _objects.sweep(session, self._store, self._clock())
            live = set(session.scalars(select(ObjectRow.sha256)))
            live.update(session.scalars(select(VersionRow.manifest).where(VersionRow.released.is_(False))))
            self._views.keep_only(lambda key: key.partition("-")[0] in live)
        return cleared + deleted

    def wake(self) -> None:
        """Have queued jobs run, where a function for that was handed in; cheap, and may be called often."""
        if self._on_submit is not None:
            self._on_submit(self.home)

    def _tidy(self) -> None:
        stamp = self.home / "swept"
        today = self._clock().timestamp()
        if not stamp.exists() or stamp.stat().st_mtime < today - _objects.GRACE.total_seconds():
            stamp.touch()
            self.sweep()

    def __repr__(self) -> str:
        return f"<EmbeddedWorkspace {self.home}{f' of {self.owner}' if self.owner else ''}>"


def _made(home: Path) -> Path:
    try:
        private_folder(home)
    except OSError as error:
        raise WorkspaceError(
            f"The workspace's folder {home} cannot be made: {error.strerror}. "
            "Choose another, for instance with PHYSFORGE_HOME."
        ) from error
    kind = _file_system(home)
    if kind in _NETWORK_FILE_SYSTEMS:
        warnings.warn(
            f"The workspace {home} is on a network file system ({kind}), on which SQLite cannot be relied "
            "on. Set PHYSFORGE_HOME to a folder on a local disk.",
            PhysForgeWarning,
            stacklevel=3,
        )
    return home


def _file_system(path: Path) -> str | None:
    """Return the type of the file system that holds `path`, where the system tells."""
    best, kind = -1, None
    with suppress(OSError):
        for line in Path("/proc/self/mounts").read_text().splitlines():
            _, mount, this, *_ = line.split(" ")
            mount = mount.replace("\\040", " ")
            if len(mount) > best and path.resolve().is_relative_to(mount):
                best, kind = len(mount), this
    return kind
