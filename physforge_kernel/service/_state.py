"""What the routes of one application share."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from anyio import CapacityLimiter

if TYPE_CHECKING:
    from starlette.requests import HTTPConnection

    from ..workspace._embedded import EmbeddedWorkspace
    from ._activity import Activity
    from ._board import Boards
    from ._feed import Feed
    from ._incoming import Incoming
    from ._metrics import Metrics
    from ._people import SignIn
    from ._preview import Previews
    from ._settings import Settings
    from ._streams import Streams


@dataclass(frozen=True)
class Service:
    """One application's parts."""

    workspace: EmbeddedWorkspace
    """The whole workspace; a route works on the part of it that its person owns, which its desk holds."""
    sign_in: SignIn
    settings: Settings
    feed: Feed
    boards: Boards
    streams: Streams
    incoming: Incoming
    previews: Previews
    metrics: Metrics
    activity: Activity
    heavy: CapacityLimiter
    """Held while files are copied, described or read, so that such work leaves threads to the rest."""
    listening: CapacityLimiter
    """Held while something is read for event streams: however many are open, threads are left to the rest."""


def service_of(connection: HTTPConnection) -> Service:
    """Return the parts of the application that a request came to."""
    return connection.app.state.physforge
