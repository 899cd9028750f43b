"""The columns of a table from a field: its variables, its coordinates, and its derivatives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ...errors import DiscoveryError

#: Samples whose derivative's standard error is above so many medians are left out: ends, mostly.
_WORSE = 4.0


def columns_of(field: Any, names: Sequence[str]) -> dict[str, np.ndarray]:
    """One column of samples per name, each a variable, a coordinate or a derivative such as `u_xx`.

    Raises:
        DiscoveryError: a name is none of these.
    """
    from ...derivatives import differentiate
    from ...equations import split_derivative

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
    return {name: np.asarray(values)[kept] for name, values in columns.items()}
