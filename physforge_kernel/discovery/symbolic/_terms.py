"""Terms that a formula may be a sum of, and the sums of few of them that fit.

Terms are chosen by orthogonal forward selection, which on data without noise finds a sum among hundreds of
terms that are nearly alike, and then taken out again one by one while that shortens the description.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ._constants import ROUNDING
from ._sample import Sample

if TYPE_CHECKING:
    import sympy

#: Most terms in a sum, and bits that a term costs beyond its constant.
_MOST, _TERM = 14, 12.0

#: Sums of at most so many terms are improved by exchanging terms.
_EXCHANGED = 5


@dataclass(frozen=True)
class Terms:
    """`expressions` (m,) and their `values` (n, m) on a sample."""

    expressions: tuple[sympy.Expr, ...]
    values: np.ndarray


def monomials(sample: Sample, degree: int, *, halves: bool = False, inverse: bool = False) -> Terms:
    """Products of powers of the inputs up to a total degree, `1` first.

    With `inverse` also negative powers, with `halves` also roots, each of inputs that are positive.
    """
    d = sample.X.shape[1]
    step = 2
    choices = []
    for i in range(d):
        low = -degree * step if inverse and sample.positive[i] else 0
        powers = range(low, degree * step + 1, 1 if halves and sample.positive[i] else step)
        choices.append([p for p in powers])
    exponents = [
        e for e in _bounded(choices, degree * step) if not (halves and sum(abs(p) % 2 for p in e) > 2)
    ]
    exponents.sort(key=lambda e: (sum(map(abs, e)), e))
    return _products(sample, np.array(exponents) / 2)


def _bounded(choices: list[list[int]], total: int) -> list[tuple[int, ...]]:
    if not choices:
        return [()]
    return [
        (p, *rest) for p in choices[0] if abs(p) <= total for rest in _bounded(choices[1:], total - abs(p))
    ]


def _products(sample: Sample, exponents: np.ndarray) -> Terms:
    import sympy

    expressions, values = [], []
    with np.errstate(all="ignore"):
        logs = np.log(np.abs(sample.X))
    for row in exponents:
        expression = sympy.Integer(1)
        for symbol, power in zip(sample.symbols, row, strict=True):
            if power:
                expression = expression * symbol ** sympy.Rational(int(2 * power), 2)
        expressions.append(expression)
        used = row != 0
        if (row == np.round(row)).all():
            with np.errstate(all="ignore"):
                values.append(np.prod(sample.X[:, used] ** row[used].astype(int).astype(float), axis=1))
        else:
            values.append(np.exp(logs[:, used] @ row[used]))
    return _finite(Terms(tuple(expressions), np.stack(values, axis=1)))


def _finite(terms: Terms) -> Terms:
    kept = np.isfinite(terms.values).all(axis=0) & (np.abs(terms.values).max(axis=0) < 1e100)
    return Terms(tuple(itertools.compress(terms.expressions, kept)), terms.values[:, kept])


def elementary(sample: Sample, functions: tuple[str, ...]) -> Terms:
    """Functions of one input, and periodic functions of differences and sums of two."""
    import sympy

    made: list[tuple[sympy.Expr, np.ndarray]] = []
    for symbol, column, positive in zip(sample.symbols, sample.X.T, sample.positive, strict=True):
        if "sin" in functions:
            made += [(sympy.sin(symbol), np.sin(column)), (sympy.cos(symbol), np.cos(column))]
        if "exp" in functions and np.abs(column).max() < 50:
            made += [(sympy.exp(symbol), np.exp(column)), (sympy.exp(-symbol), np.exp(-column))]
        if "log" in functions and positive:
            made.append((sympy.log(symbol), np.log(column)))
    if "sin" in functions:
        for i, j in itertools.combinations(range(sample.X.shape[1]), 2):
            a, b = sample.symbols[i], sample.symbols[j]
            for sign in (-1, 1):
                argument = sample.X[:, i] + sign * sample.X[:, j]
                made.append((sympy.cos(a + sign * b), np.cos(argument)))
                made.append((sympy.sin(a + sign * b), np.sin(argument)))
    if not made:
        return Terms((), np.empty((len(sample.y), 0)))
    return _finite(Terms(tuple(e for e, _ in made), np.stack([v for _, v in made], axis=1)))


def library(sample: Sample, functions: tuple[str, ...], most: int = 1200) -> Terms:
    """The terms that are tried for a sample: powers, and powers times one function of the inputs."""
    d = sample.X.shape[1]
    degree = {1: 6, 2: 4, 3: 3}.get(d, 2)
    powers = monomials(sample, degree, halves=d <= 4, inverse=d <= 4)
    while powers.values.shape[1] > most // 2 and degree > 1:
        degree -= 1
        powers = monomials(sample, degree, halves=d <= 6, inverse=True)
    plain = monomials(sample, {1: 6, 2: 5, 3: 4, 4: 4, 5: 3, 6: 3}.get(d, 2))
    powers = joined(plain, powers)
    special = elementary(sample, functions)
    if not special.expressions:
        return powers
    room = max((most - powers.values.shape[1]) // len(special.expressions), 1)
    outer = monomials(sample, 2, halves=d <= 4)
    if outer.values.shape[1] > room:
        outer = monomials(sample, 1)
    outer = Terms(outer.expressions[:room], outer.values[:, :room])
    products = Terms(
        tuple(o * s for s in special.expressions for o in outer.expressions),
        (special.values[:, :, None] * outer.values[:, None, :]).reshape(len(sample.y), -1),
    )
    return joined(powers, _finite(products))


def joined(first: Terms, second: Terms) -> Terms:
    """The terms of both, each once."""
    known = set(first.expressions)
    kept = [i for i, e in enumerate(second.expressions) if e not in known]
    return Terms(
        first.expressions + tuple(second.expressions[i] for i in kept),
        np.concatenate([first.values, second.values[:, kept]], axis=1),
    )


@dataclass(frozen=True)
class Sum:
    """Columns, their coefficients, the misfit (share of the output's RMS), and about how long it is."""

    columns: tuple[int, ...]
    coefficients: np.ndarray
    misfit: float
    length: float


def sums(values: np.ndarray, target: np.ndarray, most: int = _MOST) -> Iterator[Sum]:
    """Sums of few columns (n, m) that fit a target (n,), all already weighted; the shortest first."""
    n, m = values.shape
    lengths = np.linalg.norm(values, axis=0)
    lengths[lengths == 0] = np.inf
    unit = values / lengths
    left = target.copy()
    remaining = unit.copy()
    chosen: list[int] = []
    alive = np.isfinite(lengths)
    total = float(np.sum(target**2)) or 1.0
    for _ in range(min(most, m, n // 3)):
        norms = np.einsum("ij,ij->j", remaining, remaining)
        alive &= norms > 1e-12
        if not alive.any():
            break
        gains = np.where(alive, (left @ remaining) ** 2 / np.maximum(norms, 1e-300), -1.0)
        best = int(np.argmax(gains))
        direction = remaining[:, best] / np.sqrt(norms[best])
        left = left - direction * (direction @ left)
        remaining = remaining - np.outer(direction, direction @ remaining)
        chosen.append(best)
        alive[best] = False
        if float(np.sum(left**2)) < ROUNDING**2 * total:
            break
    found = _pruned(values, target, chosen)
    found += [_exchanged(values, target, each) for each in found if 1 < len(each.columns) <= _EXCHANGED]
    yield from sorted(found, key=lambda s: s.length)


def _pruned(values: np.ndarray, target: np.ndarray, chosen: list[int]) -> list[Sum]:
    """Take terms out one by one, the least missed first; every sum on the way."""
    made = []
    support = list(chosen)
    while support:
        found = _solved(values, target, support)
        made.append(found)
        if len(support) == 1:
            break
        # The cost of each term's absence, from the inverse Gram matrix: beta_j^2 / (G^-1)_jj.
        block = values[:, list(found.columns)]
        lengths = np.linalg.norm(block, axis=0)
        inverse = np.linalg.pinv(block / lengths, rcond=1e-14)
        cost = (found.coefficients * lengths) ** 2 / np.maximum(np.sum(inverse**2, axis=1), 1e-300)
        support.pop(int(np.argmin(cost)))
    return made


def _exchanged(values: np.ndarray, target: np.ndarray, start: Sum) -> Sum:
    """Replace one term after the other by the best there is, given the others, until none is bettered."""
    best = start
    squares = np.einsum("ij,ij->j", values, values)
    for _ in range(6):
        before = best.misfit
        for i in range(len(best.columns)):
            others = [c for k, c in enumerate(best.columns) if k != i]
            basis, _ = np.linalg.qr(values[:, others])
            shadow = basis.T @ values
            norms = squares - np.einsum("ij,ij->j", shadow, shadow)
            left = target - basis @ (basis.T @ target)
            fine = norms > 1e-10 * squares
            gains = np.where(fine, (left @ values) ** 2 / np.where(fine, norms, 1.0), -1.0)
            gains[others] = -1.0
            tried = _solved(values, target, [*others, int(np.argmax(gains))])
            if tried.misfit < best.misfit * (1 - 1e-9):
                best = tried
        if best.misfit > 0.999 * before or best.misfit < ROUNDING:
            break
    return best


def _solved(values: np.ndarray, target: np.ndarray, support: list[int]) -> Sum:
    block = values[:, support]
    lengths = np.linalg.norm(block, axis=0)
    coefficients = np.linalg.lstsq(block / lengths, target, rcond=1e-15)[0] / lengths
    misfit = float(np.sqrt(np.mean((target - block @ coefficients) ** 2)))
    n = len(target)
    bits = n * np.log2(max(misfit, ROUNDING) / ROUNDING) + len(support) * (_TERM + 0.5 * np.log2(n))
    return Sum(tuple(support), coefficients, misfit, float(bits))
