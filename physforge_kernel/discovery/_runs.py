"""A law run forwards from a start."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ..equations import Equation, simulate
from ..equations._etdrk4 import OutOfTimeError
from ..errors import SimulationError
from ._observed import Observed
from ._regression import Fit
from ._side import SideLaw

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True)
class Start:
    """Where a simulation starts; `denoise` if it is still to be smoothed.

    An estimated start names its `states`, with a root of their covariance (`spread`) and the time `until`
    which samples were used for it.
    """

    field: xr.Dataset
    denoise: bool
    states: tuple[str, ...] = ()
    spread: np.ndarray | None = None
    until: float | None = None


def run_from(
    equation: Equation, observed: Observed, begin: Start, seconds: float, times: np.ndarray
) -> tuple[xr.Dataset | None, str, bool]:
    """A simulation, or the sentence that says why there is none, and whether only time was lacking."""
    options: dict[str, Any] = {}
    if observed.space:
        options["periodic"] = observed.periodic
        if begin.field.sizes["t"] < len(observed.times):
            options["boundary"] = observed.filled
    try:
        run = simulate(
            equation, begin.field, t=times, denoise=begin.denoise, seconds=max(seconds, 0.01), **options
        )
    except SimulationError as error:
        return None, str(error), isinstance(error, OutOfTimeError)
    for name in run.data_vars:
        if not np.isfinite(run[name].values).all():
            return None, f"The simulation of {name} left the numbers.", False
    return run.transpose("t", *observed.space), "", False


@dataclass(frozen=True)
class Simulated:
    """A simulation, or the reason why there is none."""

    field: xr.Dataset | None
    reason: str = ""

    def apart(self, other: xr.Dataset, noise: Mapping[str, float] | None = None) -> float | None:
        """RMS distance from another field as a share of that field's RMS, the largest over the variables.

        Args:
            other: on the same points.
            noise: sd of the noise on its variables, whose share in the distance is taken out.
        """
        if self.field is None:
            return None
        shares = []
        for name in self.field.data_vars:
            theirs = other[name].transpose(*self.field[name].dims).to_numpy()
            gap = np.abs(self.field[name].to_numpy() - theirs) ** 2
            known = np.isfinite(gap)
            size = float(np.mean(np.abs(theirs[known]) ** 2))
            rest = max(float(np.mean(gap[known])) - (noise or {}).get(str(name), 0.0) ** 2, 0.0)
            shares.append(np.sqrt(rest / size) if size > 0 else 0.0)
        return float(max(shares))


def simulated(laws: Mapping[str, SideLaw], observed: Observed, begin: Start, seconds: float) -> Simulated:
    """Run laws from a start over the span of a field."""
    run, reason, _ = run_from(equation_of(laws), observed, begin, seconds, observed.times)
    return Simulated(run, reason)


def equation_of(laws: Mapping[str, SideLaw]) -> Equation:
    """A law with its coefficients as estimated, unrounded."""
    components = [left.rpartition("_")[0] for left in laws]
    for law in laws.values():
        if len(law.target.features) == 1:
            components += [name for name in law.target.features[0].components if name not in components]
    return Equation.from_terms({left: law.values for left, law in laws.items()}, components=components)


def varied(law: SideLaw, fit: Fit) -> SideLaw:
    """A law with other terms or weights."""
    return replace(law, estimate=replace(law.estimate, fit=fit))
