"""The length of a description: a formula, its constants, and what of the data it leaves to be told.

    length = n log2(misfit) + bits of the constants + nodes * log2(alphabet)

The shortest description is the formula to believe (Rissanen 1978). Misfits below rounding earn nothing.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import _constants
from ._constants import ROUNDING, Fit, Form
from ._exchange import exchanged
from ._sample import Sample

if TYPE_CHECKING:
    import sympy

#: Operators and functions among which each node of a formula chooses.
_OPERATORS = 8


@dataclass(frozen=True)
class Described:
    """A formula with its constants fitted and snapped, and the length of its description in bits."""

    expression: sympy.Expr
    misfit: float
    length: float
    nodes: int
    free: int
    """Constants that are just numbers."""
    weakest: float
    """How many standard errors the least certain of those is from zero; infinite where there is none."""


def nodes(expression: sympy.Basic) -> int:
    """The complexity of a formula: operators, functions, variables and constants in it.

    Example:
        >>> import sympy
        >>> nodes(sympy.sympify("x*y + 2.5"))
        5
    """
    import sympy

    if isinstance(expression, sympy.Pow) and expression.exp in (-1, 2, sympy.Rational(1, 2)):
        return 1 + nodes(expression.base)
    if not expression.args:
        return 1
    if expression.is_number and not expression.has(sympy.Float):
        return 1
    inner = sum(nodes(argument) for argument in expression.args)
    if expression.is_Mul and expression.args[0] == -1:
        inner -= 1
        return inner + len(expression.args) - 1
    return inner + max(len(expression.args) - 1, 1)


def length(expression: sympy.Expr, fitted: Fit, sample: Sample) -> float:
    """Bits to describe the data with a formula, up to a constant that all formulas share."""
    import sympy

    n = sample.count
    told = n * math.log2(max(fitted.misfit, ROUNDING) / ROUNDING)
    constants = sum(
        _constants.bits_of_free(c, e) for c, e in zip(fitted.constants, fitted.steps, strict=True)
    )
    exact = sum(
        _constants.bits_of_number(number)
        for number in _numbers(expression)
        if not isinstance(number, sympy.Float)
    )
    return told + constants + exact + nodes(expression) * math.log2(_OPERATORS + len(sample.symbols))


def _numbers(expression: sympy.Basic) -> list[sympy.Basic]:
    if expression.is_Number or expression.is_NumberSymbol:
        return [] if expression in (1, -1) else [expression]
    return [n for argument in expression.args for n in _numbers(argument)]


def describe(
    expression: sympy.Expr, sample: Sample, *, snap: bool = True, improve: bool = True
) -> Described | None:
    """Fit the floats of a formula, snap them where that shortens the description; None if it has no value."""
    form, start = _constants.form_of(expression, sample.symbols)
    if len(start) > 40:
        return None
    fitted = _constants.fit(form, sample, start, improve=improve)
    if fitted is None or not np.isfinite(fitted.misfit):
        return None
    best = _described(form, fitted, sample)
    if snap and len(fitted.constants):
        best = _snapped(form, fitted, best, sample)
    return best


def described_on(described: Described, sample: Sample) -> Described | None:
    """What was fitted to some rows, measured on others; its free constants are fitted again."""
    return describe(described.expression, sample, snap=False)


def _snapped(form: Form, fitted: Fit, best: Described, sample: Sample) -> Described:
    """Snap one constant after the other, the least certain first, and fit the others again each time."""
    tried: set[str] = set()
    while True:
        shares = fitted.errors / np.maximum(np.abs(fitted.constants), 1e-300)
        for i in np.argsort(-shares):
            if form.places[i].name in tried:
                continue
            tried.add(form.places[i].name)
            step = _snap(form, fitted, int(i), best, sample)
            if step is not None:
                form, fitted, best = step
                break
        else:
            return best
        if not form.places:
            return best


def _snap(
    form: Form, fitted: Fit, i: int, best: Described, sample: Sample
) -> tuple[Form, Fit, Described] | None:
    found, most = None, best.length
    free = _constants.bits_of_free(float(fitted.constants[i]), float(fitted.errors[i]))
    n = sample.count
    for number in _constants.rounder(float(fitted.constants[i]), float(fitted.errors[i])):
        start, added = fitted.moved(i, float(number))
        told = 0.5 * n * math.log2(1.0 + added / n) if fitted.misfit > ROUNDING else 0.0
        if told > free + 20.0:
            continue
        written = exchanged(form.expression, {form.places[i]: number})
        if not _finite(written):
            continue
        places = tuple(p for p in form.places if p in written.free_symbols)
        kept = [j for j, p in enumerate(form.places) if p in places]
        shorter = Form(written, form.symbols, places)
        again = _constants.fit(shorter, sample, start[kept])
        if again is None:
            continue
        described = _described(shorter, again, sample)
        if described.length < most:
            found, most = (shorter, again, described), described.length
    return found


def _finite(expression: sympy.Expr) -> bool:
    import sympy

    return not expression.has(sympy.zoo, sympy.nan, sympy.oo, -sympy.oo, sympy.I)


def _described(form: Form, fitted: Fit, sample: Sample) -> Described:
    expression = form.with_constants(fitted.constants)
    strength = np.abs(fitted.constants) / np.maximum(fitted.errors, 1e-300)
    return Described(
        expression,
        fitted.misfit,
        length(expression, fitted, sample),
        nodes(expression),
        len(fitted.constants),
        float(strength.min()) if len(strength) else math.inf,
    )
