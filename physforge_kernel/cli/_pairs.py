"""`NAME=VALUE` arguments, and configuration files."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ._usage import MisuseError

CONFIG_SUFFIXES = (".yaml", ".yml", ".json")


def pairs_of(texts: Sequence[str] | None) -> dict[str, str]:
    """Split `NAME=VALUE` texts.

    Raises:
        MisuseError: a text has no name or no equals sign.
    """
    found: dict[str, str] = {}
    for text in texts or ():
        name, equals, value = text.partition("=")
        if not equals or not name.strip():
            raise MisuseError(f"{text!r} is not of the form NAME=VALUE.")
        found[name.strip()] = value.strip()
    return found


def numbers_of(texts: Sequence[str] | None) -> dict[str, float]:
    """Split `NAME=NUMBER` texts.

    Raises:
        MisuseError: a value is not a number.
    """
    found: dict[str, float] = {}
    for name, value in pairs_of(texts).items():
        try:
            found[name] = float(value)
        except ValueError:
            raise MisuseError(f"{name}={value!r} is not a number.") from None
    return found


def config_of(texts: Sequence[str] | None) -> dict[str, Any]:
    """Merge `k=v` texts and YAML or JSON files into one configuration, later ones over earlier ones.

    A value that reads as JSON (`3`, `true`, `["u_t", "v_t"]`) is that; any other is text.

    Raises:
        MisuseError: a file is missing, unreadable, or not a mapping.
    """
    merged: dict[str, Any] = {}
    for text in texts or ():
        if "=" not in text and text.endswith(CONFIG_SUFFIXES):
            merged.update(_read_config(Path(text)))
        else:
            merged.update({name: _value(value) for name, value in pairs_of([text]).items()})
    return merged


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _read_config(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as reason:
        raise MisuseError(f"cannot read {str(path)!r}: {reason.strerror}.") from None
    except UnicodeDecodeError:
        raise MisuseError(f"{str(path)!r} is not text in UTF-8.") from None
    config = _from_json(path, text) if path.suffix == ".json" else _from_yaml(path, text)
    if not isinstance(config, dict):
        raise MisuseError(f"{str(path)!r} must hold names and values, not {type(config).__name__}.")
    return config


def _from_json(path: Path, text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as reason:
        raise MisuseError(f"{str(path)!r} is not JSON: {reason}.") from None


def _from_yaml(path: Path, text: str) -> Any:
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError) as reason:  # ValueError: a date that is none, such as 2026-13-01
        raise MisuseError(f"{str(path)!r} is not YAML: {reason}.") from None
