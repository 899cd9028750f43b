"""PhysForge: from a measured field to the differential equation behind it.

    import physforge_kernel as pf

    field = pf.read("wake.csv")         # an xarray.Dataset
    found = pf.discover(field)          # the law, its intervals, and a verdict on both
    solution = pf.solve(pf.Problem(...))  # an equation with its conditions, solved by a network
    workspace = pf.connect()            # datasets, jobs and reports that last

Names are loaded when they are first used, so that the import itself stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .errors import PhysForgeError

if TYPE_CHECKING:
    __version__: str

    from . import pinn
    from ._connect import connect
    from ._solving import solve
    from .derivatives import differentiate, library
    from .discovery import discover
    from .discovery.symbolic import symbolic
    from .equations import Equation, catalogue, simulate
    from .fields import add_noise, describe, read
    from .pinn import Problem

__all__ = [
    "Equation",
    "PhysForgeError",
    "Problem",
    "__version__",
    "add_noise",
    "catalogue",
    "connect",
    "describe",
    "differentiate",
    "discover",
    "library",
    "pinn",
    "read",
    "simulate",
    "solve",
    "symbolic",
]

_HOMES = {
    "Equation": ".equations",
    "Problem": ".pinn",
    "add_noise": ".fields",
    "catalogue": ".equations",
    "connect": "._connect",
    "describe": ".fields",
    "differentiate": ".derivatives",
    "discover": ".discovery",
    "library": ".derivatives",
    "read": ".fields",
    "simulate": ".equations",
    "solve": "._solving",
    "symbolic": ".discovery.symbolic",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        value: Any = importlib.import_module("importlib.metadata").version("physforge")
    elif name == "pinn":
        value = importlib.import_module(".pinn", __name__)
    elif name in _HOMES:
        value = getattr(importlib.import_module(_HOMES[name], __name__), name)
    else:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
