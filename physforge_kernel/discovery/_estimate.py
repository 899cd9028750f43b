"""The weights of a chosen law, at the scale that knows them best, and all that makes them uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ._regression import NOMINAL_ACCURACY, Fit
from ._select import Scale

#: Two estimates whose squared difference exceeds this multiple of its expectation disagree by more than
#: chance.
_DISAGREE = 4.0


#: Largest share of the left side's sum of squares that noise may have where a scale's misfit counts.
_CLEAR = 0.1


@dataclass(frozen=True)
class Estimate:
    """A law's weights `(k,)` and covariance `(k, k)` at its sharpest scale.

    `lack` is the share of the left side that is left unexplained beyond noise there; `worst_lack` the largest
    such share over all scales that see it clearly; `unseen` what could be missing without being noticed;
    `rows` the number of independent test functions.
    """

    scale: Scale
    fit: Fit
    covariance: np.ndarray
    lack: float
    worst_lack: float
    unseen: float
    rows: float

    @property
    def standard_errors(self) -> np.ndarray:
        return np.sqrt(np.maximum(np.diag(self.covariance), 0.0))

    @property
    def significance(self) -> float:
        """Smallest ratio of a weight to its standard error."""
        errors = np.maximum(self.standard_errors, 1e-300)
        return float(np.min(np.abs(self.fit.weights) / errors))

    @property
    def explained(self) -> float:
        """Share of the noise-free left side's variance that the law explains; NaN if it is unseen."""
        size = self.scale.regression.size
        return float(np.clip(1.0 - self.fit.excess / size**2, 0.0, 1.0)) if size > 0 else float("nan")


def estimate(scales: Sequence[Scale], support: Sequence[int]) -> Estimate | None:
    """Estimate a law's weights, or None where no scale can carry it.

    The scale with the smallest relative standard errors is used, among those (if any) where the law leaves no
    more than noise. The covariance holds the noise (delta method), scaled by the Birge ratio where the
    residual is larger than the noise, and the disagreement between scales where noise does not account for
    it.
    """
    found: list[tuple[tuple[bool, bool, float], Scale, Fit, np.ndarray]] = []
    for candidate in scales:
        fit = candidate.fit(support)
        if fit is None:
            continue
        covariance = _covariance(candidate, fit)
        errors = np.sqrt(np.maximum(np.diag(covariance), 0.0))
        relative = np.maximum(errors / np.maximum(np.abs(fit.weights), 1e-300), NOMINAL_ACCURACY / 10)
        fails = candidate.lack_of_fit(fit) > 3 * NOMINAL_ACCURACY
        few = candidate.regression.effective_rows < 10 * len(fit.support)
        found.append(((fails, few, float(np.log(relative).mean())), candidate, fit, covariance))
    if not found:
        return None
    found.sort(key=lambda item: item[0])
    (fails, *_), best, fit, covariance = found[0]
    others = [(f, c) for (bad, *_), _, f, c in found[1:] if bad == fails]
    lack = best.lack_of_fit(fit)
    clear = [candidate.lack_of_fit(f) for _, candidate, f, _ in found if _is_clear(candidate, f)]
    return Estimate(
        best,
        fit,
        covariance + _disagreement(fit, covariance, others),
        lack,
        max([lack, *clear]),
        best.unseen(fit),
        best.regression.effective_rows,
    )


def judge(scales: Sequence[Scale], found: Estimate) -> Scale:
    """The sharpest scale of those on which the law can be compared with any other."""
    if found.scale.regression.impartial:
        return found.scale
    plain = estimate([s for s in scales if s.regression.impartial], found.fit.support)
    return plain.scale if plain is not None else found.scale


def _is_clear(candidate: Scale, fit: Fit) -> bool:
    """Whether noise is small enough at a scale for what it leaves there to speak about the law."""
    return candidate.regression.noise_floor(fit) < _CLEAR * candidate.regression.size**2


def _covariance(candidate: Scale, fit: Fit) -> np.ndarray:
    """Of noise, or of what the law leaves where that is more; without noise it is all that there is."""
    floor = candidate.regression.noise_floor(fit)
    if floor > 0.0:
        covariance = candidate.regression.covariance(fit)
        return covariance * max(1.0, (fit.excess + floor) / floor)
    index = np.ix_(fit.support, fit.support)
    freedom = max(candidate.regression.effective_rows - len(fit.support), 1.0)
    return np.linalg.inv(candidate.regression.signal[index]) * max(fit.excess, 0.0) / freedom


def _disagreement(fit: Fit, covariance: np.ndarray, others: Sequence[tuple[Fit, np.ndarray]]) -> np.ndarray:
    """Diagonal `(k, k)` of what scales of comparable sharpness disagree by, beyond what noise makes them."""
    mine = np.diag(covariance)
    comparable = [(f, np.diag(c)) for f, c in others if np.all(np.diag(c) <= 9 * np.maximum(mine, 1e-300))]
    if not comparable:
        comparable = [(f, np.diag(c)) for f, c in others[:2]]
    if not comparable:
        return np.zeros_like(covariance)
    gaps = np.mean([(f.weights - fit.weights) ** 2 for f, _ in comparable], axis=0)
    expected = np.mean([np.maximum(c - mine, 0.0) + 0.25 * mine for _, c in comparable], axis=0)
    return np.diag(np.where(gaps > _DISAGREE * expected, gaps, 0.0))
