"""Where a service is, as people write it: `http://host/services/physforge`, or `unix:/path/to/socket`."""

from __future__ import annotations

import ipaddress
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..errors import WorkspaceError


@dataclass(frozen=True)
class Address:
    """A service's address, taken apart."""

    base: str
    """What the paths of its routes are put behind."""
    socket: Path | None
    """The socket to go through, instead of the network."""
    shown: str
    """How it is named in messages."""

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine, so that no proxy is between."""
        host = urlsplit(self.base).hostname or ""
        with suppress(ValueError):
            return self.socket is not None or ipaddress.ip_address(host).is_loopback
        return self.socket is not None or host == "localhost"


def read_address(text: str, socket: Path | None = None) -> Address:
    """Read an address; its path is where the service lies, its API one level further down.

    Args:
        text: as people write it.
        socket: a socket to go through; then the host means nothing.

    Raises:
        WorkspaceError: it is no such address, or holds a password, which messages and logs would repeat.

    >>> read_address("http://127.0.0.1:8000/services/physforge/").base
    'http://127.0.0.1:8000/services/physforge/api/v1'
    >>> read_address("unix:/run/lab/socket").socket
    PosixPath('/run/lab/socket')
    """
    if text.startswith("unix:") and socket is None:
        path = Path(text.removeprefix("unix:").removeprefix("//"))
        if not path.is_absolute():
            raise WorkspaceError(
                f"{text!r:.200} names no socket. Write its whole path, as in unix:/run/lab/socket."
            )
        return Address("http://localhost/api/v1", path, f"unix:{path}")
    shown = without_userinfo(text)
    try:
        parts = urlsplit(text)
        understood = (
            parts.scheme in ("http", "https") and parts.hostname and (parts.port is None or parts.port)
        )
    except ValueError:
        parts, understood = None, False
    if parts is None or not understood:
        raise WorkspaceError(
            f"{shown!r:.200} is no address of a service. Write one like "
            "http://127.0.0.1:8000/services/physforge or unix:/path/to/socket."
        )
    if shown != text:
        raise WorkspaceError(
            f"The address {shown!r:.200} holds a name or a password before its host. Leave them out, and "
            "pass a token, for instance in PHYSFORGE_TOKEN."
        )
    if parts.query or parts.fragment:
        raise WorkspaceError(f"The address {shown!r:.200} holds a '?' or a '#'. Leave out what begins there.")
    base = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"
    return Address(f"{base}/api/v1", socket, f"unix:{socket}" if socket is not None else base)


def without_userinfo(url: str) -> str:
    """Return a URL without the name and the password before its host, which no message may repeat.

    >>> without_userinfo("https://ann:secret@lab.example/services")
    'https://lab.example/services'
    """
    scheme, slashes, rest = url.partition("://")
    if not slashes:
        scheme, rest = "", url
    return f"{scheme}{slashes}{rest.rpartition('@')[2]}"
