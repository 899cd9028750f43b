"""The tables of the documentation, and the figure beside them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import _figure
import _measure
from _peers import PEERS
from _store import Store
from _summary import Group, bars, figures, groups, is_false, percent


def write(store: Store, picture: Path) -> str:
    """Write the tables beside the results, and the figure where there are peers to compare with; return the
    figures over all runs."""
    found = groups(store.of("runs"), store.of("bounds"), store.of("peers"))
    if not found:
        return "There are no runs yet."
    parts = [_pooled(found), _state(store), _asked(found)]
    if _figure.draw(found, picture):
        parts.append(f"![Success against noise, ours and PySINDy's](../../docs/images/{picture.name})")
    inside = [group for group in found if group.source not in ("outside", "corrupted")]
    apart = [group for group in found if group.source in ("outside", "corrupted")]
    parts.append("**Every law and noise level**\n\n" + _rows(inside) if inside else "")
    parts.append(_adverse(apart) if apart else "")
    parts.append(_false(store.of("runs")))
    parts.append(_bounds(store.of("bounds")))
    store.path.with_suffix(".md").write_text("\n\n".join(part for part in parts if part) + "\n")
    return _pooled(found)


def _pooled(found: Sequence[Group]) -> str:
    lines = ["| all runs together | | share | must be | met |", "|---|--:|--:|---|---|"]
    for figure in figures(found):
        lines.append(
            f"| {figure.what} | {figure.part}/{figure.whole} | {percent(figure.part / figure.whole)} "
            f"| {figure.must} | {figure.met} |"
        )
    return "\n".join(lines)


def _state(store: Store) -> str:
    """Which processor and which code the rows are from."""
    runs = store.of("runs")
    older = sum(run.get("code") != _measure.code() for run in runs)
    processor = store.about.get("machine", {}).get("processor", "an unknown processor")
    text = f"{len(runs)} runs, last measured {store.about.get('measured', 'some time ago')} on {processor}."
    return f"{text} {older} of them are of an earlier state of discovery." if older else text


def _asked(found: Sequence[Group]) -> str:
    by_key = {(group.source, group.law, group.noise): group for group in found}
    runs = [run for group in found for run in group.runs]
    lines = [
        "**What was asked for:** every run right, and errors no larger than these",
        "",
        "| law | data | noise | right | error | must be | published | met | bound | oracle |",
        "|---|---|--:|--:|--:|--:|---|---|--:|--:|",
    ]
    for bar in bars(runs):
        group = by_key.get((bar.source, bar.law, bar.noise))
        head = f"| {_plain(bar.law)} | {bar.source} | {percent(bar.noise)} "
        must = percent(bar.error)
        if group is None:
            lines.append(f"{head}| | | {must} | {bar.published} | not measured yet | | |")
            continue
        lines.append(
            f"{head}| {group.right}/{len(group.runs)} | {percent(group.error, 2)} | {must} | {bar.published} "
            f"| {group.met(bar)} | {_sds(group)} | {group.peer('oracle')} |"
        )
    return "\n".join(lines)


def _rows(found: Sequence[Group]) -> str:
    lines = [
        "| law | data | noise | right | identified | identified, wrong | mean error | largest | 95 % held "
        "| seconds | bound | " + " | ".join(f"PySINDy {name}" for name in PEERS) + " |",
        "|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|" + "--:|" * len(PEERS),
    ]
    for group in found:
        held = f"{sum(group.inside)}/{len(group.inside)}" if group.inside else ""
        lines.append(
            f"| {_plain(group.law)} | {group.source} | {percent(group.noise)} "
            f"| {group.right}/{len(group.runs)} "
            f"| {group.found} | {group.false} | {percent(group.error, 2)} "
            f"| {percent(group.worst, 2)} | {held} | {group.seconds:.2f} "
            f"| {_sds(group)} | " + " | ".join(group.peer(name) for name in PEERS) + " |"
        )
    return "\n".join(lines)


def _adverse(found: Sequence[Group]) -> str:
    lines = [
        "**Laws outside the candidates, and broken samples:** here only *identified, wrong* is a failure",
        "",
        "| law | noise | runs | right | identified, right | identified, wrong | refused |",
        "|---|--:|--:|--:|--:|--:|--:|",
    ]
    for group in found:
        refused = sum(run["verdict"] == "refused" for run in group.runs)
        lines.append(
            f"| {_plain(group.law)} | {percent(group.noise)} | {len(group.runs)} | {group.right} "
            f"| {group.found} | {group.false} | {refused} |"
        )
    return "\n".join(lines)


def _false(runs: Sequence[dict[str, Any]]) -> str:
    false = [run for run in runs if is_false(run) or run["verdict"] == "crashed"]
    if not false:
        return "No run was identified and wrong, and none crashed."
    lines = [
        "**Every false law, and every crash**",
        "",
        "| law | noise | seed | called | |",
        "|---|--:|--:|---|---|",
    ]
    for run in false:
        lines.append(
            f"| {run['source']}: {_plain(run['law'])} | {percent(run['noise'])} | {run['seed']} "
            f"| {run['verdict']} | `{run['found'][:160].replace('|', '¦')}` |"
        )
    return "\n".join(lines)


def _bounds(bounds: Sequence[dict[str, Any]]) -> str:
    if not bounds:
        return ""
    lines = [
        "**The Cramér-Rao bounds:** the smallest standard deviation of each coefficient, relative to it, at",
        "noise as large as the field's RMS and with the initial state unknown; in proportion for less noise",
        "",
        "| law | data | bound | pieces |",
        "|---|---|---|--:|",
    ]
    for row in bounds:
        if "failed" in row:
            text, pieces = f"none: {row['failed']}", ""
        else:
            pieces = row["pieces"]
            text = "; ".join(
                f"{left}: " + ", ".join(f"`{term}` {100 * sd:.2g} %" for term, sd in terms.items())
                for left, terms in row["terms"].items()
            )
        lines.append(f"| {_plain(row['law'])} | {row['source']} | {text} | {pieces} |")
    return "\n".join(lines)


def _plain(name: str) -> str:
    return name.replace("_", " ")


def _sds(group: Group) -> str:
    """Standard deviations, at best, of the weakest coefficient from zero."""
    if group.clearest is None or not group.noise:
        return ""
    return f"{group.clearest:.0f} sd" if group.clearest >= 1 else f"{group.clearest:.1f} sd"
