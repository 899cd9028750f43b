"""What a form or a command line asks for: a method, and candidates as a degree, an order, and texts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..errors import DiscoveryError, EquationError
from . import strong

if TYPE_CHECKING:
    import xarray as xr

    from ..derivatives import Library

#: Degree of the standard candidates.
_DEGREE = 3

#: A name that stands alone: no derivative, no function.
_NAME = re.compile(r"(?<![\w.])([^\W\d_]\w*)(?!\w)(?!\s*\()")

#: Names that no variable has.
_KNOWN = frozenset("txyzei") | {"pi", "E", "I"}


def check_term(text: str) -> None:
    """Check that a text can be read as a candidate term, whatever the variables are called.

    Raises:
        DiscoveryError: it cannot.

    Example:
        >>> check_term("sin(k")
        Traceback (most recent call last):
        ...
        physforge_kernel.errors.DiscoveryError: The term 'sin(k' cannot be read: This '(' is never closed; ...
    """
    from ..equations import Equation

    alone = {name for name in _NAME.findall(text) if "_" not in name} - _KNOWN
    try:
        Equation(f"left_t = {text}", components=("left", *sorted(alone)))
    except EquationError as error:
        raise DiscoveryError(f"The term {text!r} cannot be read: {str(error).splitlines()[0]}") from error


def methods() -> tuple[str, ...]:
    """What may choose the terms of a law: the weak form, or an optimiser of PySINDy's.

    Example:
        >>> methods()[:3]
        ('weak', 'pysindy:stlsq', 'pysindy:sr3')
    """
    return "weak", *strong.methods()


def check_method(method: str, options: Mapping[str, Any] | None = None) -> None:
    """Check that there is such a method, and that the weak form is given no options.

    The options of an optimiser are checked where it runs, since PySINDy knows them and need not be here.

    Raises:
        DiscoveryError: it is not one of `methods()`, or `options` are given for the weak form.

    Example:
        >>> check_method("weak", {"threshold": 0.1})
        Traceback (most recent call last):
        ...
        physforge_kernel.errors.DiscoveryError: The weak form has no options, and threshold was given; ...
    """
    if method != "weak":
        strong.named(method)
    elif options:
        raise DiscoveryError(
            f"The weak form has no options, and {', '.join(options)} was given; leave it out."
        )


def candidates(
    field: xr.Dataset,
    terms: Sequence[str] = (),
    *,
    degree: int | None = None,
    order: int | None = None,
    target: str | Sequence[str] | None = None,
    library: Library | None = None,
) -> Library | None:
    """Powers and their derivatives, and further terms: what `pf.discover` takes as `library`.

    Args:
        field: the field, for the names of its variables and axes.
        terms: further candidates, such as `"sin(u)"` or `"x*u_x"`.
        degree: highest degree of the powers; 3 by default.
        order: highest order of their derivatives; 4 in one dimension of space and 2 in more by default.
        target: the left side, if it is given; second time derivatives get first ones as candidates.
        library: candidates made before, as `pf.library.load` reads them. They stand for the powers unless a
            degree or an order asks for these as well.

    Returns:
        The candidates; None where nothing was asked for, which leaves them to `pf.discover`.

    Raises:
        DiscoveryError: if a term cannot be read or seen in the weak form, the field is complex and more than
            a library is asked for, or the library is for other variables or axes.

    Example:
        >>> import physforge_kernel as pf
        >>> heat = pf.catalogue.get("heat").field(x=16, t=5)
        >>> candidates(heat, ["sin(u)"], degree=1, order=2).names
        ('1', 'u', 'u_x', 'u_xx', 'sin(u)')
    """
    if not terms and degree is None and order is None:
        return library
    from ..derivatives import library as libraries

    if library is not None and degree is None and order is None:
        return library + libraries.terms(field, *terms)
    wanted = [target] if isinstance(target, str) else list(target or ())
    second = bool(wanted) and all(name.endswith("_tt") for name in wanted)
    found = libraries.polynomial(
        field, degree=_DEGREE if degree is None else degree, order=order, time_order=2 if second else 1
    )
    if library is not None:
        found = library + found
    return found + libraries.terms(field, *terms) if terms else found
