"""Ordinary differential equations judged by their solutions: those that lie nearest to the samples.

Test functions see a law through windows. A solution ties all samples together, and its squared distance from
them is minus twice the logarithm of the law's likelihood, with the state at the start unknown. It is found by
multiple shooting with a piece between any two samples (Bock, Springer Series in Chemical Physics 18, 1981;
Baake et al., Phys. Rev. A 45, 1992), which converges where solutions are chaotic too: states and weights move
together by Gauss-Newton steps, on the condition that every state is where the laws take the one before it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ..derivatives import Term
from ..errors import DiscoveryError
from ._cells import Partition
from ._projection import Projection, Sample
from ._rates import Rates, followable, plain
from ._splines import smoothed
from ._whitened import Law, Whitened, is_white, within_noise

#: Most Gauss-Newton steps, and halvings of one.
_STEPS, _HALVINGS = 15, 5

#: A step is the last if it changes the squared distance by less, and no state by more than this share of the
#: noise.
_SETTLED = 0.01

#: Errors of the integration from the first sample to the last, in standard deviations of the noise.
_ACCURATE = 0.03

#: Most steps of the integrator from one sample to the next.
_MOST_SUBSTEPS = 32

#: What defects may add up to over a path, in standard deviations of the noise: first some, then nothing;
#: and where that fails, laws are kept to more and more.
_LOOSE = (1.0, 0.0, 0.1, 0.01, 0.0)

#: A merit that is larger by no more than this share, and by what is settled, is not worse.
_ROUNDING = 1e-9

#: Scatter of the squared distance in multiples of what it were if the size of the noise were known: this is
#: estimated from differences of high order of the same samples.
_SLACK = 4.0


@dataclass(frozen=True)
class Step:
    """What becomes of states with the weights as they are, and with a change of each.

    `changes` `(d, n, 1 + p)` are those of the states, `multipliers` `(d, n - 1, 1 + p)` those of the defects.
    """

    changes: np.ndarray
    multipliers: np.ndarray


@dataclass(frozen=True)
class Path:
    """States `(s, n)` of one experiment, and how many steps lead from one sample to the next.

    `noise` `(s, 1)` is the standard deviation of each component's noise, and as large a share of each
    velocity.
    """

    sample: Sample
    rates: Rates
    noise: np.ndarray
    states: np.ndarray
    count: int = 1

    @cached_property
    def values(self) -> np.ndarray:
        return np.stack(self.sample.values)

    @property
    def seen(self) -> int:
        """How many of the states are components, and measured."""
        return len(self.values)

    @property
    def apart(self) -> np.ndarray:
        """The samples' distance from the states, in standard deviations `(d * n,)`."""
        return ((self.values - self.states[: self.seen]) / self.noise[: self.seen]).ravel()

    def measured(self, changes: np.ndarray) -> np.ndarray:
        """Changes of the states `(s, n, k)` as samples see them, in standard deviations `(d * n, k)`."""
        return (changes[: self.seen] / self.noise[: self.seen, :, None]).reshape(-1, changes.shape[2])

    @property
    def _times(self) -> tuple[np.ndarray, np.ndarray]:
        points = self.sample.points[0]
        return points[:-1], np.diff(points)

    def defects(self, weights: np.ndarray) -> np.ndarray:
        """By how much states are not where the laws take those before them `(d, n - 1)`."""
        moved = self.rates.moved(self.states[:, :-1], weights, *self._times, self.count)
        return self.states[:, 1:] - moved

    def step(self, weights: np.ndarray, loose: float = 0.0) -> Step:
        """How states follow weights, to first order, while they take the samples and the laws into account.

        Defects have the standard deviation `loose`, in those of the noise; 0 allows none.
        """
        from scipy.linalg import solve_banded

        moved = self.rates.traced(self.states[:, :-1], weights, *self._times, self.count)
        size, n = self.states.shape
        band, precision = 2 * size - 1, self.noise[: self.seen, 0] ** -2
        matrix = np.zeros((2 * band + 1, size * (2 * n - 1)))
        right = np.zeros((matrix.shape[1], 1 + len(weights)))

        def put(rows: np.ndarray, columns: np.ndarray, values: np.ndarray | float) -> None:
            matrix[band + rows - columns, columns] = values

        here = 2 * size * np.arange(n)
        ties = here[:-1] + size
        for a in range(size):
            if a < self.seen:
                put(here + a, here + a, precision[a])
                right[here + a, 0] = precision[a] * (self.values[a] - self.states[a])
            put(ties + a, here[1:] + a, 1.0)
            put(here[1:] + a, ties + a, 1.0)
            put(ties + a, ties + a, -((loose * self.noise[a, 0]) ** 2))
            for b in range(size):
                put(ties + a, here[:-1] + b, -moved.by_states[a, b])
                put(here[:-1] + b, ties + a, -moved.by_states[a, b])
            right[ties + a, 0] = moved.states[a] - self.states[a, 1:]
            right[ties + a, 1:] = moved.by_weights[a].T
        found = solve_banded((band, band), matrix, right, check_finite=False)
        changes = np.stack([found[here + a] for a in range(size)])
        return Step(changes, np.stack([found[ties + a] for a in range(size)]))

    def responses(self, weights: np.ndarray) -> np.ndarray:
        """How the nearest solution moves with each weight, in standard deviations `(d * n, p)`."""
        return self.measured(self.step(weights).changes[:, :, 1:])


