"""Powers that may be the beginning of another function's series: a sine, an exponential, a saturation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..derivatives import Feature, Term
from ._referee import TOO_FAR, Referee
from ._select import Scale
from ._side import SideLaw
from ._units import power_of_two
from ._whitened import Law

#: A function that lies so many standard errors off at some scale is not the one that the powers stand for.
_FAR = 2.5

#: Multiples at which a function is tried, as shares of the one that two powers of its series give.
_MULTIPLES = (0.2, 3.0)

#: The same where samples are held against it, which takes longer.
_HEARD = (0.3, 2.0)

#: How far from the multiple that is best roughly the best one is, as a share of it.
_NEAR = 0.05

#: Samples on which powers are compared with functions.
_LOOKED_AT = 2**20

#: Nearer to a pole than this nothing is tried.
_POLE = 0.05


@dataclass(frozen=True)
class _Family:
    """A function of multiples of a variable: what it is called, as equations write it, and its values."""

    name: str
    text: str
    values: Callable[[np.ndarray], np.ndarray]
    multiple: Callable[[float, int], float]


def _from_odd(ratio: float, _: int) -> float:
    return float(np.sqrt(6 * abs(ratio)))


def _bounded(values: np.ndarray) -> np.ndarray:
    return np.clip(values, -30, 30)


def _no_poles(values: np.ndarray) -> np.ndarray:
    return np.where(values > _POLE - 1, 1 / np.maximum(1 + values, _POLE), np.inf)


#: `u` and `u^3` of opposite sign, and of the same.
_OPPOSITE = (
    _Family("the sine of a multiple of {0}", "sin({1}*{0})", np.sin, _from_odd),
    _Family("tanh of a multiple of {0}", "tanh({1}*{0})", np.tanh, lambda r, _: float(np.sqrt(3 * abs(r)))),
)
_SAME = (
    _Family("the sinh of a multiple of {0}", "sinh({1}*{0})", lambda v: np.sinh(_bounded(v)), _from_odd),
    _Family("{0}*abs({0})", "{0}*abs({1}*{0})", lambda v: v * np.abs(v), _from_odd),
)

#: Powers one after the other.
_ALL = (
    _Family(
        "the exponential of a multiple of {0}",
        "exp({1}*{0})",
        lambda v: np.exp(_bounded(v)),
        lambda ratio, n: (n + 1) * ratio,
    ),
    _Family("1/(1 + a multiple of {0})", "1/(1 + ({1})*{0})", _no_poles, lambda ratio, _: -ratio),
)


@dataclass(frozen=True)
class Searched:
    """A scale, the terms that were searched there, and which of them a law is made of."""

    scale: Scale
    terms: Sequence[Term]
    support: tuple[int, ...]


def series(law: SideLaw, searched: Sequence[Searched], referee: Referee | None) -> Iterator[str]:
    """Doubts where a law's powers of a variable cannot be told from a function whose series they begin.

    The next power of the series, added to the law, must come out otherwise than the function wants, or the
    samples must lie further from the law with the function in their place.

    Args:
        law: the law.
        searched: scales at which it was searched, the sharpest first.
        referee: for what the next power leaves open.
    """
    for c, component in enumerate(law.target.features[0].components):
        for group in _groups(law, c):
            useful = [each for each in searched if _place(each, group.next.name) is not None]
            if not useful:
                continue
            left = [family for family in group.families if not _excluded(group, family, useful, c)]
            if referee is not None:
                left = [family for family in left if not _ruled_out(law, group, family, c, referee)]
            if left:
                names = " and ".join(term.name for term in group.terms)
                wanted = " or ".join(family.name.format(component) for family in left)
                yield f"{names} cannot be told from {wanted}"


@dataclass(frozen=True)
class _Group:
    """Powers of one variable behind the same derivatives, with their weights, and the one that comes next."""

    terms: tuple[Term, ...]
    powers: tuple[int, ...]
    weights: tuple[float, ...]
    next: Feature
    families: tuple[_Family, ...]
    odd: bool

    @property
    def ratio(self) -> float:
        """The weight of the highest power over that of the one before it."""
        return self.weights[-1] / self.weights[-2]


def _groups(law: SideLaw, c: int) -> Iterator[_Group]:
    found: dict[tuple[int, ...], dict[int, tuple[Term, float]]] = {}
    for term, weight in zip(law.chosen, law.estimate.fit.weights, strict=True):
        feature = term.feature
        if feature is not None and not feature.factor and 0 < feature.degree == feature.exponents[c]:
            found.setdefault(feature.orders, {})[feature.degree] = term, float(weight)
    for orders, known in found.items():
        powers = tuple(sorted(known))
        odd = powers == (1, 3) and not any(orders)
        if len(powers) < 2 or not (odd or powers[-1] == powers[-2] + 1):
            continue
        if not odd:
            powers = powers[-2:] if powers[-3:-2] != (powers[-2] - 1,) else powers[-3:]
        weights = tuple(known[q][1] for q in powers)
        first = known[powers[0]][0].feature
        if first is None:
            continue
        exponents = tuple((powers[-1] + (2 if odd else 1)) * (i == c) for i in range(len(first.exponents)))
        following = Feature(first.components, first.axes, exponents, orders)
        families = (_OPPOSITE if weights[0] * weights[1] < 0 else _SAME) if odd else _ALL
        yield _Group(tuple(known[q][0] for q in powers), powers, weights, following, families, odd)


def _place(searched: Searched, name: str) -> int | None:
    return next((j for j, term in enumerate(searched.terms) if term.name == name), None)


def _excluded(group: _Group, family: _Family, searched: Sequence[Searched], c: int) -> bool:
    """Whether the sharpest scale gives the powers and the next one weights that no multiple's series has."""
    for each in searched:
        places = [_place(each, name) for name in (*(term.name for term in group.terms), group.next.name)]
        into = places[-1]
        mine = each.scale.fit(each.support)
        fit = each.scale.fit((*each.support, into)) if into is not None else None
        if fit is None or mine is None or each.scale.lack_of_fit(mine) > 0.0:
            continue
        which = [fit.support.index(j) for j in places if j is not None]
        covariance = each.scale.regression.covariance(fit)[np.ix_(which, which)]
        values = each.scale.regression.projection.blocks[0].sample.states(_LOOKED_AT)[0][c]
        return _far(group, family, fit.weights[which], covariance, values)
    return False


