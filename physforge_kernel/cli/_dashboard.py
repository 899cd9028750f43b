"""`physforge dashboard`: a page for people who do not code, in the browser."""

from __future__ import annotations

import os
import sys
import threading
import webbrowser
from importlib.util import find_spec
from typing import Annotated

import typer

from ._console import say
from ._records import workspace
from ._usage import MisuseError


def dashboard(
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="Which dashboard.")] = "discovery",
    port: Annotated[
        int | None,
        typer.Option("--port", min=1, max=65535, help="Where to listen. Default: 8866, or the next free."),
    ] = None,
    no_browser: Annotated[bool, typer.Option("--no-browser", help="Only print the address.")] = False,
) -> None:
    """Open a dashboard in the browser: choose data, press a button, see the law.

    It is served on this machine alone, to whoever has the address that is printed.
    Ctrl-C stops it; jobs go on.
    """
    if find_spec("voila") is None:
        raise MisuseError('Dashboards need Voila. Install it: pip install "physforge[dashboards]"')
    from ..widgets import serve

    def opened(address: str) -> None:
        say(f"The dashboard is open at  {address}")
        say("Ctrl-C stops it.", style="dim")
        sys.stdout.flush()
        if not no_browser and _has_screen():
            threading.Thread(target=webbrowser.open, args=(address,), daemon=True).start()

    serve(name, workspace(), port=port, opened=opened)


def _has_screen() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