@dataclass(frozen=True)
class Paths:
    """The solutions of a system's laws that lie nearest to experiments, and what they say of any term.

    `misfit` is the squared distance of the samples from them, in standard deviations of the noise. Where they
    are not `exact` none was found, and it is a lower bound: what is left if laws need not quite be kept to.
    """

    laws: tuple[Law, ...]
    parts: tuple[Path, ...]
    weights: np.ndarray
    misfit: float
    exact: bool

    @property
    def rows(self) -> int:
        """How many samples there are, less those that states at the start can meet."""
        return sum(path.values.size - len(path.states) for path in self.parts)

    @property
    def holds(self) -> bool:
        """Whether the laws leave no more than noise, whose size is known from the samples alone."""
        return within_noise(self.misfit, self.rows, _SLACK)

    def regression(
        self, left: str, projection: Projection, sides: Sequence[np.ndarray], terms: Sequence[Term]
    ) -> Whitened:
        """One left side regressed on any terms, the other laws keeping theirs with whatever weights.

        `projection` and `sides` are those of the raw samples.
        """
        starts = sum(len(path.states) for path in self.parts)
        return Whitened.of(projection, sides, *self._stacked(left, terms), starts, _SLACK)

    def labelled(
        self, left: str, terms: Sequence[Term], boxes: Partition
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """The rows with any terms of one left side, the other laws' first; their boxes; how many others."""
        rows, mine, others = self._stacked(left, terms)
        labels = [np.tile(boxes.at(path.sample.points[0], e), path.seen) for e, path in enumerate(self.parts)]
        return rows[:, [*others, *mine]], np.concatenate(labels), len(others)

    def _stacked(self, left: str, terms: Sequence[Term]) -> tuple[np.ndarray, list[int], list[int]]:
        """What every sample says of the terms, and of the left side last; which columns are `left`'s."""
        laws, weights, first, start = [], [], 0, 0
        for law in self.laws:
            own = self.weights[first : first + len(law.terms)]
            first += len(law.terms)
            if law.target.name == left:
                known = {term.name: weight for term, weight in zip(law.terms, own, strict=True)}
                own = np.array([known.get(term.name, 0.0) for term in terms])
                law, start = replace(law, terms=tuple(terms)), sum(map(len, weights))
            laws.append(replace(law, weights=own))
            weights.append(own)
        together = np.concatenate(weights)
        responses = np.concatenate(
            [replace(p, rates=Rates(p.rates.sample, tuple(laws))).responses(together) for p in self.parts]
        )
        mine = list(range(start, start + len(terms)))
        others = [j for j in range(len(together)) if j not in mine]
        apart = np.concatenate([path.apart for path in self.parts])
        rows = np.column_stack([responses, apart + responses[:, mine] @ together[mine]])
        return rows, [*mine, len(together)], others

    @cached_property
    def _directions(self) -> np.ndarray:
        """An orthonormal basis `(rows, p)` of where weights move the samples."""
        return np.linalg.qr(np.concatenate([path.responses(self.weights) for path in self.parts]))[0]

    def scatter(self, other: Paths) -> float:
        """Variance of the difference of two misfits by noise that only one of the laws can follow.

        A misfit is the squared length of the noise in all directions but those; for two projections it
        differs by a quadratic form of variance `2 tr (P - Q)^2`, here at most `4 tr P (1 - Q)`.
        """
        shared = float(((self._directions.T @ other._directions) ** 2).sum())
        return 4 * max(other._directions.shape[1] - shared, 0.0)


def follow(samples: Sequence[Sample], laws: Sequence[Law], *, far: float | None = None) -> Paths | None:
    """The solutions of laws that lie nearest to experiments; the laws' weights are a start.

    Args:
        samples: the experiments.
        laws: one law for each component.
        far: a misfit from which on a lower bound of it is enough; and one is, where no solution is found.

    Returns:
        None where laws are not in time alone, of one order and one for each component, where there is little
        white noise, or where nothing is found.
    """
    if not _ordinary(samples, laws):
        return None
    with np.errstate(all="ignore"):
        near = _Following(tuple(laws), _LOOSE[0]).nearest([_start(sample, laws) for sample in samples])
        for loose in _LOOSE[1:]:
            if near is None or near.exact or (far is not None and near.misfit > far):
                break
            found = _Following(tuple(laws), loose).nearest(near.parts, near.weights)
            if found is None and loose:
                break
            near = found or near
    return near if near is None or near.exact or far is not None else None


def _ordinary(samples: Sequence[Sample], laws: Sequence[Law]) -> bool:
    if any(len(s.grid) > 1 or s.complex_name or s.controls or s.masked or not is_white(s) for s in samples):
        return False
    lefts = [law.target.features for law in laws]
    if len(lefts) < len(samples[0].components) or len({left[0].order for left in lefts}) > 1:
        return False
    terms = [feature for law in laws for term in law.terms for feature in term.features]
    return all(
        followable(feature) and feature.order + len(feature.inside) < lefts[0][0].order for feature in terms
    )


def _start(sample: Sample, laws: Sequence[Law]) -> Path:
    """States on splines through the samples."""
    orders = range(laws[0].target.features[0].order)
    states = np.array([[smoothed(sample.splines, v, (order,)) for v in sample.values] for order in orders])
    sizes = np.sqrt(np.mean(states**2, axis=2)) + 1e-300
    noise = np.array(sample.spreads) * sizes / sizes[0]
    rates = Rates(plain(sample, tuple(states[0])), tuple(laws))
    return Path(sample, rates, noise.reshape(-1, 1), states.reshape(-1, states.shape[2]))


@dataclass(frozen=True)
class _Following:
    """Gauss-Newton steps with a line search.

    Where laws are kept to, its merit has an exact penalty for states that are not where they should be
    (Nocedal and Wright, Numerical Optimization, 2006, chapter 18); otherwise it is the squares of both,
    `loose` being what the defects may add up to.
    """

    laws: tuple[Law, ...]
    loose: float = 0.0

    def nearest(self, paths: Sequence[Path], weights: np.ndarray | None = None) -> Paths | None:
        """None where no steps lead there, or to where a function or a state is not finite."""
        try:
            return self._nearest(paths, paths[0].rates.weights if weights is None else weights)
        except (DiscoveryError, np.linalg.LinAlgError):
            return None

    def _nearest(self, paths: Sequence[Path], weights: np.ndarray) -> Paths | None:
        price, merit = 0.0, np.inf
        paths = [_refined(path, weights) for path in paths]
        for _ in range(_STEPS):
            if any(path.count > _MOST_SUBSTEPS for path in paths):
                return None
            steps = [path.step(weights, self._each(path)) for path in paths]
            towards = self._towards(paths, steps)
            changes = [step.changes @ np.append(1.0, towards) for step in steps]
            price = max(price, *(2 * float(np.abs(step.multipliers[..., 0]).max()) for step in steps))
            taken = self._taken(paths, weights, changes, towards, price)
            if taken is None:
                return None
            share, paths, weights = taken
            before, merit = merit, self._squares(paths, weights)
            if share == 1.0 and abs(before - merit) < _SETTLED and self._meets(paths, weights):
                refined = [_refined(path, weights) for path in paths]
                if [path.count for path in refined] == [path.count for path in paths]:
                    return Paths(self.laws, tuple(paths), weights, merit, not self.loose)
                paths = refined
        return None

    def _towards(self, paths: Sequence[Path], steps: Sequence[Step]) -> np.ndarray:
        """The change of weights `(p,)` that brings states nearest to all samples."""
        rows, right = [], []
        for path, step in zip(paths, steps, strict=True):
            moved = path.measured(step.changes)
            rows.append(moved[:, 1:])
            right.append(path.apart - moved[:, 0])
            if self.loose:
                left = (self._each(path) * path.noise[:, :, None] * step.multipliers).reshape(
                    -1, moved.shape[1]
                )
                rows.append(left[:, 1:])
                right.append(-left[:, 0])
        whole = np.concatenate(rows)
        sizes = np.maximum(np.sqrt((whole**2).sum(axis=0)), 1e-300)
        return np.linalg.lstsq(whole / sizes, np.concatenate(right), rcond=None)[0] / sizes

    def _each(self, path: Path) -> float:
        """What one defect may be."""
        return self.loose / float(np.sqrt(path.states.shape[1]))

    def _squares(self, paths: Sequence[Path], weights: np.ndarray) -> float:
        """The squared distance of the samples, and of what need not quite be zero."""
        total = sum(float(path.apart @ path.apart) for path in paths)
        if self.loose:
            total += sum(
                float(((p.defects(weights) / p.noise) ** 2).sum()) / self._each(p) ** 2 for p in paths
            )
        return total

    def _meets(self, paths: Sequence[Path], weights: np.ndarray) -> bool:
        """Whether all states are where the laws take those before them, as far as they must be."""
        if self.loose:
            return True
        return all(float(np.abs(path.defects(weights) / path.noise).max()) < _SETTLED for path in paths)

    def _merit(self, paths: Sequence[Path], weights: np.ndarray, price: float) -> float:
        """What steps make smaller; infinite where something is not finite."""
        try:
            total = self._squares(paths, weights) / 2
            if not self.loose:
                total += price * sum(float(np.abs(path.defects(weights)).sum()) for path in paths)
        except DiscoveryError:
            return np.inf
        return total if np.isfinite(total) else np.inf

    def _taken(
        self,
        paths: Sequence[Path],
        weights: np.ndarray,
        changes: Sequence[np.ndarray],
        towards: np.ndarray,
        price: float,
    ) -> tuple[float, list[Path], np.ndarray] | None:
        """The longest share of a step that makes the merit better, and where it leads."""
        now, share = self._merit(paths, weights, price), 1.0
        for _ in range(_HALVINGS):
            moved = [
                replace(path, states=path.states + share * change)
                for path, change in zip(paths, changes, strict=True)
            ]
            further = weights + share * towards
            if self._merit(moved, further, price) <= now * (1 + _ROUNDING) + _SETTLED:
                return share, moved, further
            share /= 2
        return None


def _refined(path: Path, weights: np.ndarray) -> Path:
    """The path with so many steps from sample to sample that all their errors are small beside the noise."""
    count, coarse = path.count, path.defects(weights)
    while count <= _MOST_SUBSTEPS:
        fine = replace(path, count=2 * count).defects(weights)
        if float((np.abs(fine - coarse) / path.noise).sum(axis=1).max()) < _ACCURATE:
            break
        count, coarse = 2 * count, fine
    return replace(path, count=count)
