"""Names: which letters are axes, and how a derivative is written (`u_xxy` is u, twice by x, once by y)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

AXES = ("t", "x", "y", "z")
"""The independent variables, in the order in which they are listed."""

NUMBERED_AXES = tuple(f"x{number}" for number in range(1, 10))
"""Axes of spaces of more dimensions: where a derivative by one stands in an equation (`u_x1x1`)."""

_SUFFIX_ORDER = ("x", "y", "z", *NUMBERED_AXES, "t")
_AXIS = re.compile(r"x[1-9]|[txyz]")
_DERIVATIVE = re.compile(rf"(?P<base>.+)_(?P<suffix>(?:{_AXIS.pattern})+)\Z", re.DOTALL)


def split_derivative(
    name: str, components: Collection[str] | None = None
) -> tuple[str, dict[str, int]] | None:
    """Split a derivative's name into its component and how often each axis differentiates it.

    Args:
        name: a name such as `u_xxy`.
        components: the names that may be differentiated; any name, where None.

    Returns:
        The component and the order by axis (axes in the order t, x, y, z), or None if `name` is no derivative
        of a component (a component itself is not one).

    >>> split_derivative("u_xxy", ("u", "v"))
    ('u', {'x': 2, 'y': 1})
    >>> split_derivative("u_x1x5t")
    ('u', {'t': 1, 'x1': 1, 'x5': 1})
    >>> split_derivative("u", ("u",)) is None
    True
    >>> split_derivative("nu_0") is None
    True
    """
    match = _DERIVATIVE.match(name)
    if match is None:
        return None
    base, by = match["base"], _AXIS.findall(match["suffix"])
    if components is not None and base not in components:
        return None
    return base, {axis: by.count(axis) for axis in (*AXES, *NUMBERED_AXES) if axis in by}


def derivative_name(component: str, orders: Mapping[str, int]) -> str:
    """The one name of a derivative: space before time; the component itself where nothing differentiates it.

    >>> derivative_name("u", {"y": 1, "x": 2})
    'u_xxy'
    >>> derivative_name("u", {})
    'u'
    """
    suffix = "".join(axis * orders.get(axis, 0) for axis in _SUFFIX_ORDER)
    return f"{component}_{suffix}" if suffix else component


def natural_key(name: str) -> tuple[tuple[int, str], ...]:
    """Sorts names as people do: `u2` before `u10`."""
    return tuple(
        (int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part
    )
