"""One left side of a law: regressions at all scales, the law chosen, and the rivals left standing."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..derivatives import Feature, library
from ._estimate import Estimate, estimate
from ._projection import Sample, project
from ._regression import Regression
from ._select import Climb, Scale, climb, rivals, suspect
from ._units import Units
from ._weak import FEWEST_STEPS

#: Half widths of the test functions, as shares of an axis.
SHARES = tuple(0.4 if i == 0 else 0.25 / 2 ** (i - 1) for i in range(10))

#: How many of them are tried: on the only axis, along time, along space.
TRIED = {"only": 10, "t": 4, "space": 5}

#: Most rivals of a law whose weights are worked out: where more stand, the data cannot say anyway.
MOST_RIVALS = 9

#: Sizes between which a coefficient keeps all its digits.
SMALLEST, LARGEST = 1e-290, 1e290

#: With this many samples along an axis the widest test function (0.4) has nothing to add.
MANY_SAMPLES = 150


@dataclass(frozen=True)
class SideLaw:
    """A law for one left side: `terms` are those of the expanded equation, with their covariance."""

    left: str
    columns: tuple[Feature, ...]
    estimate: Estimate
    deficit: float = 0.0

    @property
    def feature(self) -> Feature:
        """The left side."""
        return next(column for column in self.columns if column.name == self.left)

    @property
    def units(self) -> Units | None:
        return self.estimate.scale.regression.projection.blocks[0].sample.units

    def factor(self, feature: Feature) -> float:
        """What turns the weight of a feature into one in the field's units."""
        return self.units.factor(self.feature, feature) if self.units else 1.0

    @cached_property
    def _factors(self) -> dict[str, float]:
        columns = [self.columns[j] for j in self.estimate.fit.support]
        return {name: self.factor(column) for column in columns for name in column.terms}

    @property
    def expressible(self) -> bool:
        """Whether numbers can hold the coefficients and their errors in the field's units."""
        numbers = [*self.values.values(), *(10 * v for v in self.standard_errors.values() if v)]
        return all(SMALLEST < abs(number) < LARGEST for number in numbers)

    @cached_property
    def _expansion(self) -> tuple[tuple[str, ...], np.ndarray]:
        support = self.estimate.fit.support
        names: list[str] = []
        for j in support:
            names.extend(name for name in self.columns[j].terms if name not in names)
        matrix = np.zeros((len(names), len(support)))
        for column, j in enumerate(support):
            for name, count in self.columns[j].terms.items():
                matrix[names.index(name), column] = count
        return tuple(names), matrix

    @property
    def terms(self) -> dict[str, float]:
        """Coefficients, rounded to the second digit of their standard errors: no more than is known."""
        errors = self.standard_errors
        return {name: round_to_error(value, errors[name]) for name, value in self.values.items()}

    @property
    def values(self) -> dict[str, float]:
        """Coefficients as estimated, unrounded."""
        names, matrix = self._expansion
        weights = matrix @ self.estimate.fit.weights
        return {n: float(w) * self._factors[n] for n, w in zip(names, weights, strict=True)}

    @property
    def standard_errors(self) -> dict[str, float]:
        names, matrix = self._expansion
        variances = np.diag(matrix @ self.estimate.covariance @ matrix.T)
        return {
            n: float(np.sqrt(max(v, 0.0))) * self._factors[n] for n, v in zip(names, variances, strict=True)
        }

    def intervals(self, level: float) -> dict[str, tuple[float, float]]:
        """Two-sided intervals from Student's t, with as many degrees of freedom as test functions allow."""
        from scipy.stats import t

        freedom = max(2.0, self.estimate.rows - len(self.estimate.fit.support))
        factor = float(t.ppf(0.5 + level / 2, freedom))
        errors = self.standard_errors
        return {
            name: (v - factor * errors[name], v + factor * errors[name]) for name, v in self.values.items()
        }

    @property
    def names(self) -> tuple[str, ...]:
        """The law's features as the weak form writes them."""
        return tuple(self.columns[j].name for j in self.estimate.fit.support)


@dataclass(frozen=True)
class Side:
    """Everything found for one left side: the best law, its rivals, and simpler laws passed on the way.

    `suspect` is a further term that may be missing, with its evidence in standard errors.
    """

    left: str
    scales: tuple[Scale, ...]
    path: Climb
    best: SideLaw | None
    rivals: tuple[SideLaw, ...]
    others: tuple[SideLaw, ...]
    suspect: tuple[str, float] | None = None


