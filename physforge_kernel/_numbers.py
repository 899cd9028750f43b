"""Settings that are numbers, each asked for by an environment variable."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, get_type_hints

from .errors import WorkspaceError


def asked_for(settings: type[Any], prefix: str, environment: Mapping[str, str] | None, *, zero: bool) -> Any:
    """Return the settings that an environment asks for; what it leaves out takes its default.

    Args:
        settings: a dataclass whose fields are `int` or `float`.
        prefix: what the variables begin with, before the field's name in capitals.
        environment: variables and their values; those of this process if None.
        zero: whether zero can be asked for.

    Raises:
        WorkspaceError: a value is no number, is infinite, or is too small.
    """
    given = os.environ if environment is None else environment
    kinds = get_type_hints(settings)
    values: dict[str, float] = {}
    for field in fields(settings):
        variable = prefix + field.name.upper()
        text = given.get(variable, "").strip()
        if not text:
            continue
        try:
            value = kinds[field.name](text)
        except ValueError:
            value = math.nan
        if not (0 <= value < math.inf) or (value == 0 and not zero):
            least = "that is not negative" if zero else "above zero"
            raise WorkspaceError(f"{variable} is {text!r}: give a number {least}.")
        values[field.name] = value
    return settings(**values)
