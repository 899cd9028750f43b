"""What comes of holding a law against data it has not seen: a forecast, its misfit, and a sentence on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from .._wording import percent
from ._held import WeakCheck
from ._misfit import Misfit

if TYPE_CHECKING:
    import xarray as xr

    from ..equations import Equation
    from .figures import Figure

Outcome = Literal["predicts", "predicts for a time", "undecided", "does not predict"]

#: Worst first.
OUTCOMES: tuple[Outcome, ...] = ("does not predict", "undecided", "predicts for a time", "predicts")


@dataclass(frozen=True)
class Trial:
    """A law against one field.

    Attributes:
        kind: as of `Validation`.
        text: what was found, in a sentence.
        forecast: every variable of the law at the field's times, and `u_sd`, how far draws of start and
            coefficients scatter about it; NaN beyond what could be simulated.
        observed: the field as measured, outliers left out.
        over_time: over (variable, t) the rms `error` of the forecast, `error_of_forecast` without the noise
            of the samples, what was `expected` of noise and uncertainty, all as shares of the variable's
            variation, and `chi2`, the mean square of the difference over its expectation.
        misfits: the same by variable, with the share of variance explained and how long the forecast holds.
        weak: the check in the weak form, None where the field is too small for one.
        draws: how many forecasts stand behind `u_sd`.
        growth: the rate, in 1/t, at which two runs from nearly the same start run away from each other, where
            they do so exponentially: the largest Lyapunov exponent over these times.
        notes: what was taken from the data, and what could not be done.
    """

    kind: Outcome
    text: str
    forecast: xr.Dataset
    observed: xr.Dataset
    over_time: xr.Dataset
    misfits: tuple[Misfit, ...]
    weak: WeakCheck | None
    draws: int
    growth: float | None
    notes: tuple[str, ...]

    @property
    def times(self) -> np.ndarray:
        return np.asarray(self.observed["t"].values, dtype=float)

    def time_of(self, count: int) -> float:
        """The last of so many leading times."""
        return float(self.times[max(count, 1) - 1])

    @property
    def holds_until(self) -> float:
        """The last time up to which noise and uncertainty account for what the forecast is off by."""
        return self.time_of(min(m.unrefuted for m in self.misfits))

    @property
    def useful_until(self) -> float:
        """The last time up to which every variable's forecast is off by less than 40 % of its variation."""
        return self.time_of(min(m.useful for m in self.misfits))

    @property
    def lyapunov_times(self) -> float | None:
        """`useful_until`, counted from the start in Lyapunov times; None where the law is not chaotic."""
        return None if self.growth is None else (self.useful_until - float(self.times[0])) * self.growth

    @property
    def error(self) -> float:
        """The forecast's own error over all times as a share of the variation, 1 at most at every time."""
        own = self.over_time["error_of_forecast"].values
        return float(np.minimum(np.nan_to_num(own, nan=1.0), 1.0).mean())

    def rows(self) -> list[tuple[str, ...]]:
        """One row of words per variable; see `HEAD`."""
        return [
            (
                m.name,
                percent(m.sigma / m.size),
                percent(float(m.own[np.isfinite(m.own)][-1])) if np.isfinite(m.own).any() else "-",
                percent(m.explained) if m.explained > -1 else "none",
                f"{self.time_of(m.within_noise):.4g}",
                f"{self.time_of(m.unrefuted):.4g}",
                f"{self.time_of(m.useful):.4g}",
            )
            for m in self.misfits
        ]

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        weak = self.weak
        return {
            "kind": self.kind,
            "text": self.text,
            "holds_until": self.holds_until,
            "useful_until": self.useful_until,
            "lyapunov_times": self.lyapunov_times,
            "growth_rate": self.growth,
            "error": self.error,
            "draws": self.draws,
            "variables": {
                m.name: {
                    "noise": m.sigma / m.size,
                    "explained": m.explained,
                    "within_noise_until": self.time_of(m.within_noise),
                    "holds_until": self.time_of(m.unrefuted),
                    "useful_until": self.time_of(m.useful),
                }
                for m in self.misfits
            },
            "weak_form": None
            if weak is None
            else {
                "unexplained": dict(weak.unexplained),
                "p_value": weak.p_value,
                "refit": [
                    {
                        "left": r.left,
                        "term": r.term,
                        "found": _plain(r.found),
                        "again": _plain(r.again),
                        "distance": r.distance,
                    }
                    for r in weak.refit
                ],
            },
            "notes": list(self.notes),
        }


HEAD = ("variable", "noise", "last error", "explained", "within noise to", "holds to", "useful to")


