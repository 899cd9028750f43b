"""Generalised least squares: test functions of one size, weighted by what noise does to all of them together.

Ordinary regression at one scale weighs all test functions alike and sees the field through the noisy samples.
Here the residuals of a law are weighted with the inverse of their covariance, which is known for white noise
of the samples, and the terms are evaluated on the samples smoothed under the law: of all fields for which
its residuals vanish the one nearest to the samples, to first order. Its standard errors come near those of
fitting the law's solutions to the samples with unknown start and boundaries (for the weighting: Bortz,
Messenger and Dukic, WENDy, Bull. Math. Biol. 85, 2023). The laws of a system are weighed together: what one
of them says of the field serves all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from operator import add

import numpy as np

from ..derivatives import Feature, Term
from ._cells import Partition
from ._covariance import Overlaps, Responses, Root, covariance, responses
from ._projection import Block, Projection, Sample, blocks, evaluate
from ._splines import Splines, smoothed
from ._target import combinations
from ._weak import FEWEST_STEPS
from ._whitened import Law, Whitened, is_white, within_noise

#: Spacing of the test functions, as a share of their half width: closer ones see nothing new.
SPACING = 0.4

#: Most rows whose covariance is worked out, by the number of axes. Along several axes more of them forbid
#: different noise to different laws, and tell these apart no better.
MOST_ROWS = {1: 1500, 2: 700}

#: Scatter of the misfit in multiples of what it were if the size of the noise were known.
_SLACK = 2.0

#: Directions along which coefficients might change count where they are no smaller share of the largest.
_SEEN = 1e-6

#: Rounds of smoothing the samples under the laws and weighing their residuals: at most, and enough where the
#: misfit changes by less than `_SETTLED`.
_ROUNDS = 6
_SETTLED = 0.5


@dataclass(frozen=True)
class Weighed:
    """One experiment whose samples are smoothed under laws, and the laws' rows there.

    `block` holds the smoothed samples, `root` the root of the covariance of the residuals of all laws one
    after another, `shift` `(rows,)` what the samples' distance from the smoothed ones adds to the left sides.
    """

    block: Block
    overlaps: tuple[Overlaps, ...]
    spreads: tuple[float, ...]
    residuals: tuple[np.ndarray, ...]
    responses: Responses
    root: Root
    shift: np.ndarray
    rows: np.ndarray

    def apart(self, other: Weighed) -> float:
        """How many of its forbidden directions another law does not forbid: `tr P (1 - Q)`."""
        pairs = zip(self.overlaps, other.overlaps, strict=True)
        overlaps = [max(pair, key=lambda tests: len(tests.axis.matrices)) for pair in pairs]
        shared = covariance(overlaps, self.block, self.responses, other.responses, self.spreads)
        return len(self.shift) - float((other.root.halved(self.root.halved(shared).T) ** 2).sum())


@dataclass(frozen=True)
class Whitening:
    """Experiments smoothed under the laws of a system.

    `misfit` is the squared distance of the samples from the nearest fields that obey the laws, in standard
    deviations of the noise.
    """

    laws: tuple[Law, ...]
    shares: tuple[float, ...]
    parts: tuple[Weighed, ...]
    splines: tuple[tuple[Splines, ...], ...]
    misfit: float

    @property
    def exact(self) -> bool:
        """Whether the misfit is one, and no lower bound of it."""
        return True

    @property
    def rows(self) -> int:
        return sum(len(part.shift) for part in self.parts)

    @property
    def holds(self) -> bool:
        """Whether the laws leave no more than noise."""
        return within_noise(self.misfit, self.rows, _SLACK)

    def regression(
        self, left: str, projection: Projection, sides: Sequence[np.ndarray], terms: Sequence[Term]
    ) -> Whitened:
        """One left side regressed on any terms, the other laws keeping theirs with whatever weights.

        `projection` and `sides` are those of the raw samples.
        """
        parts, mine, others = self._stacked(left, terms)
        rows = np.concatenate([rows for _, rows in parts])
        return Whitened.of(projection, sides, rows, mine, others)

    def labelled(
        self, left: str, terms: Sequence[Term], boxes: Partition
    ) -> tuple[np.ndarray, np.ndarray, int]:
        """The rows with any terms of one left side, the other laws' first; their boxes; how many others."""
        parts, mine, others = self._stacked(left, terms)
        laws = sum(len(law.target.features) for law in self.laws)
        labels = [
            np.tile(boxes.of(block, e), laws)[part.root.order]
            for e, ((block, _), part) in enumerate(zip(parts, self.parts, strict=True))
        ]
        rows = np.concatenate([rows for _, rows in parts])
        return rows[:, [*others, *mine]], np.concatenate(labels), len(others)

    def drifts(self, left: str, terms: Sequence[Term]) -> dict[str, float]:
        """How likely noise makes the coefficients of one left side change as much along each axis.

        To first order: what straight lines and parabolas along the axis, times the terms, take from the
        misfit, has the distribution of chi squared where the coefficients are the same everywhere (Rao's
        score test). Of several experiments, "experiment" is one axis more.
        """
        from scipy.stats import chi2

        parts, mine, _ = self._rows(left, terms)
        rows = np.concatenate([part.root.halved(each) for _, part, each in parts])
        basis, _ = np.linalg.qr(rows[:, :-1])
        rest = rows[:, -1] - basis @ (basis.T @ rows[:, -1])
        size, found, ways = max(1.0, float(rest @ rest) / len(rest)), {}, {}
        for i, axis in enumerate(parts[0][0].weak.axes):
            ways[axis.name] = np.concatenate([_changing(*part, mine[:-1], i) for part in parts])
        if len(parts) > 1:
            ways["experiment"] = _apart([part.root.halved(each[:, mine[:-1]]) for _, part, each in parts])
        for name, changing in ways.items():
            changing = changing - basis @ (basis.T @ changing)
            directions, sizes, _ = np.linalg.svd(changing, full_matrices=False)
            seen = directions[:, sizes > _SEEN * sizes.max(initial=0.0)]
            gain = float(((seen.T @ rest) ** 2).sum()) / size
            found[name] = float(chi2.sf(gain, seen.shape[1])) if seen.size else 1.0
        return found

    def _stacked(
        self, left: str, terms: Sequence[Term]
    ) -> tuple[list[tuple[Block, np.ndarray]], list[int], list[int]]:
        """The weighed rows of all laws with any terms for one left side, experiment by experiment.

        The rows of the laws stand one below the other. Also: which columns are those terms and the left side,
        and which are the terms of the other laws.
        """
        parts, mine, others = self._rows(left, terms)
        return [(block, part.root.halved(rows)) for block, part, rows in parts], mine, others

    def _rows(
        self, left: str, terms: Sequence[Term]
    ) -> tuple[list[tuple[Block, Weighed, np.ndarray]], list[int], list[int]]:
        """The same before they are weighed."""
        laws = [replace(law, terms=tuple(terms)) if law.target.name == left else law for law in self.laws]
        which = next(i for i, law in enumerate(laws) if law.target.name == left)
        columns = _columns(laws)
        samples = [part.block.sample for part in self.parts]
        found = blocks(samples, columns, self.shares, SPACING, max(MOST_ROWS.values())) or ()
        parts = []
        for block, part in zip(found, self.parts, strict=True):
            rows = _rows(block, columns, laws)
            rows[:, -1] += part.shift
            parts.append((block, part, rows))
        first, width = sum(len(law.terms) for law in laws[:which]), sum(len(law.terms) for law in laws) + 1
        mine = [*range(first, first + len(terms)), width - 1]
        return parts, mine, [j for j in range(width) if j not in mine]

    def scatter(self, other: Whitening) -> float:
        """Variance of the difference of two misfits by noise that only one of the laws forbids.

        A misfit is the squared length of the noise within the directions that its law forbids; for two such
        projections it differs by a quadratic form of variance `2 tr (P - Q)^2 = 4 tr P (1 - Q)`.
        """
        pairs = zip(self.parts, other.parts, strict=True)
        return 4 * max(sum(mine.apart(theirs) for mine, theirs in pairs), 0.0)


