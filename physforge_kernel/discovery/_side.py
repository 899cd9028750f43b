"""One left side of a law: regressions at all scales, the law chosen, and the rivals left standing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..derivatives import Feature, Library, Term
from ._estimate import Estimate, estimate, judge
from ._projection import Projection, Sample, projections
from ._referee import Referee
from ._regression import Regression
from ._searching import APPROXIMATE, FAILED, Search, Supports, sharpened
from ._select import MOST_TERMS, ROWS_PER_TERM, Climb, Scale, hidden, rivals, suspect
from ._target import Target, combinations
from ._units import Units
from ._weak import FEWEST_STEPS, FEWEST_STEPS_TO_SECOND
from ._whitened import Law, Whitened

#: Half widths of the test functions, as shares of an axis.
SHARES = tuple(0.4 if i == 0 else 0.25 / 2 ** (i - 1) for i in range(10))

#: How many of them are tried: on the only axis, along time, along space.
TRIED = {"only": 10, "t": 4, "space": 5}

#: Most rivals of a law whose weights are worked out: where more stand, the data cannot say anyway.
MOST_RIVALS = 9

#: Sizes between which a coefficient keeps all its digits.
SMALLEST, LARGEST = 1e-290, 1e290

#: A coefficient, or its error: a float; complex in laws of complex fields alone.
Coefficient = Any

#: Digits after the first that coefficients are given with at most: further ones are rounding.
_MOST_DIGITS = 11

#: A field that only moves obeys any law that its profile obeys: those of so many more terms are its rivals.
PROFILE = 3

#: With this many samples along an axis the widest test function (0.4) has nothing to add.
MANY_SAMPLES = 150


@dataclass(frozen=True)
class SideLaw:
    """A law for one left side: some of the `terms` of its library, with their covariance."""

    target: Target
    terms: tuple[Term, ...]
    estimate: Estimate
    deficit: float = 0.0

    @property
    def left(self) -> str:
        """The left side as equations write it."""
        return self.target.name

    @property
    def chosen(self) -> tuple[Term, ...]:
        """The law's own terms."""
        return tuple(self.terms[j] for j in self.estimate.fit.support)

    @property
    def only_moves(self) -> bool:
        """Whether the law carries a field along as it is: of first order in time, with slopes alone."""
        features = [*self.target.features, *(term.feature for term in self.chosen)]
        return all(f is not None and f.degree == f.order == 1 and not f.factor for f in features)

    @property
    def units(self) -> Units | None:
        return self.estimate.scale.regression.projection.blocks[0].sample.units

    def factor(self, term: Term) -> float:
        """What turns the weight of a term into one in the field's units."""
        return self.units.factor(self.target.features[0], term.unit) if self.units else 1.0

    @property
    def expressible(self) -> bool:
        """Whether numbers can hold the coefficients and their errors in the field's units."""
        errors = self.standard_errors.values()
        numbers = [*self.values.values(), *(10 * v for v in errors if v)]
        return all(SMALLEST < abs(number) < LARGEST for number in numbers)

    @cached_property
    def _expansion(self) -> tuple[tuple[str, ...], np.ndarray]:
        names: list[str] = []
        for term in self.chosen:
            names.extend(name for name in term.expansion if name not in names)
        matrix = np.zeros((len(names), len(self.chosen)), dtype=complex)
        for column, term in enumerate(self.chosen):
            for name, count in term.expansion.items():
                matrix[names.index(name), column] = count
        return tuple(names), matrix

    @cached_property
    def _scaled(self) -> tuple[tuple[str, ...], np.ndarray, np.ndarray]:
        """Names of the expansion, what the weights add to each in its own unit, and those units."""
        names, matrix = self._expansion
        factors = np.array([self.factor(term) for term in self.chosen])
        units = np.where(matrix != 0, factors, 0.0).max(axis=1, initial=0.0)
        with np.errstate(all="ignore"):
            ratios = factors / units[:, None]
        return names, matrix * np.where(np.isfinite(ratios), ratios, 1.0), units

    @property
    def coefficients(self) -> dict[str, Coefficient]:
        """Coefficients, rounded to the second digit of their standard errors: no more than is known."""
        errors = self.standard_errors
        return {name: _rounded(value, errors[name]) for name, value in self.values.items()}

    @property
    def values(self) -> dict[str, Coefficient]:
        """Coefficients as estimated, unrounded."""
        names, matrix, units = self._scaled
        weights = matrix @ self.estimate.fit.weights
        return {n: _plain(w, unit) for n, w, unit in zip(names, weights, units.tolist(), strict=True)}

    @property
    def standard_errors(self) -> dict[str, Coefficient]:
        """Standard errors; of a complex coefficient those of its two parts, as one complex number."""
        names, matrix, units = self._scaled
        parts = [
            np.sqrt(np.maximum(np.diag(part @ self.estimate.covariance @ part.T), 0.0))
            for part in (np.real(matrix), np.imag(matrix))
        ]
        return {
            n: _plain(complex(re, im), unit)
            for n, re, im, unit in zip(names, *parts, units.tolist(), strict=True)
        }

    def intervals(self, level: float) -> dict[str, tuple[Coefficient, Coefficient]]:
        """Two-sided intervals from Student's t, with as many degrees of freedom as test functions allow.

        Of a complex coefficient, the ends hold those of its two parts.
        """
        from scipy.stats import t

        freedom = max(2.0, self.estimate.rows - len(self.estimate.fit.support))
        factor = float(t.ppf(0.5 + level / 2, freedom))
        errors = self.standard_errors
        return {
            name: (v - factor * errors[name], v + factor * errors[name]) for name, v in self.values.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The law's terms as the weak form writes them."""
        return tuple(term.name for term in self.chosen)

    @property
    def law(self) -> Law:
        """The terms and their weights alone."""
        return Law(self.target, self.chosen, self.estimate.fit.weights)


@dataclass(frozen=True)
class Side:
    """Everything found for one left side: the best law, its rivals, and simpler laws passed on the way.

    `suspect` is a further term that may be missing, with its evidence in standard errors; `hidden` the one
    that the noise hides most of, with the share of the left side that it could be; `referee` compares laws by
    their distance from the samples, where the last of the scales is one of generalised least squares.
    """

    target: Target
    scales: tuple[Scale, ...]
    path: Climb
    best: SideLaw | None
    rivals: tuple[SideLaw, ...]
    others: tuple[SideLaw, ...]
    suspect: tuple[str, float] | None = None
    referee: Referee | None = None
    hidden: tuple[str, float] | None = None

    @property
    def left(self) -> str:
        """The left side as equations write it."""
        return self.target.name


def searched(
    samples: Sequence[Sample],
    targets: Sequence[Target],
    library: Library,
    seed: int,
    given: Mapping[str, Supports] | None = None,
) -> list[Search]:
    """Seek a law made of a library's terms for each target; those in `given` have their supports already."""
    columns = tuple(dict.fromkeys((*library.features, *(f for target in targets for f in target.features))))
    found = seen(samples, columns)
    terms = [library.serving(target.name) for target in targets]
    first = [
        Search.at(
            tuple(Scale(regression(p, target, own), seed) for p in found),
            given=given[target.name] if given else None,
        )
        for target, own in zip(targets, terms, strict=True)
    ]
    return sharpened(samples, targets, terms, first)


def sides(
    samples: Sequence[Sample],
    targets: Sequence[Target],
    library: Library,
    searches: Sequence[Search],
    progress: Callable[[float], None],
) -> tuple[Side, ...]:
    """Hold the laws that searches led to against their rivals."""
    result = []
    for i, (target, search) in enumerate(zip(targets, searches, strict=True)):
        result.append(_side(samples, target, library.serving(target.name), search))
        progress((i + 1) / len(targets))
    return tuple(result)


def seen(samples: Sequence[Sample], columns: Sequence[Feature]) -> list[Projection]:
    """Columns at all sizes of test functions that find room; between holes the smallest too, where few do."""
    found = [p for p in projections(samples, columns, scale_shares(samples)) if p is not None]
    if any(sample.masked for sample in samples) and not any(_carries(p) for p in found):
        between = projections(samples, columns, [_narrowest(samples, columns)])
        found += [p for p in between if p is not None]
    return found


def regression(projection: Projection, target: Target, terms: Sequence[Term]) -> Regression:
    """A target regressed on terms at the scale of a projection, which must hold all their features."""
    units = projection.blocks[0].sample.units
    return Regression(projection, tuple(combinations(units, projection.columns, target, terms)))


def _side(samples: Sequence[Sample], target: Target, terms: tuple[Term, ...], search: Search) -> Side:
    path, found, scales = search.path, search.found, search.scales
    if found is None:
        return Side(target, scales, path, None, (), ())
    best = SideLaw(target, terms, found)
    referee = Referee(samples, search.whitening, target.name, len(terms)) if search.whitening else None
    tellable = bool(path.support) and found.lack <= FAILED and not cut_short(found)
    standing = _standing(scales, best, referee) if tellable else []
    passed = [best]
    while search.given is None and (preferred := _preferred(best, standing, referee)) is not best:
        if preferred.names in [law.names for law in passed]:
            break
        best = preferred
        whitening = referee.whitened(best.law) if referee else None
        if whitening:
            projection = best.estimate.scale.regression.projection
            sides = combinations(samples[0].units, projection.columns, target, terms)
            sharp = whitening.regression(target.name, projection, sides, terms)
            scales = (*scales[:-1], Scale(sharp, scales[0].seed))
            best = SideLaw(target, terms, estimate(scales, best.estimate.fit.support) or best.estimate)
        standing = _standing(scales, best, referee)
        if referee is None:
            # The larger law stays in sight.
            standing = [law for law in standing if law.names != passed[-1].names]
            standing = sorted([*standing, passed[-1]], key=lambda law: (len(law.names), law.deficit))
            break
        passed.append(best)
    found = best.estimate
    taken = {best.estimate.fit.support, *(law.estimate.fit.support for law in standing)}
    others = []
    for size in range(1, min(found.scale.most, len(found.fit.support) + 2) + 1):
        fits = found.scale.path(size)
        if fits and fits[0].support not in taken:
            other = estimate([found.scale], fits[0].support)
            if other is not None:
                others.append(SideLaw(target, terms, other))
    missing = suspect(scales, found.fit.support) if tellable else None
    if missing and referee and not referee.hints_at(terms[missing[0]], best.law):
        missing = None
    sharp = path.support and isinstance(best.estimate.scale.regression, Whitened)
    unseen = hidden(best.estimate.scale, best.estimate.fit.support) if sharp else None
    return Side(
        target,
        scales,
        path,
        best,
        tuple(standing),
        tuple(others),
        (terms[missing[0]].name, 2 * missing[1]) if missing else None,
        referee,
        (terms[unseen[0]].name, unseen[1]) if unseen else None,
    )


def cut_short(found: Estimate) -> bool:
    """Whether a law has as many terms as are tried, and noise could hide more of them."""
    return len(found.fit.support) >= MOST_TERMS and found.unseen > APPROXIMATE


def _preferred(best: SideLaw, standing: Sequence[SideLaw], referee: Referee | None) -> SideLaw:
    """Of laws that explain the data as well, the most probable one; without a referee, the smallest."""
    if referee is None:
        return next((law for law in standing if len(law.names) < len(best.names)), best)
    known = [law for law in reversed(standing) if (w := referee.whitened(law.law)) and w.exact]
    costs = {0: best, **{referee.cost(law.law, best.law): law for law in known}}
    least = min(costs)
    return costs[least] if least < 0 else best


def _standing(scales: Sequence[Scale], law: SideLaw, referee: Referee | None) -> list[SideLaw]:
    """The laws that nothing rules out in favour of this one, the smallest first."""
    standing = []
    impartial = [s for s in scales if s.regression.impartial]
    larger = PROFILE if law.only_moves else 1
    found = rivals(impartial, judge(scales, law.estimate), law.estimate.fit.support, larger)
    for support, deficit in found[:MOST_RIVALS]:
        rival = estimate(scales, support)
        if rival is None:
            continue
        other = SideLaw(law.target, law.terms, rival, deficit)
        if referee is None or not referee.rules_out(other.law, law.law):
            standing.append(other)
    return standing


def scale_shares(samples: Sequence[Sample]) -> list[tuple[float, ...]]:
    """Half widths to try, as shares of each axis: all space axes share one, time has its own."""
    axes = samples[0].axes
    shortest = [min(len(s.points[i]) for s in samples) for i in range(len(axes))]
    if len(axes) == 1:
        return [(share,) for share in _shares(shortest[0], TRIED["only"])]
    in_space = _shares(min(shortest[1:]), TRIED["space"])
    if len(axes) > 2 and any(sample.masked for sample in samples):
        # Between holes there may be room for the smallest test functions alone.
        smallest = (FEWEST_STEPS + 1e-9) / (min(shortest[1:]) - 1)
        in_space += [smallest] if in_space and smallest < 0.9 * in_space[-1] else []
    return [(a, *([b] * (len(axes) - 1))) for a in _shares(shortest[0], TRIED["t"]) for b in in_space]


def _carries(projection: Projection) -> bool:
    """Whether enough test functions between holes see samples for a law of any size."""
    return projection.effective_rows >= ROWS_PER_TERM * MOST_TERMS


def _narrowest(samples: Sequence[Sample], columns: Sequence[Feature]) -> tuple[float, ...]:
    """Half widths of the smallest test functions that columns allow, as shares of each axis."""
    highest = max(order for feature in columns for order in feature.orders)
    fewest = (FEWEST_STEPS if highest > 2 else FEWEST_STEPS_TO_SECOND) + 1e-9
    counts = [min(len(sample.points[i]) for sample in samples) for i in range(len(samples[0].grid))]
    in_space = fewest / (min(counts[1:], default=counts[0]) - 1)
    return tuple(min(0.45, fewest / (counts[0] - 1) if i == 0 else in_space) for i in range(len(counts)))


def _shares(count: int, most: int) -> list[float]:
    shares = [share for share in SHARES if share * (count - 1) >= FEWEST_STEPS]
    return shares[1:][:most] if count >= MANY_SAMPLES else shares[:most]


def _plain(number: complex, unit: float = 1.0) -> Coefficient:
    """A number in a unit, without an imaginary part that is zero."""
    real, imaginary = float(number.real) * unit, float(number.imag) * unit
    return complex(real, imaginary) if imaginary else real


def _rounded(value: Coefficient, error: Coefficient) -> Coefficient:
    real = round_to_error(complex(value).real, complex(error).real)
    return _plain(complex(real, round_to_error(complex(value).imag, complex(error).imag)))


def round_to_error(value: float, error: float) -> float:
    """Round to the second significant digit of the standard error.

    Example:
        >>> round_to_error(0.0999731, 0.00072)
        0.09997
    """
    if not np.isfinite(error) or error <= 0.0 or value == 0.0:
        return float(f"{value:.{_MOST_DIGITS}e}")
    digits = int(np.floor(np.log10(abs(value))) - np.floor(np.log10(error))) + 1
    return float(f"{value:.{min(max(digits, 0), _MOST_DIGITS)}e}")
