"""The methods by name. Other packages add theirs with `register`."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ..errors import DerivativeError
from ._finite import finite
from ._gp import gp
from ._lines import Estimate
from ._spectral import spectral
from ._spline import spline
from ._tv import tv
from ._windows import polynomial, savgol


@dataclass(frozen=True)
class Method:
    """A way to differentiate samples, and what it can be given."""

    name: str
    function: Callable[..., Estimate]
    summary: str = ""
    gaps: bool = False
    """Whether it can do with any points, so that missing samples can be left out."""
    closes: bool = False
    """Whether it knows what to do with the period of lines that close; others see them continued."""
    whole: bool = False
    """Whether it is given the whole field at once, instead of lines along one axis."""

    def check(self, options: Mapping[str, Any]) -> None:
        """Refuse options that the method does not have."""
        parameters = inspect.signature(self.function).parameters.values()
        if any(each.kind is each.VAR_KEYWORD for each in parameters):
            return
        known = [each.name for each in parameters if each.kind is each.KEYWORD_ONLY]
        for name in options:
            if name not in known:
                has = f"Its options are: {', '.join(known)}." if known else "It has none."
                raise DerivativeError(f"The method {self.name!r} has no option {name!r}. {has}")


_METHODS: dict[str, Method] = {}

#: Methods that are registered by a room above this one, which is loaded when they are asked for.
_ABOVE = {"network": "physforge_kernel.pinn"}


def register(
    name: str,
    function: Callable[..., Estimate],
    *,
    summary: str = "",
    gaps: bool = False,
    closes: bool = False,
    whole: bool = False,
) -> None:
    """Add a method that `differentiate(field, ..., method=name)` can be asked for.

    By default the function is called as `function(lines, order, **options)` for one axis at a time: `lines`
    is a `Lines`, many real series over the same points, with the noise of each; `order` is that of the
    derivative.
    With `whole=True` it is called as `function(samples, orders, **options)`: `samples` is a `Samples`, one
    real variable with all of its axes, and `orders` says how often each axis differentiates it. Either way it
    returns an `Estimate` of the shape of the values: the derivative, the standard error that noise leaves,
    and the size of the bias. Options are its keyword-only arguments. What it cannot do it refuses with a
    `DerivativeError` that says so in a sentence. Complex variables come as their real and imaginary parts.

    Args:
        name: what the method is asked for by; one that is taken is refused.
        function: what differentiates.
        summary: one line for people.
        gaps: whether it works on any points, so that missing samples are left out; else NaN reaches it.
        closes: whether it uses `lines.period`; if not, periodic lines are continued at both ends for it.
        whole: whether it is given whole fields.

    Raises:
        DerivativeError: the name is taken, or is no identifier.

    Example:
        >>> import numpy as np, xarray as xr
        >>> from physforge_kernel.derivatives import Estimate, differentiate, register
        >>> def simple(lines, order):
        ...     values = lines.values
        ...     for _ in range(order):
        ...         values = np.gradient(values, lines.points, axis=0)
        ...     gain = np.sqrt(0.5) / lines.step
        ...     return Estimate(values, np.full(values.shape, gain) * lines.noise, np.zeros(values.shape))
        >>> register("simple", simple, summary="numpy.gradient, over and over")
        >>> field = xr.Dataset({"u": ("x", np.arange(9.0) ** 2)}, {"x": np.arange(9.0)})
        >>> float(differentiate(field, "u_x", method="simple")["u_x"][4])
        8.0
    """
    if not name.isidentifier() or name == "auto":
        raise DerivativeError(f"A method cannot be called {name!r}: take a plain name other than 'auto'.")
    if name in _METHODS:
        raise DerivativeError(f"There is a method called {name!r} already: take another name.")
    _METHODS[name] = Method(name, function, summary, gaps, closes, whole)


def method_named(name: str) -> Method:
    """The method of this name; an error that lists them all if there is none."""
    if name in _ABOVE and name not in _METHODS:
        importlib.import_module(_ABOVE[name])
    if name not in _METHODS:
        listed = ", ".join(dict.fromkeys([*_METHODS, *_ABOVE]))
        raise DerivativeError(f"There is no method {name!r}. The methods are: auto, {listed}.")
    return _METHODS[name]


def methods() -> dict[str, str]:
    """The names of the methods that there are, with a line about each.

    Example:
        >>> methods()["spectral"]
        'Fourier series, for periodic axes'
    """
    return {each.name: each.summary for each in _METHODS.values()}


register("finite", finite, summary="finite differences, for samples without noise")
register("spectral", spectral, summary="Fourier series, for periodic axes", closes=True)
register("savgol", savgol, summary="Savitzky-Golay's local polynomials, for even steps")
register("polynomial", polynomial, summary="weighted local polynomials, for any steps", gaps=True)
register("spline", spline, summary="smoothing splines, for any steps", gaps=True)
register("gp", gp, summary="Gaussian processes, for any steps", gaps=True)
register("tv", tv, summary="total variation, for derivatives that jump", gaps=True)
