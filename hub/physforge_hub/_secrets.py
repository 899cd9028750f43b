"""The lab's own secrets: each in a file that only its owner may read."""

from __future__ import annotations

import os
import secrets
import stat
from pathlib import Path

from physforge_kernel.errors import PhysForgeError

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that can be taken for another


def password_file(state: Path) -> Path:
    """Return the file with the password that people sign in with."""
    return state / "password"


def proxy_secret(state: Path) -> str:
    """Return what the hub shows to the proxy before it takes an order."""
    return kept(state / "proxy_secret", secrets.token_hex(32))[0]


def service_token(state: Path) -> str:
    """Return what the workspace's service shows to the hub, where it was not the hub that started it."""
    return kept(state / "service_token", secrets.token_hex(32))[0]


def cookie_secret(state: Path) -> str:
    """Return what the workspace's service signs browsers' cookies with."""
    return kept(state / "service_cookie_secret", secrets.token_hex(32))[0]


def password(state: Path, *, renew: bool = False) -> tuple[str, bool]:
    """Return the password that people sign in with, and whether it was made just now.

    Args:
        state: the folder of the hub's own files.
        renew: make a new one.
    """
    path = password_file(state)
    if renew and path.is_file():
        path.unlink()
    return kept(path, new_password())


def new_password() -> str:
    """Return a password that can be read out and typed: 20 letters and digits, 98 bits.

    Example:
        >>> len(new_password())
        23
    """
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(4))


def kept(path: Path, fresh: str) -> tuple[str, bool]:
    """Return the secret that a file holds; put `fresh` there if it holds none.

    Returns:
        the secret, and whether it is the fresh one.

    Raises:
        PhysForgeError: the file cannot be used, or others may read it.
    """
    try:
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise PhysForgeError(
                f"The lab keeps a secret in the file {path}, and what is there is no file: move it away."
            )
        if found.st_mode & 0o077:
            raise PhysForgeError(
                f"Others may read the secret in {path}: close it with `chmod 600 {path}`, or delete it to "
                "have a new one made."
            )
        if secret := path.read_text(encoding="utf-8").strip():
            return secret, False
    except FileNotFoundError:
        pass
    except UnicodeDecodeError as error:
        raise PhysForgeError(
            f"The secret in {path} is no text in UTF-8: write it anew, or delete it to have a new one made."
        ) from error
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(partial, os.O_CREAT | os.O_TRUNC | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    with os.fdopen(handle, "w") as stream:
        stream.write(fresh + "\n")
    partial.replace(path)
    return fresh, True
