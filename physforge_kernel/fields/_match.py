"""Which axis of an array is which: by the lengths of the known axes, by documented rules, or not at all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ._names import AXES


def assignments(shape: Sequence[int], lengths: Mapping[str, int]) -> list[tuple[str, ...]]:
    """Return every way to give each axis of an array a distinct named axis of its length.

    Example:
        >>> assignments((256, 101), {"t": 101, "x": 256})
        [('x', 't')]
        >>> assignments((50, 50), {"t": 50, "x": 50})
        [('t', 'x'), ('x', 't')]
    """
    if not shape:
        return [()]
    found = []
    for name, length in lengths.items():
        if length == shape[0]:
            rest = {other: n for other, n in lengths.items() if other != name}
            found += [(name, *tail) for tail in assignments(shape[1:], rest)]
    return found


def keeping_space_in_order(candidates: Sequence[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the candidates whose spatial axes stand in the order x, y, z.

    Example:
        >>> keeping_space_in_order([("t", "x", "y"), ("t", "y", "x")])
        [('t', 'x', 'y')]
    """
    space = [axis for axis in AXES if axis != "t"]

    def orderly(dims: tuple[str, ...]) -> bool:
        ranks = [space.index(dim) for dim in dims if dim in space]
        return ranks == sorted(ranks)

    return [dims for dims in candidates if orderly(dims)]


def partial(shape: Sequence[int], lengths: Mapping[str, int]) -> list[tuple[str | None, ...]]:
    """Return the ways to place every named axis in an array that has more axes than names.

    Example:
        >>> partial((100, 50), {"t": 100})
        [('t', None)]
    """
    if not lengths:
        return [(None,) * len(shape)]
    if len(shape) < len(lengths):
        return []
    found: list[tuple[str | None, ...]] = []
    for name, length in lengths.items():
        if length == shape[0]:
            rest = {other: n for other, n in lengths.items() if other != name}
            found += [(name, *tail) for tail in partial(shape[1:], rest)]
    if len(shape) > len(lengths):
        found += [(None, *tail) for tail in partial(shape[1:], lengths)]
    return found
