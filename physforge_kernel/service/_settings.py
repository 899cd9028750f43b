"""What can be set about the service, each by an environment variable."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from .._numbers import asked_for

_PREFIX = "PHYSFORGE_SERVICE_"


@dataclass(frozen=True)
class Settings:
    """Settings of a service; `PHYSFORGE_SERVICE_UPLOAD_BYTES=1e9` sets `upload_bytes`, and so on.

    Example:
        >>> Settings.read({"PHYSFORGE_SERVICE_UPLOAD_BYTES": "1e9"}).upload_bytes
        1000000000.0
    """

    upload_bytes: float = 50e9
    """The most bytes that the files of one upload may hold together."""
    open_uploads: float = 32
    """The most uploads that one person may have begun and not ended."""
    body_bytes: float = 16e6
    """The most bytes of a request's body, but for the files of an upload."""
    keep_uploads_seconds: float = 86_400
    """An upload that nothing was added to for so long is given up."""
    open_streams: float = 64
    """The most event streams that one person may have open."""
    heartbeat_seconds: float = 15
    """An event stream in which nothing happens says so this often, which keeps proxies from closing it."""
    idle_seconds: float = 600
    """With no request for so long, a service that `ensure_service` started exits."""
    preview_seconds: float = 30
    """The longest that making one preview may take."""

    @classmethod
    def read(cls, environment: Mapping[str, str] | None = None) -> Settings:
        """Return the settings that the environment asks for; raise `WorkspaceError` if one cannot be used."""
        return asked_for(cls, _PREFIX, environment, zero=False)
