"""Whether values stand in order, told without subtracting, which overflows near the ends of float64."""

from __future__ import annotations

import numpy as np


def increases(values: np.ndarray) -> bool:
    """Say whether each value is greater than the one before.

    Example:
        >>> increases(np.array([-1.7e308, 0.0, 1.7e308])), increases(np.array([0.0, 0.0]))
        (True, False)
    """
    return bool((values[1:] > values[:-1]).all())


def decreases(values: np.ndarray) -> bool:
    """Say whether each value is less than the one before.

    Example:
        >>> decreases(np.array([2.0, 1.0])), decreases(np.array([1.0, 2.0]))
        (True, False)
    """
    return bool((values[1:] < values[:-1]).all())
