"""The columns of a table from a field: its variables, its coordinates, and its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...errors import DiscoveryError
from . import _windows
from ._windows import Windows

#: Samples whose derivative's standard error is above so many medians are left out: ends, mostly.
_WORSE = 4.0


#: Blocks that a field is cut into, about, and samples along each axis of a block at least.
_BLOCKS, _ALONG = 300, 6


@dataclass(frozen=True)
class Columns:
    """`columns`: (n,) each, by name; `blocks`: (n,), in which part of the field each row is; `windows` where
    the field is a noisy curve; `derived`: whether the target is a derivative of samples."""

    columns: dict[str, np.ndarray]
    blocks: np.ndarray
    windows: Windows | None
    derived: bool


def columns_of(field: Any, inputs: Sequence[str], target: str) -> Columns:
    """One column of samples per name, each a variable, a coordinate or a derivative such as `u_xx`.

    Raises:
        DiscoveryError: a name is none of these.
    """
    from ...derivatives import differentiate
    from ...equations import split_derivative

    names = (*inputs, target)
    components = [str(name) for name in field.data_vars]
    plain = {*components, *(str(c) for c in field.coords)}
    derived = [name for name in names if name not in plain]
    unknown = [name for name in derived if split_derivative(name, components) is None]
    if unknown:
        raise DiscoveryError(
            f"{unknown[0]!r} is no variable, axis or derivative of this field; it has "
            f"{', '.join(sorted(plain))}, and derivatives such as {components[0]}_t."
        )
    made = differentiate(field, derived) if derived else None
    dims = field[components[0]].dims
    shape = tuple(field.sizes[d] for d in dims)
    kept = np.ones(shape, dtype=bool)
    columns: dict[str, np.ndarray] = {}
    for name in names:
        source = made if made is not None and name in derived else field
        array = source[name]
        if array.dtype.kind == "c":
            raise DiscoveryError(f"{name} is complex; take its real and imaginary parts as variables.")
        columns[name] = np.broadcast_to(array.broadcast_like(field[components[0]]).transpose(*dims), shape)
        if made is not None and name in derived and f"{name}_error" in made:
            error = made[f"{name}_error"].transpose(*dims).to_numpy()
            limit = _WORSE * float(np.nanmedian(error))
            kept &= ~(error > limit) if limit > 0 else True
    windows = _windows_of(field, inputs, target, columns) if len(dims) == 1 and target in derived else None
    if windows is not None:
        # The rows that formulas are proposed on have less noise, too, when they are smoothed.
        columns |= dict(zip(inputs, windows.X.T, strict=True))
    blocks = _blocks(shape)[kept]
    return Columns(
        {name: np.asarray(values)[kept] for name, values in columns.items()},
        blocks,
        windows,
        target in derived,
    )


def _windows_of(
    field: Any, inputs: Sequence[str], target: str, columns: dict[str, np.ndarray]
) -> Windows | None:
    components = [str(name) for name in field.data_vars]
    of = _windows.names_of((*inputs, target), components)
    goal = of.pop(target)
    [dim] = field[components[0]].dims
    axis = field[dim].to_numpy()
    if goal is None or axis.dtype.kind not in "fiu" or not all(np.isfinite(columns[n]).all() for n in inputs):
        return None
    smooth = [
        _windows.smooth(np.asarray(columns[name], dtype=float), axis.astype(float))
        if of[name] is not None and name in components
        else np.asarray(columns[name], dtype=float)
        for name in inputs
    ]
    return _windows.windows(field, goal, of, np.asarray(columns[target]), np.stack(smooth, axis=1))


def _blocks(shape: tuple[int, ...]) -> np.ndarray:
    """The block of each sample, all about equally large."""
    each = [max(min(round(_BLOCKS ** (1 / len(shape))), n // _ALONG), 1) for n in shape]
    along = [np.arange(n) * count // n for n, count in zip(shape, each, strict=True)]
    return np.ravel_multi_index(tuple(np.meshgrid(*along, indexing="ij")), tuple(each))
