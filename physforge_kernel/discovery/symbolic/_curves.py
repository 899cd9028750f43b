"""Curves over one input with numbers inside of functions: `a + b f(k x)` for many `f`, by a grid of `k`.

A fit of `k` from afar ends in the wrong valley, for a wave nearly always; the rest is linear. So every shape
is tried on a grid that is fine enough for a fit to go on from.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from ._sample import Sample

if TYPE_CHECKING:
    import sympy

#: Rows that shapes are compared on, and curves that are given back of each shape.
_ROWS, _EACH = 200, 2

#: Keeps columns that are alike from having no solution.
_RIDGE = 1e-10

#: A wave's phase at the ends moves by so much from one frequency to the next.
_PHASE = 1.0


@dataclass(frozen=True)
class _Range:
    """The inputs' lowest value, how far they reach, and their number."""

    low: float
    span: float
    count: int
    positive: bool

    def rates(self, count: int = 14) -> np.ndarray:
        return np.geomspace(0.25, 32.0, count) / self.span

    def signed(self, count: int = 14) -> np.ndarray:
        return np.concatenate([-self.rates(count), self.rates(count)])

    def centres(self, count: int = 9) -> np.ndarray:
        return self.low + self.span * np.linspace(-0.25, 1.25, count)

    def waves(self, most: float, step: float = _PHASE) -> np.ndarray:
        return np.arange(1.0, min(most, 1.5 * self.count), step) / self.span

    def poles(self) -> np.ndarray:
        """Distances of a pole or a root from the inputs' ends."""
        return self.span * np.geomspace(0.02, 20.0, 12)


@dataclass(frozen=True)
class _Shape:
    """`parts`: (m,) texts of an input `x` and numbers `p` and `q`; `grid`: these numbers for a range."""

    needs: frozenset[str]
    parts: tuple[str, ...]
    grid: Callable[[_Range], list[tuple[float, float]]]


def _one(values: np.ndarray) -> list[tuple[float, float]]:
    return [(float(v), 0.0) for v in values]


def _two(first: np.ndarray, second: np.ndarray) -> list[tuple[float, float]]:
    return [(float(p), float(q)) for p, q in product(first, second)]


def _pairs(r: _Range) -> list[tuple[float, float]]:
    return [(p, q) for p, q in _two(r.signed(8), r.signed(8)) if p < q]


def _sigmoids(r: _Range) -> list[tuple[float, float]]:
    return [(p, float(np.exp(np.clip(p * c, -300, 300)))) for p, c in _two(r.rates(8), r.centres())]


def _shape(needs: str, parts: str, grid: Callable[[_Range], list[tuple[float, float]]]) -> _Shape:
    return _Shape(frozenset(needs.split()), tuple(parts.split("; ")), grid)


_SHAPES = (
    _shape("exp", "exp(p*x)", lambda r: _one(r.signed())),
    _shape("exp", "exp(p*x); exp(q*x)", _pairs),
    _shape("sin cos", "sin(p*x); cos(p*x)", lambda r: _one(r.waves(300.0))),
    _shape(
        "exp sin cos",
        "exp(q*x)*sin(p*x); exp(q*x)*cos(p*x)",
        lambda r: _two(r.waves(60.0, 1.5 * _PHASE), r.signed(5)),
    ),
    _shape("tanh", "tanh(p*(x - q))", lambda r: _two(r.rates(8), r.centres())),
    _shape("exp /", "1/(1 + q*exp(-p*x))", _sigmoids),
    _shape("exp", "exp(-p*(x - q)**2)", lambda r: _two(r.rates(8) ** 2, r.centres())),
    _shape("sqrt", "sqrt(x + p)", lambda r: _one(r.poles() - r.low)),
    _shape("sqrt", "sqrt(p - x)", lambda r: _one(r.low + r.span + r.poles())),
    _shape("log", "log(x + p)", lambda r: _one(r.poles() - r.low)),
    _shape("log", "log(p - x)", lambda r: _one(r.low + r.span + r.poles())),
    _shape("/", "1/(x + p)", lambda r: _one(r.poles() - r.low)),
    _shape("/", "1/(p - x)", lambda r: _one(r.low + r.span + r.poles())),
    _shape("/", "1/(x**2 + p)", lambda r: _one((r.span * np.geomspace(0.1, 10.0, 12)) ** 2)),
    _shape("*", "x**p", lambda r: _one(np.setdiff1d(np.arange(-3.0, 4.25, 0.25), 0.0)) if r.positive else []),
    _shape("*", "x; x**2", lambda r: [(0.0, 0.0)]),
    _shape("*", "x; x**3", lambda r: [(0.0, 0.0)]),
    _shape("*", "x**2; x**4", lambda r: [(0.0, 0.0)]),
)  # fmt: skip


def nearest(sample: Sample, operators: frozenset[str], each: int = _EACH) -> list[sympy.Expr]:
    """The curves nearest to a sample of one input: the best few of every shape, with factors."""
    few = sample.thinned(_ROWS)
    x = few.X[:, 0]
    reach = _Range(float(x.min()), float(np.ptp(x)), len(x), bool(few.positive[0]))
    found = [
        row
        for shape in _SHAPES
        if shape.needs <= operators | {"*"}
        for row in _of(shape, np.array(shape.grid(reach)), few, each)
    ]
    return [expression for _, expression in sorted(found, key=lambda row: row[0])]


def _of(shape: _Shape, grid: np.ndarray, few: Sample, count: int) -> list[tuple[float, sympy.Expr]]:
    """How far the nearest curves of a shape are off, and their formulas."""
    import sympy

    if not len(grid):
        return []
    names, parts, values = _compiled(shape.parts)
    x, y = few.X[:, 0], few.y * few.weights
    with np.errstate(all="ignore"):
        made = values(x, grid[:, :1], grid[:, 1:])
    columns = np.stack(
        [np.ones((len(grid), len(x))), *(np.broadcast_to(v, (len(grid), len(x))) for v in made)], 2
    )
    sizes = np.abs(columns).max(axis=1)
    fine = np.isfinite(sizes).all(axis=1) & (sizes > 0).all(axis=1)
    grid, sizes = grid[fine], sizes[fine]
    columns = columns[fine] / sizes[:, None] * few.weights[:, None]
    gram = columns.transpose(0, 2, 1) @ columns
    gram = gram + _RIDGE * np.trace(gram, axis1=1, axis2=2)[:, None, None] * np.eye(gram.shape[1])
    factors = np.linalg.solve(gram, columns.transpose(0, 2, 1) @ y[:, None])
    lefts = np.sqrt(np.mean(((columns @ factors)[:, :, 0] - y) ** 2, axis=1))
    found = []
    for g in np.argsort(lefts, kind="stable")[:count]:
        chosen = dict(zip(names, (few.symbols[0], *map(sympy.Float, grid[g])), strict=True))
        offset, *rest = (sympy.Float(float(k)) for k in factors[g, :, 0] / sizes[g])
        terms = [k * e.xreplace(chosen) for k, e in zip(rest, parts, strict=True)]
        found.append((float(lefts[g]), sympy.Add(offset, *terms)))
    return found


@lru_cache
def _compiled(
    texts: tuple[str, ...],
) -> tuple[tuple[sympy.Symbol, ...], list[sympy.Expr], Callable[..., Any]]:
    import sympy

    names = sympy.symbols("x p q")
    parts = [sympy.parse_expr(text, local_dict=dict(zip("xpq", names, strict=True))) for text in texts]
    return names, parts, sympy.lambdify(names, parts, "numpy")
