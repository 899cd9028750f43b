"""`python -m physforge_hub.up`, which `make up` runs: start the lab, say where it is, leave nothing behind.

This process talks to whoever started the lab; its child the keeper keeps the parts. Whichever of them dies,
the other ends the lab; if both do at once, the other child of this one does, the guard.
"""

from __future__ import annotations

import os
import signal

if __name__ == "__main__":  # Ctrl-C during the imports, which take a while: there is nothing to end yet
    signal.signal(signal.SIGINT, lambda *_: os._exit(0))

import argparse
import subprocess
import sys
import time
import urllib.error
import urllib.request
import webbrowser
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from physforge_kernel._home import private_folder
from physforge_kernel.errors import PhysForgeError, WorkspaceError

from ._environment import LAB_MARK
from ._keeper import PATIENCE
from ._lock import LabLock
from ._logs import last_words
from ._names import SERVICE
from ._ports import require_free, with_ports
from ._processes import Bell, adopt_orphans, end_children, end_marked
from ._proxy import traefik
from ._secrets import password, password_file
from ._settings import Settings

_LOOK_EVERY = 0.1  # seconds
_READY_WITHIN = 120.0  # seconds


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the lab until Ctrl-C.

    Args:
        arguments: as on the command line; `--help` lists them.

    Returns:
        the exit code: 0, or that of the error that was printed.
    """
    given = _parse(arguments)
    bell = Bell()
    try:
        settings = Settings.read(port=given.port, folder=given.folder)
        lock = _prepared(settings)
        settings = with_ports(settings)
        require_free(settings)
        secret, is_new = password(settings.state, renew=given.new_password)
        lock.say(settings)
        return _run(
            settings, lock, bell, _welcome_text(settings, secret if is_new else None), given.no_browser
        )
    except PhysForgeError as error:
        print(f"PhysForge: {error}", file=sys.stderr)
        return error.exit_code
    except OSError as error:
        print(f"PhysForge: {_refusal(error)}", file=sys.stderr)
        return WorkspaceError.exit_code


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m physforge_hub.up",
        description="Start the lab on this machine: JupyterHub, JupyterLab, the workspace and its runner.",
        epilog="What else can be set is in docs/reference/environment.md.",
    )
    parser.add_argument("--port", type=int, help="where the lab answers (default: 8000)")
    parser.add_argument("--folder", type=Path, help="where you work (default: ~/physforge)")
    parser.add_argument("--new-password", action="store_true", help="forget the password and make a new one")
    parser.add_argument("--no-browser", action="store_true", help="open no browser, only print the address")
    return parser.parse_args(arguments)


def _prepared(settings: Settings) -> LabLock:
    """Make the lab's folders, take its lock, and clear away what one that was killed may have left."""
    try:
        import jupyterhub
    except ImportError as error:
        raise PhysForgeError(
            f"The lab needs JupyterHub, and {error.name} is not installed: pip install 'physforge[hub]'."
        ) from error
    del jupyterhub
    traefik()
    for folder in (settings.home, settings.state, settings.logs):
        private_folder(folder)
    settings.folder.mkdir(parents=True, exist_ok=True)
    lock = LabLock.take(settings)
    os.environ[LAB_MARK] = mark = str(settings.home)
    end_marked(LAB_MARK, mark)
    adopt_orphans()
    return lock


def _run(settings: Settings, lock: LabLock, bell: Bell, text: str, no_browser: bool) -> int:
    reading, writing = os.pipe()  # the keeper's lifeline: closed when this process ends, however it does
    guarded, held = os.pipe()  # the guard's: closed when the keeper has ended too
    _start("_guard", settings, guarded)
    keeper = _start("_keeper", settings, reading, held, lock.handle)
    for mine in (reading, guarded):
        os.close(mine)
    if sys.stdout.isatty():
        _say("Starting the lab, which takes some seconds ...")
    code = _follow(keeper, settings, bell, text, no_browser)
    os.close(writing)
    end_children(PATIENCE, bell)
    if not code:
        _say("The lab has stopped. Jobs that had not ended wait for the next start.")
    return code


def _start(module: str, settings: Settings, lifeline: int, *more: int) -> subprocess.Popen[bytes]:
    """Start a module of this package in a session of its own, with descriptors that it inherits."""
    return subprocess.Popen(
        [sys.executable, "-P", "-m", f"physforge_hub.{module}", str(lifeline)],
        stdin=subprocess.DEVNULL,
        env=os.environ | settings.environment(),
        pass_fds=(lifeline, *more),
        start_new_session=True,
    )


def _follow(
    keeper: subprocess.Popen[bytes], settings: Settings, bell: Bell, text: str, no_browser: bool
) -> int:
    """Wait for the lab to be ready, say so, and then for its end; return the exit code."""
    ready, asked, deadline = False, False, time.monotonic() + _READY_WITHIN
    while keeper.poll() is None:
        bell.wait(_LOOK_EVERY if not ready else 60.0)
        if bell.asked_to_stop:
            asked = True
            bell.clear()
            keeper.terminate()
        elif not ready and is_ready(settings):
            ready = True
            _say(text)
            if _has_display() and not no_browser:
                webbrowser.open(settings.url)
        elif not ready and time.monotonic() > deadline:
            log = settings.logs / "hub.log"
            print(
                f"PhysForge: The lab is not ready after {_READY_WITHIN:g} seconds. {last_words(log)}",
                file=sys.stderr,
            )
            return PhysForgeError.exit_code
    if asked and keeper.returncode == -signal.SIGTERM:
        return 0  # it had started nothing yet
    if keeper.returncode < 0:
        print("PhysForge: What keeps the lab was killed, and the lab stops.", file=sys.stderr)
        return PhysForgeError.exit_code
    return keeper.returncode


def is_ready(settings: Settings) -> bool:
    """Say whether the hub and the service answer through the proxy."""
    pages = ("/hub/health", f"/services/{SERVICE}/api/v1/health/ready")
    directly = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # whatever proxy leads elsewhere
    try:
        for page in pages:
            with directly.open(settings.url + page, timeout=5):
                pass
    except (urllib.error.URLError, OSError):
        return False
    return True


def _welcome_text(settings: Settings, secret: str | None) -> str:
    kept = password_file(settings.state)
    lines = {
        "The lab is open at": settings.url,
        "Sign in as": " or ".join(settings.people),
        "Password": f"{secret}   (kept in {kept})" if secret else f"in {kept}",
        "Your notebooks": str(settings.folder),
        "Your workspace": str(settings.home),
        "Logs": str(settings.logs),
    }
    table = "\n".join(f"  {name:<20}{value}" for name, value in lines.items())
    return f"\n{table}\n\n  Ctrl-C stops it.\n"


def _refusal(error: OSError) -> str:
    return (
        f"The lab cannot use {str(error.filename)!r}: {error.strerror}. "
        "Choose other folders: PHYSFORGE_HOME for the workspace, --folder for where you work."
        if error.filename
        else f"The lab could not be started: {error.strerror or error}."
    )


def _has_display() -> bool:
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _say(text: str) -> None:
    with suppress(OSError):  # nobody listens: the terminal was closed
        print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
