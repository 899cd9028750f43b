"""What goes into a JSON column: plain values only."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any

from ..errors import WorkspaceError


def plain(value: Any) -> Any:
    """Return `value` in JSON's own types; NumPy's are unpacked, NaN and infinities become None.

    >>> plain({"loss": float("nan"), "shape": (3, 4)})
    {'loss': None, 'shape': [3, 4]}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, Sequence | set | frozenset) and not isinstance(value, bytes | bytearray):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, PurePath):
        return str(value)
    unpack = getattr(value, "tolist", None)  # NumPy's scalars and arrays, without importing NumPy
    if unpack is not None:
        return plain(unpack())
    raise WorkspaceError(
        f"A value of type {type(value).__name__} cannot be kept in a record: {value!r:.80}. "
        "Pass numbers, texts, booleans, lists and mappings, and keep anything larger in an artifact."
    )


def digest(value: Any) -> str:
    """Return the sha256 of a JSON value, whatever the order of its keys.

    Raises:
        WorkspaceError: it holds half a surrogate pair, which is no text.
    """
    text = json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    try:
        return hashlib.sha256(text.encode()).hexdigest()
    except UnicodeEncodeError as error:
        raise WorkspaceError(
            f"{text[error.start : error.end]!r} is no text, as in file names that are not in UTF-8, and "
            "cannot be kept in a record. Write it in another way."
        ) from None
