"""Relations that components of a field keep whatever its law, and candidate terms that are one under them.

In a flow without divergence `(u*w)_x + (v*w)_y` is `u*w_x + v*w_y`; where w is its vorticity,
`(u*v)_xx + (u*v)_yy` is `(u*w)_x - (v*w)_y`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from ._feature import Feature
from ._terms import Library, Term

#: A component with the orders of its derivative along every axis.
_Jet = tuple[int, tuple[int, ...]]

#: A polynomial in derivatives: coefficients by sorted products.
_Polynomial = dict[tuple[_Jet, ...], Fraction]


@dataclass(frozen=True)
class Flow:
    """Components that are a velocity without divergence, and perhaps one that is its vorticity.

    `velocity` holds the component along every axis of space; `vorticity` the component that is `sign` times
    `v_x - u_y`, in the plane.

    Example:
        >>> flow = Flow(("w", "u", "v"), ("t", "x", "y"), velocity=("u", "v"), vorticity="w")
        >>> flow.relations
        ('u_x + v_y = 0', 'w = v_x - u_y')
        >>> flow.transport("w").name
        'u*w_x + v*w_y'
    """

    components: tuple[str, ...]
    axes: tuple[str, ...]
    velocity: tuple[str, ...]
    vorticity: str | None = None
    sign: int = 1

    @property
    def relations(self) -> tuple[str, ...]:
        """The relations as equations write them."""
        space = [axis for axis in self.axes if axis != "t"]
        found = [" + ".join(f"{c}_{axis}" for c, axis in zip(self.velocity, space, strict=True)) + " = 0"]
        if self.vorticity is not None:
            (u, v), (x, y) = self.velocity, space
            first, second = (f"{v}_{x}", f"{u}_{y}") if self.sign > 0 else (f"{u}_{y}", f"{v}_{x}")
            found.append(f"{self.vorticity} = {first} - {second}")
        return tuple(found)

    def transport(self, component: str) -> Term:
        """How the flow carries a component: `u*w_x + v*w_y`, as a sum of derivatives of products."""
        parts: list[Feature] = []
        counts: dict[str, float] = {}
        for carrier, axis in zip(self.velocity, (a for a in self.axes if a != "t"), strict=True):
            exponents = tuple((name == carrier) + (name == component) for name in self.components)
            parts.append(Feature(self.components, self.axes, exponents, self._along(axis)))
            left = tuple(int(name == component) for name in self.components)
            derivative = Feature(self.components, self.axes, left, self._along(axis)).name
            name = "*".join(sorted((carrier, derivative)))
            counts[name] = counts.get(name, 0.0) + 1.0
        return Term(" + ".join(counts), (tuple((part, 1.0) for part in parts),), counts)

    def reduced(self, library: Library, first: Sequence[str] = ()) -> Library:
        """A library with transport as a candidate, in which no term is a combination of others.

        Of terms that are one under the relations those of low order are kept, and before them the linear ones
        of the components named `first`.
        """
        added = tuple(self.transport(name) for name in self.components)
        own = [
            term
            for term in library
            if (f := term.feature) and f.degree == 1 and any(f.exponents[self._index(c)] for c in first)
        ]
        basis: list[tuple[tuple[_Jet, ...], _Polynomial]] = []
        kept = []
        for term in dict.fromkeys((*added, *own, *library)):
            if len(term.parts) > 1 or any(feature.factor for feature in term.features):
                kept.append(term)
                continue
            rest = _eliminated(self._normal(term), basis)
            if rest:
                leader = max(rest)
                basis.append((leader, {key: count / rest[leader] for key, count in rest.items()}))
                kept.append(term)
        ordered = [term for term in (*library, *added) if term in kept]
        return Library(library.components, library.axes, tuple(ordered))

    def _index(self, component: str) -> int:
        return self.components.index(component)

    def _along(self, axis: str) -> tuple[int, ...]:
        return tuple(int(name == axis) for name in self.axes)

    def _normal(self, term: Term) -> _Polynomial:
        """The term multiplied out, with as many derivatives as can be replaced by the relations."""
        total: _Polynomial = {}
        for feature, weight in term.parts[0]:
            none = (0,) * len(self.axes)
            start = tuple((c, none) for c, q in enumerate(feature.exponents) for _ in range(q))
            found: _Polynomial = {start: Fraction(weight)}
            for i, order in enumerate(feature.orders):
                for _ in range(order):
                    found = _differentiated(found, i)
            for key, count in found.items():
                for product, share in self._replaced(key).items():
                    total[product] = total.get(product, Fraction(0)) + count * share
        return {key: count for key, count in total.items() if count}

    def _replaced(self, product: tuple[_Jet, ...]) -> _Polynomial:
        result: _Polynomial = {(): Fraction(1)}
        for jet in product:
            grown: _Polynomial = {}
            for key, count in result.items():
                for one, share in self._jet(jet).items():
                    whole = tuple(sorted((*key, one)))
                    grown[whole] = grown.get(whole, Fraction(0)) + count * share
            result = grown
        return result

    def _jet(self, jet: _Jet) -> dict[_Jet, Fraction]:
        """A derivative of a component by those that the relations leave free."""
        component, orders = jet
        space = [i for i, axis in enumerate(self.axes) if axis != "t"]
        along = [self._index(name) for name in self.velocity]
        into: list[tuple[_Jet, int]] = []
        if component == along[-1] and orders[space[-1]]:
            less = _raised(orders, space[-1], -1)
            into = [((c, _raised(less, i, 1)), -1) for c, i in zip(along[:-1], space[:-1], strict=True)]
        elif self.vorticity is not None and component == along[0] and orders[space[1]]:
            less = _raised(orders, space[1], -1)
            into = [
                ((along[1], _raised(less, space[0], 1)), 1),
                ((self._index(self.vorticity), less), -self.sign),
            ]
        if not into:
            return {jet: Fraction(1)}
        result: dict[_Jet, Fraction] = {}
        for other, sign in into:
            for one, share in self._jet(other).items():
                result[one] = result.get(one, Fraction(0)) + sign * share
        return result


def _raised(orders: tuple[int, ...], axis: int, by: int) -> tuple[int, ...]:
    return tuple(order + by * (i == axis) for i, order in enumerate(orders))


def _differentiated(polynomial: Mapping[tuple[_Jet, ...], Fraction], axis: int) -> _Polynomial:
    result: _Polynomial = {}
    for key, count in polynomial.items():
        for i, (component, orders) in enumerate(key):
            whole = tuple(sorted((*key[:i], (component, _raised(orders, axis, 1)), *key[i + 1 :])))
            result[whole] = result.get(whole, Fraction(0)) + count
    return result


def _eliminated(
    polynomial: _Polynomial, basis: Sequence[tuple[tuple[_Jet, ...], _Polynomial]]
) -> _Polynomial:
    """What is left of a polynomial without multiples of those in a basis, each with a leading product."""
    rest = dict(polynomial)
    for leader, other in basis:
        share = rest.get(leader)
        if share:
            for key, count in other.items():
                rest[key] = rest.get(key, Fraction(0)) - share * count
            rest = {key: count for key, count in rest.items() if count}
    return rest
