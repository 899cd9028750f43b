"""Units of inputs and output, and the dimensionless groups they allow (Buckingham 1914)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ...derivatives import unit_exponents
from ...errors import DiscoveryError
from ._exchange import exchanged
from ._sample import Sample
from ._symmetry import Reduction

if TYPE_CHECKING:
    import sympy


def groups(
    sample: Sample, names: Sequence[str], target: str, units: Mapping[str, str | Sequence[float]]
) -> Reduction | None:
    """The problem in dimensionless groups; None where units leave it as it is.

    Raises:
        DiscoveryError: a unit is missing or not understood, or no product of powers of the inputs has the
            unit of the output.
    """
    import sympy

    missing = [name for name in (*names, target) if name not in units]
    if missing:
        raise DiscoveryError(
            f"`units` has no unit for {', '.join(missing)}; give '1' to what has no dimension, "
            "or leave units out."
        )
    vectors = [unit_exponents(units[name], name) for name in (*names, target)]
    if len({len(v) for v in vectors}) != 1:
        raise DiscoveryError("The exponents in `units` are not equally many for all variables.")
    D = sympy.Matrix([[sympy.Rational(e.numerator, e.denominator) for e in v] for v in vectors[:-1]]).T
    aim = sympy.Matrix([sympy.Rational(e.numerator, e.denominator) for e in vectors[-1]])
    if D.is_zero_matrix and aim.is_zero_matrix:
        return None
    free = D.nullspace()
    try:
        solution, parameters = D.gauss_jordan_solve(aim)
    except ValueError:
        raise DiscoveryError(
            f"No product of powers of {', '.join(names)} has the unit of {target}, {units[target]!r}: "
            "a variable or a constant of nature is missing among the inputs."
        ) from None
    front = solution.xreplace(dict.fromkeys(parameters, sympy.Integer(0)))
    basis = [v * sympy.ilcm(*(e.q for e in v)) for v in free]
    if not basis or len(basis) == len(names):
        return None
    powers = np.array([[float(e) for e in v] for v in [front, *basis]])
    used = (powers != 0).any(axis=0)
    fractional = ((powers != np.round(powers)) | (powers < 0)).any(axis=0)
    if (sample.X[:, used & fractional] <= 0).any():
        return None
    values = np.stack([np.prod(np.where(p == 0, 1.0, sample.X) ** p, axis=1) for p in powers], axis=1)
    own = tuple(
        sympy.Symbol(f"g{i}", positive=True) if (column > 0).all() else sympy.Symbol(f"g{i}", real=True)
        for i, column in enumerate(values[:, 1:].T)
    )
    meaning = {s: _product(sample, v) for s, v in zip(own, basis, strict=True)}
    outer = _product(sample, front)
    smaller = sample.with_inputs(values[:, 1:], own)
    smaller = smaller.with_output(sample.y / values[:, 0], 1.0 / values[:, 0])
    return Reduction(smaller, lambda e: outer * exchanged(e, meaning), 0.0, "dimensionless groups")


def _product(sample: Sample, powers: Any) -> sympy.Expr:
    import sympy

    return sympy.Mul(*(s**p for s, p in zip(sample.symbols, list(powers), strict=True)))
