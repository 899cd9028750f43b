"""Symmetries of an unknown function, and the smaller problem that is left when they are used.

A scaling y(l^a1 x1, l^a2 x2, ...) = l^c y shows in the gradient: sum a_i x_i dy/dx_i = c y. A translation
y(x1 + s b1, x2 + s b2, ...) = y + s c shows as sum b_i dy/dx_i = c. Either takes one input away. A power
x_i^p in front of the rest is the scaling of one input. (Cf. AI Feynman, Udrescu & Tegmark 2020.)
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from . import _surrogate
from ._exchange import exchanged
from ._sample import Sample
from ._surrogate import Surrogate

if TYPE_CHECKING:
    import sympy

_ROWS = 1500


@dataclass(frozen=True)
class Reduction:
    """A smaller problem; `lift` turns its formula into one of the problem it came from.

    `doubt` is how badly the symmetry holds on the surrogate, as a share of what it could be.
    """

    sample: Sample
    lift: Callable[[sympy.Expr], sympy.Expr]
    doubt: float
    what: str


@dataclass(frozen=True)
class Picture:
    """Surrogates of a sample: of y over x, and of log|y| over log x where those exist."""

    plain: Surrogate
    logarithmic: Surrogate | None

    @property
    def misfit(self) -> float:
        """The smaller misfit of both: an upper bound on the noise, as a share of the output's RMS."""
        if self.logarithmic is None:
            return self.plain.misfit
        return min(self.plain.misfit, self.logarithmic.misfit)


def picture(sample: Sample) -> Picture:
    """The surrogates of a sample."""
    plain = _surrogate.fit(sample.X, sample.y, sample.weights)
    one_sign = (sample.y > 0).all() or (sample.y < 0).all()
    if not one_sign:
        return Picture(plain, None)
    Z = np.where(sample.positive, np.log(np.abs(np.where(sample.X == 0, 1.0, sample.X))), sample.X)
    weights = sample.weights * np.abs(sample.y)
    return Picture(plain, _surrogate.fit(Z, np.log(np.abs(sample.y)), weights))


def reductions(sample: Sample, seen: Picture) -> list[Reduction]:
    """The symmetries of a sample that its surrogates show, the least doubtful first."""
    few = sample.thinned(_ROWS)
    if sample.X.shape[1] < 2:
        return []
    found = [*_powers(sample, few, seen), *_ratios(sample, few, seen), *_differences(sample, few, seen)]
    return sorted(found, key=lambda r: r.doubt)


def _scaled_gradient(few: Sample, seen: Picture) -> tuple[np.ndarray, np.ndarray]:
    """x_i dy/dx_i (n, d) and y (n,), as shares of the output's RMS."""
    d = few.X.shape[1]
    if seen.logarithmic is not None and seen.logarithmic.misfit <= seen.plain.misfit:
        Z = np.where(few.positive, np.log(np.where(few.positive, few.X, 1.0)), few.X)
        slopes = seen.logarithmic.gradient(Z)
        slopes = np.where(few.positive, slopes, slopes * few.X)
        return slopes * (np.abs(few.y) * few.weights)[:, None], np.abs(few.y) * few.weights
    slopes = seen.plain.gradient(few.X) * few.X
    return (slopes * few.weights[:, None]).reshape(-1, d), few.y * few.weights


def _fraction(value: float) -> Fraction | None:
    near = Fraction(value).limit_denominator(6)
    return near if abs(float(near) - value) < 0.06 and abs(near) <= 8 else None


def _powers(sample: Sample, few: Sample, seen: Picture) -> list[Reduction]:
    """x_i dy/dx_i = p y."""
    slopes, y = _scaled_gradient(few, seen)
    found = []
    for i in range(few.X.shape[1]):
        p = float(y @ slopes[:, i] / (y @ y))
        near = _fraction(p)
        size = float(np.linalg.norm(slopes[:, i])) + 1e-3 * float(np.linalg.norm(y))
        if near is None or (near.denominator > 1 and not sample.positive[i]):
            continue
        doubt = float(np.linalg.norm(slopes[:, i] - float(near) * y)) / size
        if near == 0:
            doubt = float(np.linalg.norm(slopes[:, i])) / float(np.linalg.norm(y))
        found.append(_without_power(sample, i, near, doubt))
    return found


