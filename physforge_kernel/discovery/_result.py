"""What discovery gives back: ranked laws, each with its uncertainty, and a verdict."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from numbers import Real
from typing import TYPE_CHECKING, Any

from ..errors import DiscoveryError
from ._evidence import Evidence
from ._map import Map
from ._odds import Odds
from ._shown import candidate_dict, discovery_dict, discovery_html, discovery_text
from ._side import Coefficient, SideLaw
from ._verdict import Verdict

if TYPE_CHECKING:
    import xarray as xr

    from ..equations import Equation
    from ._criteria import Comparison, Criteria
    from ._ranking import Ranking
    from ._sensitivity import Sensitivity
    from ._stability import Stability
    from ._validation import Validation
    from .figures import Figure


@dataclass(frozen=True)
class Candidate:
    """A law that was considered: one `SideLaw` per left side.

    `lack` is the share of the left side that it leaves unexplained beyond noise, the worst over its left
    sides.
    """

    laws: Mapping[str, SideLaw]
    comparison: Comparison | None = field(default=None, repr=False, compare=False)
    odds: Odds | None = field(default=None, repr=False, compare=False)

    @property
    def probability(self) -> float | None:
        """How probable the law is, given that it is made of the candidate terms.

        The laws in sight share it: those not ruled out, those passed on the way, and the best one with a term
        more or less, by the evidence between them and by how many laws of their size there are. None where
        the data show no law; the verdict says why.
        """
        return self.odds.of(self.laws) if self.odds is not None else None

    @property
    def inclusion(self) -> dict[str, dict[str, float]] | None:
        """How probable it is that each candidate is in the law, `{left side: {term: probability}}`.

        Summed over the laws in sight, so that it is the same for every candidate law of a discovery. None
        where the data show no law.
        """
        return self.odds.inclusion if self.odds is not None else None

    @cached_property
    def equation(self) -> Equation:
        """The law, its coefficients rounded to what is known of them."""
        from ..equations import Equation

        components = [left.rpartition("_")[0] for left in self.laws]
        for law in self.laws.values():
            if len(law.target.features) == 1:
                components += [c for c in law.target.features[0].components if c not in components]
        terms = {left: law.coefficients for left, law in self.laws.items()}
        return Equation.from_terms(terms, components=components)

    def intervals(self, level: float = 0.95) -> dict[str, dict[str, tuple[Coefficient, Coefficient]]]:
        """Confidence intervals of the coefficients, `{left side: {term: (low, high)}}`.

        They hold sampling noise (propagated through the weak form), misfit beyond noise, and disagreement
        between test functions of different sizes; they are conditional on the law having these terms.

        Raises:
            DiscoveryError: if `level` is not between 0 and 1.
        """
        if not isinstance(level, Real) or not 0.0 < level < 1.0:
            raise DiscoveryError(
                f"The level of an interval lies between 0 and 1, as in 0.95; it was {level!r}."
            )
        return {left: law.intervals(level) for left, law in self.laws.items()}

    @property
    def standard_errors(self) -> dict[str, dict[str, Coefficient]]:
        """Standard errors of the coefficients, `{left side: {term: sd}}`."""
        return {left: law.standard_errors for left, law in self.laws.items()}

    @property
    def complexity(self) -> int:
        """Number of fitted terms."""
        return sum(len(law.estimate.fit.support) for law in self.laws.values())

    @property
    def lack(self) -> float:
        return max(law.estimate.lack for law in self.laws.values())

    @property
    def r2(self) -> float:
        """Share of the noise-free left side's variance that the law explains; the worst over its sides."""
        return min(law.estimate.explained for law in self.laws.values())

    @cached_property
    def fit(self) -> xr.Dataset:
        """The law in the weak form: `observed` left side, `predicted` right side and `residual`.

        Over (left_side, t, ...) at the centres of the test functions of the first experiment, in the units of
        the left side; NaN where a test function would have seen missing samples.
        """
        from ._weak_fit import weak_fit

        return weak_fit(self.laws)

    def validate(
        self,
        field: xr.Dataset | Sequence[xr.Dataset],
        *,
        seconds: float = 60.0,
        seed: int = 0,
        periodic: bool | Mapping[str, bool] | None = None,
        progress: Callable[[float, str], None] | None = None,
    ) -> Validation:
        """Hold the law against data that it was not found in.

        The law is run from the start of the data to their end with its coefficients as they are, and the
        difference is judged by the noise of the data and by what start and coefficients leave uncertain,
        which is drawn. The weak form of the data is a second judge, without any simulation; there the
        coefficients are also fitted again and compared.

        Args:
            field: the data, with the law's variables and axes, on a grid or as scattered samples; or several
                of them.
            seconds: wall time for all simulations.
            seed: of the draws.
            periodic: whether axes are periodic, for all or by name; found from the data where None. Along
                other axes the values at the edges are those of the data.
            progress: called with a fraction and a message.

        Returns:
            The forecast, its error over time, a verdict in a sentence, and a plot. A simulation that blows up
            is a result, not an error.

        Raises:
            DiscoveryError: if the data do not hold the law's variables and axes, or cannot be used.

        Example:
            >>> import physforge_kernel as pf
            >>> law = pf.catalogue.get("heat")
            >>> found = pf.discover(law.field(x=64, t=41))
            >>> found.best.validate(law.field(x=64, t=41, seed=1)).kind
            'predicts'
        """
        from ._validate import validate

        return validate(
            self.laws,
            self.equation,
            field,
            seconds=seconds,
            seed=seed,
            periodic=periodic,
            progress=progress,
        )

    @cached_property
    def criteria(self) -> Criteria:
        """AIC, AICc, BIC, UBIC and the held-out error, worked out when first asked for."""
        from ._criteria import Comparison

        return (self.comparison or Comparison.alone(self.laws)).criteria(self.laws)

    def forecast_error(
        self,
        field: xr.Dataset | Sequence[xr.Dataset] | None = None,
        *,
        seconds: float = 30.0,
    ) -> float:
        """The error of running the law forward, over all times and variables, as a share of their variation.

        At every time it counts as one at most, also where the simulation fails, so that the law of a chaotic
        system has a small one if its forecast stays near for long.

        Args:
            field: the data to run it on, one field or several; those it was found in by default.
            seconds: wall time for the simulations.

        Raises:
            DiscoveryError: if the data do not hold the law's variables and axes, or cannot be used.
        """
        from ._validate import forecast_error

        return forecast_error(self.laws, field, seconds=seconds)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        return candidate_dict(self)

    def __repr__(self) -> str:
        return f"Candidate({self.equation.text!r}, r2={self.r2:.4f})"

    def _repr_latex_(self) -> str:
        return self.equation._repr_latex_()


