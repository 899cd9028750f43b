"""The first parts of a discovery's report: its headline, the data, the law."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from . import _fields
from ._markup import Html, bullets, code, facts, paragraph, table
from ._run import Run
from ._svg import formula, gallery, label
from .law import Side, line, settled, sides, tex
from .numbers import MINUS, noise, plain_number, sentence, typeset

if TYPE_CHECKING:
    import xarray

KINDS = {
    "identified": "Identified: the data single out this law.",
    "ambiguous": "Ambiguous: this is the best law found, and there are doubts.",
    "not identifiable": "Not identifiable: the data cannot settle a law.",
}


def headline(run: Run, title: str = "") -> Html:
    """Show the title, the verdict and the law: what someone reads who reads nothing else."""
    heading = title or f"The law behind {run.dataset.name}"
    byline = f"{run.dataset.ref} \u00b7 {run.job.id} \u00b7 {_date(run.job.finished)}"
    markup = (
        '<p class="pf-kicker">PhysForge \u00b7 discovery</p>'
        f"<h1>{escape(heading)}</h1>"
        f'<p class="pf-byline">{escape(byline)}</p>'
    )
    said = verdict(run)
    return Html(markup + said.markup, f"{heading}\n{byline}\n\n{said.text}")


def verdict(run: Run) -> Html:
    """Show the law, typeset, and whether the data settle it, in a box of the verdict's colour."""
    found = run.result["verdict"]
    kind = str(found["kind"])
    law = sides(run.result) if settled(run.result) else ()
    laws = "".join(f'<p class="pf-law">{_law_markup(side)}</p>' for side in law)
    markup = (
        f'<div class="pf-verdict {escape(kind.replace(" ", "-"))}">'
        f'<p class="pf-kind">{escape(KINDS.get(kind, kind))}</p>{laws}'
        f"<p>{escape(sentence(found['text']))}</p></div>"
    )
    if law:
        markup += (
            '<p class="pf-small">The number after \u00b1 is one standard error; '
            "the table has 95 % intervals.</p>"
        )
    return Html(markup, "\n".join([*(line(side) for side in law), f"{kind}: {found['text']}"]))


def _law_markup(side: Side) -> str:
    """The law as pictures of its terms, so that a narrow screen breaks it between them."""
    pieces = [formula(tex(side.left) or "0", side.left) + " " + formula("=", "=")]
    for position, term in enumerate(side.terms):
        rounded = term.rounded
        sign = "-" if rounded.negative else "+" if position else ""
        size = rounded.value if not rounded.spread else rf"({rounded.value} \pm {rounded.spread})"
        if rounded.power:
            size += rf"\cdot 10^{{{rounded.power}}}"
        shown = f"{sign}\\,{size}\\,{tex(term.factors)}" if sign else f"{size}\\,{tex(term.factors)}"
        words = [
            MINUS if rounded.negative else sign,
            rounded.factor,
            "" if term.factors == "1" else term.factors,
        ]
        pieces.append(formula(typeset(shown), " ".join(filter(None, words))))
    if not side.terms:
        pieces.append(formula("0", "0"))
    return "".join(f"<span>{piece}</span> " for piece in pieces)


def law(run: Run) -> Html:
    """Show the law's terms with their coefficients and 95 % intervals, and the notes on numerics."""
    if not settled(run.result):
        none = "The data settle no law. What was tried stands among the candidates."
        return paragraph(none) + bullets(run.result.get("notes") or ())
    found = sides(run.result)
    many = len(found) > 1
    rows: list[list[Any]] = []
    for side in found:
        for position, term in enumerate(side.terms):
            name = Html(formula(tex(term.factors) or "1", term.factors), term.factors)
            left = Html(formula(tex(side.left), side.left), side.left) if position == 0 else ""
            rows.append([*([left] if many else []), name, str(term.rounded), term.interval_text])
    columns = [*(["equation"] if many else []), "term", "coefficient", "95 % interval"]
    shown = table(columns, rows, numbers=("coefficient", "95 % interval")) if rows else Html("")
    typed = facts({"as text": code(run.result["equation"]), "as LaTeX": code(run.result.get("latex") or "")})
    return shown + bullets(run.result.get("notes") or ()) + typed


def data(run: Run) -> Html:
    """Show the data: what was measured, where, and how noisy it is."""
    field = run.field
    return drawn(field, f"The data of {run.dataset.ref}, as they were uploaded.") + facts(
        {
            "variables": ", ".join(
                label(name, item.attrs.get("units")) for name, item in field.data_vars.items()
            ),
            "grid": "; ".join(_axis(name, field[name]) for name in map(str, field.dims)),
            "estimated noise": noise(run.result.get("noise")),
            "description": run.dataset.description,
        }
    )


def drawn(field: xarray.Dataset, caption: str = "") -> Html:
    """Draw every variable of a field: lines over one axis, maps over two, snapshots over more."""
    return Html(gallery(_fields.pictures(field, alone=True), caption), "The data, drawn.")


def _axis(name: str, coordinate: Any) -> str:
    values = np.asarray(coordinate.values, dtype=float)
    steps = np.diff(values)
    words = f"{label(name, coordinate.attrs.get('units'))} from {plain_number(float(values[0]))} to "
    words += f"{plain_number(float(values[-1]))}, {values.size} points"
    if steps.size and np.ptp(steps) <= 1e-6 * abs(steps).max():
        return f"{words} {plain_number(float(steps.mean()))} apart"
    return f"{words}, unevenly spaced" if steps.size else words


def _date(moment: Any) -> str:
    return "" if moment is None else f"{moment:%d %B %Y}".lstrip("0")


def missing(what: str) -> Html:
    """Say politely that a part of the report cannot be shown."""
    return paragraph(what, "pf-small")
