"""Voila, serving one dashboard to one person on this machine alone."""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._shared import shared_folder
from ..errors import NotFoundError, WorkspaceError

if TYPE_CHECKING:
    from ..workspace import Workspace

HOST = "127.0.0.1"
PORT = 8866
_PORTS_TRIED = 50

MOST_BYTES = 200_000_000
"""The largest file that a person may upload through the page, in bytes; the page's template names it too."""

MOST_BYTES_OF_A_MESSAGE = MOST_BYTES + 1_000_000
"""What a server has to take from a page at once: ipywidgets sends a file in one message to the kernel."""

_IDLE_SECONDS = 600
"""How long a kernel stays whose page is closed without a word, as when a machine goes to sleep."""

_JUPYTER = Path(__file__).resolve().parent / "jupyter"


def names() -> tuple[str, ...]:
    """Return the names of the dashboards that ship with PhysForge.

    Example:
        >>> "discovery" in names()
        True
    """
    return tuple(sorted(path.stem for path in shared_folder("dashboards").glob("*.ipynb")))


def serve(name: str, workspace: Workspace, *, port: int | None, opened: Callable[[str], None]) -> None:
    """Serve a dashboard on the loopback interface until Ctrl-C or SIGTERM.

    Whoever opens it needs the token in its address. Its kernels call `physforge_kernel.connect()` themselves.

    Args:
        name: a dashboard's name.
        workspace: whose reports the page's links lead to.
        port: where to listen; by default 8866, or the next free port.
        opened: gets the address, with its token, once it answers.

    Raises:
        NotFoundError: there is no such dashboard.
        WorkspaceError: the port cannot be had.
    """
    if name not in names():
        raise NotFoundError(f"There is no dashboard {name!r}; dashboards are {', '.join(names())}.")
    notebook = shared_folder("dashboards") / f"{name}.ipynb"
    token = secrets.token_urlsafe(24)
    with _listen(port) as listening:
        _let_jupyter_find(_JUPYTER)
        from ._voila import OneDashboard

        server = OneDashboard(config=_settings(notebook, token))
        server.listening, server.workspace = listening, workspace
        server.opened = lambda: opened(f"http://{HOST}:{listening.getsockname()[1]}/?token={token}")
        server.initialize([])
        server.start()


def _let_jupyter_find(folder: Path) -> None:
    """Add a folder to those in which Jupyter looks for templates."""
    before = os.environ.get("JUPYTER_PATH")
    os.environ["JUPYTER_PATH"] = os.pathsep.join(filter(None, (str(folder), before)))


def _listen(port: int | None) -> socket.socket:
    """Return a socket that listens at the port, or at the first free one of those after the usual."""
    tried = range(PORT, PORT + _PORTS_TRIED) if port is None else (port,)
    reason = ""
    for each in tried:
        made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            made.bind((HOST, each))
            made.listen(128)
        except OSError as error:
            made.close()
            reason = error.strerror or str(error)
        else:
            made.setblocking(False)
            return made
    which = f"Port {port}" if port is not None else f"Each port from {PORT} to {PORT + _PORTS_TRIED - 1}"
    raise WorkspaceError(f"{which} of {HOST} was refused: {reason}. Choose another with --port.")


def _settings(notebook: Path, token: str) -> Any:
    from traitlets.config import Config

    csp = (
        "default-src 'self' data: blob: 'unsafe-inline' 'unsafe-eval'; connect-src 'self' data:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
    )
    return Config(
        Voila={
            "notebook_path": str(notebook),
            "root_dir": str(notebook.parent),
            "token": token,
            "open_browser": False,
            "log_level": "WARN",
            "tornado_settings": {
                "headers": {"Content-Security-Policy": csp, "X-Content-Type-Options": "nosniff"},
                "websocket_max_message_size": MOST_BYTES_OF_A_MESSAGE,
            },
        },
        VoilaConfiguration={
            "template": "physforge",
            "file_allowlist": [],
            "show_tracebacks": False,
            "kernel_spec_manager_class": "physforge_kernel.widgets._voila.ThisPython",
        },
        MappingKernelManager={"cull_idle_timeout": _IDLE_SECONDS, "cull_interval": 60},
        KernelManager={"transport_encryption": "auto"},
        ZMQChannelsWebsocketConnection={"limit_rate": False},
    )
