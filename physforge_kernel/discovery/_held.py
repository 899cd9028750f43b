"""A law in the weak form of data it has not seen: its residual with fixed coefficients, and a refit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ..errors import DiscoveryError
from ._estimate import Estimate, estimate
from ._observed import Observed
from ._prepare import prepare
from ._projection import Sample
from ._regression import NOMINAL_ACCURACY, Fit
from ._select import Scale
from ._side import Coefficient, SideLaw, regression, seen


@dataclass(frozen=True)
class Refitted:
    """One coefficient: as found, as fitted to the new field, and their distance in joint standard errors."""

    left: str
    term: str
    found: Coefficient
    found_error: Coefficient
    again: Coefficient
    again_error: Coefficient
    distance: float


@dataclass(frozen=True)
class WeakCheck:
    """What the weak form of the new field says of a law, without simulating it.

    `unexplained` is the share of every left side that the law leaves beyond noise with its coefficients as
    they were found; `refit` compares these with coefficients fitted to the new field, and `p_value` is the
    chance of so large a difference between them under their joint errors.
    """

    unexplained: Mapping[str, float]
    refit: tuple[Refitted, ...]
    p_value: float

    @property
    def agrees(self) -> bool:
        """Whether the coefficients found and those fitted again agree within their joint errors."""
        return self.p_value > 0.01


def weak_check(laws: Mapping[str, SideLaw], observed: Observed) -> tuple[WeakCheck | None, str]:
    """The weak-form check, or None and the reason why the field is too small for one."""
    try:
        samples = prepare([observed.known], mask_fronts=False)
    except DiscoveryError as error:
        return None, str(error)
    unexplained: dict[str, float] = {}
    rows: list[Refitted] = []
    chi2, freedom = 0.0, 0
    for left, law in laws.items():
        again = _refit(samples, law)
        if again is None:
            return None, f"No test function fits into the new field that would show {left}."
        unexplained[left] = _left_over(again, law)
        fresh = SideLaw(law.target, law.chosen, again)
        rows += _compared(left, law, fresh)
        chi2 += _distance(law, fresh)
        freedom += len(law.chosen)
    from scipy.stats import chi2 as distribution

    return WeakCheck(unexplained, tuple(rows), float(distribution.sf(chi2, freedom))), ""


def _refit(samples: Sequence[Sample], law: SideLaw) -> Estimate | None:
    """The law's own terms fitted to other samples."""
    columns = tuple(dict.fromkeys((*(f for t in law.chosen for f in t.features), *law.target.features)))
    samples = [sample.knowing(columns) for sample in samples]
    scales = [Scale(regression(p, law.target, law.chosen)) for p in seen(samples, columns)]
    return estimate(scales, tuple(range(len(law.chosen)))) if scales else None


def _left_over(again: Estimate, law: SideLaw) -> float:
    """The share of the left side that a law leaves beyond noise, at the scale of the refit."""
    scale = again.scale
    here = SideLaw(law.target, law.chosen, again)
    weights = np.array(
        [
            w * law.factor(t) / here.factor(t)
            for w, t in zip(law.estimate.fit.weights, law.chosen, strict=True)
        ]
    )
    fixed = Fit(tuple(range(len(weights))), weights, 0.0)
    combination = scale.regression.coefficients(fixed)
    excess = float(combination @ scale.regression.signal @ combination)
    scatter = scale.regression.floor_sd(fixed, np.random.default_rng(0))
    return float(np.sqrt(max(excess - 3 * scatter, 0.0)) / max(scale.regression.size, 1e-300))


def _in_units(law: SideLaw) -> tuple[np.ndarray, np.ndarray]:
    """Weights and covariance of a law's own terms in the field's units."""
    factors = np.array([law.factor(term) for term in law.chosen])
    covariance = law.estimate.covariance * np.outer(factors, factors)
    return law.estimate.fit.weights * factors, covariance


def _joint(law: SideLaw, fresh: SideLaw) -> tuple[np.ndarray, np.ndarray]:
    """Difference of the weights and its covariance; both are trusted to the assumed accuracy at most."""
    (old, old_covariance), (new, new_covariance) = _in_units(law), _in_units(fresh)
    return new - old, old_covariance + new_covariance + np.diag((NOMINAL_ACCURACY * np.abs(old)) ** 2)


def _distance(law: SideLaw, fresh: SideLaw) -> float:
    gap, covariance = _joint(law, fresh)
    return float(gap @ np.linalg.pinv(covariance, hermitian=True) @ gap)


def _compared(left: str, law: SideLaw, fresh: SideLaw) -> list[Refitted]:
    gap, covariance = _joint(law, fresh)
    far = np.abs(gap) / np.sqrt(np.maximum(np.diag(covariance), 1e-300))
    rows = []
    for j, term in enumerate(law.chosen):
        for name in term.expansion:
            rows.append(
                Refitted(
                    left,
                    name,
                    law.values[name],
                    law.standard_errors[name],
                    fresh.values[name],
                    fresh.standard_errors[name],
                    float(far[j]),
                )
            )
    return list({(row.left, row.term): row for row in rows}.values())
