"""Tensors and plain values in one file, in the format of safetensors: loading executes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor

from ..errors import SolverError

#: Where the plain values stand in the file's metadata.
_KEY = "physforge"


def write(path: Path, tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> None:
    """Write a file, whole or not at all.

    Args:
        path: the file; one that is there is replaced.
        tensors: by name.
        plain: what JSON can hold.

    Raises:
        SolverError: if the file cannot be written.
    """
    content = packed(tensors, plain)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError as error:
        raise SolverError(f"{path} cannot be written: {error.strerror or error}.") from None
    finally:
        with suppress(OSError):
            partial.unlink()


def packed(tensors: Mapping[str, Tensor], plain: Mapping[str, Any]) -> bytes:
    """The content of such a file."""
    whole = {name: tensor.detach().contiguous().clone() for name, tensor in tensors.items()}
    return save(whole, metadata={_KEY: json.dumps(plain)})


def read(path: Path, kind: str, version: int) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """Read a file.

    Args:
        path: the file.
        kind: what its plain values say it holds, under `format`.
        version: the newest version of that format that can be read.

    Raises:
        SolverError: if it is missing, damaged, of another kind, or newer.
    """
    try:
        return unpacked(path.read_bytes(), str(path), kind, version)
    except FileNotFoundError:
        raise SolverError(f"There is no file {path}.") from None
    except OSError as error:
        raise SolverError(f"{path} cannot be read: {error.strerror or error}.") from None


def unpacked(content: bytes, name: str, kind: str, version: int) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """What such a content holds; `name` is what errors call it."""
    try:
        tensors = load(content)
        plain = _plain(content)
    except (SafetensorError, ValueError) as error:
        raise SolverError(f"{name} cannot be read as a file of PhysForge's: {error}") from None
    if not isinstance(plain, dict) or plain.get("format") != kind:
        found = plain.get("format") if isinstance(plain, dict) else None
        raise SolverError(f"{name} holds {found or 'tensors of something else'}, not a {kind}.")
    if not isinstance(plain.get("version"), int) or plain["version"] > version:
        raise SolverError(
            f"{name} was written by a newer PhysForge, in version {plain.get('version')} of the format, of "
            f"which this one reads up to {version}; upgrade PhysForge."
        )
    return tensors, plain


def _plain(content: bytes) -> Any:
    """The plain values, from the header: its length in 8 bytes, and JSON with the metadata as texts."""
    length = int.from_bytes(content[:8], "little")
    header = json.loads(content[8 : 8 + length])
    return json.loads(header.get("__metadata__", {}).get(_KEY, "null"))