def whiten(
    samples: Sequence[Sample],
    laws: Sequence[Law],
    shares: Sequence[float],
    splines: Sequence[tuple[Splines, ...]] | None = None,
) -> Whitening | None:
    """Smooth experiments under the laws of a system and weigh their residuals.

    Args:
        samples: the experiments.
        laws: one law for each left side.
        shares: half widths of the test functions as shares of the axes.
        splines: those of an earlier whitening of the same experiments.

    Returns:
        None where there is little white noise, too many test functions, or more than one axis of space.
    """
    if any(len(sample.grid) not in MOST_ROWS for sample in samples):
        return None
    count = len(samples)
    samples = [whole for sample in samples if (whole := sample.smoothable) is not None and is_white(whole)]
    if len(samples) < count or any(_too_coarse(sample, shares) for sample in samples):
        return None
    columns, sides = _columns(laws), sum(len(law.target.features) for law in laws)
    found = blocks(samples, columns, shares, SPACING, max(MOST_ROWS.values()))
    if found is None or any(sides * block.rows.sum() > MOST_ROWS[len(block.weak.axes)] for block in found):
        return None
    splines = splines or tuple(sample.splines for sample in samples)
    parts = [_Part(*part, columns, tuple(laws)) for part in zip(samples, splines, found, strict=True)]
    states, weights = [part.start() for part in parts], np.concatenate([law.weights for law in laws])
    misfit, best = np.inf, None
    for _ in range(_ROUNDS):
        weighed = []
        for part, state in zip(parts, states, strict=True):
            item = part.weigh(state, weights)
            if item is None:
                return best
            weighed.append(item)
        rows = np.concatenate([item.root.halved(item.rows) for item in weighed])
        weights = np.linalg.lstsq(rows[:, :-1], rows[:, -1], rcond=None)[0]
        before, misfit = misfit, float(((rows[:, -1] - rows[:, :-1] @ weights) ** 2).sum())
        if not np.isfinite(misfit):
            return best
        best = Whitening(
            tuple(laws),
            tuple(shares),
            tuple(weighed),
            tuple(splines),
            misfit,
        )
        if abs(before - misfit) < _SETTLED:
            break
        states = [part.smoothed(item, weights) for part, item in zip(parts, weighed, strict=True)]
    return best


