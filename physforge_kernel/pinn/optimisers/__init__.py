"""Optimisers: each makes the squares of a problem's rows smaller, step by step."""

from __future__ import annotations

from ._base import Optimiser, SumOfSquares
from ._levenberg_marquardt import LevenbergMarquardt

__all__ = ["LevenbergMarquardt", "Optimiser", "SumOfSquares"]
