"""`physforge dashboard`: a page for people who do not code, in the browser."""

from __future__ import annotations

import html
import os
import sys
import tempfile
import threading
import webbrowser
from importlib.util import find_spec
from pathlib import Path
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

    with tempfile.TemporaryDirectory(prefix="physforge-", ignore_cleanup_errors=True) as private:

        def opened(address: str) -> None:
            say(f"The dashboard is open at  {address}")
            say("Ctrl-C stops it.", style="dim")
            sys.stdout.flush()
            if not no_browser and _has_screen():
                page = _page_that_leads_to(address, Path(private))
                threading.Thread(target=webbrowser.open, args=(page.as_uri(),), daemon=True).start()

        serve(name, workspace(), port=port, opened=opened)


def _page_that_leads_to(address: str, folder: Path) -> Path:
    """Write a page for a browser to open: every account of the machine can see a browser's command line."""
    page = folder / "open.html"
    quoted = html.escape(address)
    text = (
        '<!DOCTYPE html><meta charset="utf-8"><title>PhysForge</title>'
        '<meta name="referrer" content="no-referrer">'
        f'<meta http-equiv="refresh" content="0; url={quoted}"><a href="{quoted}">Open the dashboard</a>\n'
    )
    with open(os.open(page, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as stream:
        stream.write(text)
    return page


def _has_screen() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
