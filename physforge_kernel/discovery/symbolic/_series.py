"""How briefly polynomials tell the data: what a formula is worth that says the same in fewer bits.

Any smooth function is a polynomial to within the noise. A formula that is not much shorter than the shortest
of these has only shown that the function is smooth. Polynomials are taken of whatever symmetries have left of
the inputs, and of logarithms where all is positive: that a formula scales as the data do is no merit of it.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

import numpy as np

from . import _constants, _surrogate
from ._constants import ROUNDING
from ._sample import Sample

#: A polynomial has at most so many constants, and so many rows for each.
_MOST, _ROWS_PER_CONSTANT = 150, 5

#: Columns that differ by less than this, as a share of their length, are the same.
_ALIKE = 1e-13

#: A formula is a polynomial itself where one comes so near to its values, as a share of the output's RMS.
_ITSELF = 1e-6


def polynomials(values: np.ndarray, samples: Sequence[Sample]) -> Iterator[tuple[float, int]]:
    """Lengths in bits of the data told by polynomials of growing degree, and the number of their constants.

    Their terms cost nothing, since none was chosen. Bits count as in `_length`. Polynomials that are the
    formula itself, and those of higher degree, do not count.

    Args:
        values: (n,) of the formula, on the rows of the first sample.
        samples: the data, and what symmetries have made of them.
    """
    for sample, own in _pictures(values, samples):
        yield from _of_growing_degree(sample, own)


def _pictures(values: np.ndarray, samples: Sequence[Sample]) -> Iterator[tuple[Sample, np.ndarray]]:
    """The samples, and logarithms of them, with the formula's values in each."""
    first = samples[0]
    for sample in samples:
        if len(sample.y) != len(first.y) or not first.y.all():
            own = values if sample is first else None
        else:
            own = values * sample.y / first.y
        if own is None:
            continue
        yield sample, own
        if sample.positive.all() and (sample.y * own > 0).all() and (np.sign(own) == np.sign(own[0])).all():
            logarithms = Sample(
                np.log(sample.X), np.log(np.abs(sample.y)), sample.scale / np.abs(sample.y), sample.symbols,
                sample.unit, blocks=sample.blocks,
            )  # fmt: skip
            yield logarithms, np.log(np.abs(own))


def _of_growing_degree(sample: Sample, own: np.ndarray) -> Iterator[tuple[float, int]]:
    y, own = sample.y * sample.weights, own * sample.weights
    for degree in itertools.count():
        design = _surrogate.of_degree(sample.X, degree) * sample.weights[:, None]
        terms = design.shape[1]
        if degree and (terms > _MOST or terms * _ROWS_PER_CONSTANT > len(y)):
            return
        basis, triangle = np.linalg.qr(design)
        sizes = np.abs(np.diag(triangle))
        same = np.linalg.norm(own - basis @ (basis.T @ own)) <= _ITSELF * np.sqrt(len(y))
        if same or sizes.min() <= _ALIKE * sizes.max():
            return
        coefficients = np.linalg.solve(triangle, basis.T @ y)
        left = y - design @ coefficients
        misfit = float(np.sqrt(np.mean(left**2)))
        steps = math.sqrt(float(left @ left) / max(len(y) - terms, 1)) / sizes
        bits = sample.count * math.log2(max(misfit, ROUNDING) / ROUNDING)
        bits += sum(_constants.bits_of_free(c, e) for c, e in zip(coefficients, steps, strict=True))
        yield bits, terms
