"""What does the law hang on? Its terms dropped and moved, and the search repeated with something changed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .._wording import percent
from ..errors import PhysForgeError
from ._evidence import Evidence, share_of, written
from ._map import Map
from ._memory import in_memory
from ._observed import Observed, observe_like
from ._regression import Fit
from ._runs import Simulated, Start, equation_of, simulated, varied
from ._side import SideLaw
from ._start import start_of
from ._tables import html_table, text_table
from ._variations import Rerun, changes, repeating

if TYPE_CHECKING:
    from ._result import Candidate
    from .figures import Figure

#: A forecast that is off by more is not told how far.
_FAR = 10.0


@dataclass(frozen=True)
class TermEffect:
    """What a term does for the law.

    `coefficient` and `standard_error` are those of the term as equations write it. Without it, and the others
    fitted again, the law leaves the share `unexplained` of the left side, fits worse by `evidence` standard
    errors (as a t value), and its forecast is off by `forecast`. Moved by one standard error, the law leaves
    `unexplained_moved`, and its forecast moves by `forecast_moved`. Forecasts are RMS over the whole field,
    as shares of its RMS; None where there is none.
    """

    left: str
    term: str
    coefficient: complex
    standard_error: float
    unexplained: float
    evidence: float
    forecast: float | None
    unexplained_moved: float
    forecast_moved: float | None

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        value = complex(self.coefficient)
        number: Any = {"re": value.real, "im": value.imag} if value.imag else value.real
        return {
            "left": self.left,
            "term": self.term,
            "coefficient": number,
            "standard_error": self.standard_error,
            "dropped": {
                "unexplained": self.unexplained,
                "evidence": self.evidence if np.isfinite(self.evidence) else None,
                "forecast": self.forecast,
            },
            "moved": {"unexplained": self.unexplained_moved, "forecast": self.forecast_moved},
        }


@dataclass(frozen=True)
class Sensitivity:
    """What a law hangs on.

    `unexplained` is the share of each left side that the law leaves, noise taken out; `forecast` how far a
    simulation of it from the field's start ends up from the field, over its whole span and without its noise.
    `terms` are the effects of single terms, `reruns` discoveries with something changed.
    """

    equation: str
    unexplained: Mapping[str, float]
    forecast: float | None
    terms: tuple[TermEffect, ...]
    reruns: tuple[Rerun, ...]
    notes: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        return {
            "equation": self.equation,
            "unexplained": dict(self.unexplained),
            "forecast": self.forecast,
            "terms": [effect.to_dict() for effect in self.terms],
            "reruns": [rerun.to_dict() for rerun in self.reruns],
            "notes": list(self.notes),
        }

    def _effects(self) -> tuple[list[str], list[list[str]]]:
        head = ["term", "coefficient", "dropped: unexplained", "evidence", "forecast", "moved 1 sd: forecast"]
        many = len(self.unexplained) > 1
        rows = [["(the law)", "", percent(max(self.unexplained.values())), "", _share(self.forecast), ""]]
        for one in self.terms:
            value = complex(one.coefficient)
            number = f"{value.real:.4g}" if not value.imag else f"{value:.4g}"
            rows.append(
                [
                    f"{one.left}: {one.term}" if many else one.term,
                    f"{number} ± {one.standard_error:.2g}",
                    percent(one.unexplained),
                    f"{one.evidence:.1f} sd",
                    _share(one.forecast),
                    _share(one.forecast_moved),
                ]
            )
        return head, rows

    def _repeated(self) -> tuple[list[str], list[list[str]]]:
        rows = [
            [
                one.change,
                "same terms" if one.same else one.equation,
                one.verdict or "-",
                f"{one.shift:.1f} sd" if one.shift is not None else "",
            ]
            for one in self.reruns
        ]
        return ["changed", "law", "verdict", "coefficients moved"], rows

    def __str__(self) -> str:
        tables = [*text_table(*self._effects()), "", *text_table(*self._repeated())]
        return "\n".join([self.equation, "", *tables, *(f"- {note}" for note in self.notes)])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        notes = "".join(f"<li>{escape(note)}</li>" for note in self.notes)
        effects, repeated = html_table(*self._effects()), html_table(*self._repeated())
        return f"<div><p>{escape(self.equation)}</p>{effects}{repeated}<ul>{notes}</ul></div>"

    def plot(self) -> Figure:
        """What is left unexplained, and how far the forecast is off, without each of the terms.

        Lines mark the law with all its terms.

        Raises:
            DiscoveryError: if Matplotlib is not installed.
        """
        from .figures import draw_panels

        many = len(self.unexplained) > 1
        labels = [f"{one.left}: {one.term}" if many else one.term for one in self.terms]
        columns = {
            "unexplained without it": [one.unexplained for one in self.terms],
            "forecast off without it": [
                min(one.forecast, _FAR) if one.forecast is not None else np.nan for one in self.terms
            ],
        }
        return draw_panels(labels, columns, (max(self.unexplained.values()), self.forecast))


@dataclass(frozen=True)
class _Base:
    """The law's own run, and what others are run from and held against: none where there is no start."""

    run: Simulated
    observed: Observed | None
    begin: Start | None
    seconds: float

    @classmethod
    def of(cls, laws: Mapping[str, SideLaw], evidence: Evidence, seconds: float) -> _Base:
        """The run from the field's start, gaps filled and noise smoothed or, without space, fitted away."""
        try:
            observed = observe_like(evidence.samples[0], evidence.fields[0])
            begin = start_of(equation_of(laws), observed, time.monotonic() + seconds)
        except PhysForgeError as error:
            return cls(Simulated(None, str(error)), None, None, seconds)
        return cls(simulated(laws, observed, begin, seconds), observed, begin, seconds)

    def of_others(self, laws: Mapping[str, SideLaw]) -> Simulated:
        """The run of other laws from the same start."""
        if self.observed is None or self.begin is None:
            return self.run
        return simulated(laws, self.observed, self.begin, self.seconds)

    def off(self, run: Simulated) -> float | None:
        """How far a run is off the field, without the field's noise."""
        return run.apart(self.observed.known, self.observed.sigma) if self.observed is not None else None


