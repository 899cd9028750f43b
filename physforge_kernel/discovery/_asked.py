"""Candidates as a form or a command line asks for them: a degree, an order, and terms as texts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import DiscoveryError, EquationError

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


def candidates(
    field: xr.Dataset,
    terms: Sequence[str] = (),
    *,
    degree: int | None = None,
    order: int | None = None,
    target: str | Sequence[str] | None = None,
) -> Library | None:
    """Powers and their derivatives, and further terms: what `pf.discover` takes as `library`.

    Args:
        field: the field, for the names of its variables and axes.
        terms: further candidates, such as `"sin(u)"` or `"x*u_x"`.
        degree: highest degree of the powers; 3 by default.
        order: highest order of their derivatives; 4 in one dimension of space and 2 in more by default.
        target: the left side, if it is given; second time derivatives get first ones as candidates.

    Returns:
        The candidates; None where nothing was asked for, which leaves them to `pf.discover`.

    Raises:
        DiscoveryError: if a term cannot be read or seen in the weak form, or the field is complex.

    Example:
        >>> import physforge_kernel as pf
        >>> heat = pf.catalogue.get("heat").field(x=16, t=5)
        >>> candidates(heat, ["sin(u)"], degree=1, order=2).names
        ('1', 'u', 'u_x', 'u_xx', 'sin(u)')
    """
    if not terms and degree is None and order is None:
        return None
    from ..derivatives import library

    wanted = [target] if isinstance(target, str) else list(target or ())
    second = bool(wanted) and all(name.endswith("_tt") for name in wanted)
    found = library.polynomial(
        field, degree=_DEGREE if degree is None else degree, order=order, time_order=2 if second else 1
    )
    return found + library.terms(field, *terms) if terms else found