@dataclass(frozen=True)
class Validation:
    """A law held against one or several fields that it was not found in.

    Attributes:
        equation: the law.
        trials: one `Trial` per field, in order.
        seconds: wall time.

    `kind` is one of `"predicts"`, `"predicts for a time"` (then the forecast drifts away, no faster than what
    is uncertain of start and coefficients makes it), `"undecided"` (the field cannot tell) and
    `"does not predict"`; of several fields the worst. Errors and noise are shares of a variable's standard
    deviation; *within noise* compares with the noise alone, *holds* with what start and coefficients leave
    uncertain as well, and *useful* asks for an error below 40 % of the variation.
    """

    equation: Equation
    trials: tuple[Trial, ...]
    seconds: float

    @property
    def kind(self) -> Outcome:
        kinds = {trial.kind for trial in self.trials}
        return next(kind for kind in OUTCOMES if kind in kinds)

    @property
    def holds(self) -> bool:
        """Whether no field contradicts the law, and some field could have."""
        return self.kind in ("predicts", "predicts for a time")

    @property
    def text(self) -> str:
        """The verdict in a sentence; of several fields, one for each."""
        if len(self.trials) == 1:
            return self.trials[0].text
        return " ".join(f"Field {i + 1}: {trial.text}" for i, trial in enumerate(self.trials))

    @property
    def forecast(self) -> xr.Dataset:
        """The forecast of the first field, with its scatter (`u_sd`); `trials` hold the others."""
        return self.trials[0].forecast

    def plot(self, trial: int = 0) -> Figure:
        """Draw what was measured, what was forecast, their difference, and the error over time.

        Args:
            trial: which field.

        Raises:
            DiscoveryError: if Matplotlib is not installed, or there is no such field.
        """
        from .figures import draw_validation

        return draw_validation(self, trial)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        return {
            "equation": self.equation.text,
            "kind": self.kind,
            "text": self.text,
            "fields": [trial.to_dict() for trial in self.trials],
            "seconds": self.seconds,
        }

    def __str__(self) -> str:
        lines = [self.equation.text, "", f"{self.kind}: {self.text}"]
        for i, trial in enumerate(self.trials):
            lines += [f"- {note}" for note in trial.notes]
            lines += [
                "",
                *([f"field {i + 1}"] if len(self.trials) > 1 else []),
                *_aligned([HEAD, *trial.rows()]),
            ]
            lines += ["", *_aligned(_refit_rows(trial))] if trial.weak else []
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self) -> str:
        parts = [
            f"<p>${self.equation.latex}$</p><p><b>{escape(self.kind)}</b>: {escape(self.text)}</p>",
        ]
        for i, trial in enumerate(self.trials):
            title = f"<p>field {i + 1}</p>" if len(self.trials) > 1 else ""
            notes = "".join(f"<li>{escape(note)}</li>" for note in trial.notes)
            parts.append(f"{title}<ul>{notes}</ul>" if notes else title)
            parts.append(_html_table([HEAD, *trial.rows()]))
            parts.append(_html_table(_refit_rows(trial)) if trial.weak else "")
        return f"<div>{''.join(parts)}</div>"


def _refit_rows(trial: Trial) -> list[tuple[str, ...]]:
    """Coefficients as found beside those fitted to the new field."""
    head = ("coefficient of", "found", "fitted to this field", "apart")
    rows = [
        (f"{r.term} in {r.left}", _with_error(r.found, r.found_error), _with_error(r.again, r.again_error))
        for r in (trial.weak.refit if trial.weak else ())
    ]
    apart = [f"{r.distance:.1f} sd" for r in (trial.weak.refit if trial.weak else ())]
    return [head, *((*row, far) for row, far in zip(rows, apart, strict=True))]


def _with_error(value: Any, error: Any) -> str:
    if isinstance(value, complex) or isinstance(error, complex):
        value, error = complex(value), complex(error)
        parts = [(value.real, error.real, ""), (value.imag, error.imag, "i")]
        return " + ".join(f"({_with_error(v, e)}){unit}" for v, e, unit in parts if v or e)
    if not error > 1e-9 * abs(value):
        return f"{value:.7g}"
    digits = int(np.clip(1 - np.floor(np.log10(error)), 0, 12))
    plain = 1e-4 <= abs(value) < 1e6 and error < 1e4
    return f"{value:.{digits}f} ± {error:.{digits}f}" if plain else f"{value:.3g} ± {error:.2g}"


def _aligned(rows: Sequence[tuple[str, ...]]) -> list[str]:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]


def _html_table(rows: Sequence[tuple[str, ...]]) -> str:
    def line(row: tuple[str, ...], tag: str) -> str:
        first, *rest = (escape(cell) for cell in row)
        cells = "".join(f"<{tag}>{cell}</{tag}>" for cell in rest)
        return f"<tr><{tag} style='text-align:left'>{first}</{tag}>{cells}</tr>"

    return f"<table>{line(rows[0], 'th')}{''.join(line(row, 'td') for row in rows[1:])}</table>"


def _plain(value: Any) -> Any:
    return {"re": value.real, "im": value.imag} if isinstance(value, complex) else float(value)
