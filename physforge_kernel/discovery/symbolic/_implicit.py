"""Rational laws y = P(x)/Q(x), as sparse relations P(x) - y Q(x) = 0.

No side of such a relation is known to be in it, so each term of y Q(x) takes its turn as the left side and
the others are chosen sparsely (SINDy-PI: Kaheman, Kutz & Brunton 2020, doi:10.1098/rspa.2020.0279). An error
of y enters the relation times Q, which is divided out in a second round (Sanathanan & Koerner 1963).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from . import _terms
from ._sample import Sample
from ._terms import Terms

if TYPE_CHECKING:
    import sympy

#: Rows that relations are sought on, columns in a relation, and left sides tried.
_ROWS, _COLUMNS, _SIDES = 600, 170, 40

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
