"""Where a service listens: a private socket, or a port of this machine alone."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
from contextlib import suppress
from pathlib import Path

from ..errors import WorkspaceError

LONGEST_PATH = 107
"""Of a socket, in bytes: what the system's `sun_path` holds."""


def listen_on_socket(path: Path) -> socket.socket:
    """Return a listening socket at `path` that only its owner can connect to; a dead one there is replaced.

    Raises:
        WorkspaceError: something else is there, or the socket cannot be made.
    """
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise WorkspaceError(f"{path} is there, and is no socket. Choose another path for the service.")
        if _is_answered(path):
            raise WorkspaceError(f"Somebody listens on {path} already. Stop it, or choose another path.")
        path.unlink()
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise WorkspaceError(
            f"The service cannot listen on {path}: {error.strerror or error}. Choose a folder that can be "
            f"written, and a path of at most {LONGEST_PATH} bytes."
        ) from error
    finally:
        os.umask(before)
    return listener


def listen_on_port(port: int, host: str = "127.0.0.1") -> socket.socket:
    """Return a socket that listens on this machine's own interface; port 0 takes any that is free.

    Raises:
        WorkspaceError: the address is one that other machines can reach, or it is taken.
    """
    if not _is_loopback(host):
        raise WorkspaceError(
            f"{host!r} can be reached from other machines, and the service speaks without encryption. Use "
            "127.0.0.1, and put a proxy with TLS before it."
        )
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Of a socket that does not name its protocol, asyncio leaves Nagle's algorithm on: 40 ms for each answer.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except (OSError, OverflowError) as error:
        listener.close()
        reason = getattr(error, "strerror", None) or error
        raise WorkspaceError(f"The service cannot listen on {host} port {port}: {reason}.") from error
    return listener


def _is_answered(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        try:
            caller.connect(str(path))
        except OSError:
            return False
        return True


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    with suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return False