def _far(
    group: _Group, family: _Family, weights: np.ndarray, covariance: np.ndarray, values: np.ndarray
) -> bool:
    """Whether no multiple's series has the weights of the powers and the next one, within their errors."""
    from scipy.optimize import minimize_scalar

    values = values.ravel()[:: max(1, values.size // 500)]
    powers = (*group.powers, group.next.degree)
    basis = [q for q in range(powers[-1] + 1) if not group.odd or q % 2]
    columns = np.stack([values**q for q in basis], axis=1)
    chosen = [basis.index(q) for q in powers]
    precision = np.linalg.pinv(covariance)

    def distance(multiple: float) -> float:
        function = family.values(multiple * values)
        if not np.isfinite(function).all():
            return np.inf
        shape = np.linalg.lstsq(columns, function, rcond=None)[0][chosen]
        size = shape @ precision @ shape
        rest = weights - shape * (shape @ precision @ weights) / size if size else weights
        return float(rest @ precision @ rest)

    tried = family.multiple(group.ratio, group.powers[-2]) * np.geomspace(*_MULTIPLES, 60)
    distances = [distance(k) for k in tried]
    nearest = int(np.argmin(distances))
    bounds = sorted((tried[max(nearest - 1, 0)], tried[min(nearest + 1, len(tried) - 1)]))
    found: Any = minimize_scalar(distance, bounds=bounds, method="bounded")
    return min(float(found.fun), distances[nearest]) > _FAR**2


def _ruled_out(law: SideLaw, group: _Group, family: _Family, c: int, referee: Referee) -> bool:
    """Whether the samples speak against the function of every multiple."""
    from scipy.optimize import minimize_scalar

    sample = referee.samples[0]
    unit = power_of_two(sample.units.components[c]) if sample.units else 1.0
    replaced = {term.name for term in group.terms}
    pairs = zip(law.chosen, law.estimate.fit.weights, strict=True)
    rest = [(term, float(weight)) for term, weight in pairs if term.name not in replaced]
    like = group.next
    none = (0,) * len(like.exponents)
    if not group.odd and not like.order and all(term.name != "1" for term, _ in rest):
        rest.append((Term.of(Feature(like.components, like.axes, none, like.orders)), 0.0))
    first = family.multiple(group.ratio, group.powers[-2]) / unit

    def replacing(share: float) -> Law:
        text = family.text.format(sample.components[c], f"{share * first:.12g}")
        function = Term.of(Feature(like.components, like.axes, none, like.orders, text))
        weights = np.array([*(weight for _, weight in rest), group.weights[0] / (share * first)])
        terms = (*(term for term, _ in rest), function)
        return Law(law.target, terms, weights)

    def least(distance: Callable[[Law], float], bounds: tuple[float, float], exact: float) -> Any:
        options = {"maxiter": 12, "xatol": exact}
        return minimize_scalar(
            lambda s: distance(replacing(s)), bounds=bounds, method="bounded", options=options
        )

    bounds, exact = _HEARD, 0.02
    if referee.follows:
        # Far from a solution its distance is known as a bound only, which is no guide.
        nearest = float(least(referee.rough_distance, bounds, exact).x)
        bounds, exact = (nearest * (1 - _NEAR), nearest * (1 + _NEAR)), 0.002
    found = least(lambda rival: referee.cost(rival, law.law, more=0), bounds, exact)
    return float(found.fun) > TOO_FAR
