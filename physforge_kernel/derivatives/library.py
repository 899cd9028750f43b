"""Libraries of candidate terms to choose from: powers, sines, exponentials, and terms of one's own.

They are added with `+`, and handed to `discover(field, library=...)`. `dimensional` and `parity` leave out
what units or a reflection forbid; `galilean` and `rotational` make the terms that these groups allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations_with_replacement, permutations
from typing import TYPE_CHECKING

from ..errors import DiscoveryError
from ._by_parts import term
from ._complex import phase_symmetric
from ._dimensions import dimensional
from ._files import load
from ._names import Names
from ._polynomials import polynomials
from ._symmetries import galilean, parity, rotational
from ._terms import Library, Term

if TYPE_CHECKING:
    import xarray as xr

__all__ = [
    "Library",
    "Term",
    "dimensional",
    "exponential",
    "galilean",
    "load",
    "parity",
    "phase_symmetric",
    "places",
    "polynomial",
    "products",
    "rotational",
    "terms",
    "trigonometric",
    "varying",
]


def polynomial(
    field: xr.Dataset, *, degree: int = 3, order: int | None = None, time_order: int = 1
) -> Library:
    """Derivatives of products of powers of a field's variables.

    Args:
        field: for the names of its variables and axes.
        degree: highest degree of the products.
        order: highest order of their derivatives; 4 in one space dimension and 2 in more by default.
        time_order: order of the left side; 2 adds the first time derivative of each variable.

    Example:
        >>> import physforge_kernel as pf
        >>> heat = pf.catalogue.get("heat").field(x=16, t=5)
        >>> pf.library.polynomial(heat, degree=1, order=2).names
        ('1', 'u', 'u_x', 'u_xx')
    """
    return polynomials(*_real(field), time_order=time_order, degree=degree, order=order)


def terms(field: xr.Dataset, *texts: str) -> Library:
    """Terms of one's own, as equations write them: `terms(field, "sin(u)", "x*u_x", "exp(-t)*u")`.

    They are integrated by parts, so that test functions take over the derivatives. Where that leaves some
    inside a product, as in `u_x^2`, discovery takes those from smoothed samples.

    Raises:
        DiscoveryError: if a term cannot be read, or has parameters or complex numbers in it.

    Example:
        >>> import physforge_kernel as pf
        >>> heat = pf.catalogue.get("heat").field(x=16, t=5)
        >>> pf.library.terms(heat, "sin(u)", "x*u_xx").names
        ('sin(u)', 'u_xx*x')
    """
    components, axes = _real(field)
    if not texts:
        raise DiscoveryError("No terms were named; write them as equations do, as in terms(field, 'sin(u)').")
    return Library(components, axes, tuple(term(text, components, axes) for text in texts))


def trigonometric(field: xr.Dataset, *, frequencies: Sequence[float] = (1.0, 2.0)) -> Library:
    """Sines and cosines of multiples of each variable."""
    components, _ = _real(field)
    texts = [f"{f}({k:g}*{c})" for c in components for k in frequencies for f in ("sin", "cos")]
    return terms(field, *texts)


def exponential(field: xr.Dataset, *, rates: Sequence[float] = (1.0, -1.0)) -> Library:
    """Exponentials of multiples of each variable."""
    components, _ = _real(field)
    return terms(field, *[f"exp({k:g}*{c})" for c in components for k in rates])


def products(field: xr.Dataset) -> Library:
    """Products of first derivatives, and of a variable and another's, which are no derivatives of anything.

    They stand in laws of growing surfaces, `u_t = u_xx + u_x^2`, and in what one variable carries of another,
    `u_t = -v*u_y`. Discovery takes the derivatives in them from smoothed samples.

    Example:
        >>> import physforge_kernel as pf
        >>> heat = pf.catalogue.get("heat").field(x=16, t=5)
        >>> pf.library.products(heat).names
        ('u_x^2', 'u*u_x^2')
    """
    return slopes(*_real(field))


def places(field: xr.Dataset, *, degree: int = 2) -> Library:
    """Sources that depend on time and place: powers of the axes up to a degree."""
    _, axes = _real(field)
    return terms(field, *[f"{axis}^{q}" if q > 1 else axis for axis in axes for q in range(1, degree + 1)])


def varying(field: xr.Dataset, library: Library, *, functions: Sequence[str]) -> Library:
    """The terms of a library, each times functions of the axes: coefficients that vary in time and space.

    Args:
        field: for the names of its variables and axes.
        library: the terms, each of one derivative at most.
        functions: functions of the axes, such as `"x"`, `"sin(t)"`, `"exp(-x^2)"`.
    """
    texts = []
    for one in library:
        [name, *more] = one.expansion
        if not more and name != "1":
            texts += [f"({function})*{name}" for function in functions]
    return terms(field, *texts)


def sines(components: Sequence[str], axes: Sequence[str]) -> Library:
    """Sines and cosines of variables that are angles.

    Example:
        >>> sines(("u",), ("t", "x")).names
        ('sin(u)', 'cos(u)')
    """
    components, axes = tuple(components), tuple(axes)
    texts = [f"{function}({c})" for c in components for function in ("sin", "cos")]
    return Library(components, axes, tuple(term(text, components, axes) for text in texts))


def slopes(components: Sequence[str], axes: Sequence[str]) -> Library:
    """Products of first derivatives, and of a component and another's first derivative.

    Example:
        >>> slopes(("u", "v"), ("t", "x")).names
        ('u_x^2', 'u_x*v_x', 'v_x^2', 'u_x*v', 'u*v_x')
    """
    components, axes = tuple(components), tuple(axes)
    firsts = [f"{c}_{axis}" for c in components for axis in axes if axis != "t"]
    texts = [f"{a}*{b}" for a, b in combinations_with_replacement(firsts, 2)]
    if len(components) == 1:
        texts += [f"{components[0]}*{text}" for text in texts]
    texts += [f"{c}_{axis}*{d}" for c, d in permutations(components, 2) for axis in axes if axis != "t"]
    return Library(components, axes, tuple(term(text, components, axes) for text in texts))


def _real(field: xr.Dataset) -> tuple[tuple[str, ...], tuple[str, ...]]:
    names = Names.of(field).real("this library")
    return names.components, names.axes
