"""Candidate terms that a symmetry of space and time allows."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from itertools import combinations_with_replacement, product
from typing import TYPE_CHECKING

from ..errors import DiscoveryError
from ._feature import Feature
from ._names import Names
from ._terms import Combination, Library, Term

if TYPE_CHECKING:
    import xarray as xr

#: A term's power of each component and order along each axis, by name; what is left out is zero.
_Orders = dict[str, int]


def parity(
    field: xr.Dataset,
    library: Library | None = None,
    *,
    odd: str | Sequence[str] = (),
    axes: str | Sequence[str] | None = None,
) -> Library:
    """The terms that keep a law its form where space is reflected: x -> -x, and u -> -u for odd variables.

    The group has two elements. Reflecting one axis of several at a time, each with the variables that are odd
    under it (a velocity's component along that axis), is done by applying this again to what it returns.

    Args:
        field: for the names of its variables and axes.
        library: the terms to choose from; powers and their derivatives by default.
        odd: the variables that change their sign, such as velocities along x.
        axes: the axes that are reflected together; all of space by default.

    Raises:
        DiscoveryError: if a variable or axis is none of the field's.

    Example:
        >>> import physforge_kernel as pf
        >>> flow = pf.catalogue.get("burgers").field(x=32, t=21)
        >>> pf.library.parity(flow, pf.library.polynomial(flow, degree=2, order=2), odd="u").names
        ('u', '(u^2)_x', 'u_xx')
    """
    names = Names.of(field)
    library = names.standard() if library is None else library
    changing = _known([odd] if isinstance(odd, str) else odd, names.variables, "variable")
    turned = (
        names.space
        if axes is None
        else _known([axes] if isinstance(axes, str) else axes, names.space, "axis")
    )
    flipped = {c for c, name in zip(names.components, names.sources, strict=True) if name in changing}

    @cache
    def sign(term: Term) -> int:
        """1 or -1; 0 for a term that is neither even nor odd."""
        found = {_sign(feature, flipped, turned) for feature in term.features}
        return found.pop() if len(found) == 1 else 0

    def admits(term: Term, left: str) -> bool:
        return sign(term) == (-1 if left.rpartition("_")[0] in changing else 1)

    return library.restricted(names.lefts, admits)


def _known(asked: Sequence[str], there: Sequence[str], what: str) -> tuple[str, ...]:
    for name in asked:
        if name not in there:
            raise DiscoveryError(
                f"There is no {what} {name!r} to reflect; the field has {', '.join(there) or 'none'}."
            )
    return tuple(asked)


def _sign(feature: Feature, flipped: set[str], turned: Sequence[str]) -> int:
    powers = zip(feature.components, feature.exponents, strict=True)
    orders = zip(feature.axes, feature.orders, strict=True)
    total = sum(q for c, q in powers if c in flipped) + sum(a for axis, a in orders if axis in turned)
    return (-1) ** total * (_factor_sign(feature, flipped, turned) if feature.factor else 1)


def _factor_sign(feature: Feature, flipped: set[str], turned: Sequence[str]) -> int:
    import sympy

    factor = feature.factor_expression
    names = [*flipped, *turned]
    for name, (c, orders) in feature.inside.items():
        turns = sum(order for axis, order in zip(feature.axes, orders, strict=True) if axis in turned)
        names += [name] if (turns + (feature.components[c] in flipped)) % 2 else []
    symbols = [sympy.Symbol(name) for name in names]
    mirrored = factor.subs({symbol: -symbol for symbol in symbols}, simultaneous=True)
    for sign in (1, -1):
        if sympy.simplify(mirrored - sign * factor) == 0:
            return sign
    return 0


def galilean(
    field: xr.Dataset,
    *,
    velocity: str | Sequence[str] | None = None,
    degree: int = 3,
    order: int | None = None,
) -> Library:
    """Terms of laws that hold as well for an observer who moves: x -> x - c t, u -> u + c.

    These are derivatives of the velocities, powers of the other variables and their derivatives, and for each
    left side what flows carry: `(u^2)_x + (u*v)_y` for `u`, `(u*q)_x + (v*q)_y` for `q`, each with one
    coefficient. That of what is carried is left free: the group wants -1, or, where units hide a factor in
    the velocity, as in `u_t = -6*u*u_x`, that factor. In two and three dimensions what carries a velocity is
    invariant only where the flow is free of divergence. Products of derivatives, which the group
    allows as well, are no derivatives of functions.

    Args:
        field: for the names of its variables and axes.
        velocity: the velocities along x, y, z, in this order; may be left out of a field in one dimension
            with one variable.
        degree: highest degree of the powers of other variables.
        order: highest order of derivatives; 4 in one space dimension and 2 in more by default.

    Raises:
        DiscoveryError: if the velocities are not one for each axis of space.

    Example:
        >>> import physforge_kernel as pf
        >>> pf.library.galilean(pf.catalogue.get("burgers").field(x=32, t=21)).names
        ('1', 'u_x', '(u^2)_x', 'u_xx', 'u_xxx', 'u_xxxx')
    """
    names = Names.of(field).real("library.galilean")
    flow = _vector(names, velocity, "velocity")
    make = _Maker(names)
    highest = (4 if len(names.space) == 1 else 2) if order is None else order
    others = [name for name in names.components if name not in flow]
    scalars = [dict(powers) for powers in _monomials(others, degree)]
    found: list[Term] = []
    for orders in _orders(names.space, highest):
        for powers in scalars if orders else ():
            found += [make.term({**powers, **orders})] if powers else []
        found += [make.term({component: 1, **orders}) for component in flow if orders]
    found += [make.term(powers) for powers in scalars]
    for carried in names.components:
        flux = [
            ({**_times(carried, component), axis: 1}, 1.0)
            for component, axis in zip(flow, names.space, strict=True)
        ]
        found.append(make.sum(flux, lefts=(carried,)))
    return make.library(found, times=("t",))


def rotational(field: xr.Dataset, *, vector: Sequence[str] = (), degree: int = 3, order: int = 4) -> Library:
    """Terms of laws that are the same in all directions: isotropic under the rotations SO(2) or SO(3).

    For scalars: products of powers (of the square of a vector, too), their Laplacians, the Laplacian of the
    Laplacian, and of a vector the divergence, in two dimensions the curl, and what it carries. For a vector:
    its multiples by scalars, gradients of scalars, the Laplacian, the gradient of the divergence, what it
    carries of itself, and what is turned by a right angle (in two dimensions) or its curl (in three). Each is
    one term with one coefficient. The components of a vector have laws of their own, whose
    coefficients the group wants equal; they are not tied, so that their agreement is a test. `|grad u|^2` is
    allowed by the group as well, but is no derivative of a function.

    Args:
        field: for the names of its variables and axes, of two or three space dimensions.
        vector: the components along x, y, z of a vector that turns with space; the others are scalars.
        degree: highest degree of products.
        order: highest order of derivatives, 2 or 4.

    Raises:
        DiscoveryError: if the field has one axis of space, or the vector not one component for each.

    Example:
        >>> import numpy as np, xarray as xr
        >>> import physforge_kernel as pf
        >>> field = xr.Dataset({"u": (("t", "x", "y"), np.zeros((9, 8, 8)))})
        >>> pf.library.rotational(field, degree=2).names
        ('1', 'u', 'u^2', 'u_xx + u_yy', '(u^2)_xx + (u^2)_yy', 'u_xxxx + 2*u_xxyy + u_yyyy')
    """
    names = Names.of(field).real("library.rotational")
    if len(names.space) < 2:
        raise DiscoveryError(
            "A field needs two axes of space at least to be turned; in one, library.parity reflects it."
        )
    turning = _vector(names, vector, "vector") if vector else ()
    make = _Maker(names)
    scalars = [name for name in names.components if name not in turning]
    found = [
        *_scalar_terms(make, scalars, turning, degree, order),
        *_vector_terms(make, scalars, turning, degree, order),
    ]
    return make.library(found)


def _scalar_terms(
    make: _Maker, scalars: Sequence[str], turning: Sequence[str], degree: int, order: int
) -> Iterator[Term]:
    """Terms in the laws of scalars."""
    if not scalars:
        return
    space, lefts = make.names.space, tuple(scalars)
    invariants = list(_invariants(scalars, turning, degree))
    for inside in invariants:
        yield make.sum(inside, lefts)
    for inside in invariants:
        if any(powers for powers, _ in inside):
            yield make.sum(_laplacian(inside, space), lefts)
    for name in scalars if order >= 4 else ():
        yield make.sum(_laplacian(_laplacian([({name: 1}, 1.0)], space), space), lefts)
    for inside in _invariants(scalars, turning, degree - 1) if turning else ():
        yield make.sum(_divergence(inside, turning, space), lefts)
        if len(space) == 2:
            yield make.sum(_divergence(inside, _turned(turning), space, (1.0, -1.0)), lefts)


def _vector_terms(
    make: _Maker, scalars: Sequence[str], turning: Sequence[str], degree: int, order: int
) -> Iterator[Term]:
    """Terms in the laws of a vector's components."""
    space = make.names.space
    for i, (own, axis) in enumerate(zip(turning, space, strict=bool(turning))):
        left = (own,)
        for inside in _invariants(scalars, turning, degree - 1):
            yield make.sum(_times_each(inside, {own: 1}), left)
            if len(space) == 2:
                yield make.sum(_times_each(inside, {turning[1 - i]: 1}), left)
        for inside in _invariants(scalars, turning, degree):
            if any(powers for powers, _ in inside):
                yield make.sum(_times_each(inside, {axis: 1}), left)
                if len(space) == 2:
                    yield make.sum(_times_each(inside, {space[1 - i]: 1}), left)
        flux = [({**_times(own, other), along: 1}, 1.0) for other, along in zip(turning, space, strict=True)]
        yield make.sum(flux, left)
        laplacian = _laplacian([({own: 1}, 1.0)], space)
        yield make.sum(laplacian, left)
        spread = _divergence([({}, 1.0)], turning, space)
        yield make.sum(_times_each(spread, {axis: 1}), left)
        if order >= 4:
            yield make.sum(_laplacian(laplacian, space), left)
        if len(space) == 2:
            yield make.sum(_laplacian([({turning[1 - i]: 1}, 1.0)], space), left)
        else:
            after, last = (i + 1) % 3, (i + 2) % 3
            yield make.sum(
                [({turning[last]: 1, space[after]: 1}, 1.0), ({turning[after]: 1, space[last]: 1}, -1.0)],
                left,
            )


#: Sums of products of powers and derivatives, with weights.
_Sum = list[tuple[_Orders, float]]


def _invariants(scalars: Sequence[str], turning: Sequence[str], degree: int) -> Iterator[_Sum]:
    """Products of powers of scalars, and of the square of a vector, up to a degree."""
    for squares in range(degree // 2 + 1 if turning else 1):
        for powers in _monomials(scalars, degree - 2 * squares):
            inside: _Sum = [(powers, 1.0)]
            for _ in range(squares):
                inside = [
                    (_added(one, {component: 2}), weight) for one, weight in inside for component in turning
                ]
            yield inside


def _monomials(components: Sequence[str], degree: int) -> Iterator[_Orders]:
    for total in range(degree + 1):
        for chosen in combinations_with_replacement(components, total):
            yield {name: chosen.count(name) for name in dict.fromkeys(chosen)}


def _orders(space: Sequence[str], highest: int) -> Iterator[_Orders]:
    """Derivative orders in space from the first on, up to the highest."""
    found = [o for o in product(range(highest + 1), repeat=len(space)) if 0 < sum(o) <= highest]
    for orders in sorted(found, key=sum):
        yield {axis: order for axis, order in zip(space, orders, strict=True) if order}


def _added(a: _Orders, b: _Orders) -> _Orders:
    return {name: a.get(name, 0) + b.get(name, 0) for name in dict.fromkeys((*a, *b))}


def _times(a: str, b: str) -> _Orders:
    return _added({a: 1}, {b: 1})


def _times_each(inside: _Sum, more: _Orders) -> _Sum:
    return [(_added(powers, more), weight) for powers, weight in inside]


def _laplacian(inside: _Sum, space: Sequence[str]) -> _Sum:
    return [(_added(powers, {axis: 2}), weight) for powers, weight in inside for axis in space]


def _divergence(
    inside: _Sum, flow: Sequence[str], space: Sequence[str], signs: Sequence[float] = (1.0, 1.0, 1.0)
) -> _Sum:
    return [
        (_added(powers, _added({component: 1}, {axis: 1})), sign * weight)
        for powers, weight in inside
        for component, axis, sign in zip(flow, space, signs, strict=False)
    ]


def _turned(turning: Sequence[str]) -> tuple[str, ...]:
    """The components that the curl in the plane differentiates by x and, with the other sign, by y."""
    return tuple(reversed(turning))


def _vector(names: Names, asked: str | Sequence[str] | None, what: str) -> tuple[str, ...]:
    """The components of a vector, one for each axis of space."""
    if asked is None:
        asked = names.components if len(names.space) == len(names.components) == 1 else ()
    given = (asked,) if isinstance(asked, str) else tuple(asked)
    if len(given) != len(names.space) or not given or not set(given) <= set(names.components):
        raise DiscoveryError(
            f"The {what} {', '.join(given) or 'was not given; it'} must name one variable for each of the "
            f"axes {', '.join(names.space) or '(there is none)'}, out of {', '.join(names.components)}."
        )
    return given


class _Maker:
    """Terms from powers and derivatives by name."""

    def __init__(self, names: Names) -> None:
        self.names = names

    def feature(self, orders: _Orders) -> Feature:
        names = self.names
        return Feature(
            names.components,
            names.axes,
            tuple(orders.get(c, 0) for c in names.components),
            tuple(orders.get(a, 0) for a in names.axes),
        )

    def term(self, orders: _Orders) -> Term:
        return Term.of(self.feature(orders))

    def sum(self, inside: _Sum, lefts: Sequence[str] = ()) -> Term:
        """One term out of a sum, for the laws of some variables."""
        total: dict[Feature, float] = {}
        for orders, weight in inside:
            feature = self.feature(orders)
            total[feature] = total.get(feature, 0.0) + weight
        parts: Combination = tuple((f, w) for f, w in total.items() if w)
        made = (
            Term.of(parts[0][0])
            if len(parts) == 1 and parts[0][1] == 1.0
            else Term.total(_name(parts), parts)
        )
        return Term(made.name, made.parts, made.expansion, frozenset(lefts) or None)

    def library(self, terms: Sequence[Term], times: Sequence[str] = ("t", "tt")) -> Library:
        """A library of terms whose `lefts` are variables yet."""
        names = self.names
        result = Library(names.components, names.axes, ())
        for term in sorted(terms, key=lambda term: (term.order, term.degree)):
            served = frozenset(f"{v}_{t}" for v in (term.lefts or names.variables) for t in times)
            result += Library(
                names.components, names.axes, (Term(term.name, term.parts, term.expansion, served),)
            )
        return result


def _name(parts: Combination) -> str:
    text = ""
    for feature, weight in parts:
        number = "" if abs(weight) == 1.0 else f"{abs(weight):g}*"
        sign = ("-" if weight < 0 else "") if not text else (" - " if weight < 0 else " + ")
        text += f"{sign}{number}{feature.name}"
    return text
