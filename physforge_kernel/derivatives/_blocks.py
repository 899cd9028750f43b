"""Long lines in overlapping blocks, and lines with gaps without their missing samples."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np

from ..errors import DerivativeError
from ._lines import Estimate, Lines


def in_blocks(lines: Lines, block: int, margin: int, fit: Callable[[Lines], Estimate]) -> Estimate:
    """Fit long lines block by block, and keep of every block what lies away from its ends.

    Args:
        lines: the samples.
        block: how many samples a block has at most.
        margin: how many of them, on either side, only support the others.
        fit: what is done with a block.
    """
    n = len(lines.points)
    if n <= block:
        return fit(lines)
    parts = []
    done = 0
    while done < n:
        start = min(max(done - margin, 0), n - block)
        stop = start + block
        end = n if stop == n else stop - margin
        parts.append(fit(lines.part(slice(start, stop))).rows(slice(done - start, end - start)))
        done = end
    return joined(parts)


def joined(parts: list[Estimate]) -> Estimate:
    """Estimates for successive stretches of the same lines, as one."""
    return Estimate(
        np.concatenate([part.values for part in parts]),
        np.concatenate([part.noise for part in parts]),
        np.concatenate([part.bias for part in parts]),
        parts[0].settings,
    )


def without_gaps(lines: Lines, fewest: int, fit: Callable[[Lines], Estimate]) -> Estimate:
    """Fit what is left of lines with missing samples; where a sample is missing, so is the derivative.

    Lines with the same gaps are fitted together; one with fewer than `fewest` samples left stays NaN.
    """
    known = np.isfinite(lines.values)
    if known.all():
        return fit(lines)
    values = np.full(lines.values.shape, np.nan)
    result = Estimate(values, values.copy(), values.copy())
    patterns, which = np.unique(known, axis=1, return_inverse=True)
    which = which.reshape(-1)
    settings: Mapping[str, float] = {}
    for k in range(patterns.shape[1]):
        rows, columns = np.flatnonzero(patterns[:, k]), np.flatnonzero(which == k)
        if len(rows) < fewest:
            continue
        try:
            part = fit(replace(lines.part(rows, columns), period=None))
        except DerivativeError:
            if patterns.shape[1] == 1:
                raise
            continue
        at = np.ix_(rows, columns)
        for name in ("values", "noise", "bias"):
            getattr(result, name)[at] = getattr(part, name)
        settings = part.settings
    return replace(result, settings=settings)
