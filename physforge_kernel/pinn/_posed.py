"""A problem on a stretch of time, as a family of fields and the rows that training makes small."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import sympy

from ._approximation import Approximation, Embedding, Known, Solved
from ._conditions import Condition
from ._domain import Domain
from ._machine import CPU, Machine
from ._parts import part_of
from ._problem import Problem
from ._residuals import ConditionRows, DataRows, EquationRows, Rows, StartRows
from ._symbols import ExpressionJet, real_parts
from ._trial import Trial, trial
from ._waves import prescribed_waves
from .networks import Network


@dataclass(frozen=True)
class Posed:
    """What is trained.

    Attributes:
        approximation: the family of fields.
        rows: what is left to training: the equation first, then conditions and data.
        notes: why some conditions are.
        rate: how large a residual of the equation would move the field by one within the stretch.
    """

    approximation: Approximation
    rows: tuple[Rows, ...]
    notes: tuple[str, ...]
    rate: float


def pose(
    problem: Problem,
    network: Network,
    *,
    box: Domain | None = None,
    before: Solved | None = None,
    waves: Mapping[str, Sequence[int]] | None = None,
    hard: bool = True,
    machine: Machine = CPU,
) -> Posed:
    """A problem, or a stretch of time of it, ready to be trained.

    Args:
        problem: the problem.
        network: the network.
        box: the stretch; the whole domain where None.
        before: the field up to where the stretch starts, which it goes on from.
        waves: by axis the numbers of half waves that the network sees; those that are prescribed where None.
        hard: whether conditions are met by construction where they can be.
        machine: where the network is evaluated.
    """
    box = box or problem.box
    seen = prescribed_waves(problem) if waves is None else waves
    trials = _trials(problem, box, before) if hard else [Trial() for _ in problem.components.names]
    approximation = Approximation(
        box,
        problem.components.columns,
        network,
        Embedding(box, problem.periodic, {axis: tuple(each) for axis, each in seen.items()}),
        _lift(problem, trials, box),
        _distance(problem, trials, box),
        problem.unknowns,
        machine,
    )
    met = {condition.text for each in trials for condition in each.met}
    notes = tuple(dict.fromkeys(note for each in trials for note in each.notes))
    rate = box.length("t") ** -problem.order("t") if "t" in box.axes else 1.0
    return Posed(approximation, tuple(_rows(problem, box, met, before)), notes, rate)


def _rows(problem: Problem, box: Domain, met: set[str], before: Solved | None) -> list[Rows]:
    unknowns, components = problem.unknowns, problem.components
    low, high = box.bounds.get("t", (0.0, 0.0))
    rows: list[Rows] = [EquationRows(problem.equation, box, components, unknowns)]
    for condition in problem.conditions:
        if condition.text in met or condition.periodic(box) in problem.periodic:
            continue
        if before is not None and _at_start(condition, problem):
            continue
        if "t" not in condition.at or low <= condition.at["t"] <= high:
            part = part_of(condition, problem.conditions, box)
            rows.append(ConditionRows(condition, box, components, unknowns, part))
    if before is not None:
        rows.append(StartRows(before, box, problem.order("t"), components))
    return rows + _data(problem)


def _data(problem: Problem) -> list[Rows]:
    known = [each.noise for each in problem.data if each.noise is not None]
    usual = fmean(known) if len(known) == len(problem.data) > 0 else None
    return [
        DataRows(
            each.component,
            each.points,
            each.values,
            each.noise / usual if each.noise is not None and usual is not None else 1.0,
            usual,
            problem.components,
        )
        for each in problem.data
    ]


def _at_start(condition: Condition, problem: Problem) -> bool:
    return condition.at.get("t") == problem.box.bounds["t"][0]


def _trials(problem: Problem, box: Domain, before: Solved | None) -> list[Trial]:
    conditions = [c for c in problem.conditions if before is None or not _at_start(c, problem)]
    orders = {axis: problem.order(axis) for axis in problem.periodic}
    return [trial(name, conditions, box, orders) for name in problem.components.names]


def _parts(expression: sympy.Expr, problem: Problem) -> list[sympy.Expr]:
    """The real columns of an expression."""
    return real_parts(expression) if problem.components.is_complex else [expression]


def _lift(problem: Problem, trials: Sequence[Trial], box: Domain) -> Known | None:
    lifts = [part for each in trials for part in _parts(each.lift, problem)]
    return None if all(lift == 0 for lift in lifts) else ExpressionJet(lifts, box.axes)


def _distance(problem: Problem, trials: Sequence[Trial], box: Domain) -> Known | None:
    copies = 2 if problem.components.is_complex else 1
    distances = [each.distance for each in trials for _ in range(copies)]
    return None if all(each == 1 for each in distances) else ExpressionJet(distances, box.axes)