@dataclass(frozen=True)
class Discovery:
    """The laws considered for a field, best first, and how sure one may be of the best."""

    candidates: tuple[Candidate, ...]
    verdict: Verdict
    notes: tuple[str, ...]
    noise: Mapping[str, float]
    settings: Mapping[str, Any]
    seconds: float = field(compare=False)
    evidence: Evidence | None = field(default=None, compare=False, repr=False)

    @property
    def best(self) -> Candidate:
        """The law to believe first; see the verdict for how far."""
        return self.candidates[0]

    def stability(
        self,
        *,
        draws: int = 100,
        seed: int = 0,
        map: Map = map,
        progress: Callable[[float, str], None] | None = None,
    ) -> Stability:
        """Repeat the selection on resampled data, with fewer candidates, and at fewer scales.

        The data are resampled as contiguous blocks of test functions, weighed at random (the Bayesian
        bootstrap); only sums over blocks are needed, so that a draw takes about a tenth of a second.

        Args:
            draws: how many resamplings of the data; of the candidates and of the scales half as many each.
            seed: fixes the draws; each has a seed of its own, so that every `map` gives the same.
            map: what works the draws out, as the built-in `map` does: `context.map` in a job.
            progress: called with a fraction and a message.

        Returns:
            How often every term and every law was chosen, and the scatter of the coefficients.

        Raises:
            DiscoveryError: if `draws` is no positive whole number.

        Example:
            >>> import physforge_kernel as pf
            >>> heat = pf.add_noise(pf.catalogue.get("heat").field(x=64, t=41), 0.05, seed=0)
            >>> stable = pf.discover(heat, target="u_t").stability(draws=8)
            >>> stable.bootstrap.inclusion["u_t"]["u_xx"]
            1.0

        References:
            Fasel, Kutz, Brunton and Brunton, Ensemble-SINDy, Proc. R. Soc. A 478 (2022).
        """
        from ._stability import stability

        return stability(self._known, self.best.laws, draws=draws, seed=seed, map=map, progress=progress)

    def sensitivity(
        self,
        *,
        seconds: float = 20.0,
        map: Map = map,
        progress: Callable[[float, str], None] | None = None,
    ) -> Sensitivity:
        """Say what the best law hangs on: each of its terms, the noise, the sampling, the candidates.

        Every term is dropped (the others are fitted again) and moved by one standard error: what that does to
        the fit in the weak form, and to a simulation from the field's start over its span. Then the search is
        repeated with noise added, with every second sample of each axis, and, where the candidates were the
        standard ones, with those of one degree and one derivative less and more.

        Args:
            seconds: longest time that one simulation may take.
            map: what works the repetitions out, as the built-in `map` does: `context.map` in a job.
            progress: called with a fraction and a message.

        Returns:
            A table of terms and one of repetitions; `plot` and `to_dict` give them otherwise.

        Example:
            >>> import physforge_kernel as pf
            >>> heat = pf.add_noise(pf.catalogue.get("heat").field(x=64, t=41), 0.05, seed=0)
            >>> [effect] = pf.discover(heat, target="u_t").sensitivity().terms
            >>> effect.unexplained > 0.9, effect.forecast_moved < 0.1
            (True, True)
        """
        from ._sensitivity import sensitivity

        return sensitivity(self._known, self.best, seconds=seconds, map=map, progress=progress)

    @property
    def _known(self) -> Evidence:
        if self.evidence is None:
            raise DiscoveryError(
                "This discovery does not hold the data that it was made from; run pf.discover on them again."
            )
        return self.evidence

    def validate(
        self,
        field: xr.Dataset | Sequence[xr.Dataset],
        *,
        seconds: float = 60.0,
        seed: int = 0,
        periodic: bool | Mapping[str, bool] | None = None,
        progress: Callable[[float, str], None] | None = None,
    ) -> Validation:
        """Hold the best law against data that it was not found in; see `Candidate.validate`."""
        return self.best.validate(field, seconds=seconds, seed=seed, periodic=periodic, progress=progress)

    def ranking(
        self,
        by: str | Callable[[Candidate], float] = "bic",
        *,
        field: xr.Dataset | Sequence[xr.Dataset] | None = None,
        seconds: float = 30.0,
    ) -> Ranking:
        """Order the candidates by one criterion, and mark the Pareto front of terms against held-out error.

        Args:
            by: `"aic"`, `"aicc"`, `"bic"`, `"ubic"`, `"held_out"` (errors on blocks of the data that were
                left out of the fit), `"forecast"` (errors of forward simulations), or a function of a
                candidate whose smallest value is the best.
            field: the data for `"forecast"`, one field or several; those of the discovery by default.
            seconds: wall time for every forward simulation.

        Returns:
            The candidates in that order. `found.best` stays what it is: the ranking has a `best` of its own.

        Raises:
            DiscoveryError: for an unknown criterion, or data that cannot be used.

        Example:
            >>> import physforge_kernel as pf
            >>> found = pf.discover(pf.catalogue.get("heat").field(x=64, t=41))
            >>> sorted(found.ranking(by="held_out").best.equation.terms["u_t"])
            ['u_xx']
        """
        from ._ranking import rank

        return rank(self.candidates, by, lambda candidate: candidate.forecast_error(field, seconds=seconds))

    def plot(self) -> Figure:
        """Draw the candidates by number of terms and held-out error, the Pareto front and the best law.

        Raises:
            DiscoveryError: if Matplotlib is not installed.
        """
        return self.ranking("held_out").plot()

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary, with the keys that `physforge discover --json` prints."""
        return discovery_dict(self)

    def __str__(self) -> str:
        return discovery_text(self)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return discovery_html(self)
