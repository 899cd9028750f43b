"""Polynomials fitted to the neighbours of each sample: Savitzky-Golay's on even grids, weighted on any."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..errors import DerivativeError
from ._lines import Estimate, Lines
from ._local import by_position, fitted, nearest_starts, window_starts
from ._spline import pilot
from ._stencils import Judge, Stencils, choose, estimate

#: Wider windows would cost more than they gain.
_WIDEST = 401


def savgol(lines: Lines, order: int, *, window: int | None = None, degree: int | None = None) -> Estimate:
    """Differentiate polynomials that are fitted to equally many samples on both sides, all weighed alike.

    Args:
        lines: the samples, evenly spaced.
        order: of the derivative.
        window: how many samples a polynomial is fitted to; chosen by the expected error where None.
        degree: of the polynomials; chosen as well where None.

    Source: A. Savitzky and M. Golay, Anal. Chem. 36 (1964).
    """
    if not lines.even:
        steps = np.diff(lines.points)
        raise DerivativeError(
            f"Savitzky-Golay needs even steps, but those of {lines.axis} run from {steps.min():.4g} to "
            f'{steps.max():.4g}: use method="polynomial", which does not.'
        )
    return _fit(lines, order, window, degree, tapered=False)


def polynomial(
    lines: Lines, order: int, *, neighbours: int | None = None, degree: int | None = None
) -> Estimate:
    """Differentiate polynomials that are fitted to the nearest samples, near ones weighed more.

    Args:
        lines: the samples, at any points.
        order: of the derivative.
        neighbours: how many samples a polynomial is fitted to; chosen by the expected error where None.
        degree: of the polynomials; chosen as well where None.

    Source: J. Fan and I. Gijbels, Local Polynomial Modelling (1996).
    """
    return _fit(lines, order, neighbours, degree, tapered=True)


def _fit(lines: Lines, order: int, window: int | None, degree: int | None, *, tapered: bool) -> Estimate:
    n = len(lines.points)
    degrees = (order + 1, order + 3, order + 5) if degree is None else (degree,)
    if degree is not None and degree < order:
        raise DerivativeError(
            f"Polynomials of degree {degree} have no derivative of order {order}: take {order + 1} or more."
        )
    fewest = degrees[0] + 3
    if window is not None and not fewest <= window <= n:
        raise DerivativeError(
            f"A window of {window} samples does not do along {lines.axis}: degree {degrees[0]} needs "
            f"{fewest} or more, and there are {n}."
        )
    if n < fewest:
        raise DerivativeError(
            f"Polynomials of degree {degrees[0]} need {fewest} samples along {lines.axis}, which has {n}: "
            "ask for a lower order, or sample more finely."
        )

    def candidates(some: Lines) -> Sequence[Stencils]:
        return _candidates(some, order, degrees, window, tapered)

    if window is not None and degree is not None:
        inside = ends = f"{window},{degree}"
        judge = None  # the finer polynomials of the same windows tell of the bias
    else:
        excerpts = [Judge(each, *pilot(each, order)) for each in lines.excerpts()]
        inside, ends = choose(excerpts, candidates)
        judge = Judge(lines, *pilot(lines, order))
    builds = {}
    for name in {inside, ends}:
        k, p = (int(part) for part in name.split(","))
        [builds[name]] = _stencils(lines, order, k, (p,), tapered)
    k, p = (int(part) for part in inside.split(","))
    settings = {"neighbours" if tapered else "window": k, "degree": p}
    return estimate(lines, builds[inside], builds[ends], settings, judge)


def _candidates(
    lines: Lines, order: int, degrees: tuple[int, ...], window: int | None, tapered: bool
) -> list[Stencils]:
    n = len(lines.points)
    widths = _widths(degrees[0] + 3, n) if window is None else [min(window, n)]
    found: list[Stencils] = []
    for k in widths:
        fit = tuple(p for p in degrees if p + 3 <= k)
        found += _stencils(lines, order, k, fit, tapered)
    return found


def _widths(fewest: int, n: int) -> list[int]:
    """Odd windows, each about a quarter wider than the one before."""
    widest = min(n, _WIDEST)
    widths, width = [], float(fewest + (fewest % 2 == 0))
    while width <= widest:
        odd = int(width) | 1
        if odd <= widest:
            widths.append(odd)
        width = max(width * 1.3, width + 2)
    return widths or [fewest]


def _stencils(lines: Lines, order: int, k: int, degrees: tuple[int, ...], tapered: bool) -> list[Stencils]:
    if not degrees:
        return []
    n = len(lines.points)
    even = lines.even
    starts = window_starts(n, k) if even else nearest_starts(lines.points, k)
    gaps, which = by_position(lines.points, starts, k, even=even)
    wanted = tuple(sorted({*degrees, *(p + 2 for p in degrees)}))
    parts: list[dict[int, np.ndarray]] = []
    rows = max(1, (1 << 21) // (k * (wanted[-1] + 1)))
    for first in range(0, len(gaps), rows):
        parts.append(fitted(gaps[first : first + rows], order, wanted, tapered=tapered))
    weights = {p: np.concatenate([part[p] for part in parts])[which] for p in wanted}
    return [Stencils(f"{k},{p}", starts, weights[p], weights[p + 2]) for p in degrees]