def _without_power(sample: Sample, i: int, power: Fraction, doubt: float) -> Reduction:
    import sympy

    factor = (
        sample.X[:, i] ** float(power)
        if power.denominator > 1
        else sample.X[:, i] ** int(power) * 1.0
        if power >= 0
        else 1.0 / sample.X[:, i] ** int(-power)
    )
    rest = [j for j in range(sample.X.shape[1]) if j != i]
    smaller = sample.with_output(sample.y / factor, 1.0 / factor)
    kept = tuple(sample.symbols[j] for j in rest)
    outer = sample.symbols[i] ** sympy.Rational(power.numerator, power.denominator)
    return Reduction(
        smaller.with_inputs(smaller.X[:, rest], kept), lambda e: outer * e, doubt, f"{outer} times the rest"
    )


def _ratios(sample: Sample, few: Sample, seen: Picture) -> list[Reduction]:
    """x_i dy/dx_i + a x_j dy/dx_j = c y: y = x_i^c times a function of x_j / x_i^a."""
    slopes, y = _scaled_gradient(few, seen)
    found = []
    for i, j in itertools.combinations(range(few.X.shape[1]), 2):
        for a in (-1, 1, -2, 2, Fraction(1, 2), Fraction(-1, 2)):
            generator = slopes[:, i] + float(a) * slopes[:, j]
            c = _fraction(float(y @ generator / (y @ y)))
            roots = Fraction(a).denominator > 1 or (c is not None and c.denominator > 1)
            if c is None or (roots and not sample.positive[i]) or (sample.X[:, i] == 0).any():
                continue
            size = float(np.linalg.norm(slopes[:, i]) + abs(float(a)) * np.linalg.norm(slopes[:, j]))
            doubt = float(np.linalg.norm(generator - float(c) * y)) / max(size, 1e-300)
            found.append(_as_ratio(sample, i, j, Fraction(a), c, doubt))
    return found


def _as_ratio(sample: Sample, i: int, j: int, a: Fraction, c: Fraction, doubt: float) -> Reduction:
    import sympy

    xi, xj = sample.X[:, i], sample.X[:, j]
    power = float(a) if a.denominator > 1 else int(a)
    ratio = xj / xi**power if power >= 0 or a.denominator > 1 else xj * xi ** (-power)
    rest = [k for k in range(sample.X.shape[1]) if k not in (i, j)]
    X = np.column_stack([sample.X[:, rest], ratio])
    own = sympy.Symbol(f"r_{sample.symbols[i]}_{sample.symbols[j]}", **_assumptions(ratio))
    factor = np.abs(xi) ** float(c) if c.denominator > 1 else np.power(xi, float(c))
    smaller = sample.with_inputs(X, (*(sample.symbols[k] for k in rest), own))
    smaller = smaller.with_output(sample.y / factor, 1.0 / factor)
    outer = sample.symbols[i] ** sympy.Rational(c.numerator, c.denominator)
    inner = sample.symbols[j] / sample.symbols[i] ** sympy.Rational(a.numerator, a.denominator)
    return Reduction(smaller, lambda e: outer * exchanged(e, {own: inner}), doubt, f"{outer} f({inner})")


def _assumptions(column: np.ndarray) -> dict[str, bool]:
    return {"positive": True} if (column > 0).all() else {"real": True}


def _differences(sample: Sample, few: Sample, seen: Picture) -> list[Reduction]:
    """dy/dx_i + b dy/dx_j = 0: y depends on x_j - b x_i only."""
    import sympy

    slopes = seen.plain.gradient(few.X) * few.weights[:, None]
    found = []
    for i, j in itertools.combinations(range(few.X.shape[1]), 2):
        for b in (1, -1):
            generator = slopes[:, i] + b * slopes[:, j]
            size = float(np.linalg.norm(slopes[:, i]) + np.linalg.norm(slopes[:, j]))
            doubt = float(np.linalg.norm(generator)) / max(size, 1e-300)
            rest = [k for k in range(few.X.shape[1]) if k not in (i, j)]
            made = sample.X[:, j] - b * sample.X[:, i]
            own = sympy.Symbol(f"d_{sample.symbols[i]}_{sample.symbols[j]}", **_assumptions(made))
            X = np.column_stack([sample.X[:, rest], made])
            inner = sample.symbols[j] - b * sample.symbols[i]
            smaller = sample.with_inputs(X, (*(sample.symbols[k] for k in rest), own))

            def lift(e: sympy.Expr, own: sympy.Symbol = own, inner: sympy.Expr = inner) -> sympy.Expr:
                return exchanged(e, {own: inner})

            found.append(Reduction(smaller, lift, doubt, f"f({inner})"))
    return found