def sensitivity(
    evidence: Evidence,
    best: Candidate,
    *,
    seconds: float = 20.0,
    map: Map = map,
    progress: Callable[[float, str], None] | None = None,
) -> Sensitivity:
    """Drop and move terms, and repeat the search; see `Discovery.sensitivity`."""
    tell = progress or (lambda fraction, message: None)
    in_memory(evidence.fields[0], "varying its noise and samples")  # or a sentence that says it does not fit
    tell(0.0, "forecasting")
    base = _Base.of(best.laws, evidence, seconds)
    effects, reasons = [], [base.run.reason] if base.run.reason else []
    whole = sum(len(law.chosen) for law in best.laws.values())
    for left, law in best.laws.items():
        for place in range(len(law.chosen)):
            tell(0.5 * len(effects) / whole, f"without {written(law.chosen[place])}")
            effects.append(_effect(best.laws, left, place, base))
    if reasons:
        reasons = [f"No forecast: {reasons[0]}"]
    elif any(one.forecast is None for one in effects):
        gone = ", ".join(one.term for one in effects if one.forecast is None)
        reasons = [f"Without {gone} the law could not be simulated over the field's span."]
    if len(evidence.fields) > 1:
        reasons.append("Forecasts are of the first experiment.")
    work, repeat, reruns = list(changes(evidence)), repeating(evidence, best), []
    for start in range(0, len(work), 3):
        tell(0.5 + 0.5 * start / len(work), f"repeating the search with {work[start]}")
        reruns += list(map(repeat, work[start : start + 3]))
    tell(1.0, "done")
    return Sensitivity(
        best.equation.text,
        {left: _unexplained(law, law.estimate.fit.excess) for left, law in best.laws.items()},
        base.off(base.run),
        tuple(effects),
        tuple(reruns),
        tuple(reasons),
    )


def _effect(
    laws: Mapping[str, SideLaw],
    left: str,
    place: int,
    base: _Base,
) -> TermEffect:
    law = laws[left]
    found, regression = law.estimate, law.estimate.scale.regression
    term, fit = law.chosen[place], law.estimate.fit
    rest = tuple(j for j in fit.support if j != fit.support[place])
    less = found.scale.fit(rest) if rest else None
    nothing = float(regression.signal[regression.target, regression.target])
    without = less or Fit((), np.zeros(0), nothing)
    evidence = 2 * found.scale.advantage(fit, less) if less or not rest else float("inf")
    error = float(found.standard_errors[place])
    weights = fit.weights.copy()
    weights[place] += error
    moved = Fit(fit.support, weights, 0.0)
    residual = regression.coefficients(moved)
    unit = law.factor(term) * share_of(term)
    shifted = shaken = None
    if base.run.field is not None:
        shifted = base.off(base.of_others({**laws, left: varied(law, without)}))
        shaken = base.of_others({**laws, left: varied(law, moved)}).apart(base.run.field)
    return TermEffect(
        left,
        written(term),
        complex(fit.weights[place] * unit),
        error * abs(unit),
        _unexplained(law, without.excess),
        evidence,
        shifted,
        _unexplained(law, float(residual @ regression.signal @ residual)),
        shaken,
    )


def _unexplained(law: SideLaw, excess: float) -> float:
    """Share of the left side that a fit leaves, noise taken out."""
    size = law.estimate.scale.regression.size
    return float(np.sqrt(max(excess, 0.0)) / size) if size > 0 else float("nan")


def _share(value: float | None) -> str:
    if value is None:
        return "-"
    return percent(value) if value < _FAR else f"> {percent(_FAR)}"
