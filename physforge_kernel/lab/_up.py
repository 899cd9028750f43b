"""Start JupyterLab, say where it is, and leave nothing behind when it ends."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .._home import private_folder
from .._shared import shared_folder
from ..errors import PhysForgeError, WorkspaceError
from ._folder import Seeding, seed
from ._runner import end_runners, mark_runners
from ._settings import FIRST_TUTORIAL, Settings, has_display, home_and_folder

_INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lab until Ctrl-C, as `make up` does.

    Args:
        arguments: as on the command line; `--help` lists them.

    Returns:
        the exit code: 0, or that of the error that was printed.
    """
    # From the first moment, and even where a shell started this in the background and so had it ignored.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        settings = _parse(arguments)
        seeding = prepare(settings)
        lab = mark_runners()
        server = _start(settings)
        _trust(settings, (*seeding.added, *seeding.refreshed))
    except PhysForgeError as error:
        print(f"PhysForge: {error}", file=sys.stderr)
        return error.exit_code
    except (OSError, OverflowError) as error:
        print(f"PhysForge: {_refusal(error)}", file=sys.stderr)
        return WorkspaceError.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    # Runs after the callback that binds the port: whoever reads the address can open it.
    server.io_loop.add_callback(_announce, server, settings, seeding)
    try:
        server.start()
    finally:
        had_runner = end_runners(settings.home, lab)
    waiting = " Jobs that had not ended wait for the next start." if had_runner else ""
    print(f"The lab has stopped.{waiting}")
    return 0


def prepare(settings: Settings) -> Seeding:
    """Make everything on the disk that a lab needs: the private home first, then the tutorials and Jupyter's.

    Args:
        settings: how the lab will run.

    Returns:
        what happened to the tutorials.

    Raises:
        OSError: a folder cannot be made or written.
    """
    private_folder(settings.home)
    private_folder(settings.jupyter)
    seeding = seed(shared_folder("notebooks"), settings.folder)
    _quiet_news(settings.jupyter)
    return seeding


def _refusal(error: OSError | OverflowError) -> str:
    """Say what the system refused; it names the file, unless it was an address that it refused."""
    reason = error.strerror if isinstance(error, OSError) else None
    if not isinstance(error, OSError) or error.filename is None:
        return f"The lab could not be started: {reason or error}. Pass another --port, or leave it out."
    return (
        f"The lab cannot use {str(error.filename)!r}: {reason or error}. "
        "Choose other folders: PHYSFORGE_HOME for the workspace, --folder for where you work."
    )


def _parse(arguments: Sequence[str] | None) -> Settings:
    home, folder = home_and_folder()
    parser = argparse.ArgumentParser(
        prog="python -m physforge_kernel.lab",
        description="Start JupyterLab on this machine with the kernel PhysForge and the first tutorial open.",
    )
    parser.add_argument("--folder", type=Path, default=folder, help="where to work (default: %(default)s)")
    parser.add_argument("--ip", default="127.0.0.1", help="a loopback address (default: %(default)s)")
    parser.add_argument("--port", type=int, default=8888, help="the first port to try (default: %(default)s)")
    parser.add_argument("--no-browser", action="store_true", help="only print the address")
    given = parser.parse_args(arguments)
    return Settings(
        home=home,
        folder=given.folder.expanduser().absolute(),
        ip=given.ip,
        port=given.port,
        browser=has_display() and not given.no_browser,
    )


def _start(settings: Settings) -> Any:
    os.environ["PHYSFORGE_HOME"] = str(settings.home)  # the kernels inherit it
    os.environ["JUPYTER_CONFIG_DIR"] = str(settings.jupyter)
    try:
        from jupyterlab.labapp import LabApp
        from tornado.log import gen_log
    except ImportError as error:
        raise PhysForgeError(
            f"The lab needs JupyterLab, and {error.name} is not installed: pip install 'physforge[lab]'."
        ) from error

    server = LabApp.initialize_server(argv=settings.arguments(root=os.getuid() == 0))
    # Jupyter gives Tornado milliseconds for seconds, and Tornado warns that these are many; both then work.
    gen_log.addFilter(lambda record: "websocket_ping_timeout" not in record.getMessage())

    def stop(*_: object) -> None:
        server.stop(from_signal=True)

    # Jupyter would ask whether Ctrl-C was meant, and would not hear a closed terminal.
    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, stop)
    return server


def _quiet_news(jupyter: Path) -> None:
    """Answer JupyterLab's first question, which is whether it may fetch news from the network: no."""
    defaults = jupyter / "labconfig" / "default_setting_overrides.json"
    defaults.parent.mkdir(parents=True, exist_ok=True)
    answer = {"fetchNews": "false", "checkForUpdates": False}
    defaults.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": answer}))


def _trust(settings: Settings, seeded: Sequence[str]) -> None:
    """Let the tutorials that we shipped show what they display without a warning."""
    import nbformat
    from nbformat.sign import NotebookNotary

    notary = NotebookNotary(data_dir=str(settings.jupyter))
    for name in seeded:
        if name.endswith(".ipynb"):
            notary.sign(nbformat.read(settings.folder / name, as_version=4))


def _announce(server: Any, settings: Settings, seeding: Seeding) -> None:
    if not server.http_server._sockets:  # nothing to open: Jupyter has said why, and ends
        return
    host = f"[{settings.ip}]" if ":" in settings.ip else settings.ip
    print(
        f"\n  The lab is open at  http://{host}:{server.port}/lab/tree/{FIRST_TUTORIAL}?token={settings.token}\n"
        f"  Your notebooks      {settings.folder}\n"
        f"  Your workspace      {settings.home}\n"
    )
    for name in seeding.kept:
        print(
            f"  {name}: a newer one is shipped, and yours, which you changed, stays. Rename it to get both."
        )
    print("  Ctrl-C stops it.\n", flush=True)