def sides(
    samples: Sequence[Sample],
    targets: Mapping[str, tuple[int, int]],
    seed: int,
    progress: Callable[[float], None],
) -> tuple[Side, ...]:
    """Find a law for each target, given as `{"u_t": (component, order)}`; all orders must be equal."""
    axes, components = samples[0].axes, samples[0].components
    order = next(iter(targets.values()))[1]
    features = library(components, axes, time_order=order)
    lefts = [
        Feature(
            components,
            axes,
            tuple(int(i == c) for i in range(len(components))),
            tuple(order if axis == "t" else 0 for axis in axes),
        )
        for c, _ in targets.values()
    ]
    columns = (*features, *lefts)
    projections = []
    tried = list(scale_shares(samples))
    for i, shares in enumerate(tried):
        projection = project(samples, columns, shares)
        if projection is not None:
            projections.append(projection)
        progress(0.4 * (i + 1) / len(tried))
    result = []
    for i, left in enumerate(targets):
        share = 0.6 / len(targets)
        regressions = [Regression(p, len(features) + i, tuple(range(len(features)))) for p in projections]
        result.append(_side(left, columns, tuple(Scale(r, seed) for r in regressions)))
        progress(0.4 + share * (i + 1))
    return tuple(result)


def _side(left: str, columns: tuple[Feature, ...], scales: tuple[Scale, ...]) -> Side:
    path = climb(scales)
    supports = [path.support] if path.support else []
    if not supports:
        supports = [fits[0].support for s in scales if (fits := s.path(1))][:1]
    found = estimate(scales, supports[0]) if supports else None
    if found is None:
        return Side(left, scales, path, None, (), ())
    best = SideLaw(left, columns, found)
    standing = _standing(scales, best) if path.support else []
    smaller = [law for law in standing if len(law.names) < len(best.names)]
    if smaller:
        # Of laws that explain the data as well the smallest is shown first; the larger one stays in sight.
        larger, best = best, smaller[0]
        found = best.estimate
        kept = [law for law in _standing(scales, best) if law.names != larger.names]
        standing = sorted([*kept, larger], key=lambda law: (len(law.names), law.deficit))
    taken = {best.estimate.fit.support, *(law.estimate.fit.support for law in standing)}
    others = []
    for size in range(1, min(found.scale.most, len(found.fit.support) + 2) + 1):
        fits = found.scale.path(size)
        if fits and fits[0].support not in taken:
            other = estimate([found.scale], fits[0].support)
            if other is not None:
                others.append(SideLaw(left, columns, other))
    missing = suspect(scales, found.fit.support) if path.support else None
    return Side(
        left,
        scales,
        path,
        best,
        tuple(standing),
        tuple(others),
        (columns[missing[0]].name, 2 * missing[1]) if missing else None,
    )


def _standing(scales: Sequence[Scale], law: SideLaw) -> list[SideLaw]:
    """The laws that no scale rules out in favour of this one, the smallest first."""
    standing = []
    found = rivals(scales, law.estimate.scale, law.estimate.fit.support)
    for support, deficit in found[:MOST_RIVALS]:
        rival = estimate(scales, support)
        if rival is not None:
            standing.append(SideLaw(law.left, law.columns, rival, deficit))
    return standing


def scale_shares(samples: Sequence[Sample]) -> list[tuple[float, ...]]:
    """Half widths to try, as shares of each axis: all space axes share one, time has its own."""
    axes = samples[0].axes
    shortest = [min(len(s.points[i]) for s in samples) for i in range(len(axes))]
    if len(axes) == 1:
        return [(share,) for share in _shares(shortest[0], TRIED["only"])]
    in_space = _shares(min(shortest[1:]), TRIED["space"])
    return [(a, *([b] * (len(axes) - 1))) for a in _shares(shortest[0], TRIED["t"]) for b in in_space]


def _shares(count: int, most: int) -> list[float]:
    shares = [share for share in SHARES if share * (count - 1) >= FEWEST_STEPS]
    return shares[1:][:most] if count >= MANY_SAMPLES else shares[:most]


def round_to_error(value: float, error: float) -> float:
    """Round to the second significant digit of the standard error.

    Example:
        >>> round_to_error(0.0999731, 0.00072)
        0.09997
    """
    if not np.isfinite(error) or error <= 0.0 or value == 0.0:
        return float(f"{value:.12g}")
    digits = int(np.floor(np.log10(abs(value))) - np.floor(np.log10(error))) + 1
    return float(f"{value:.{min(max(digits, 0), 15)}e}")
