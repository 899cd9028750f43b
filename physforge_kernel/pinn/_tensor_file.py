"""Tensors and plain values in one file, in the format of safetensors: loading executes nothing."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
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
    if not path.is_file():
        raise SolverError(f"There is no file {path}.")
    try:
        with safe_open(path, framework="pt") as file:
            plain = json.loads((file.metadata() or {}).get(_KEY, "null"))
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (no mapping)
    except (SafetensorError, ValueError) as error:
        raise SolverError(f"{path} cannot be read as a file of PhysForge's: {error}") from None
    if not isinstance(plain, dict) or plain.get("format") != kind:
        found = plain.get("format") if isinstance(plain, dict) else None
        raise SolverError(f"{path} holds {found or 'tensors of something else'}, not a {kind}.")
    if not isinstance(plain.get("version"), int) or plain["version"] > version:
        raise SolverError(
            f"{path} was written by a newer PhysForge, in version {plain.get('version')} of the format, of "
            f"which this one reads up to {version}; upgrade PhysForge."
        )
    return tensors, plain
