"""Learning an operator from pairs of functions and fields."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import xarray as xr
from jaxtyping import Float

from ...equations import AXES
from ...errors import SolverError
from .._components import Components
from .._domain import Domain
from ._expansion import Tabulated
from ._kernel import learn_kernel
from ._model import PODModel
from ._operator import Space
from ._problem import Input

#: Principal components are kept down to these shares of the size of functions and of fields.
_INPUTS, _FIELDS = 1e-4, 1e-6
#: Samples that are needed for each coordinate of the functions, and at least.
_EACH, _LEAST = 3, 10
#: Nodes are even if their distances differ by less than this share.
_EVEN = 1e-6


@dataclass(frozen=True)
class OperatorPairs:
    """Functions and the fields that belong to them, sample by sample.

    Attributes:
        functions: one or several variables over `sample` and one coordinate each.
        fields: one or several variables over `sample` and the coordinates of the domain.
        periodic: the coordinates along which functions and fields repeat; nodes then are even, and leave the
            far end out.

    Raises:
        SolverError: if they do not belong together, or something is missing.

    Example:
        >>> x, amplitude = np.linspace(0, 1, 11), np.linspace(-1, 1, 20)[:, None]
        >>> pairs = OperatorPairs(
        ...     xr.Dataset({"f": (("sample", "x"), amplitude * np.cos(x))}, {"x": x}),
        ...     xr.Dataset({"u": (("sample", "x"), amplitude * np.sin(x))}, {"x": x}),
        ... )
        >>> pairs.count
        20
    """

    functions: xr.Dataset
    fields: xr.Dataset
    periodic: Sequence[str] = ()

    def __post_init__(self) -> None:
        for what, given in (("functions", self.functions), ("fields", self.fields)):
            if not isinstance(given, xr.Dataset) or not given.data_vars:
                raise SolverError(f"The {what} of pairs are {type(given).__name__}; give an xarray.Dataset.")
            for name, each in given.data_vars.items():
                self._check(what, str(name), each)
        counts = self.functions.sizes["sample"], self.fields.sizes["sample"]
        if counts[0] != counts[1]:
            raise SolverError(f"There are {counts[0]} samples of functions and {counts[1]} of fields.")
        if counts[0] < _LEAST:
            raise SolverError(f"{counts[0]} samples teach nothing; give {_LEAST} at least.")
        for axis in self.periodic:
            if axis not in self.fields.dims and axis not in self.functions.dims:
                raise SolverError(f"Nothing can be periodic in {axis!r}, which no variable depends on.")

    @property
    def count(self) -> int:
        """The number of samples."""
        return self.fields.sizes["sample"]

    def nodes(self, axis: str) -> Float[np.ndarray, "n"]:
        """The nodes of a coordinate."""
        source = self.fields if axis in self.fields.coords else self.functions
        return np.asarray(source[axis].values, dtype=float)

    def ends(self, axis: str) -> tuple[float, float]:
        """Where a coordinate starts and ends, or starts again."""
        nodes = self.nodes(axis)
        beyond = float(np.diff(nodes).mean()) if axis in self.periodic else 0.0
        return float(nodes[0]), float(nodes[-1]) + beyond

    def _check(self, what: str, name: str, each: xr.DataArray) -> None:
        axes = [str(axis) for axis in each.dims if axis != "sample"]
        if "sample" not in each.dims or not axes or (what == "functions" and len(axes) != 1):
            many = "one coordinate" if what == "functions" else "coordinates"
            raise SolverError(
                f"{name} has the dimensions {', '.join(map(str, each.dims))}; {what} have 'sample' and "
                f"{many}."
            )
        for axis in axes:
            if axis not in AXES or axis not in each.coords:
                raise SolverError(f"{name} depends on {axis!r}, which has no values or is no coordinate.")
            steps = np.diff(np.asarray(each[axis].values, dtype=float))
            if not len(steps) or not (steps > 0).all():
                raise SolverError(f"The values of {axis} have to increase, at two nodes or more.")
            if axis in self.periodic and np.ptp(steps) > _EVEN * steps.mean():
                raise SolverError(f"{name} is periodic in {axis}, and the nodes there are not even.")
        if np.iscomplexobj(each.values) or not np.isfinite(each.values).all():
            raise SolverError(f"{name} has values that are missing, infinite or complex.")


@dataclass(frozen=True)
class Fitted:
    """What pairs taught."""

    inputs: tuple[Input, ...]
    space: Space
    model: PODModel
    notes: tuple[str, ...]


def fit(pairs: OperatorPairs) -> Fitted:
    """Principal components of functions and fields, and the map between their weights."""
    found = [_input(pairs, str(name)) for name in pairs.functions.data_vars]
    coordinates = np.concatenate([each[1] for each in found], axis=1)
    sizes = np.concatenate([each[2] for each in found])
    order = [axis for axis in AXES if axis in pairs.fields.dims]
    names = tuple(map(str, pairs.fields.data_vars))
    stacked = pairs.fields.transpose("sample", *order)
    values = np.concatenate([stacked[name].values.reshape(pairs.count, -1) for name in names], axis=1)
    mean = values.mean(0)
    weights, modes, _ = _principal(values - mean, _FIELDS, pairs.count)
    kernel = learn_kernel(coordinates, weights, sizes, np.linalg.norm(values, axis=1))
    space = Space(
        Domain({axis: pairs.ends(axis) for axis in order}),
        Components(names),
        tuple(axis for axis in order if axis in pairs.periodic),
    )
    model = PODModel(space, {axis: pairs.nodes(axis) for axis in order}, mean, modes, kernel)
    how = (
        f"a kernel around {len(kernel.centres)} of {pairs.count} samples"
        if len(kernel.centres)
        else "an affine map"
    )
    note = f"{coordinates.shape[1]} coordinates of functions give {len(modes)} components of fields by {how}"
    return Fitted(tuple(each[0] for each in found), space, model, (note,))


def _input(pairs: OperatorPairs, name: str) -> tuple[Input, np.ndarray, np.ndarray]:
    """A function, the samples' coordinates (n, m), and how much each coordinate is of its norm (m,)."""
    array = pairs.functions[name]
    (axis,) = (str(axis) for axis in array.dims if axis != "sample")
    values = np.asarray(array.transpose("sample", axis).values, dtype=float)
    mean = values.mean(0)
    weights, modes, sizes = _principal(values - mean, _INPUTS, pairs.count // _EACH)
    ends, periodic = pairs.ends(axis), axis in pairs.periodic
    table = np.concatenate([mean[None], sizes[:, None] * modes])
    return (
        Input(name, axis, Tabulated(*ends, pairs.nodes(axis), table, periodic)),
        weights / sizes,
        sizes,
    )


def _principal(off: np.ndarray, share: float, most: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Weights (n, q) of principal components (q, G), and the weights' standard deviations (q,)."""
    squared, modes = _squares(off)
    if not squared[0] > 0:
        raise SolverError("All samples are the same; there is nothing to learn from.")
    lacking = np.sqrt(squared[::-1].cumsum()[::-1] / squared.sum())
    modes = modes[: min(max(int((lacking > share).sum()), 1), max(most, 1))]
    weights = off @ modes.T
    return weights, modes, np.sqrt((weights**2).mean(0))


def _squares(off: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The squared singular values, falling, and the right singular vectors, from the smaller Gram matrix.

    A share of 1e-6 is one of 1e-12 of the squares, which these matrices still hold in float64.
    """
    if off.shape[1] <= len(off):
        squared, vectors = np.linalg.eigh(off.T @ off)
        return np.maximum(squared[::-1], 0.0), vectors[:, ::-1].T
    squared, vectors = np.linalg.eigh(off @ off.T)
    # Rounding leaves the images of the vectors short of a right angle where they are small.
    modes = np.linalg.qr(off.T @ vectors[:, ::-1])[0].T
    return np.maximum(squared[::-1], 0.0), modes
