"""Optimisers: each makes the squares of a problem's rows smaller, step by step.

In come a sum of squares (`SumOfSquares`) and weights, out go weights a step further. `optimiser` makes one by
its name, or the one that the number of weights and rows calls for.
"""

from __future__ import annotations

from ._adam import Adam
from ._base import Optimiser, SumOfSquares
from ._choice import OPTIMISERS, Choice, choice, optimiser
from ._lbfgs import LBFGS
from ._levenberg_marquardt import LevenbergMarquardt
from ._schedule import Schedule
from ._self_scaled_broyden import SelfScaledBroyden
from ._sketched_gauss_newton import SketchedGaussNewton
from ._soap import SOAP

__all__ = [
    "LBFGS",
    "OPTIMISERS",
    "SOAP",
    "Adam",
    "Choice",
    "LevenbergMarquardt",
    "Optimiser",
    "Schedule",
    "SelfScaledBroyden",
    "SketchedGaussNewton",
    "SumOfSquares",
    "choice",
    "optimiser",
]
