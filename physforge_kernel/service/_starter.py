"""Finding the private service of a workspace, or starting it: one for each, detached, on a socket."""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .._home import private_folder
from ..errors import WorkspaceError
from ..jobs._environment import without_secrets
from ..jobs._lock import RunnerLock
from ._listen import LONGEST_PATH
from ._local import local_token, service_folder

_PATIENCE = 30.0  # seconds, for a service to come up
_PAUSE = 0.05


@dataclass(frozen=True)
class Address:
    """Where a private service listens, and the token it admits; as an address, `unix:SOCKET`."""

    socket: Path
    token: str

    def __repr__(self) -> str:
        return f"Address(socket={str(self.socket)!r}, token=...)"


@dataclass(frozen=True)
class ServiceFiles:
    """Where the private service of a workspace keeps its own files."""

    home: Path

    @property
    def folder(self) -> Path:
        return self.home / "service"

    @property
    def lock(self) -> Path:
        return self.folder / "lock"

    @property
    def log(self) -> Path:
        return self.folder / "log"

    @property
    def notice(self) -> Path:
        return self.folder / "service.json"

    @property
    def socket(self) -> Path:
        """The socket: in the workspace where its path is short enough, else in a private folder that is."""
        inside = self.folder / "socket"
        if len(os.fsencode(inside)) <= LONGEST_PATH:
            return inside
        place = Path(os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()) / f"physforge-{os.getuid()}"
        name = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:16]
        if len(os.fsencode(place)) + 1 + len(name) > LONGEST_PATH:
            place = Path("/tmp") / f"physforge-{os.getuid()}"
        private_folder(place)
        if place.stat().st_uid != os.geteuid():
            raise WorkspaceError(
                f"{place} belongs to somebody else. Set XDG_RUNTIME_DIR to a folder of yours."
            )
        return place / name


def ensure_service(home: str | Path) -> Address:
    """Return the address of the workspace's private service, started detached if there was none.

    It ends when it has had nothing to do for ten minutes (`PHYSFORGE_SERVICE_IDLE_SECONDS`): whoever finds it
    gone asks here again.

    Args:
        home: the workspace's folder.

    Raises:
        WorkspaceError: the service does not come up; the message ends with its log's last line.
    """
    files = ServiceFiles(Path(home).expanduser().resolve())
    try:
        service_folder(files.home)
        address = Address(files.socket, local_token(files.home))
    except OSError as error:
        raise WorkspaceError(
            f"The service of {files.home} cannot be started: {error.strerror} ({error.filename})."
        ) from error
    deadline = time.monotonic() + _PATIENCE
    starts = 0
    while not _answers(address.socket):
        lock = RunnerLock.take(files.lock)
        if lock is not None:
            if starts == 2:
                lock.close()
                raise WorkspaceError(f"The service of {files.home} ended at once. {_last_words(files)}")
            starts += 1
            try:
                _start(files, address.socket, lock)
            finally:
                lock.close()
        if time.monotonic() > deadline:
            raise WorkspaceError(
                f"The service of {files.home} does not answer after {_PATIENCE:g} s. {_last_words(files)}"
            )
        time.sleep(_PAUSE)
    return address


def stop_service(home: str | Path, seconds: float = 20.0) -> bool:
    """Ask the private service of a workspace to stop, and wait for it.

    Returns:
        Whether there was one.

    Raises:
        WorkspaceError: it still runs after so many seconds.
    """
    files = ServiceFiles(Path(home).expanduser().resolve())
    deadline = time.monotonic() + seconds
    was_there = False
    while files.folder.is_dir():
        lock = RunnerLock.take(files.lock)
        if lock is not None:
            lock.close()
            break
        was_there = True
        with suppress(FileNotFoundError, ProcessLookupError, ValueError, KeyError):
            os.kill(json.loads(files.notice.read_text())["pid"], signal.SIGTERM)
        if time.monotonic() > deadline:
            raise WorkspaceError(f"The service of {files.home} still runs after {seconds:g} seconds.")
        time.sleep(_PAUSE)
    return was_there


def announce(files: ServiceFiles, path: Path) -> None:
    """Say that this process is the service."""
    partial = files.notice.with_suffix(".new")
    partial.write_text(json.dumps({"pid": os.getpid(), "socket": str(path)}))
    partial.replace(files.notice)


def _start(files: ServiceFiles, path: Path, lock: RunnerLock) -> None:
    files.notice.unlink(missing_ok=True)  # it names a process that is gone
    handle = os.open(files.log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    given = ["--home", str(files.home), "--socket", str(path), "--lock", str(lock.handle), "--detach"]
    try:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "physforge_kernel.service", *given],
            stdin=subprocess.DEVNULL,
            stdout=handle,
            stderr=subprocess.STDOUT,
            cwd=files.home,
            env={**without_secrets(os.environ), "PHYSFORGE_HOME": str(files.home)},
            pass_fds=(lock.handle,),
            start_new_session=True,
            umask=0o077,
            check=False,
        )
    finally:
        os.close(handle)
    if ended.returncode != 0:
        raise WorkspaceError(f"The service of {files.home} could not be started. {_last_words(files)}")


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=5.0)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _answers(path: Path) -> bool:
    connection = _Connection(path)
    try:
        connection.request("GET", "/api/v1/health/live")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _last_words(files: ServiceFiles) -> str:
    lines = files.log.read_text(errors="replace").splitlines() if files.log.exists() else []
    said = next((line.strip() for line in reversed(lines) if line.strip()), "")
    return f"Its log is {files.log}" + (f", and ends with: {said:.300}" if said else ", and is empty.")
