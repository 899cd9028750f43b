"""One method along one axis: what gaps and closed ends ask for around it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from ..errors import DerivativeError
from ._blocks import without_gaps
from ._lines import Estimate, Lines
from ._methods import Method

#: With more distinct patterns of gaps than this, a method chooses its settings once for all of them.
_PATTERNS = 4


def along(lines: Lines, method: Method, order: int, options: Mapping[str, Any]) -> Estimate:
    """Differentiate lines by a method; missing samples stay missing.

    Args:
        lines: the samples, which may close and may have gaps.
        method: one that takes lines.
        order: of the derivative.
        options: of the method.

    Raises:
        DerivativeError: the method cannot do it.
    """
    if not np.isfinite(lines.values).any():
        raise DerivativeError(f"No sample along {lines.axis} is a finite number, so there is no derivative.")
    if lines.period is None or method.closes:
        return _open(lines, method, order, options)
    n = len(lines.points)
    reach = min(n, max(24, n // 8))
    result = _open(lines.extended(reach), method, order, options)
    return result.rows(slice(reach, reach + n))


def _open(lines: Lines, method: Method, order: int, options: Mapping[str, Any]) -> Estimate:
    known = np.isfinite(lines.values)
    if known.all():
        return method.function(lines, order, **options)
    if not method.gaps:
        missing = np.where(known, lines.values, np.nan)
        result = method.function(replace(lines, values=missing), order, **options)
        return _masked(result, known)
    if np.unique(known, axis=1).shape[1] > _PATTERNS:
        fullest = np.sort(np.argsort(known.sum(axis=0))[-64:])
        sample = filled(lines.part(slice(None), fullest))
        options = {**method.function(sample, order, **options).settings, **options}
    return without_gaps(lines, 2 * order + 6, lambda part: method.function(part, order, **options))


def filled(lines: Lines) -> Lines:
    """The lines with straight bridges over their gaps: enough to choose settings by."""
    values = lines.values.copy()
    for column in values.T:
        known = np.isfinite(column)
        if known.any() and not known.all():
            column[~known] = np.interp(lines.points[~known], lines.points[known], column[known])
    whole = np.isfinite(values).all(axis=0)
    return replace(lines, values=values[:, whole], noise=lines.noise[whole])


def _masked(result: Estimate, known: np.ndarray) -> Estimate:
    values = np.where(known, result.values, np.nan)
    lost = ~np.isfinite(values)
    return replace(
        result,
        values=values,
        noise=np.where(lost, np.nan, result.noise),
        bias=np.where(lost, np.nan, result.bias),
    )
