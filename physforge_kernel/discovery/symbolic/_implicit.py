"""Rational laws y = P(x)/Q(x), as sparse relations P(x) - y Q(x) = 0.

No side of such a relation is known to be in it, so each term of y Q(x) takes its turn as the left side and
the others are chosen sparsely (SINDy-PI: Kaheman, Kutz & Brunton 2020, doi:10.1098/rspa.2020.0279). An error
of y enters the relation times Q, which is divided out in a second round (Sanathanan & Koerner 1963).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from . import _terms
from ._sample import Sample
from ._terms import Terms

if TYPE_CHECKING:
    import sympy

#: Rows that relations are sought on, columns in a relation, and left sides tried.
_ROWS, _COLUMNS, _SIDES = 600, 170, 40

#: Most fractions of few terms that are tried, and rounds in which each finds the weights of its errors.
_CHOICES, _ROUNDS = 3000, 3

#: Singular values below this share of the largest are rounding.
_NULL = 1e-11


def relations(sample: Sample, degree: int, extra: Terms | None = None) -> list[tuple[float, sympy.Expr]]:
    """Rational formulas for the output with numerator and denominator up to a degree: lengths and formulas.

    Shortest first, at most one a left side.
    """
    sample = sample.thinned(_ROWS)
    terms = _terms.monomials(sample, degree) if extra is None else extra
    if 2 * terms.values.shape[1] > min(_COLUMNS, len(sample.y) // 3):
        return []
    rows = [
        found
        for side in range(min(terms.values.shape[1], _SIDES))
        if (found := _with_side(sample, terms, side)) is not None
    ]
    return sorted(rows, key=lambda row: row[0])


def fractions(sample: Sample, degree: int, count: int = 8) -> list[sympy.Expr]:
    """Fractions of at most two products of powers over two, those that fit best; for noisy outputs.

    The relation y (A + q B) = p C + r D is linear in q, p and r; dividing by the last denominator gives
    errors of y their weight. All choices of A, B, C and D are tried.
    """
    sample = sample.thinned(_ROWS)
    terms = _terms.monomials(sample, degree)
    m = terms.values.shape[1]
    tops = [t for k in (1, 2) for t in itertools.combinations(range(m), k)]
    choices = [(a, b, top) for a, b in itertools.permutations(range(m), 2) for top in tops]
    if len(choices) > _CHOICES:
        return []
    found = [row for choice in choices if (row := _fraction(sample, terms, *choice)) is not None]
    found.sort(key=lambda row: row[0])
    return [formula() for _, formula in found[:count]]


def _fraction(
    sample: Sample, terms: Terms, a: int, b: int, top: tuple[int, ...]
) -> tuple[float, Callable[[], sympy.Expr]] | None:
    V, y = terms.values, sample.y
    columns = np.column_stack([V[:, list(top)], -y * V[:, b]])
    weights = sample.weights
    found, bottom = np.zeros(len(top) + 1), V[:, a]
    for _ in range(_ROUNDS):
        inverse = weights / np.maximum(np.abs(bottom), 1e-3 * np.abs(bottom).max())
        found = np.linalg.lstsq(columns * inverse[:, None], y * V[:, a] * inverse, rcond=None)[0]
        bottom = V[:, a] + found[-1] * V[:, b]
    if bottom.min() <= 1e-6 * np.abs(bottom).max() <= bottom.max():
        return None
    left = float(np.sqrt(np.mean(((V[:, list(top)] @ found[:-1]) / bottom - y) ** 2 * weights**2)))

    def formula() -> sympy.Expr:
        import sympy

        over = sympy.Add(
            *(sympy.Float(float(k)) * terms.expressions[c] for c, k in zip(top, found[:-1], strict=True))
        )
        return over / (terms.expressions[a] + sympy.Float(float(found[-1])) * terms.expressions[b])

    # Each further term has to earn its place.
    return left * (1.0 + 0.02 * len(top)), formula


def exact_relations(sample: Sample, degree: int) -> list[sympy.Expr]:
    """Rational formulas from relations of that degree that hold to rounding; without noise only.

    They are the null vectors of the terms of P(x) and y Q(x), made sparse by elimination.
    """
    import sympy

    sample = sample.thinned(_ROWS)
    terms = _terms.monomials(sample, degree)
    m = terms.values.shape[1]
    if 2 * m > min(_COLUMNS, len(sample.y) // 3):
        return []
    columns = np.concatenate([terms.values, terms.values * sample.y[:, None]], axis=1)
    lengths = np.linalg.norm(columns, axis=0)
    _, singular, right = np.linalg.svd(columns / lengths, full_matrices=False)
    null = int(np.sum(singular < _NULL * singular[0]))
    if not 0 < null <= m // 2:
        return []
    made = []
    for vector in _eliminated(right[-null:]):
        weights = vector / lengths
        weights = np.where(np.abs(vector) > 1e-6 * np.abs(vector).max(), weights, 0.0)
        P, Q = weights[:m], -weights[m:]
        if not Q.any():
            continue
        P, Q = P / Q[np.argmax(np.abs(Q))], Q / Q[np.argmax(np.abs(Q))]
        top, bottom = (
            sympy.Add(
                *(
                    (sympy.Integer(1) if k == 1.0 else sympy.Float(float(k))) * e
                    for k, e in zip(part, terms.expressions, strict=True)
                    if k
                )
            )
            for part in (P, Q)
        )
        made.append(top / bottom)
    return made


def _eliminated(vectors: np.ndarray) -> np.ndarray:
    """The same space of null vectors (k, m), each with zeros at the pivots of the others."""
    vectors = vectors.copy()
    for i in range(len(vectors)):
        pivot = int(np.argmax(np.abs(vectors[i])))
        vectors[i] /= vectors[i, pivot]
        for j in range(len(vectors)):
            if j != i:
                vectors[j] -= vectors[j, pivot] * vectors[i]
    return vectors


def _with_side(sample: Sample, terms: Terms, side: int) -> tuple[float, sympy.Expr] | None:
    """The sparse relation in which y times this term stands alone on the left."""
    m = terms.values.shape[1]
    products = terms.values * sample.y[:, None]
    others = [j for j in range(m) if j != side]
    right = np.concatenate([terms.values, products[:, others]], axis=1)
    denominator = np.abs(terms.values[:, side])
    best = None
    for _ in range(2):
        weights = sample.weights / np.maximum(denominator, 1e-12 * denominator.max())
        found = next(_terms.sums(right * weights[:, None], products[:, side] * weights), None)
        if found is None:
            return None
        inside = [
            (others[c - m], float(k))
            for c, k in zip(found.columns, found.coefficients, strict=True)
            if c >= m
        ]
        Q = terms.values[:, side] - sum((k * terms.values[:, j] for j, k in inside), np.zeros(len(sample.y)))
        denominator = np.abs(Q)
        if denominator.min() <= 1e-9 * denominator.max() or (Q.min() < 0 < Q.max()):
            return best
        best = (found.length, _quotient(terms, side, found, m, inside))
        if not inside:
            break
    return best


def _quotient(
    terms: Terms, side: int, found: _terms.Sum, m: int, inside: list[tuple[int, float]]
) -> sympy.Expr:
    import sympy

    top = sympy.Add(
        *(
            sympy.Float(float(k)) * terms.expressions[c]
            for c, k in zip(found.columns, found.coefficients, strict=True)
            if c < m
        )
    )
    bottom = terms.expressions[side] - sympy.Add(*(sympy.Float(k) * terms.expressions[j] for j, k in inside))
    return top / bottom
