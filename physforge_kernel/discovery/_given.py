"""What discovery may be given: fields, and what can be turned into one without a guess."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..equations import Equation
from ..errors import DiscoveryError, EquationError
from ._memory import loaded
from ._scattered import PLACES, as_samples, carried

if TYPE_CHECKING:
    import xarray as xr

_SECOND = np.timedelta64(1, "s")


def as_fields(given: Any) -> list[xr.Dataset]:
    """Return what was given as a list of Datasets, their variables named as an equation can name them.

    What Dask has is loaded, if it fits in memory. Dates along the time axis become seconds since the first of
    them, in all experiments together.

    Raises:
        DiscoveryError: for anything that is no field, saying what it is and what to pass instead.
    """
    parts = list(given) if isinstance(given, (list, tuple)) else [given]
    fields = [loaded(_dataset(part)) for part in parts]
    for i, field in enumerate(fields):
        for dim in map(str, field.dims):
            if not field.sizes[dim]:
                which = f"Experiment {i + 1}" if len(fields) > 1 else "The field"
                raise DiscoveryError(
                    f"{which} has no samples along {dim!r}: it is empty. Give one that has some."
                )
        scattered = len(field.dims) == 1 and "t" not in field.dims
        for name in map(str, field.data_vars):
            if not (scattered and name in PLACES):
                _check_name(name)
    firsts = [first for field in fields if (first := _first_date(field)) is not None]
    return [_in_seconds(field, min(firsts)) if firsts else field for field in fields]


def gridded(given: Sequence[Any], axes: int, seed: int) -> list[Any]:
    """What a law over so many axes is held against, its scattered samples carried to the nodes of a grid.

    Raises:
        DiscoveryError: for samples that are too few, or whose places are not numbers.
    """
    found = []
    for part in given:
        table = hasattr(part, "columns") and hasattr(part, "to_xarray")
        samples = axes > 1 and not table and len(getattr(part, "dims", ())) == 1 and "t" not in part.dims
        found += carried(as_fields(part), seed)[0] if table or samples else [part]
    return found


def on_dates(fields: Sequence[xr.Dataset]) -> list[str]:
    """What to tell of times that were dates: from which one seconds count."""
    since = next((field["t"].attrs["since"] for field in fields if "since" in field["t"].attrs), None)
    return [] if since is None else [f"Time counts in seconds since {since}."]


def _dataset(part: Any) -> xr.Dataset:
    import xarray as xr

    if isinstance(part, xr.DataArray):
        return part.to_dataset(name=str(part.name) if part.name is not None else "u")
    if isinstance(part, xr.Dataset):
        return part
    if hasattr(part, "columns") and hasattr(part, "to_xarray"):  # a DataFrame
        return as_samples(part)
    kind = type(part).__name__
    if isinstance(part, str):
        raise DiscoveryError(f"Discovery needs a field, not the text {part!r}; read a file with pf.read.")
    raise DiscoveryError(
        f"Discovery needs an xarray.Dataset with named coordinates, not {kind}; pf.read makes one from a "
        "file, and xarray.Dataset({'u': (('t', 'x'), values)}, {'t': t, 'x': x}) one from arrays."
    )


def _check_name(name: str) -> None:
    suggested = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_")
    suggested = suggested if suggested[:1].isalpha() else "u"
    if not name.isidentifier() or not name.isascii():
        raise DiscoveryError(
            f"Variable {name!r} cannot stand in an equation; rename it to letters, digits and _, "
            f"as in field.rename({{{name!r}: {suggested!r}}})."
        )
    try:
        Equation.from_terms({f"{name}_t": {name: 1.0}}, components=(name,))
    except EquationError as error:
        raise DiscoveryError(
            f"Variable {name!r} cannot stand in an equation, where it has a meaning of its own; rename it, "
            f"as in field.rename({{{name!r}: 'u'}})."
        ) from error


def _first_date(field: xr.Dataset) -> np.datetime64 | None:
    if "t" not in field.variables or field["t"].dtype.kind != "M" or not field["t"].size:
        return None
    times = field["t"].to_numpy()
    if np.isnat(times).any():
        raise DiscoveryError(
            f"Axis 't' has no date at index {int(np.argmax(np.isnat(times)))}; correct or drop that time."
        )
    return times.min()


def _in_seconds(field: xr.Dataset, first: np.datetime64) -> xr.Dataset:
    if "t" not in field.variables or field["t"].dtype.kind != "M":
        return field
    seconds = (field["t"].to_numpy() - first) / _SECOND
    since = str(first.astype("datetime64[s]")).replace("T", " ")
    return field.assign_coords(t=(field["t"].dims, seconds, {"units": "s", "since": since}))
