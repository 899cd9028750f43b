"""Voila with what `physforge dashboard` wants of it: this Python, one socket, and pages of reports."""

from __future__ import annotations

import asyncio
import logging
import socket
import sys
from collections.abc import Callable
from typing import Any

from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop
from tornado.log import gen_log
from voila.app import Voila
from voila.tornado.handler import TornadoVoilaHandler

from ..errors import NotFoundError, PhysForgeError
from ..workspace import Workspace

KERNEL = "physforge"

PAGE_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)
"""A report holds what people wrote: it runs no script, fetches nothing, and counts as of no origin."""


class ThisPython(KernelSpecManager):
    """Knows one kernel, the Python that serves, whichever are installed."""

    def find_kernel_specs(self) -> dict[str, str]:
        """Return the one kernel there is."""
        return {KERNEL: ""}

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        """Return how to start it, whatever it is called."""
        return KernelSpec(
            argv=[
                *(sys.executable, "-P", "-m", "ipykernel_launcher", "-f", "{connection_file}"),
                "--IPKernelApp.kernel_class=physforge_kernel.widgets._kernel.PageKernel",
            ],
            display_name="PhysForge",
            language="python",
            metadata={"supported_encryption": ["curve"]},
        )

    def get_all_specs(self) -> dict[str, Any]:
        """Return the one kernel there is, as JSON."""
        return {KERNEL: {"resource_dir": "", "spec": self.get_kernel_spec(KERNEL).to_dict()}}


class ReportPage(JupyterHandler):
    """Answers with a report's page, at the address that JupyterLab's half of PhysForge has for it too."""

    def initialize(self, workspace: Workspace) -> None:
        """Take what the route hands over."""
        self._workspace = workspace

    @web.authenticated
    async def get(self, report: str) -> None:
        """Send the page."""
        try:
            page = await asyncio.to_thread(lambda: self._workspace.reports.get(report).html.read_bytes())
        except PhysForgeError as error:
            missing = isinstance(error, NotFoundError)
            self.set_status(404 if missing else 502)
            self.set_header("Content-Type", "text/plain; charset=utf-8")
            self.finish(str(error))
            return
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Cache-Control", "private, no-store")
        self.finish(page)

    @property
    def content_security_policy(self) -> str:
        """Let nothing in the page run."""
        return PAGE_POLICY

    def set_default_headers(self) -> None:
        """Set the page's own policy, not that of dashboards."""
        super().set_default_headers()
        self.set_header("Content-Security-Policy", PAGE_POLICY)


class DashboardPage(TornadoVoilaHandler):
    """Sends a dashboard, and the cookie by which its page may end its kernel when it is left."""

    async def prepare(self, *given: Any, **more: Any) -> None:
        """Set the cookie, whatever else is done."""
        await super().prepare(*given, **more)
        _ = self.xsrf_token


class Quiet(logging.Filter):
    """Keeps two messages from the terminal that are no news to anyone.

    The dashboard ships with PhysForge, so nobody has signed it; and Jupyter's own times between pings, which
    are in milliseconds, are taken for seconds by Tornado.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to log a record."""
        message = str(record.msg)
        return message != "Notebook %s is not trusted" and not message.startswith(
            "The websocket_ping_timeout ("
        )


class OneDashboard(Voila):
    """Serves one notebook on a socket that listens already; reads nobody's configuration files."""

    listening: socket.socket
    workspace: Workspace
    opened: Callable[[], None]

    def load_config_file(self, *_: Any, **__: Any) -> None:
        """Read none: one in the folder of whoever starts us would run as code."""

    def init_handlers(self) -> Any:
        """Put the pages of reports before the notebook, which takes every other address."""
        page = (r"/physforge/api/v1/reports/([\w.-]+)/page", ReportPage, {"workspace": self.workspace})
        others: Any = super().init_handlers()
        return [
            page,
            *((one[0], DashboardPage, *one[2:]) if one[1] is TornadoVoilaHandler else one for one in others),
        ]

    def listen(self) -> None:
        """Answer until told to end, and then end every kernel."""
        for log in (self.log, gen_log):
            log.addFilter(Quiet())
        server = HTTPServer(self.app)
        server.add_socket(self.listening)
        self.ioloop = IOLoop.current()
        self.ioloop.add_callback(self.opened)
        try:
            self.ioloop.start()
        except KeyboardInterrupt:
            pass
        finally:
            self.stop()
