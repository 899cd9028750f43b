"""How a discovery is shown: as text, as HTML, and as JSON-able data."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .._wording import percent

if TYPE_CHECKING:
    from ._result import Candidate, Discovery

#: Most candidates that a table shows.
_ROWS = 6


def candidate_dict(law: Candidate) -> dict[str, Any]:
    """JSON-able summary of a candidate."""
    return {
        "equation": law.equation.text,
        "terms": _plain(law.equation.terms),
        "intervals": _plain(law.intervals(0.95)),
        "standard_errors": _plain(law.standard_errors),
        "complexity": law.complexity,
        "probability": law.probability,
        "r2": law.r2 if np.isfinite(law.r2) else None,
        "unexplained": law.lack,
    }


def discovery_dict(found: Discovery) -> dict[str, Any]:
    """JSON-able summary of a discovery."""
    best = found.best
    return {
        "equation": best.equation.text,
        "latex": best.equation.latex,
        "terms": _plain(best.equation.terms),
        "intervals": _plain(best.intervals(0.95)),
        "standard_errors": _plain(best.standard_errors),
        "verdict": {"kind": found.verdict.kind, "text": found.verdict.text},
        "probability": best.probability,
        "inclusion": best.inclusion,
        "notes": list(found.notes),
        "noise": dict(found.noise),
        "candidates": [candidate_dict(candidate) for candidate in found.candidates],
        "settings": dict(found.settings),
        "seconds": found.seconds,
    }


def discovery_text(found: Discovery) -> str:
    """The law with its errors, the verdict, notes, and a table of candidates."""
    law = [found.best.equation.text_with(found.best.standard_errors), ""] if _has_law(found) else []
    lines = [*law, str(found.verdict)]
    lines += [f"- {note}" for note in found.notes]
    lines += ["", *_table(found)]
    return "\n".join(lines)


def discovery_html(found: Discovery) -> str:
    """The same as HTML, laws in LaTeX."""
    names = ("terms", "probability", "r²", "unexplained")
    head = f"<tr><th style='text-align:left'>law</th>{''.join(f'<th>{name}</th>' for name in names)}</tr>"
    body = "".join(
        f"<tr><td style='text-align:left'>${c.equation.latex}$</td>"
        f"<td>{c.complexity}</td><td>{escape(_likely(c))}</td><td>{_number(c.r2)}</td>"
        f"<td>{_left_over(c)}</td></tr>"
        for c in found.candidates[:_ROWS]
    )
    law = found.best.equation.latex_with(found.best.standard_errors)
    headline = f"<p>${law}$</p>" if _has_law(found) else ""
    notes = "".join(f"<li>{escape(note)}</li>" for note in found.notes)
    return (
        f"<div>{headline}<p><b>{escape(found.verdict.kind)}</b>: {escape(found.verdict.text)}</p>"
        f"<ul>{notes}</ul><table>{head}{body}</table></div>"
    )


def _has_law(found: Discovery) -> bool:
    """Whether there is a law to show: where the data settle none, the best candidate is no law."""
    return found.verdict.kind != "not identifiable"


def _table(found: Discovery) -> list[str]:
    rows = [("law", "terms", "probability", "r2", "unexplained")]
    rows += [
        (c.equation.text, str(c.complexity), _likely(c), _number(c.r2), _left_over(c))
        for c in found.candidates[:_ROWS]
    ]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(w) if i == 0 else cell.rjust(w)
            for i, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]


def _likely(law: Candidate) -> str:
    likely = law.probability
    if likely is None:
        return "-"
    return percent(round(likely, 3)) if likely >= 0.001 else "< 0.1 %"


def _left_over(law: Candidate) -> str:
    if not np.isfinite(law.r2):
        return "-"
    return percent(law.lack) if law.lack else "noise only"


def _number(share: float) -> str:
    return f"{share:.4f}" if np.isfinite(share) else "-"


def _plain(value: Any) -> Any:
    """Numbers and containers that JSON knows; complex numbers as {"re", "im"}."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, complex):
        return {"re": value.real, "im": value.imag} if value.imag else value.real
    if isinstance(value, (int, str)) or value is None:
        return value
    return float(value)
