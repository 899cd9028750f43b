"""How briefly polynomials tell the data: what a formula is worth that says the same in fewer bits."""

from __future__ import annotations

import math

import numpy as np

from . import _constants, _surrogate
from ._constants import ROUNDING
from ._sample import Sample

#: A polynomial has at most so many constants, and so many rows for each.
_MOST, _ROWS_PER_CONSTANT = 150, 5


def briefest(sample: Sample) -> tuple[float, int]:
    """Length in bits of the briefest description by a polynomial of all terms to a degree, and its constants.

    Its terms cost nothing, since none was chosen. Bits count as in `_length`.
    """
    found, y = (math.inf, 0), sample.y * sample.weights
    degree = 0
    while True:
        design = _surrogate.of_degree(sample.X, degree) * sample.weights[:, None]
        terms = design.shape[1]
        if degree and (terms > _MOST or terms * _ROWS_PER_CONSTANT > len(y)):
            return found
        triangle = np.linalg.qr(design, mode="r")
        coefficients, _, rank, _ = np.linalg.lstsq(design, y, rcond=1e-13)
        if rank < terms:
            return found
        left = y - design @ coefficients
        misfit = float(np.sqrt(np.mean(left**2)))
        spread = np.linalg.norm(np.linalg.inv(triangle), axis=1)
        errors = spread * math.sqrt(float(left @ left) / max(len(y) - terms, 1))
        bits = sample.count * math.log2(max(misfit, ROUNDING) / ROUNDING)
        bits += sum(_constants.bits_of_free(c, e) for c, e in zip(coefficients, errors, strict=True))
        found = min(found, (bits, terms))
        degree += 1
