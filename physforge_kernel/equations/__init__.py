"""Equations: read, put into one canonical form, print, compare and simulate differential equations.

In come texts (`u_t = -u*u_x + 0.1*u_xx`, `d2u/dx2`, LaTeX) or terms with coefficients; out go `Equation`
objects, their text, LaTeX and Python, and, through `simulate` and the `catalogue`, fields that obey them.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from ._names import AXES, NUMBERED_AXES, derivative_name, split_derivative

if TYPE_CHECKING:
    from . import catalogue
    from ._equation import Equation
    from ._reading import read_pairs
    from ._simulate import simulate

__all__ = [
    "AXES",
    "NUMBERED_AXES",
    "Equation",
    "catalogue",
    "derivative_name",
    "read_pairs",
    "simulate",
    "split_derivative",
]

_HOMES = {"Equation": "._equation", "read_pairs": "._reading", "simulate": "._simulate"}


def __getattr__(name: str) -> Any:
    if name == "catalogue":
        return importlib.import_module(".catalogue", __name__)
    if name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name], __name__), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
