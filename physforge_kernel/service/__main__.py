"""`python -m physforge_kernel.service --home HOME (--socket PATH | --port N)`: one workspace over HTTP."""

from __future__ import annotations

import argparse
import logging
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from ..errors import PhysForgeError


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve from the command line; return the exit status."""
    given = _parse(arguments)
    if given.detach and os.fork() != 0:  # its child belongs to init, and so is nobody's zombie
        os._exit(0)
    os.umask(0o077)
    signal.pthread_sigmask(signal.SIG_SETMASK, [])
    logging.basicConfig(format="%(asctime)s %(process)d %(name)s %(message)s", stream=sys.stderr)
    logging.getLogger("physforge").setLevel(logging.INFO)
    try:
        _serve(given)
    except PhysForgeError as error:
        print(f"PhysForge: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _serve(given: argparse.Namespace) -> None:
    from ._listen import listen_on_port, listen_on_socket

    home: Path = given.home.expanduser().absolute()
    if given.socket is not None:
        listener = listen_on_socket(given.socket.absolute())
    else:
        listener = listen_on_port(given.port, given.host)
    with listener:
        _serve_on(listener, home, given)


def _serve_on(listener: socket.socket, home: Path, given: argparse.Namespace) -> None:
    from .._connect import open_home
    from ..jobs._lock import RunnerLock
    from . import LocalSignIn, Settings, create_app, serve
    from ._local import local_token
    from ._starter import ServiceFiles, announce

    settings = Settings.read()
    sign_in = LocalSignIn(local_token(home))
    app = create_app(open_home(home), sign_in, prefix=given.prefix, settings=settings)
    if given.lock is not None:  # it was started by `ensure_service`, and ends when nobody needs it
        lock = RunnerLock(given.lock)
        announce(ServiceFiles(home), given.socket)
        serve(app, listener, idle_seconds=settings.idle_seconds)
        lock.release()
        return
    where = f"unix:{given.socket}" if given.socket is not None else _url(listener.getsockname(), given.prefix)
    print(f"PhysForge serves {home} at {where}; its token is in {home / 'service' / 'token'}.", flush=True)
    serve(app, listener)


def _url(name: tuple[str, int], prefix: str) -> str:
    host = f"[{name[0]}]" if ":" in name[0] else name[0]
    return f"http://{host}:{name[1]}/{prefix.strip('/')}".rstrip("/")


def _parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m physforge_kernel.service", description="Serve a workspace over HTTP."
    )
    parser.add_argument("--home", type=Path, required=True, help="the workspace's folder")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--socket", type=Path, help="listen on a socket at this path, which only you can open")
    where.add_argument("--port", type=int, help="listen on this port; 0 takes a free one")
    parser.add_argument("--host", default="127.0.0.1", help="the interface of the port; only of this machine")
    parser.add_argument("--prefix", default="/", help="the path that everything lies under")
    parser.add_argument("--lock", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--detach", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
