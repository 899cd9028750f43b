"""Complex arrays whose imaginary parts are what an FFT leaves of a real field."""

from __future__ import annotations

import numpy as np

#: Relative to the largest real part. Published data sets keep up to 2e-6.
_ROUNDOFF = 1e-5


def without_roundoff(array: np.ndarray) -> np.ndarray:
    """Return the real part of a complex array whose imaginary part is roundoff, any other array as it is.

    MATLAB codes that solve by FFT save such arrays (PDE-FIND's burgers.mat and kdv.mat, for example).

    Example:
        >>> without_roundoff(np.array([1 + 1e-9j, 2]))
        array([1., 2.])
    """
    if array.dtype.kind != "c" or not array.size:
        return array
    real, imag = np.real(array), np.imag(array)
    if np.nanmax(np.abs(imag), initial=0.0) <= _ROUNDOFF * np.nanmax(np.abs(real), initial=0.0):
        return np.ascontiguousarray(real)
    return array
