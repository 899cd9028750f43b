"""What a name in a file says: which axis it is, and in which units it is measured."""

from __future__ import annotations

import re
from collections.abc import Iterable

#: The axes that PhysForge knows, in the order in which a field has them.
AXES = ("t", "x", "y", "z")

#: The one axis of samples that lie on no grid; what is called like an axis says where they are.
SAMPLE = "sample"

#: Other spellings of an axis. They count only where the axis's own name is not taken.
_SPELLINGS = {
    "t": ("tt", "ts", "time", "times", "tgrid", "tspan", "tcoordinate", "tcoord", "timestamp"),
    "x": ("xx", "xs", "xgrid", "xcoordinate", "xcoord", "position", "space"),
    "y": ("yy", "ys", "ygrid", "ycoordinate", "ycoord"),
    "z": ("zz", "zs", "zgrid", "zcoordinate", "zcoord"),
}
_AXIS_OF = {spelling: axis for axis, spellings in _SPELLINGS.items() for spelling in spellings}

#: Spellings of `u` under which published data sets keep their one solution.
_SOLUTIONS = frozenset({"usol", "uu", "u_exact", "usoln", "u_sol"})

_UNITS = re.compile(r"^(?P<name>[^\[\]()]*\S)\s*(?:\[(?P<square>.*)\]|\((?P<round>.*)\))$")


def axis_of(name: str) -> str | None:
    """Return the axis that a name means beyond doubt: `"t"` for `"Time"`, None for `"T"`.

    Example:
        >>> axis_of("t"), axis_of("Time"), axis_of("x-coordinate"), axis_of("T"), axis_of("u")
        ('t', 't', 'x', None, None)
    """
    if name in AXES:
        return name
    return _AXIS_OF.get(re.sub(r"[\s_\-]", "", name).lower())


def weak_axis_of(name: str) -> str | None:
    """Return the axis that a capital may mean where nothing else is that axis: `"t"` for `"T"`.

    A capital may as well be a quantity (`T` a temperature), so this reading needs more evidence.

    Example:
        >>> weak_axis_of("T"), weak_axis_of("U")
        ('t', None)
    """
    return name.lower() if len(name) == 1 and name.lower() in AXES and name.isupper() else None


def is_solution(name: str) -> bool:
    """Say whether a lone variable of this name is customarily the solution `u`.

    Example:
        >>> is_solution("usol"), is_solution("pressure")
        (True, False)
    """
    return name.lower() in _SOLUTIONS


def split_units(header: str) -> tuple[str, str | None]:
    """Split a column's header into its name and its units.

    Example:
        >>> split_units("u [m/s]"), split_units("p (Pa)"), split_units("x")
        (('u', 'm/s'), ('p', 'Pa'), ('x', None))
    """
    header = header.strip()
    found = _UNITS.match(header)
    if found is None:
        return header, None
    units = found["square"] if found["square"] is not None else found["round"]
    return found["name"].strip(), units.strip() or None


def identifier(name: str) -> str:
    """Return a name that an equation can use: letters, digits and underscores.

    Example:
        >>> identifier("flow rate"), identifier("2nd"), identifier("u")
        ('flow_rate', '_2nd', 'u')
    """
    cleaned = re.sub(r"\W+", "_", name.strip()).strip("_") if not name.isidentifier() else name
    if not cleaned:
        return "unnamed"
    return cleaned if cleaned.isidentifier() else "_" + cleaned


def in_axis_order(names: Iterable[str]) -> tuple[str, ...]:
    """Order axes as fields have them: t, x, y, z, then the others as they came.

    Example:
        >>> in_axis_order(["y", "run", "t"])
        ('t', 'y', 'run')
    """
    names = list(names)
    return tuple([axis for axis in AXES if axis in names] + [name for name in names if name not in AXES])


def listed(names: Iterable[object]) -> str:
    """Join names for a sentence: `u, v and w`.

    Example:
        >>> listed(["u"]), listed(["u", "v", "w"])
        ('u', 'u, v and w')
    """
    texts = [str(name) for name in names]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else "none"
