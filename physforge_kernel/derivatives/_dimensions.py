"""Candidate terms that units allow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

from ..errors import DiscoveryError
from ._feature import Feature
from ._names import Names
from ._terms import Library, Term
from ._units import Vector, unit_exponents

if TYPE_CHECKING:
    import sympy
    import xarray as xr


def dimensional(
    field: xr.Dataset,
    library: Library | None = None,
    *,
    constants: Mapping[str, str | Sequence[float]] | None = None,
) -> Library:
    """The terms whose coefficients need no units beyond those of given physical constants.

    A coefficient has the units of the left side over those of its term. It may be a number times a product
    of (also broken) powers of the constants (Buckingham 1914); without constants only a pure number.

    Args:
        field: variables and axes with units, as in `field["u"].attrs["units"] = "m/s"`.
        library: the terms to choose from; powers and their derivatives by default.
        constants: units of the physical constants that the law may hold, `{"nu": "m^2/s"}`, or exponents.

    Returns:
        The terms, each for the left sides, of first and of second order in time, that it suits.

    Raises:
        DiscoveryError: if a variable or axis has no units, or units are not understood.

    Example:
        >>> import physforge_kernel as pf
        >>> flow = pf.catalogue.get("burgers").field(x=32, t=21)
        >>> flow["u"].attrs["units"], flow["x"].attrs["units"], flow["t"].attrs["units"] = "m/s", "m", "s"
        >>> [term.name for term in pf.library.dimensional(flow).serving("u_t")]
        ['(u^2)_x']
        >>> allowed = pf.library.dimensional(flow, constants={"nu": "m^2/s"})
        >>> [term.name for term in allowed.serving("u_t")]
        ['u^3', '(u^2)_x', 'u_xx']
    """
    names = Names.of(field)
    library = names.standard() if library is None else library
    units = {name: _units(field, name) for name in (*names.variables, *names.axes)}
    own = {c: units[name] for c, name in zip(names.components, names.sources, strict=True)}
    own |= {axis: units[axis] for axis in names.axes if axis not in own}
    along = {axis: units[axis] for axis in names.axes}
    given = tuple(unit_exponents(text, name) for name, text in (constants or {}).items())
    lengths = {len(each) for each in (*units.values(), *given)}
    if len(lengths) > 1:
        raise DiscoveryError("The exponents in `constants` are not seven, for kg, m, s, A, K, mol and cd.")

    @cache
    def of(term: Term) -> Vector | None:
        found = {_feature(feature, own, along) for feature in term.features}
        return found.pop() if len(found) == 1 else None

    @cache
    def spanned(needed: Vector) -> bool:
        return _spanned(needed, given)

    def admits(term: Term, left: str) -> bool:
        name, _, times = left.rpartition("_")
        wanted, have = _plus(units[name], along["t"], -len(times)), of(term)
        return have is not None and spanned(_plus(wanted, have, -1))

    return library.restricted(names.lefts, admits)


def _units(field: xr.Dataset, name: str) -> Vector:
    unit = field[name].attrs.get("units")
    if unit is None:
        raise DiscoveryError(
            f"{name} has no units; set them, as in field[{name!r}].attrs['units'] = 'm/s', "
            "with '1' for a number."
        )
    return unit_exponents(str(unit), name)


def _plus(a: Vector, b: Vector, times: int) -> Vector:
    return tuple(x + times * y for x, y in zip(a, b, strict=True))


def _feature(feature: Feature, own: Mapping[str, Vector], along: Mapping[str, Vector]) -> Vector | None:
    """The dimension of a feature; None where it has none, as the sine of a length."""
    total = tuple(0 * x for x in along["t"])
    if feature.factor:
        known = {**own}
        for name, (c, orders) in feature.inside.items():
            known[name] = own[feature.components[c]]
            for axis, order in zip(feature.axes, orders, strict=True):
                known[name] = _plus(known[name], along[axis], -order)
        inner = _expression(feature.factor_expression, known, total)
        if inner is None:
            return None
        total = inner
    for component, power in zip(feature.components, feature.exponents, strict=True):
        total = _plus(total, own[component], power)
    for axis, order in zip(feature.axes, feature.orders, strict=True):
        total = _plus(total, along[axis], -order)
    return total


def _expression(expression: sympy.Basic, own: Mapping[str, Vector], none: Vector) -> Vector | None:
    import sympy

    if not expression.free_symbols:
        return none
    if isinstance(expression, sympy.Symbol):
        return own[str(expression)]
    inner = [_expression(part, own, none) for part in expression.args]
    if any(part is None for part in inner):
        return None
    known = [part for part in inner if part is not None]
    if isinstance(expression, sympy.Mul):
        total = none
        for part in known:
            total = _plus(total, part, 1)
        return total
    if isinstance(expression, sympy.Add):
        return known[0] if len(set(known)) == 1 else None
    if isinstance(expression, sympy.Pow) and isinstance(expression.exp, sympy.Rational):
        power = Fraction(int(expression.exp.p), int(expression.exp.q))
        return tuple(power * x for x in known[0])
    return none if all(part == none for part in known) else None


def _spanned(needed: Vector, given: Sequence[Vector]) -> bool:
    """Whether a dimension is a product of rational powers of others, by elimination."""
    rows = [list(each) for each in given]
    rest = list(needed)
    for column in range(len(rest)):
        pivot = next((row for row in rows if row[column]), None)
        if pivot is None:
            continue
        rows = [
            [x - row[column] / pivot[column] * y for x, y in zip(row, pivot, strict=True)]
            for row in rows
            if row is not pivot
        ]
        share = rest[column] / pivot[column]
        rest = [x - share * y for x, y in zip(rest, pivot, strict=True)]
    return not any(rest)
