"""Information criteria and held-out error of a law, on the same rows for all laws that are compared."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ._blocks import Blocked, HeldOut
from ._estimate import judge
from ._regression import NOMINAL_ACCURACY, Fit, Regression
from ._select import Scale
from ._side import Side, SideLaw
from ._whitened import Whitened


@dataclass(frozen=True)
class Criteria:
    """What speaks for a law and what it costs; smaller is better, and only differences mean anything.

    Attributes:
        misfit: minus twice the log-likelihood, up to a constant: the squared residuals of the weak form, each
            over its noise.
        terms: how many coefficients were fitted.
        rows: how many independent test functions were looked through.
        aic: misfit + 2 terms.
        aicc: AIC with the correction for few rows.
        bic: misfit + terms log(rows).
        ubic: BIC + log(rows) times the law's uncertainty, the relative size of its standard errors over that
            of the steadiest law compared (Thanasutives et al., IEEE Access 12, 2024, with their weight one).
        held_out: share of the left side (the worst) that is left beyond noise on blocks of the data that the
            law was not fitted to; zero where no more than noise is left.
        resolution: what of it noise would hide.
        whitened: whether rows with independent noise were compared; else test functions overlap, and their
            number is that of as many independent ones.
    """

    misfit: float
    terms: int
    rows: float
    aic: float
    aicc: float
    bic: float
    ubic: float
    held_out: float
    resolution: float
    whitened: bool

    def to_dict(self) -> dict[str, Any]:
        """The numbers by name; None where there is none."""
        return {
            name: value if not isinstance(value, float) or np.isfinite(value) else None
            for name, value in asdict(self).items()
        }


@dataclass(frozen=True)
class Comparison:
    """What the laws of one discovery are compared on: for every left side, one regression for all of them.

    `scales` are those of the best laws, `judges` those on which laws that lack each other's terms can be
    compared, and `supports` the terms of every law that is compared.
    """

    scales: Mapping[str, Scale]
    judges: Mapping[str, Scale]
    supports: Mapping[str, tuple[tuple[int, ...], ...]]

    @classmethod
    def of(cls, sides: Sequence[Side]) -> Comparison:
        """The comparison of all laws that were found for the left sides."""
        found = [(side, side.best) for side in sides if side.best is not None]
        return cls(
            {side.left: best.estimate.scale for side, best in found},
            {side.left: judge(side.scales, best.estimate) for side, best in found},
            {
                side.left: tuple(law.estimate.fit.support for law in (best, *side.rivals, *side.others))
                for side, best in found
            },
        )

    @classmethod
    def alone(cls, laws: Mapping[str, SideLaw]) -> Comparison:
        """A law with nothing to be compared with."""
        scales = {left: law.estimate.scale for left, law in laws.items()}
        return cls(scales, scales, {left: (law.estimate.fit.support,) for left, law in laws.items()})

    @cached_property
    def _blocked(self) -> dict[str, Blocked]:
        return {left: Blocked(scale) for left, scale in self.judges.items()}

    @cached_property
    def _held(self) -> dict[tuple[str, tuple[int, ...]], HeldOut]:
        return {}

    def held_out(self, left: str, support: tuple[int, ...]) -> HeldOut:
        """The held-out error of one side's law."""
        key = (left, support)
        if key not in self._held:
            self._held[key] = self._blocked[left].held_out(support)
        return self._held[key]

    @cached_property
    def _variance(self) -> dict[str, float]:
        """The residual sum of squares that noise and assumed accuracy leave of the best law of every side."""
        result = {}
        for left, scale in self.scales.items():
            regression = scale.regression
            fit = regression.fit(self.supports[left][0])
            floor = regression.noise_floor(fit) if fit else 0.0
            result[left] = max(floor, 0.0) + (NOMINAL_ACCURACY * regression.size) ** 2
        return result

    def _fit(self, left: str, support: tuple[int, ...]) -> Fit | None:
        return self.scales[left].regression.fit(support)

    def _uncertainty(self, left: str, support: tuple[int, ...]) -> float:
        """Standard errors over weights, both in units of what the terms contribute."""
        fit, regression = self._fit(left, support), self.scales[left].regression
        if fit is None:
            return float("inf")
        variance = max(self._variance[left] + fit.excess, 0.1 * self._variance[left])
        chosen = list(fit.support)
        signal = regression.signal[np.ix_(chosen, chosen)]
        norms = np.sqrt(np.maximum(np.diag(signal), 1e-300))
        spread = np.linalg.pinv(signal / np.outer(norms, norms), hermitian=True)
        errors = np.sqrt(np.maximum(np.diag(spread), 0.0) * variance / regression.effective_rows)
        return float(errors.sum() / max(float(np.abs(fit.weights * norms).sum()), 1e-300))

    @cached_property
    def _steadiest(self) -> dict[str, float]:
        return {
            left: max(min(self._uncertainty(left, s) for s in supports), 1e-300)
            for left, supports in self.supports.items()
        }

    def criteria(self, laws: Mapping[str, SideLaw]) -> Criteria:
        """The criteria of one law: sums over its left sides, and the worst held-out error of them."""
        misfit, extra, terms, rows = 0.0, 0.0, 0, 0.0
        bic_penalty, aicc_penalty = 0.0, 0.0
        held: list[HeldOut] = []
        for left, law in laws.items():
            support = law.estimate.fit.support
            regression = self.scales[left].regression
            count, k = regression.effective_rows, len(support)
            fit = self._fit(left, support)
            share = fit.excess / self._variance[left] if fit else float("inf")
            misfit += count * max(1 + share, 0.0)
            bic_penalty += k * float(np.log(count))
            spare = count - k - 1
            aicc_penalty += 2 * k * (k + 1) / spare if spare > 0 else float("inf")
            extra += float(np.log(count)) * self._uncertainty(left, support) / self._steadiest[left]
            terms, rows = terms + k, rows + count
            held.append(self.held_out(left, support))
        worst = max(held, key=lambda item: np.nan_to_num(item.square, nan=-np.inf))
        return Criteria(
            misfit,
            terms,
            rows,
            misfit + 2 * terms,
            misfit + 2 * terms + aicc_penalty,
            misfit + bic_penalty,
            misfit + bic_penalty + extra,
            worst.error if np.isfinite(worst.square) else worst.square,
            worst.resolution,
            all(_is_whitened(self.scales[left].regression) for left in laws),
        )


def _is_whitened(regression: Regression) -> bool:
    return isinstance(regression, Whitened)
