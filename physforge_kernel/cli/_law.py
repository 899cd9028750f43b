"""A discovery's result on a terminal: the law, its terms, the verdict in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._console import bullet, facts, prose, say, show, stdout, styled, table

VERDICT_STYLES = {"identified": "bold green", "ambiguous": "bold yellow", "not identifiable": "bold red"}


def print_law(result: Mapping[str, Any], *, subject: str) -> None:
    """Print a discovery for a person to read.

    Args:
        result: `Discovery.to_dict()`, or a discovery job's `result.json`.
        subject: What the law was found in: a file's name, or a dataset's version.
    """
    from rich.text import Text

    from ..reports import law, numbers

    verdict = result["verdict"]
    kind = verdict["kind"]
    heading = styled(subject, "bold")
    heading.append("   ")
    heading.append(kind, style=VERDICT_STYLES.get(kind, "bold"))
    say()
    show(heading, indent=2)
    say()
    found = law.sides(result) if law.settled(result) else ()
    for side in found:
        stdout().print(Text(f"    {law.line(side)}", style="bold cyan"), soft_wrap=True)
    if found:
        say()
    many = len(found) > 1
    rows = [
        [
            *([side.left if position == 0 else ""] if many else []),
            term.factors,
            str(term.rounded),
            term.interval_text,
        ]
        for side in found
        for position, term in enumerate(side.terms)
    ]
    columns = [*(["equation"] if many else []), "term", "coefficient", "95 % interval"]
    if rows:
        show(table(columns, rows, right=("coefficient",)), indent=4)
        say()
    prose(numbers.sentence(verdict["text"]))
    if result.get("stability"):
        say()
        _print_stability(result["stability"])
    notes = result.get("notes") or ()
    if notes:
        say()
        for note in notes:
            bullet(note)
    say()
    facts({"noise": numbers.noise(result.get("noise")), "time": numbers.seconds(float(result["seconds"]))})


def _print_stability(stable: Mapping[str, Any]) -> None:
    """How often the law was chosen again, and what was chosen besides."""
    drawn = stable["bootstrap"]
    prose(f"Chosen again in {stable['frequency']:.0%} of {drawn['draws']} resamplings of the data.")
    rows = [
        [*([left] if len(drawn["inclusion"]) > 1 else []), name, f"{share:.0%}"]
        for left, terms in drawn["inclusion"].items()
        for name, share in sorted(terms.items(), key=lambda item: -item[1])
        if share > 0.0
    ]
    columns = [*(["equation"] if len(drawn["inclusion"]) > 1 else []), "term", "in the law"]
    show(table(columns, rows, right=("in the law",)), indent=4)
