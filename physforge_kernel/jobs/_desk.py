"""Where a runner and its supervisors reach the workspace: the records, and the files of a job's inputs."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ..workspace._database import Database
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

    def lay_out(self, job: JobRecord, folder: Path) -> dict[str, dict[str, str]]:
        """Copy the files of the job's inputs to `folder`; return the ref and the path of each input.

        The path is the file's, or the folder's where a version has several files.

        Raises:
            WorkspaceError: an object is missing or damaged, or cannot be copied.
        """
        laid_out: dict[str, dict[str, str]] = {}
        for name, ref in job.inputs.items():
            root = folder / name
            with self.database.reading() as session:
                files = [
                    (file.path, file.sha256)
                    for file in resolve(session, job.owner, job.input_ids[name]).files
                ]
            for path, sha256 in files:
                destination = root / path
                destination.parent.mkdir(parents=True, exist_ok=True)
                with disk_errors():
                    self._store.fetch(sha256, destination, mode=0o444)
            single = len(files) == 1 and "/" not in files[0][0]
            laid_out[name] = {"ref": ref, "path": str(root / files[0][0] if single else root)}
        return laid_out


@cache
def _opened(home: Path) -> tuple[Database, LocalObjectStore]:
    return open_database(home), LocalObjectStore(home)
