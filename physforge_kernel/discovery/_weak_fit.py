"""A law in the weak form, as a field to look at."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from ._side import SideLaw
from ._units import power_of_two

if TYPE_CHECKING:
    import xarray as xr


def weak_fit(laws: Mapping[str, SideLaw]) -> xr.Dataset:
    """Both sides of a law at the test functions of its first experiment; see `Candidate.fit`."""
    import xarray as xr

    scale = next(iter(laws.values())).estimate.scale
    projection = scale.regression.projection
    block = projection.blocks[0]
    units, count = block.sample.units, int(block.rows.sum())
    lengths = [power_of_two(k) for k in units.axes] if units else [1.0] * len(block.weak.axes)
    names: list[str] = []
    arrays: dict[str, list[np.ndarray]] = {"observed": [], "predicted": [], "residual": []}
    for law in laws.values():
        support, weights = list(law.estimate.fit.support), law.estimate.fit.weights
        unit = power_of_two(units.of(law.target.features[0])) if units else 1.0
        for feature, side in zip(law.target.features, law.estimate.scale.regression.sides, strict=True):
            matrix = unit * (law.estimate.scale.regression.projection.matrix[:count] @ side)
            names.append(feature.name)
            for name, values in (
                ("observed", matrix[:, -1]),
                ("predicted", matrix[:, support] @ weights),
            ):
                grid = np.full(block.weak.shape, np.nan)
                grid[block.rows] = values
                arrays[name].append(grid)
            arrays["residual"].append(arrays["observed"][-1] - arrays["predicted"][-1])
    axes = [axis.name for axis in block.weak.axes]
    centres = {a.name: unit * a.centres for a, unit in zip(block.weak.axes, lengths, strict=True)}
    coords = {"left_side": names, **centres}
    return xr.Dataset(
        {name: (("left_side", *axes), np.stack(grids)) for name, grids in arrays.items()},
        coords,
        {"half_widths": [a.half_width * k for a, k in zip(block.weak.axes, lengths, strict=True)]},
    )
