"""The laws of a discovery in another order: by a criterion of the reader's choice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .._wording import percent
from ..errors import DiscoveryError, PhysForgeError
from ._criteria import Criteria
from ._observed import ACCURACY

if TYPE_CHECKING:
    import pandas as pd

    from ._result import Candidate
    from .figures import Figure

#: Criteria by which laws can be ranked.
CRITERIA = ("aic", "aicc", "bic", "ubic", "held_out", "forecast")


@dataclass(frozen=True)
class Ranked:
    """A law, the value of the criterion for it, and whether no simpler law has as small a held-out error.

    `forecast` is the error of a forward simulation, where the ranking is by it.
    """

    candidate: Candidate
    value: float
    criteria: Criteria
    front: bool
    forecast: float | None = None


@dataclass(frozen=True)
class Ranking:
    """The laws of a discovery by one criterion, the smallest value first.

    Attributes:
        by: the criterion's name.
        laws: a `Ranked` for every candidate, in order.
        believed: the best law of the discovery, which no ranking changes.
        floor: the held-out error that noise would hide; smaller ones count as equal.
    """

    by: str
    laws: tuple[Ranked, ...]
    believed: Candidate
    floor: float

    @property
    def best(self) -> Candidate:
        """The law that comes first by this criterion; not always the discovery's best."""
        return self.laws[0].candidate

    @property
    def front(self) -> tuple[Candidate, ...]:
        """The Pareto front of complexity against held-out error, the simplest law first."""
        laws = [item.candidate for item in self.laws if item.front]
        return tuple(sorted(laws, key=lambda candidate: candidate.complexity))

    def to_frame(self) -> pd.DataFrame:
        """The ranking as a pandas table, one row per law."""
        import pandas as pd

        rows = [
            {
                "law": item.candidate.equation.text,
                "terms": item.candidate.complexity,
                "front": item.front,
                "aic": item.criteria.aic,
                "aicc": item.criteria.aicc,
                "bic": item.criteria.bic,
                "ubic": item.criteria.ubic,
                "held_out": item.criteria.held_out,
                "resolution": item.criteria.resolution,
                **({} if item.forecast is None else {"forecast": item.forecast}),
                "unexplained": item.candidate.lack,
                "r2": item.candidate.r2,
                **({} if self.by in CRITERIA else {self.by: item.value}),
            }
            for item in self.laws
        ]
        return pd.DataFrame(rows, index=pd.RangeIndex(1, len(rows) + 1, name="rank"))

    def plot(self) -> Figure:
        """Draw the laws by number of terms and held-out error, with the Pareto front.

        Raises:
            DiscoveryError: if Matplotlib is not installed.
        """
        from .figures import draw_ranking

        return draw_ranking(self)

    def to_dict(self) -> dict[str, Any]:
        """JSON-able summary."""
        return {
            "by": self.by,
            "best": self.best.equation.text,
            "laws": [
                {
                    "equation": item.candidate.equation.text,
                    "value": item.value if np.isfinite(item.value) else None,
                    "front": item.front,
                    "forecast": item.forecast,
                    **item.criteria.to_dict(),
                }
                for item in self.laws
            ],
        }

    @property
    def note(self) -> str:
        """A sentence where this criterion prefers another law than the discovery does; else empty."""
        if self.best is self.believed:
            return ""
        return (
            f"By {self.by} another law comes first than {self.believed.equation.text}, which the discovery "
            "believes on more evidence than one number; found.best stays as it is."
        )

    def _rows(self) -> list[tuple[str, ...]]:
        lowest = {
            name: min((getattr(item.criteria, name) for item in self.laws), default=0.0)
            for name in ("aicc", "bic", "ubic")
        }
        own = self.by not in lowest and self.by not in ("aic", "held_out")
        head = ("", "law", "terms", "ΔAICc", "ΔBIC", "ΔUBIC", "held out", *([self.by] if own else []))
        rows: list[tuple[str, ...]] = [head]
        for item in self.laws:
            deltas = [_number(getattr(item.criteria, name) - low) for name, low in lowest.items()]
            rows.append(
                (
                    "•" if item.front else "",
                    item.candidate.equation.text,
                    str(item.candidate.complexity),
                    *deltas,
                    _share(item.criteria, self.floor),
                    *([f"{item.value:.4g}"] if own else []),
                )
            )
        return rows

    def __str__(self) -> str:
        rows = self._rows()
        widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
        lines = [
            "  ".join(
                cell.ljust(w) if i < 2 else cell.rjust(w)
                for i, (cell, w) in enumerate(zip(row, widths, strict=True))
            ).rstrip()
            for row in rows
        ]
        return "\n".join([f"by {self.by}; • on the front", *lines, *([self.note] if self.note else [])])

    __repr__ = __str__

    def _repr_html_(self) -> str:
        head, *rows = self._rows()
        cells = "".join(f"<th>{escape(cell)}</th>" for cell in head)
        body = ""
        for row, item in zip(rows, self.laws, strict=True):
            law = f"<td style='text-align:left'>${item.candidate.equation.latex}$</td>"
            rest = "".join(f"<td>{escape(cell)}</td>" for cell in row[2:])
            body += f"<tr><td>{row[0]}</td>{law}{rest}</tr>"
        note = f"<p>{escape(self.note)}</p>" if self.note else ""
        table = f"<table><tr>{cells}</tr>{body}</table>"
        return f"<div><p>by {escape(self.by)}; • on the front</p>{table}{note}</div>"


