"""Several trainings of one problem: from several seeds, and with several settings."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr

from ..errors import SolverError
from ._models import from_bytes, to_bytes
from ._problem import Problem
from ._settings import Settings
from ._solution import Solution
from ._solve import default_network, solve
from .networks import Network, network_to_dict

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Map = Callable[[Callable[[Any], Any], Iterable[Any]], Iterable[Any]]
"""Applies a function to all items, as `map` does, perhaps on other machines."""


@dataclass(frozen=True)
class Ensemble:
    """Solutions of one problem from several seeds, the best first.

    Where they agree, training has found what the problem says; how far they differ is a part of the error.
    """

    solutions: tuple[Solution, ...]

    @property
    def best(self) -> Solution:
        """The solution that leaves least of equation and conditions."""
        return self.solutions[0]

    def field(self, **at: ArrayLike | int) -> xr.Dataset:
        """The mean of all solutions on a grid, with their standard deviation as `u_spread`.

        Args:
            at: as for `Solution.field`.
        """
        each = [solution.field(**at) for solution in self.solutions]
        found = each[0].copy()
        for name in self.best.problem.components.names:
            values = np.stack([field[name].values for field in each])
            found[name] = (found[name].dims, values.mean(0))
            found[f"{name}_spread"] = (found[name].dims, values.std(0, ddof=min(1, len(each) - 1)))
        return found

    @property
    def parameters(self) -> dict[str, tuple[float, float]]:
        """The constants that were found: the mean over the seeds, and the standard deviation."""
        found = {}
        for name in self.best.parameters:
            values = np.array([solution.parameters[name] for solution in self.solutions])
            found[name] = (float(values.mean()), float(values.std(ddof=min(1, len(values) - 1))))
        return found


@dataclass(frozen=True)
class SweepTrial:
    """One training of a sweep: what was chosen, and what came of it."""

    choice: Mapping[str, Any]
    seed: int
    solution: Solution


def ensemble(
    problem: Problem, seeds: int | Sequence[int] = 5, *, map: Map = builtins.map, **how: Any
) -> Ensemble:
    """Solve a problem from several seeds.

    Args:
        problem: the problem.
        seeds: so many, from 0 on, or which.
        map: applies a function to all seeds; that of a Dask client's or a job's trains them side by side.
        how: what else `solve` takes, such as `seconds=60`.

    Raises:
        SolverError: if there is no seed, or the network is none of PhysForge's.

    Example:
        >>> decay = Problem("u_t = -u", {"t": (0, 1)}, ["u(0) = 1"])
        >>> found = ensemble(decay, 2, settings=Settings(steps=40))
        >>> bool(found.field(t=[1.0]).u_spread < 1e-3)
        True
    """
    chosen = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    if not chosen:
        raise SolverError("An ensemble needs at least one seed.")
    if how.get("network") is not None:
        network_to_dict(how["network"])  # refuses those in which no solution could come back
    work = [(problem, seed, how) for seed in chosen]
    return Ensemble(tuple(sorted(builtins.map(from_bytes, map(_solved, work)), key=_missed)))


def sweep(
    problem: Problem,
    choices: Mapping[str, Sequence[Any]],
    *,
    seeds: int | Sequence[int] = 1,
    map: Map = builtins.map,
    network: Network | None = None,
    settings: Settings | None = None,
    **how: Any,
) -> tuple[SweepTrial, ...]:
    """Solve a problem with every combination of some settings, the best first.

    Args:
        problem: the problem.
        choices: values to try, by the name of a field of `Settings` or of the network, such as
            `{"width": [10, 20], "sampling": ["residual", "even"]}`; `network` gives whole networks.
        seeds: of each combination.
        map: as for `ensemble`.
        network, settings: what `choices` changes.
        how: what else `solve` takes.

    Raises:
        SolverError: if a name is neither of settings nor of the network, or a value makes no sense.
    """
    network, settings = network or default_network(problem), settings or Settings()
    of_settings = {each.name for each in fields(Settings)}
    for name in choices:
        if name != "network" and name not in of_settings and not hasattr(network, name):
            known = sorted(of_settings | {each.name for each in fields(network)} | {"network"})
            raise SolverError(f"There is no setting {name!r} to sweep over; there are {', '.join(known)}.")
    chosen = tuple(range(seeds)) if isinstance(seeds, int) else tuple(seeds)
    tried, work = [], []
    for values in product(*choices.values()):
        choice = dict(zip(choices, values, strict=True))
        changed = choice.get("network", network)
        network_to_dict(changed)
        own = {name: value for name, value in choice.items() if name not in of_settings | {"network"}}
        given = {name: value for name, value in choice.items() if name in of_settings}
        full = how | {"network": replace(changed, **own), "settings": replace(settings, **given)}
        for seed in chosen:
            tried.append((choice, seed))
            work.append((problem, seed, full))
    solutions = builtins.map(from_bytes, map(_solved, work))
    trials = [
        SweepTrial(choice, seed, solution) for (choice, seed), solution in zip(tried, solutions, strict=True)
    ]
    return tuple(sorted(trials, key=lambda trial: _missed(trial.solution)))


def _solved(work: tuple[Problem, int, Mapping[str, Any]]) -> bytes:
    problem, seed, how = work
    return to_bytes(solve(problem, seed=seed, **how))


def _missed(solution: Solution) -> float:
    return max(solution.residual, solution.condition)
