"""Are the coefficients of a law the same everywhere?"""

from __future__ import annotations

from collections.abc import Iterator

from ._side import Side

#: Chance below which noise is not held to make coefficients change along an axis.
_CHANGE = 3e-3


def drifting(side: Side, *, masked: bool) -> Iterator[str]:
    """Doubt where the coefficients of a law change along an axis, or from experiment to experiment.

    Samples that are not to be used are smoothed with the others, and say nothing of the law.
    """
    if masked or side.best is None or side.referee is None or not side.path.support:
        return
    chances = side.referee.drifts(side.best.law)
    changes = {axis for axis, chance in chances.items() if chance * len(chances) < _CHANGE}
    if "experiment" in changes:
        yield (
            f"the experiments differ in the coefficients of {side.left}, more than noise would make them: "
            "find the law of each by itself"
        )
    if axes := sorted(changes - {"experiment"}):
        yield (
            f"the coefficients change along {' and '.join(axes)}, more than noise would make them: the law "
            "may be an approximation of another, or the sensor drifts"
        )
