"""`python -m physforge_hub.service`: the workspace over HTTP, for the people who sign in to the hub.

The hub starts it, with its address and its own token in the environment; it ends with the hub.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from collections.abc import Sequence
from urllib.parse import urlsplit

from physforge_kernel._lifeline import die_with
from physforge_kernel.errors import PhysForgeError

from ._logs import keep_short, open_log
from ._secrets import cookie_secret
from ._settings import Settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until told to stop.

    Returns:
        the exit status.
    """
    parser = argparse.ArgumentParser(
        prog="python -m physforge_hub.service", description="Serve the workspace."
    )
    parser.add_argument("--parent", type=int, help="the process that this one ends with")
    given = parser.parse_args(arguments)
    os.umask(0o077)
    if given.parent is not None:
        die_with(given.parent)
    try:
        settings = Settings.read()
        _log_to(settings)
        _serve(settings)
    except PhysForgeError as error:
        print(f"PhysForge: {error}", file=sys.stderr)
        return error.exit_code
    return 0


def _log_to(settings: Settings) -> None:
    log = open_log(settings.logs / "service.log")
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
        os.dup2(log, stream.fileno())
    os.close(log)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(name)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    keep_short(settings.logs)  # those of the whole lab: this part runs whoever started the hub


def _serve(settings: Settings) -> None:
    from physforge_kernel._connect import open_home
    from physforge_kernel.service import create_app, listen_on_port, serve

    from ._hub_sign_in import HubSignIn, add_callback

    for variable in ("JUPYTERHUB_SERVICE_URL", "JUPYTERHUB_SERVICE_PREFIX", "JUPYTERHUB_API_TOKEN"):
        if not os.environ.get(variable):
            raise PhysForgeError(
                f"{variable} is not set: this service is started by the hub. Without one, run "
                "`python -m physforge_kernel.service`."
            )
    address = urlsplit(os.environ["JUPYTERHUB_SERVICE_URL"])
    prefix = os.environ["JUPYTERHUB_SERVICE_PREFIX"]
    sign_in = HubSignIn(cookie_secret(settings.state))
    app = create_app(open_home(settings.home), sign_in, prefix=prefix)
    add_callback(app, sign_in)
    serve(app, listen_on_port(address.port or settings.service_port, address.hostname or settings.ip))


if __name__ == "__main__":
    sys.exit(main())
