"""Candidate terms for one complex field, written with its real and its imaginary part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product
from math import comb
from typing import cast

from ._feature import Feature, subscript
from ._terms import Combination, Library, Term


def phase_symmetric(name: str, axes: Sequence[str], *, time_order: int = 1) -> Library:
    """Candidate terms of a complex field that keep their form where `u` turns to `exp(i a) u`.

    Args:
        name: the field's name.
        axes: names of its dimensions, time first.
        time_order: order of the left side; 2 adds the first time derivative.

    Returns:
        `u`, `|u|^2 u` and `|u|^4 u`, the derivatives of the first along space (to order 4 in one dimension,
        2 in two and three) and of the second to order 2, each with a real and with an imaginary coefficient.

    Example:
        >>> phase_symmetric("u", ("t", "x")).names[:4]
        ('u', 'i*u', 'conj(u)*u^2', 'i*conj(u)*u^2')
    """
    axes = tuple(axes)
    space = [i for i, axis in enumerate(axes) if axis != "t"]
    highest = 4 if len(space) == 1 else 2
    found: list[tuple[int, tuple[int, ...]]] = []
    for squares, most in ((0, highest), (1, min(highest, 2)), (2, 0)):
        for orders in product(range(most + 1), repeat=len(space)):
            if sum(orders) <= most:
                full = [0] * len(axes)
                for i, order in zip(space, orders, strict=True):
                    full[i] = order
                found.append((squares, tuple(full)))
    if time_order == 2:
        found.append((0, tuple(int(axis == "t") for axis in axes)))
    found.sort(key=lambda item: (sum(item[1]), item[0]))
    terms = [term for squares, orders in found for term in phase_terms(name, axes, squares, orders)]
    return Library(real_components(name), axes, tuple(terms))


def real_components(name: str) -> tuple[str, str]:
    """Names of the real and the imaginary part of a complex field."""
    return f"{name}_re", f"{name}_im"


def phase_terms(name: str, axes: tuple[str, ...], squares: int, orders: tuple[int, ...]) -> Iterator[Term]:
    """A derivative of `|u|^(2 squares) u` with a real and with an imaginary coefficient."""
    from ..equations import Equation

    inside = "*".join(
        [part for part, q in ((f"conj({name})^{squares}", squares), (f"{name}^{squares + 1}", 1)) if q]
    )
    inside = inside.replace("^1", "")
    letters = subscript(orders, axes)
    written = inside if not letters else f"{inside}_{letters}" if inside == name else f"({inside})_{letters}"
    left = f"{name}_t"
    expansion = Equation(f"{left} = i*{written}", components=(name,)).terms[left]
    counts = {term: cast(complex, count) / 1j for term, count in expansion.items()}
    real, imaginary = (_part(name, axes, squares, orders, which) for which in (0, 1))
    yield Term(written, (real, imaginary), counts)
    turned = tuple((feature, -weight) for feature, weight in imaginary)
    yield Term(f"i*{written}", (turned, real), {term: 1j * count for term, count in counts.items()})


def _part(name: str, axes: tuple[str, ...], squares: int, orders: tuple[int, ...], which: int) -> Combination:
    """The real (0) or imaginary (1) part of the derivative, `(p^2 + q^2)^k p` or `... q`, multiplied out."""
    components = real_components(name)
    parts = []
    for k in range(squares + 1):
        exponents = [2 * k, 2 * (squares - k)]
        exponents[which] += 1
        parts.append((Feature(components, axes, tuple(exponents), orders), float(comb(squares, k))))
    return tuple(parts)
