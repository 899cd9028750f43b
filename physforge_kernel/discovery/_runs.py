"""A law run forwards from the start of the field that it was found in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ..errors import PhysForgeError
from ._regression import Fit
from ._side import SideLaw

if TYPE_CHECKING:
    import xarray as xr

    from ..equations import Equation


@dataclass(frozen=True)
class Forecast:
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


def forecast(laws: Mapping[str, SideLaw], field: xr.Dataset, seconds: float) -> Forecast:
    """Simulate laws from a field's first instant over its span."""
    from ..equations import simulate

    try:
        return Forecast(simulate(equation_of(laws), field, seconds=seconds))
    except PhysForgeError as error:
        return Forecast(None, str(error))


def equation_of(laws: Mapping[str, SideLaw]) -> Equation:
    """The laws with all digits of their coefficients."""
    from ..equations import Equation

    components = [left.rpartition("_")[0] for left in laws]
    return Equation.from_terms({left: law.values for left, law in laws.items()}, components=components)


def varied(law: SideLaw, fit: Fit) -> SideLaw:
    """A law with other terms or weights."""
    return replace(law, estimate=replace(law.estimate, fit=fit))
