"""Every formula up to a size, on a few rows, without repeats: the plainest search there is.

Values are compared, not formulas, so that `x*y/x` is never met again after `y`. What is looked for is a
formula e with h(y) = a + b e for one of the transforms h, or h(y) = a + b e + c f for two of the plainest.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from . import _budget, _transforms
from ._constants import ROUNDING
from ._exchange import exchanged
from ._sample import Sample
from ._terms import Terms

if TYPE_CHECKING:
    import sympy

_ROWS = 160


@dataclass(frozen=True)
class _Operation:
    """`key` among the operators a user names; `value` on arrays, `formula` on expressions."""

    key: str
    value: Callable[..., np.ndarray]
    formula: Callable[..., sympy.Expr]


def _function(name: str) -> Callable[[sympy.Expr], sympy.Expr]:
    def apply(expression: sympy.Expr) -> sympy.Expr:
        import sympy

        return getattr(sympy, name)(expression)

    return apply


UNARY = (
    _Operation("/", lambda a: 1 / a, lambda e: 1 / e),
    _Operation("*", lambda a: a * a, lambda e: e**2),
    _Operation("sqrt", np.sqrt, _function("sqrt")),
    _Operation("exp", np.exp, _function("exp")),
    _Operation("exp", lambda a: np.exp(-a), lambda e: _function("exp")(-e)),
    _Operation("log", np.log, _function("log")),
    _Operation("sin", np.sin, _function("sin")),
    _Operation("cos", np.cos, _function("cos")),
    _Operation("+", lambda a: a + 1, lambda e: e + 1),
    _Operation("-", lambda a: a - 1, lambda e: e - 1),
    _Operation("/", lambda a: a / 2, lambda e: e / 2),
    _Operation("tanh", np.tanh, _function("tanh")),
)
_BINARY = (
    _Operation("+", np.add, lambda a, b: a + b),
    _Operation("-", np.subtract, lambda a, b: a - b),
    _Operation("*", np.multiply, lambda a, b: a * b),
    _Operation("/", np.divide, lambda a, b: a / b),
    _Operation("/", lambda a, b: b / a, lambda a, b: b / a),
)


class Enumeration:
    """Formulas of the inputs of a sample in order of size, until `most` are known or time is up."""

    def __init__(
        self, sample: Sample, operators: frozenset[str], *, most: int, deadline: float, rows: int = _ROWS
    ) -> None:
        self.sample = sample.thinned(rows)
        self._recipes: list[tuple[_Operation | None, int, int]] = [
            (None, i, 0) for i in range(sample.X.shape[1])
        ]
        n = len(self.sample.y)
        self._probe = np.random.default_rng(0).standard_normal(n) / np.sqrt(n)
        self._values = self.sample.X.T.copy()
        self._sizes = np.ones(len(self._values), dtype=int)
        self._seen: set[str] = set()
        self._grow(operators, most, deadline)

    def __len__(self) -> int:
        return len(self._recipes)

    def formula(self, index: int) -> sympy.Expr:
        """The formula itself."""
        operation, left, right = self._recipes[index]
        if operation is None:
            return self.sample.symbols[left]
        if right < 0:
            return operation.formula(self.formula(left))
        return operation.formula(self.formula(left), self.formula(right))

    def values(self, count: int) -> np.ndarray:
        """(n, m) The smallest formulas on the rows of `sample`."""
        return self._values[:count].T

    def terms(self, count: int) -> Terms:
        """The constant and the smallest formulas, as terms of sums on the rows of `sample`."""
        import sympy

        count = min(count, len(self))
        values = np.concatenate([np.ones((len(self.sample.y), 1)), self._values[:count].T], axis=1)
        return Terms((sympy.Integer(1), *map(self.formula, range(count))), values)

    def _grow(self, operators: frozenset[str], most: int, deadline: float) -> None:
        unary = [o for o in UNARY if o.key in operators]
        binary = [o for o in _BINARY if o.key in operators]
        size = 1
        blocks = [self._values]
        while len(self._recipes) < most and _budget.now() < deadline and size < 12:
            size += 1
            known = np.concatenate(blocks)
            blocks = [known]
            sizes = self._sizes[: len(known)]
            fresh: list[tuple[np.ndarray, list[tuple[_Operation | None, int, int]]]] = []
            last = np.flatnonzero(sizes == size - 1)
            for operation in unary:
                if len(last):
                    fresh.append(self._apply(operation, known, last, None))
            for left_size in range(1, size - 1):
                right_size = size - 1 - left_size
                if right_size < left_size:
                    break
                first, second = np.flatnonzero(sizes == left_size), np.flatnonzero(sizes == right_size)
                if not len(first) or not len(second):
                    continue
                i, j = (a.ravel() for a in np.meshgrid(first, second, indexing="ij"))
                if left_size == right_size:
                    i, j = i[i < j], j[i < j]
                room = max(most - len(self._recipes), 0) // 2
                i, j = i[:room], j[:room]
                for operation in binary:
                    if len(i) and _budget.now() < deadline:
                        fresh.append(self._apply(operation, known, i, j))
            added = 0
            for values, recipes in fresh:
                if len(values):
                    blocks.append(values)
                    self._recipes += recipes
                    added += len(values)
            self._sizes = np.concatenate([self._sizes, np.full(added, size)])
            if not added and size > 4:
                break
        self._values = np.concatenate(blocks)

    def _apply(
        self, operation: _Operation, known: np.ndarray, i: np.ndarray, j: np.ndarray | None
    ) -> tuple[np.ndarray, list[tuple[_Operation | None, int, int]]]:
        with np.errstate(all="ignore"):
            values = operation.value(known[i]) if j is None else operation.value(known[i], known[j])
            size = np.abs(values).max(axis=1)
            fine = np.isfinite(size) & (size < 1e8) & (size > 1e-8)
            fine &= np.ptp(values, axis=1) > 1e-9 * size
            marks = values @ self._probe
        rows, recipes = [], []
        right = np.full(len(i), -1) if j is None else j
        for k in np.flatnonzero(fine):
            mark = f"{marks[k]:.9e}"
            if mark not in self._seen:
                self._seen.add(mark)
                rows.append(k)
                recipes.append((operation, int(i[k]), int(right[k])))
        return values[rows], recipes

    def matches(self, count: int) -> list[tuple[float, sympy.Expr]]:
        """The `count` best of the formulas y = inverse(a + b e): misfits and formulas."""
        import sympy

        found: list[tuple[float, _transforms.Transform, int, np.ndarray]] = []
        values = self._values.T
        squares = self._values**2
        penalty = 2.0 ** (2 * 3.5 * self._sizes / len(self.sample.y))
        for transform in _transforms.TRANSFORMS:
            if not transform.applies(self.sample.y):
                continue
            target, slope = _transforms.turned(transform, self.sample)
            with np.errstate(all="ignore"):
                weights = self.sample.weights / slope
            weights = np.where(np.isfinite(weights) & np.isfinite(target), weights, 0.0)
            target = np.where(weights > 0, target, 0.0)
            power = weights**2 / np.sum(weights**2)
            target = target - power @ target
            # Weighted variances and covariances; what cancellation hides is told apart further down.
            sums = self._values @ np.stack([power, power * target], axis=1)
            norms = squares @ power - sums[:, 0] ** 2
            fine = norms > 1e-13 * (squares @ power)
            lefts = power @ target**2 - np.where(fine, sums[:, 1] ** 2 / np.maximum(norms, 1e-300), 0.0)
            lefts = np.maximum(lefts * np.mean(weights**2) * len(weights), 0.0)
            target = np.where(weights > 0, _transforms.turned(transform, self.sample)[0], 0.0)
            for k in np.argsort(np.maximum(lefts, 1e-14) * penalty, kind="stable")[: 2 * count]:
                pair = np.stack([np.ones_like(target), values[:, k]], axis=1) * weights[:, None]
                ab = np.linalg.lstsq(pair, weights * target, rcond=None)[0]
                exact = float(np.sqrt(np.mean((pair @ ab - weights * target) ** 2)))
                left = (
                    max(exact, ROUNDING)
                    * float(np.sqrt(penalty[k]))
                    * (1.0 if transform.name == "y" else 1.01)
                )
                found.append((left, transform, int(k), ab))
        found.sort(key=lambda row: row[0])
        return [
            (misfit, t.inverse(sympy.Float(ab[0]) + sympy.Float(ab[1]) * self.formula(k)))
            for misfit, t, k, ab in found[:count]
        ]


def stretched(sample: Sample, operators: frozenset[str], *, deadline: float) -> list[sympy.Expr]:
    """Small formulas of c x for a sample of one input x, with c from a grid; the best at each c.

    What the grid leaves of c is left to a fit.
    """
    import sympy

    size = float(np.median(np.abs(sample.X))) or 1.0
    found: list[tuple[float, sympy.Expr]] = []
    for k in np.arange(-3.5, 4.0, 0.5):
        if _budget.now() > deadline:
            break
        c = 2.0**k / size
        made = Enumeration(
            sample.with_inputs(sample.X * c, sample.symbols), operators, most=1500, deadline=deadline
        )
        stretch = {sample.symbols[0]: sympy.Float(c) * sample.symbols[0]}
        found += [(misfit, exchanged(e, stretch)) for misfit, e in made.matches(6)]
    found.sort(key=lambda row: row[0])
    return [e for _, e in found[:24]]
