"""Ports of the loopback interface: which are free, and which are taken."""

from __future__ import annotations

import errno
import socket

from physforge_kernel.errors import PhysForgeError

from ._settings import Settings, variable_of

_INNER = ("hub_port", "service_port", "proxy_port")


def with_ports(settings: Settings) -> Settings:
    """Return the settings with a free port wherever they leave the choice.

    Raises:
        PhysForgeError: two parts of the lab are to listen at one port.
    """
    left_open = [name for name in ("port", *_INNER) if getattr(settings, name) == 0]
    chosen = dict(zip(left_open, _free_ports(settings.ip, len(left_open)), strict=True))
    complete = settings.model_copy(update=chosen)
    given: dict[int, str] = {}
    for name in ("port", *_INNER):
        port = getattr(complete, name)
        if port in given:
            raise PhysForgeError(
                f"{variable_of(name)} and {variable_of(given[port])} are both {port}: "
                "give each a port of its own."
            )
        given[port] = name
    return complete


def require_free(settings: Settings) -> None:
    """Check that the lab can listen where the settings say.

    Raises:
        PhysForgeError: a port is taken, or may not be used.
    """
    for name in ("port", *_INNER):
        port = getattr(settings, name)
        try:
            with _bound(settings.ip, port):
                pass
        except OSError as error:
            raise PhysForgeError(_refusal(settings, name, port, error)) from error


def at_an_address_beside(settings: Settings) -> str:
    """Return the setting by which another lab gets an address, and so in a browser cookies, of its own."""
    return f"{variable_of('ip')}={'127.0.0.1' if settings.ip == '127.0.0.2' else '127.0.0.2'}"


def _refusal(settings: Settings, name: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        what = f"Port {port} of {settings.ip} is taken by another program"
    else:
        what = f"The lab cannot listen at port {port} of {settings.ip}: {error.strerror}"
    how = f"{variable_of(name)}={port + 1}"
    if name == "port":
        how = (
            f'make up ARGS="--port {port + 1}", or {how}. If a lab is there, choose another address instead, '
            "or browsers leave the one when they sign in to the other: "
            f"{at_an_address_beside(settings)}"
        )
    return f"{what}. Choose another one: {how}."


def _free_ports(ip: str, count: int) -> list[int]:
    """Return different free ports: each stays bound until all are found."""
    held = [_bound(ip, 0) for _ in range(count)]
    try:
        return [each.getsockname()[1] for each in held]
    finally:
        for each in held:
            each.close()


def _bound(ip: str, port: int) -> socket.socket:
    bound = socket.socket(socket.AF_INET6 if ":" in ip else socket.AF_INET)
    try:
        # As a server does: what an earlier lab's connections left in the system's memory is no obstacle.
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind((ip, port))
    except OSError:
        bound.close()
        raise
    return bound
