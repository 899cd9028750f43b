"""The application: the routes under their prefix, and what is around them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib.metadata import version

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from ..workspace._embedded import EmbeddedWorkspace
from ._activity import Activity
from ._board import Boards
from ._feed import Feed
from ._incoming import Incoming
from ._metrics import Metrics
from ._middleware import Around
from ._people import SignIn
from ._preview import Previews
from ._problems import answer_with_problems
from ._settings import Settings
from ._state import Service
from ._streams import Streams
from .routes import ROUTERS

API = "api/v1"
_SWEEP_EVERY = 3600.0  # seconds


def create_app(
    workspace: EmbeddedWorkspace, sign_in: SignIn, *, prefix: str = "/", settings: Settings | None = None
) -> FastAPI:
    """Return the service of a workspace.

    Each request acts on what its person owns: on `workspace.acting_for(person.owner)`.

    Args:
        workspace: everybody's; one that `pf.connect()` would open, so that it knows kinds and starts runners.
        sign_in: finds out who sent a request.
        prefix: the path that everything lies under, such as `/services/physforge/`.
        settings: limits; those that the environment asks for if left out.

    Returns:
        An ASGI application whose routes begin with `{prefix}api/v1/`.
    """
    settings = settings or Settings.read()
    listening = CapacityLimiter(2)
    feed = Feed(workspace.changes, listening)
    streams = Streams(int(settings.open_streams))
    service = Service(
        workspace=workspace,
        sign_in=sign_in,
        settings=settings,
        feed=feed,
        boards=Boards(feed, listening),
        streams=streams,
        incoming=Incoming(workspace.home, settings),
        previews=Previews(int(settings.preview_seconds)),
        metrics=Metrics(streams),
        activity=Activity(),
        heavy=CapacityLimiter(4),
        listening=listening,
    )
    base = "/".join(["", *prefix.strip("/").split("/"), API]).replace("//", "/")
    app = FastAPI(
        title="PhysForge",
        version=version("physforge"),
        description=(
            "Datasets, jobs and reports of whoever asks. Send a token as `Authorization: Bearer TOKEN`. "
            "Refusals are problem documents (RFC 9457); their `detail` is a sentence for people."
        ),
        openapi_url=f"{base}/openapi.json",
        docs_url=None,  # its pages would be fetched from elsewhere
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan,
    )
    app.state.physforge = service
    answer_with_problems(app)
    for router in ROUTERS:
        app.include_router(router, prefix=base)
    app.add_middleware(Around, service=service)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    sweeping = asyncio.create_task(_sweep(app.state.physforge.incoming))
    try:
        yield
    finally:
        app.state.physforge.feed.close()
        sweeping.cancel()
        with suppress(asyncio.CancelledError):
            await sweeping


async def _sweep(incoming: Incoming) -> None:
    while True:
        await run_in_threadpool(incoming.sweep)
        await asyncio.sleep(_SWEEP_EVERY)
