"""The workspace that a service offers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path

from ._address import read_address
from ._cache import Cache
from ._datasets import HttpDatasets
from ._jobs import HttpJobs
from ._line import Line
from ._records import ABOUT
from ._reports import HttpReports


class HttpWorkspace:
    """A person's datasets, jobs and reports, through a service.

    Args:
        url: where the service lies, such as `http://127.0.0.1:8000/services/physforge`, or
            `unix:/path/to/socket`.
        token: what signs us in, or a function that returns the headers that do, called for each request.
        socket: a socket to go through, where `url` is not one itself.
        cache: the folder for what is downloaded; by default a private one of the system's.

    Raises:
        WorkspaceError: the address is none.
    """

    def __init__(
        self,
        url: str,
        token: str | Callable[[], Mapping[str, str]] | None = None,
        *,
        socket: str | PathLike[str] | None = None,
        cache: str | PathLike[str] | None = None,
    ) -> None:
        address = read_address(url, None if socket is None else Path(socket).absolute())
        self._line = Line(address, token if callable(token) else lambda: _bearer(token))
        kept = Cache(None if cache is None else Path(cache).absolute())
        kept.tidy()
        self.datasets = HttpDatasets(self._line, kept)
        self.jobs = HttpJobs(self._line, kept)
        self.reports = HttpReports(self._line, kept, self.jobs)

    def person(self) -> str:
        """Return the name that the service knows us by; empty for the one person of a laptop.

        Raises:
            WorkspaceError: the service does not answer, or refuses the token; or it is none.
        """
        return self._line.get(ABOUT, "").person.name

    def close(self) -> None:
        """Close the connections to the service; what is asked for later opens them anew."""
        self._line.close()

    def __repr__(self) -> str:
        return f"<HttpWorkspace {self._line.address.shown}>"


def _bearer(token: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}
