"""What Jupyter Server loads: the routes under which its pages reach the service and the dashboards."""

from __future__ import annotations

from importlib.util import find_spec

from jupyter_server.extension.application import ExtensionApp

from physforge_kernel.widgets import MOST_BYTES_OF_A_MESSAGE

from ._forward import ForwardHandler
from ._service import Service


class PhysForgeLab(ExtensionApp):
    """Forwards `physforge/api/v1/...` to the person's service, and shows `physforge/dashboards/...`."""

    name = "physforge_lab"

    def initialize_settings(self) -> None:
        """Take files from dashboards: Tornado would end the connection of a page that sends 10 MB."""
        self.settings.setdefault("websocket_max_message_size", MOST_BYTES_OF_A_MESSAGE)

    def initialize_handlers(self) -> None:
        """Add the routes; that of dashboards only where Voila is installed."""
        self._service = Service()
        self.handlers.append((r"/physforge/(api/v1/.*)", ForwardHandler, {"service": self._service}))
        if find_spec("voila") is not None:
            from . import _dashboard

            self.handlers.append(_dashboard.route(self))

    async def stop_extension(self) -> None:
        """Close the connections to the service."""
        await self._service.close()