def _apart(columns: Sequence[np.ndarray]) -> np.ndarray:
    """Columns of every experiment but the first, zero in the others."""
    ends = np.cumsum([0, *(len(each) for each in columns)])
    result = np.zeros((ends[-1], (len(columns) - 1) * columns[0].shape[1]))
    for e, each in enumerate(columns[1:]):
        width = each.shape[1]
        result[ends[e + 1] : ends[e + 2], e * width : (e + 1) * width] = each
    return result


def _changing(block: Block, part: Weighed, rows: np.ndarray, columns: Sequence[int], axis: int) -> np.ndarray:
    """Weighed columns of rows, times a straight line and times a parabola along an axis."""
    centres = block.weak.axes[axis].centres
    place = 2 * (centres - centres.mean()) / max(float(np.ptp(centres)), np.finfo(float).tiny)
    shape = [1] * block.rows.ndim
    shape[axis] = -1
    along = np.broadcast_to(place.reshape(shape), block.rows.shape)[block.rows]
    along = np.tile(along, len(rows) // len(along))[:, None]
    return part.root.halved(np.hstack([rows[:, columns] * along**power for power in (1, 2)]))


def _columns(laws: Sequence[Law]) -> tuple[Feature, ...]:
    """All features that laws and their left sides are made of."""
    terms = (feature for law in laws for term in law.terms for feature in term.features)
    return tuple(dict.fromkeys((*terms, *(f for law in laws for f in law.target.features))))


def _rows(block: Block, columns: Sequence[Feature], laws: Sequence[Law]) -> np.ndarray:
    """All laws one below the other: a column for every term of each, and the left sides last."""
    matrix = evaluate(block, columns)
    parts, first, width = [], 0, sum(len(law.terms) for law in laws)
    for law in laws:
        for side in combinations(block.sample.units, columns, law.target, law.terms):
            part = np.zeros((len(matrix), width + 1))
            values = matrix @ side
            part[:, first : first + len(law.terms)] = values[:, :-1]
            part[:, -1] = values[:, -1]
            parts.append(part)
        first += len(law.terms)
    return np.concatenate(parts)


def _too_coarse(sample: Sample, shares: Sequence[float]) -> bool:
    """Whether test functions hold too few samples, as those of a field that was thinned may."""
    return any(
        share * (len(points) - 1) < FEWEST_STEPS for share, points in zip(shares, sample.points, strict=True)
    )


#: One array on the samples' grid for each component.
_Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class _Part:
    """One experiment as measured, with the test functions and the laws' columns."""

    sample: Sample
    splines: tuple[Splines, ...]
    measured: Block
    columns: tuple[Feature, ...]
    laws: tuple[Law, ...]

    def _residuals(self, weights: np.ndarray) -> list[np.ndarray]:
        """The residual of every law, and of each part of a complex one, as a combination of columns."""
        found, first = [], 0
        for law in self.laws:
            mine = np.append(-weights[first : first + len(law.terms)], 1.0)
            first += len(law.terms)
            sides = combinations(self.sample.units, self.columns, law.target, law.terms)
            found += [side @ mine for side in sides]
        return found

    def start(self) -> Sample:
        """The samples smoothed without regard to any law."""
        return self._state(self.sample.values, lambda noise: noise)

    def _state(self, values: _Arrays, quieter: Callable[[_Arrays], _Arrays]) -> Sample:
        """Values smoothed by splines, with what they leave of the noise that `quieter` leaves."""
        smooth = [smoothed(self.splines, each) for each in values]
        inner, shape = self.sample.inner, self.sample.shape
        if inner is None:
            return self.sample.smoothed(smooth, np.zeros((len(smooth),) * 2))
        rng = np.random.default_rng(0)
        noise = quieter([sigma * rng.standard_normal(shape) for sigma in self.sample.spreads])
        noise = [smoothed(self.splines, each) for each in noise]
        middle = tuple(slice(n // 10, n - n // 10) for n in shape)
        left = np.stack([each[middle].ravel() for each in (*noise, *inner.values(noise))])
        return self.sample.smoothed(smooth, left @ left.T / left.shape[1])

    def weigh(self, state: Sample, weights: np.ndarray) -> Weighed | None:
        """The laws' rows about a smoothed field, and the root of the covariance of their residuals."""
        block = Block(state, self.measured.weak, self.measured.rows, self.measured.steps)
        residuals = self._residuals(weights)
        apart = [values - smooth for values, smooth in zip(self.sample.values, state.values, strict=True)]
        shift = np.concatenate([self._shift(block, residual, apart) for residual in residuals])
        moved = responses(block, self.columns, residuals)
        noise = covariance(self._overlaps, block, moved, moved, self.sample.spreads)
        in_time = np.tile(np.nonzero(block.rows)[0], len(residuals))
        root = Root.of(noise, np.argsort(in_time, kind="stable"))
        if root is None:
            return None
        rows = _rows(block, self.columns, self.laws)
        rows[:, -1] += shift
        return Weighed(block, self._overlaps, self.sample.spreads, tuple(residuals), moved, root, shift, rows)

    @cached_property
    def _overlaps(self) -> tuple[Overlaps, ...]:
        return tuple(Overlaps.of(axis) for axis in self.measured.thinned.axes)

    def _slopes(self, block: Block, combined: np.ndarray, c: int) -> list[tuple[tuple[int, ...], np.ndarray]]:
        """Derivatives of a combination of columns by one component on all samples, with their orders."""
        ones, found = (1,) * len(block.steps), []
        for j in map(int, np.flatnonzero(combined)):
            for inside, slope in block.sample.slopes(self.columns[j].function, c, ones).items():
                found.append((tuple(map(add, self.columns[j].orders, inside)), combined[j] * slope))
        return found

    def _shift(self, block: Block, combined: np.ndarray, changes: Sequence[np.ndarray]) -> np.ndarray:
        """What changes of the smoothed samples add to the residuals of one side, to first order."""
        total = np.zeros(int(block.rows.sum()))
        for c, change in enumerate(changes):
            for orders, slope in self._slopes(block, combined, c):
                total += block.weak.project(slope * change, orders)[block.rows]
        return total

    def smoothed(self, weighed: Weighed, weights: np.ndarray) -> Sample:
        """The samples moved as little as makes the laws' residuals vanish, and smoothed."""
        rest = weighed.rows @ np.append(-weights, 1.0)

        def quieter(noise: _Arrays) -> _Arrays:
            shifts = [self._shift(weighed.block, residual, noise) for residual in weighed.residuals]
            return self._moved(weighed, noise, np.concatenate(shifts))

        return self._state(self._moved(weighed, self.sample.values, rest), quieter)

    def _moved(self, weighed: Weighed, values: _Arrays, rest: np.ndarray) -> _Arrays:
        """Values moved as little as takes `rest` out of the laws' residuals."""
        block, result = weighed.block, []
        parts = np.split(weighed.root.divided(rest), len(weighed.residuals))
        for c, (each, sigma) in enumerate(zip(values, self.sample.spreads, strict=True)):
            change = np.zeros_like(each)
            for residual, part in zip(weighed.residuals, parts, strict=True):
                grid = np.zeros(block.weak.shape)
                grid[block.rows] = part
                for orders, slope in self._slopes(block, residual, c):
                    change += slope * block.weak.adjoint(grid, orders)
            result.append(each - sigma**2 * change)
        return result
