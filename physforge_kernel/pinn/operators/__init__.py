"""Operators: what turns any function of a kind into the solution that belongs to it, learnt once.

In come an `OperatorProblem`, an equation in which functions are left open, with the random functions to learn
from; or `OperatorPairs`, functions with their solutions. Out comes an `Operator`, which gives for a function
a field that can be read anywhere, with derivatives, and says where it was asked for something unusual.
"""

from __future__ import annotations

from ._gaussian import GaussianField
from ._learn import learn_operator
from ._operator import Operator, OperatorSolution
from ._pairs import OperatorPairs
from ._problem import OperatorProblem

__all__ = [
    "GaussianField",
    "Operator",
    "OperatorPairs",
    "OperatorProblem",
    "OperatorSolution",
    "learn_operator",
]
