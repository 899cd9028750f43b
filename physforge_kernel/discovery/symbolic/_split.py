"""Unknown functions that are a sum or a product of functions of fewer inputs each.

y = k f(a) + g(b) for a known f means that y - k f(a) is a function of b alone, and y = c + f(a) g(b) that
(y - c) / f(a) is. Many small f are tried at once against polynomials of b, on the rows themselves, so that
what is left for g is as exact as the data. (AI Feynman, Udrescu & Tegmark 2020, asks a surrogate of all
inputs instead, whose error the halves inherit.)
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import _budget, _enumerate, _surrogate
from ._constants import ROUNDING
from ._sample import Sample

if TYPE_CHECKING:
    import sympy

#: Rows that splits are looked for on, rows per polynomial of the other inputs, and most of these.
_ROWS, _EACH, _MOST = 1500, 4, 250

#: Small formulas that are tried as one half, and how many of these inside of another function.
_SMALL, _INNER = 800, 300

#: Share of how far the output varies that a split may leave.
_LEFT = 0.1

#: A split that leaves so many times more than the best is no split.
_WORSE = 100.0

#: Numbers that an input may be multiplied with inside of a function.
_STRETCHES = ("1/2", "2", "3", "4", "pi", "2*pi")


@dataclass(frozen=True)
class Split:
    """`rest` is what the other inputs have to explain; `joined(g)` the formula that g for it makes.

    `left` is the share of how far the output varies that no function of the other inputs explains.
    """

    left: float
    rest: Sample
    joined: Callable[[sympy.Expr], sympy.Expr]


@dataclass(frozen=True)
class _Halves:
    """Formulas that may be one half: their `values` (n, m), and the `formula` of each by its number."""

    values: np.ndarray
    formula: Callable[[int], sympy.Expr]


def splits(sample: Sample, operators: frozenset[str], *, seconds: float, most: int = 4) -> list[Split]:
    """The splits that leave least."""
    d = sample.X.shape[1]
    if d < 2:
        return []
    until = _budget.now() + seconds
    sample = sample.thinned(_ROWS)
    spread = sample.spread * sample.unit or 1.0
    found: list[tuple[float, int, Split]] = []
    for chosen in [s for k in (1, 2) if k < d for s in itertools.combinations(range(d), k)][:21]:
        rest = tuple(i for i in range(d) if i not in chosen)
        half = sample.with_inputs(sample.X[:, chosen], tuple(sample.symbols[i] for i in chosen))
        if _budget.now() > until:
            break
        terms = _halves(half, operators, until)
        found += [
            (max(split.left, ROUNDING), _size(term), split)
            for term, split in (*_sums(sample, rest, terms, spread), *_products(sample, rest, terms, spread))
        ]
    found = [row for row in found if row[0] < _LEFT]
    # Of splits that leave about as little, the one by the smallest formula.
    found.sort(key=lambda row: (round(2.0 * math.log10(row[0])), row[1], row[0]))
    kept: list[Split] = []
    for _, _, split in found:
        # f + 1 splits as f does, to rounding.
        if all(abs(split.left - other.left) > 1e-6 * split.left for other in kept):
            kept.append(split)
    return [split for split in kept[:most] if split.left < max(_WORSE * kept[0].left, 1e-6)]


def _size(term: sympy.Expr) -> int:
    return int(term.count_ops())


def _sums(
    sample: Sample, rest: tuple[int, ...], terms: _Halves, spread: float, count: int = 2
) -> Iterator[tuple[sympy.Expr, Split]]:
    """y = k f + g for the f that leave least."""
    import sympy

    basis = _basis(sample.X[:, rest], sample.weights)
    columns = terms.values * sample.weights[:, None]
    sizes = np.linalg.norm(columns, axis=0)
    columns = columns - basis @ (basis.T @ columns)
    target = sample.y * sample.weights
    target = target - basis @ (basis.T @ target)
    norms = np.einsum("ij,ij->j", columns, columns)
    fine = norms > 1e-10 * sizes**2
    factors = np.where(fine, target @ columns / np.where(fine, norms, 1.0), 0.0)
    lefts = np.where(fine, np.linalg.norm(target[:, None] - factors * columns, axis=0), np.inf)
    for k in _least(lefts, count):
        f, factor = terms.formula(k), float(factors[k])
        remaining = sample.y - factor * terms.values[:, k]
        yield (
            f,
            Split(
                float(lefts[k]) / np.sqrt(len(target)) / (spread / sample.unit),
                _others(sample.with_output(remaining, np.ones_like(remaining)), rest),
                lambda g, f=f, factor=factor: sympy.Float(factor) * f + g,
            ),
        )


def _products(
    sample: Sample, rest: tuple[int, ...], terms: _Halves, spread: float, count: int = 2
) -> Iterator[tuple[sympy.Expr, Split]]:
    """y = c + f g for the f that leave least, with and without the constant."""
    import sympy

    sizes = np.abs(terms.values)
    fine = sizes.min(axis=0) > 1e-6 * sizes.max(axis=0)
    fine &= np.ptp(terms.values, axis=0) > 1e-9 * sizes.max(axis=0)
    inverse = 1.0 / np.where(fine, terms.values, 1.0)
    basis = _basis(sample.X[:, rest], np.ones(len(sample.y)))
    plain, turned = (each - basis @ (basis.T @ each) for each in (inverse, inverse * sample.y[:, None]))
    norms = np.einsum("ij,ij->j", plain, plain)
    offsets = np.einsum("ij,ij->j", plain, turned) / np.where(norms > 0, norms, 1.0)
    for constants in (np.zeros_like(offsets), offsets):
        lefts = (turned - constants * plain) * terms.values
        lefts = np.where(fine, np.sqrt(np.mean(lefts**2, axis=0)), np.inf)
        for k in _least(lefts, count):
            f, c = terms.formula(k), float(constants[k])
            remaining = (sample.y - c) * inverse[:, k]
            offset = sympy.Float(c) if c else sympy.Integer(0)
            yield (
                f,
                Split(
                    float(lefts[k]) / spread,
                    _others(sample.with_output(remaining, inverse[:, k]), rest),
                    lambda g, f=f, offset=offset: f * g + offset,
                ),
            )


def _least(lefts: np.ndarray, count: int) -> list[int]:
    return [int(k) for k in np.argsort(lefts, kind="stable")[:count] if np.isfinite(lefts[k])]


def _others(sample: Sample, rest: tuple[int, ...]) -> Sample:
    return sample.with_inputs(sample.X[:, rest], tuple(sample.symbols[i] for i in rest))


def _basis(Z: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(n, terms) Orthonormal polynomials of the inputs, as many as the rows allow."""
    basis, _ = np.linalg.qr(_surrogate.polynomials(Z, min(len(Z) // _EACH, _MOST)) * weights[:, None])
    return basis


def _halves(half: Sample, operators: frozenset[str], until: float) -> _Halves:
    """Small formulas of one or two inputs, and functions of the smallest and of multiples of one input."""
    import sympy

    known = _enumerate.Enumeration(half, operators, most=_SMALL, deadline=until, rows=len(half.y))
    values = known.values(_SMALL)
    count = values.shape[1]
    inner = [(values[:, k], (lambda k=k: known.formula(k))) for k in range(min(count, _INNER))]
    if half.X.shape[1] == 1:
        [symbol], [column] = half.symbols, half.X.T
        multiples = [sympy.parse_expr(text) for text in _STRETCHES]
        inner = [(float(c) * column, (lambda c=c: c * symbol)) for c in multiples] + inner
    outer = [o for o in _enumerate.UNARY if o.key in operators and o.key in ("sin", "cos", "exp", "sqrt")]
    pairs = [(o, inside, formula) for o in outer for inside, formula in inner]
    with np.errstate(all="ignore"):
        made = [o.value(inside) for o, inside, _ in pairs]
    kept = [k for k, v in enumerate(made) if np.isfinite(v).all() and 1e-8 < np.abs(v).max() < 1e8]
    columns = np.column_stack([values, *(made[k] for k in kept)])

    def formula(k: int) -> sympy.Expr:
        if k < count:
            return known.formula(k)
        operation, _, inside = pairs[kept[k - count]]
        return operation.formula(inside())

    return _Halves(columns, formula)
