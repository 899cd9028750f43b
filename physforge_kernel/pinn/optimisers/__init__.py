"""Optimisers: each makes the squares of a problem's rows smaller, step by step."""

from __future__ import annotations

from ._adam import Adam
from ._base import Optimiser, SumOfSquares
from ._lbfgs import LBFGS
from ._levenberg_marquardt import LevenbergMarquardt
from ._schedule import Schedule
from ._self_scaled_broyden import SelfScaledBroyden
from ._soap import SOAP

__all__ = [
    "LBFGS",
    "SOAP",
    "Adam",
    "LevenbergMarquardt",
    "Optimiser",
    "Schedule",
    "SelfScaledBroyden",
    "SumOfSquares",
]
