"""The waves that a problem prescribes: what its sources, starts and edges are made of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import cast

import numpy as np
import sympy
from scipy.fft import dct, dst

from ._problem import Problem
from ._symbols import real_parts

_NODES, _LINES = 257, 8
#: A function is a sum of few waves if these hold all but this share of its energy.
_FEW, _REST = 4, 1e-4
#: Networks see waves up to this many half waves by themselves.
_SLOW = 2
#: The waves that a network sees of an axis along which everything repeats.
_PERIODIC = (2, 4)


def prescribed_waves(problem: Problem) -> dict[str, tuple[int, ...]]:
    """By axis the numbers of half waves that prescribed functions are made of, where these are few.

    A network learns slow functions first and fast ones hardly at all (Rahaman et al. 2019, arXiv 1806.08734);
    what is known to oscillate is shown to it as features (Tancik et al. 2020, arXiv 2006.10739).
    """
    found: dict[str, set[int]] = {}
    for function in _functions(problem):
        for axis in problem.box.axes:
            if sympy.Symbol(axis) in function.free_symbols:
                found.setdefault(axis, set()).update(_few_waves(function, axis, problem))
    chosen: dict[str, tuple[int, ...]] = dict.fromkeys(problem.periodic, _PERIODIC)
    for axis, numbers in found.items():
        if axis in problem.periodic:
            numbers = {*_PERIODIC} | {k + k % 2 for k in numbers}
        elif max(numbers, default=0) <= _SLOW:
            continue
        chosen[axis] = tuple(sorted(numbers))
    return chosen


def made_of_products(problem: Problem, waves: Mapping[str, tuple[int, ...]]) -> bool:
    """Whether the solution is made of products of waves along several axes.

    A linear equation with constant coefficients makes products of waves of products of waves, the more so
    where they are fast; others make all kinds of waves of them, as does the boundary of
    a shape.
    """
    if problem.box.shape is not None:
        return False
    axes = {sympy.Symbol(axis) for axis in problem.box.axes}
    for right in problem.equation.right_sides.values():
        fields = sorted(right.free_symbols - axes, key=str)
        if any(sympy.diff(right, symbol).free_symbols & {*fields, *axes} for symbol in fields):
            return False
    slow = {axis: max(_PERIODIC) if axis in problem.periodic else _SLOW for axis in waves}
    return sum(max(numbers) > slow[axis] for axis, numbers in waves.items()) > 1


def _functions(problem: Problem) -> Iterator[sympy.Expr]:
    """Sources of the equation, and values on edges, as expressions in the coordinates."""
    axes = {sympy.Symbol(axis) for axis in problem.box.axes}
    for right in problem.equation.right_sides.values():
        fields = right.free_symbols - axes
        source = right.xreplace({symbol: sympy.Integer(0) for symbol in fields})
        yield from real_parts(cast("sympy.Expr", source))
    for condition in problem.conditions:
        known = condition.prescribed()
        if known is not None and known[1].free_symbols <= axes:
            yield from real_parts(known[1])


def _few_waves(function: sympy.Expr, axis: str, problem: Problem) -> set[int]:
    """The half waves along an axis that make up a function; none if they are many."""
    names = problem.box.axes
    generator = np.random.default_rng(0)
    along = np.linspace(*problem.box.bounds[axis], _NODES)
    at = [
        along[None, :] if name == axis else generator.uniform(*problem.box.bounds[name], (_LINES, 1))
        for name in names
    ]
    with np.errstate(all="ignore"):
        values = sympy.lambdify([sympy.Symbol(name) for name in names], function, "numpy")(*at)
    lines = np.broadcast_to(np.asarray(values, dtype=float), (_LINES, _NODES))
    if not np.isfinite(lines).all():
        return set()
    sines = np.square(np.asarray(dst(lines[:, 1:-1], type=1, axis=1))).sum(0)
    cosines = np.square(np.asarray(dct(lines, type=1, axis=1))).sum(0)[1:]
    found = [few for few in map(_carriers, (sines, cosines)) if few]
    return min(found, key=len, default=set()) if lines.any() else set()


def _carriers(energy: np.ndarray) -> set[int]:
    """The fewest waves that hold nearly all energy, by number from one; too many count as all."""
    order = np.argsort(energy)[::-1]
    held = np.cumsum(energy[order]) / max(energy.sum(), 1e-300)
    count = int(np.searchsorted(held, 1 - _REST)) + 1
    return {int(k) + 1 for k in order[:count]} if count <= _FEW else set()
