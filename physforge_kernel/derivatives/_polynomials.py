"""The library of candidate terms that discovery starts from: powers and their derivatives."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations_with_replacement, product
from numbers import Integral

from ..errors import DiscoveryError
from ._feature import Feature
from ._terms import Library, Term


def polynomials(
    components: Sequence[str],
    axes: Sequence[str],
    *,
    time_order: int = 1,
    degree: int = 3,
    order: int | None = None,
) -> Library:
    """Candidate terms for the right side of `u_t = ...` or `u_tt = ...`.

    Args:
        components: names of the field's variables, as in `("u", "v")`.
        axes: names of its dimensions, time first, as in `("t", "x")`.
        time_order: order of the left side; 2 adds the first time derivative of each component (damping), and
            without axes of space those of its powers (damping that depends on it).
        degree: highest degree of the products.
        order: highest order of derivatives, where it is not the one below.

    Returns:
        The constant, all products of powers up to the degree, and their derivatives along space: in one
        dimension to order 4 (of products of several components to order 2), in two and three to order 2.

    Example:
        >>> polynomials(("x", "y"), ("t",)).names[:5]
        ('1', 'x', 'y', 'x^2', 'x*y')
    """
    components, axes = tuple(components), tuple(axes)
    if any(not isinstance(n, Integral) or n < 0 for n in (degree, 0 if order is None else order)):
        raise DiscoveryError(
            f"Degree {degree!r} and order {order!r} make no library; give whole numbers that are not "
            "negative."
        )
    space = [i for i, axis in enumerate(axes) if axis != "t"]
    highest = (4 if len(space) == 1 else 2) if order is None else order
    features = []
    for exponents in _exponents(len(components), degree):
        for orders in _orders(len(axes), space, highest):
            feature = Feature(components, axes, exponents, orders)
            mixed = sum(q > 0 for q in exponents) > 1
            if feature.order and (feature.degree == 0 or (mixed and feature.order > 2)):
                continue
            if len(components) > 1 and feature.order > 2 and feature.degree > 1:
                continue
            features.append(feature)
    if time_order == 2 and "t" in axes:
        once = tuple(int(axis == "t") for axis in axes)
        powers = range(1, 2 if space else degree + 1)
        for c, power in product(range(len(components)), powers):
            exponents = tuple(power * int(i == c) for i in range(len(components)))
            features.append(Feature(components, axes, exponents, once))
    features.sort(key=lambda f: (f.order, f.degree))
    return Library(components, axes, tuple(map(Term.of, features)))


def _exponents(components: int, degree: int) -> Iterator[tuple[int, ...]]:
    for total in range(degree + 1):
        for chosen in combinations_with_replacement(range(components), total):
            yield tuple(chosen.count(c) for c in range(components))


def _orders(axes: int, space: Sequence[int], highest: int) -> Iterator[tuple[int, ...]]:
    for orders in product(range(highest + 1), repeat=len(space)):
        if sum(orders) <= highest:
            full = [0] * axes
            for i, order in zip(space, orders, strict=True):
                full[i] = order
            yield tuple(full)
