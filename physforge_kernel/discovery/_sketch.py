"""A regression without its samples: sums over blocks of test functions, small enough to be sent anywhere.

What selection asks of the samples, how noise scatters the difference of two laws, is kept as one quadratic
form: that of the noise which the best law has in its residual, scaled for another law by the size of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from ._cells import Partition, Sums, sums
from ._paths import Paths
from ._projection import Projection
from ._regression import NOMINAL_ACCURACY, Fit, Regression
from ._select import Scale, climb
from ._side import Side, SideLaw
from ._whitened import Whitened
from ._whitening import Whitening


@dataclass(frozen=True)
class Sketch(Regression):
    """A regression as sums over blocks, which `weights` (blocks,) weigh.

    `meat` is the covariance of `matrix.T @ residual` that noise causes in the residual of a reference law,
    `floor` that law's expected sum of squares and `floor_scatter` its standard deviation; `accuracy` that of
    the scale. Terms in `without` are no candidates. `others` are columns of the Gram matrices that any
    weights may take out, the terms of a system's other laws.
    """

    parts: Sums
    rows: float
    meat: np.ndarray
    floor: float
    floor_scatter: float
    accuracy: float
    fair: bool = True
    weights: np.ndarray = field(default_factory=lambda: np.ones(1))
    without: frozenset[int] = frozenset()
    others: tuple[int, ...] = ()

    @property
    def impartial(self) -> bool:
        return self.fair

    @cached_property
    def _shares(self) -> np.ndarray:
        """The weights, so that there are as many test functions as there were."""
        weights = np.broadcast_to(self.weights, self.parts.counts.shape)
        return weights * self.parts.counts.sum() / max(float(weights @ self.parts.counts), 1e-300)

    @cached_property
    def uneven(self) -> float:
        """By how much the weights make sums over test functions scatter more: their mean square."""
        return float(self._shares**2 @ self.parts.counts / max(self.parts.counts.sum(), 1))

    @cached_property
    def gram(self) -> np.ndarray:
        whole = np.tensordot(self._shares, self.parts.grams, axes=1)
        if not self.others:
            return whole
        mine = [j for j in range(len(whole)) if j not in self.others]
        across = whole[np.ix_(self.others, mine)]
        inverse = np.linalg.pinv(whole[np.ix_(self.others, self.others)])
        return whole[np.ix_(mine, mine)] - across.T @ inverse @ across

    @cached_property
    def noise(self) -> np.ndarray:
        return np.tensordot(self._shares, self.parts.noises, axes=1)

    @property
    def effective_rows(self) -> float:
        return self.rows / self.uneven

    @cached_property
    def usable(self) -> tuple[int, ...]:
        gram, noise = np.diag(self.gram), np.diag(self.noise)
        return tuple(
            j for j in self.terms if gram[j] > 0 and noise[j] < 0.5 * gram[j] and j not in self.without
        )

    def _louder(self, fit: Fit) -> float:
        """How much more noise a law has in its residual than the reference law."""
        return self.noise_floor(fit) / self.floor if self.floor > 0 else 0.0

    def floor_sd(self, fit: Fit, rng: np.random.Generator) -> float:
        return self.floor_scatter * self._louder(fit) * float(np.sqrt(self.uneven))

    def advantage(
        self,
        better: Fit,
        worse: Fit | None,
        accuracy: float = NOMINAL_ACCURACY,
        rng: np.random.Generator | None = None,
    ) -> float:
        if worse is None:
            worse = Fit((), np.zeros(0), float(self.signal[self.target, self.target]))
        gap = self.coefficients(better) - self.coefficients(worse)
        noise = self._louder(better) * float(gap @ self.meat @ gap)
        change = worse.excess - better.excess
        errors = (accuracy * self.size) ** 2 * max(change, 0.0)
        squared = (self.floor_scatter * (self._louder(better) - self._louder(worse))) ** 2 if rng else 0.0
        spread = float(np.sqrt(self.uneven * max(4 * (noise + errors) + squared, 0.0)))
        return change / spread if spread > 0 else 0.0


@dataclass(frozen=True)
class SketchScale(Scale):
    """A scale whose accuracy is the one that the samples showed, not found anew."""

    @cached_property
    def accuracy(self) -> float:
        found = self.regression
        known = isinstance(found, Sketch) and not found.without
        return found.accuracy if isinstance(found, Sketch) and known else super().accuracy


@dataclass(frozen=True)
class SideSketch:
    """One left side at all scales, without samples.

    `scales` are those without weighting, `sharp` the one that was made under the best law, `under`, if any;
    `climbed` is the law that the climb ended at, from which a comparison of rivals may have led to the best
    one; `judging` the place, among all scales, of the one that the weights of the best law come from.
    """

    left: str
    names: tuple[str, ...]
    scales: tuple[Sketch, ...]
    sharp: Sketch | None
    under: tuple[int, ...]
    climbed: tuple[int, ...]
    judging: int
    seed: int

    @property
    def every(self) -> tuple[Sketch, ...]:
        return (*self.scales, self.sharp) if self.sharp is not None else self.scales

    def choice(self, scales: Sequence[Sketch], sharp: Sketch | None) -> tuple[int, ...]:
        """The law that the evidence at some of the scales leads to, as a search of the samples would find it.

        The scale that was sharpened under the best law takes part where the others lead to that law, or to
        the one from which it was found; and from that one it is found again.
        """
        tried = [SketchScale(sketch, self.seed) for sketch in scales]
        support = climb(tried).support
        if sharp is not None and support in (self.under, self.climbed):
            support = climb([*tried, SketchScale(sharp, self.seed)]).support
        return self.under if support == self.climbed else support

    def changed(
        self, *, weights: np.ndarray | None = None, without: frozenset[int] = frozenset()
    ) -> SideSketch:
        """The same with blocks weighed, or with fewer candidates."""

        def one(sketch: Sketch) -> Sketch:
            return replace(sketch, weights=sketch.weights if weights is None else weights, without=without)

        return replace(
            self,
            scales=tuple(map(one, self.scales)),
            sharp=one(self.sharp) if self.sharp is not None else None,
        )


def sketch(side: Side, boxes: Partition, names: tuple[str, ...], known: dict[int, Sums]) -> SideSketch:
    """All scales of a left side as sums over blocks; `known` keeps those of projections that sides share."""
    law = side.best
    if law is None:
        raise ValueError("a side without a law has nothing to resample")
    support, plain, sharp = law.estimate.fit.support, [], None
    judging = 0
    for scale in side.scales:
        found = scale.regression
        if isinstance(found, Whitened) and side.referee is not None:
            whitening = side.referee.whitened(law.law) or side.referee.whitening
            sharp = _whitened(scale, found, whitening, law, boxes)
            if scale is law.estimate.scale:
                judging = -1
        else:
            if scale is law.estimate.scale:
                judging = len(plain)
            plain.append(_plain(scale, support, boxes, known))
    judging = len(plain) if judging < 0 else judging
    drawn = SideSketch(law.left, names, tuple(plain), sharp, support, support, judging, side.scales[0].seed)
    return replace(drawn, climbed=drawn.choice(drawn.scales, drawn.sharp))


def _nowhere(regression: Regression) -> tuple[Projection, tuple[np.ndarray, ...]]:
    """A projection without samples, and left sides of the right shape."""
    scale, size = regression.projection.scale, regression.target + 1
    empty = Projection(scale, (), (), np.zeros((0, 0)), np.zeros((0, 0)))
    return empty, (np.zeros((0, size)),)


def _plain(scale: Scale, support: tuple[int, ...], boxes: Partition, known: dict[int, Sums]) -> Sketch:
    regression = scale.regression
    key = id(regression.projection)
    if key not in known:
        known[key] = sums(regression.projection, boxes)
    parts = known[key].of(regression.sides)
    fit = regression.fit(support) or Fit((), np.zeros(0), 0.0)
    residual, size = regression.coefficients(fit), regression.target + 1
    meat = np.zeros((size, size))
    pulled: dict[tuple[int, int], list[np.ndarray]] = {}
    for j in range(size):
        for e, c, values in regression.pull(residual, regression.matrix[:, j]):
            pulled.setdefault((e, c), []).append(values.ravel())
    for vectors in pulled.values():
        stacked = np.stack(vectors)
        meat += stacked @ stacked.T
    return Sketch(
        *_nowhere(regression),
        parts=parts,
        rows=regression.effective_rows,
        meat=meat,
        floor=regression.noise_floor(fit),
        floor_scatter=scale.floor_sd(fit),
        accuracy=scale.accuracy,
    )


def _whitened(
    scale: Scale, regression: Whitened, whitening: Whitening | Paths, law: SideLaw, boxes: Partition
) -> Sketch:
    rows, labels, others = whitening.labelled(law.left, law.terms, boxes)
    size, count = regression.target + 1, regression.effective_rows
    grams, noises = np.zeros((boxes.size, *[rows.shape[1]] * 2)), np.zeros((boxes.size, size, size))
    counts = np.bincount(labels, minlength=boxes.size)
    for c in np.unique(labels):
        grams[c] = rows[labels == c].T @ rows[labels == c]
        noises[c, -1, -1] = counts[c] * count / len(rows)
    return Sketch(
        *_nowhere(regression),
        parts=Sums(counts, grams, noises),
        rows=count,
        meat=regression.gram,
        floor=count,
        floor_scatter=float(np.sqrt(2 * regression.slack * count)),
        accuracy=scale.accuracy,
        fair=False,
        others=tuple(range(others)),
    )