def rank(
    candidates: Sequence[Candidate],
    by: str | Callable[[Candidate], float],
    forecast: Callable[[Candidate], float],
) -> Ranking:
    """Rank laws by a criterion; `forecast` makes the error of a forward simulation where it is asked for.

    Raises:
        DiscoveryError: for an unknown criterion, or a function that gives no number, or nan for every law.
    """
    if not callable(by) and by not in CRITERIA:
        raise DiscoveryError(
            f"Laws cannot be ranked by {by!r}; choose {', '.join(CRITERIA)}, or pass a function of a law."
        )
    criteria = [candidate.criteria for candidate in candidates]
    # Errors that noise hides are equal, so that among such laws the simplest comes first.
    known = [c for c in criteria if np.isfinite(c.held_out) and np.isfinite(c.resolution)]
    floor = min(known, key=lambda c: c.held_out).resolution if known else 0.0
    errors = [max(c.held_out, floor) if not np.isnan(c.held_out) else np.inf for c in criteria]
    simulated = [forecast(c) for c in candidates] if by == "forecast" else None
    if callable(by):
        values = [_valued(by, candidate) for candidate in candidates]
        if np.all(np.isnan(values)):
            raise DiscoveryError("The criterion gave nan for every law, so it cannot rank them.")
    elif by == "held_out":
        values = errors
    elif simulated is not None:
        values = [max(error, ACCURACY) for error in simulated]
    else:
        values = [float(getattr(c, by)) for c in criteria]
    sizes = [candidate.complexity for candidate in candidates]
    front = on_front(sizes, errors)
    order = sorted(
        range(len(candidates)),
        key=lambda i: (np.nan_to_num(values[i], nan=np.inf), sizes[i], errors[i], i),
    )
    ranked = tuple(
        Ranked(candidates[i], values[i], criteria[i], front[i], simulated[i] if simulated else None)
        for i in order
    )
    name = by if isinstance(by, str) else getattr(by, "__name__", "criterion")
    return Ranking(name, ranked, candidates[0], floor)


def on_front(sizes: Sequence[int], errors: Sequence[float]) -> list[bool]:
    """Which laws no other one beats: none is as small with a smaller error, or smaller with no larger one.

    Example:
        >>> on_front([1, 2, 2, 3], [0.5, 0.01, 0.2, 0.01])
        [True, True, False, False]
    """
    pairs = list(zip(sizes, errors, strict=True))
    return [
        np.isfinite(error)
        and not any((s <= size and e <= error and (s < size or e < error)) for s, e in pairs)
        for size, error in pairs
    ]


def _valued(by: Callable[[Candidate], float], candidate: Candidate) -> float:
    try:
        value = by(candidate)
    except PhysForgeError:
        raise
    except Exception as error:
        raise DiscoveryError(
            f"The criterion failed for {candidate.equation.text}: {type(error).__name__}: {error}"
        ) from error
    try:
        return float(value)
    except (TypeError, ValueError, OverflowError) as error:
        raise DiscoveryError(
            f"The criterion gave {value!r} for {candidate.equation.text}; it has to give a number."
        ) from error


def _number(value: float) -> str:
    if not np.isfinite(value):
        return "-"
    return f"{value:.1f}" if abs(value) < 1e4 else f"{value:.2g}"


def _share(criteria: Criteria, floor: float) -> str:
    if not np.isfinite(criteria.held_out):
        return "-"
    return percent(criteria.held_out) if criteria.held_out > floor else "noise only"
