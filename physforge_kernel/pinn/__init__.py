"""Solving: a problem, an equation with its domain and conditions, and the network that obeys it.

In come an `Equation`, a domain, conditions and perhaps measurements; out comes a `Solution`, a field
with exact derivatives anywhere. Networks carry along just the derivatives that the equation names (`Jet`), so
that one pass gives the derivatives of each residual by all weights, which Gauss-Newton steps need.
"""

from __future__ import annotations

from ..derivatives import register
from . import _needs as _needs
from ._checkpoint import Checkpoint
from ._course import Look
from ._many import Ensemble, SweepTrial, ensemble, sweep
from ._problem import Problem
from ._readable import Error
from ._settings import Settings
from ._solution import Solution
from ._solve import solve
from ._surrogate import network
from .geometry import Ball, Box, Polygon

register("network", network, summary="a network fitted to all samples at once", whole=True)

__all__ = [
    "Ball",
    "Box",
    "Checkpoint",
    "Ensemble",
    "Error",
    "Look",
    "Polygon",
    "Problem",
    "Settings",
    "Solution",
    "SweepTrial",
    "ensemble",
    "solve",
    "sweep",
]
