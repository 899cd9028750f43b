"""The dashboards that ship with PhysForge: Voila shows them from this server, whatever its folder holds."""

from __future__ import annotations

from typing import Any

from jupyter_server.services.contents.largefilemanager import LargeFileManager
from jupyter_server.services.contents.manager import ContentsManager
from jupyter_server.utils import ensure_async
from tornado import web
from traitlets.config import Configurable
from voila.configuration import VoilaConfiguration
from voila.paths import collect_template_paths
from voila.tornado.handler import TornadoVoilaHandler

from physforge_kernel._shared import shared_folder
from physforge_kernel.widgets import names

_TEMPLATE = "physforge"


class Shipped(LargeFileManager):
    """Reads the notebooks of dashboards where they were installed."""

    def mark_trusted_cells(self, nb: Any, path: str = "") -> None:
        """Leave them as they are: nobody has signed them, which is no news for the log."""


class DashboardHandler(TornadoVoilaHandler):
    """Shows a dashboard to whoever is signed in to this server, in a kernel of its own."""

    def initialize(self, **given: Any) -> None:
        """Take what Voila takes, and where the notebooks are."""
        self._shipped: ContentsManager = given.pop("shipped")
        super().initialize(**given)

    @web.authenticated
    async def get(self, path: str | None = None) -> None:
        """Send the page of a dashboard, as its notebook runs."""
        if path not in names():
            raise web.HTTPError(404, f"There is no dashboard {path!r}; there are {', '.join(names())}.")
        self.notebook_path = f"{path}.ipynb"
        await ensure_async(super().get())

    @property
    def contents_manager(self) -> ContentsManager:
        """Where Voila finds the notebook: not in the folder that this server was started in."""
        return self._shipped


def route(app: Configurable) -> tuple[str, type[DashboardHandler], dict[str, Any]]:
    """Return the route of dashboards for an application of a Jupyter server."""
    return (
        r"/physforge/dashboards/(\w+)",
        DashboardHandler,
        {
            "shipped": Shipped(parent=app, root_dir=str(shared_folder("dashboards"))),
            "config": app.config,
            "template_paths": collect_template_paths(["voila", "nbconvert"], _TEMPLATE),
            "voila_configuration": VoilaConfiguration(parent=app, template=_TEMPLATE),
        },
    )
