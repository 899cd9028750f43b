"""What the runs say together: rates, coverage, false laws, and how they stand to what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

Row = dict[str, Any]

#: A coefficient that the Cramér-Rao bound puts this many standard deviations from zero is there to be found.
CLEAR = 10.0
#: Laws called identified without being right, and what share of clear ones must be identified and right.
MOST_FALSE, LEAST_FOUND = 0.02, 0.85
COVERAGE, LEAST_INTERVALS = (0.90, 0.99), 400


@dataclass(frozen=True)
class Bar:
    """What was asked of a law at a noise level: every run right, and errors of at most `error` on average."""

    source: str
    law: str
    noise: float
    error: float | None = None
    published: str = ""


_ORACLE = "PySINDy with the best threshold: {}"
_FIELDS = (
    "sine_gordon",
    "porous_medium",
    "allen_cahn",
    "cahn_hilliard",
    "chafee_infante",
    "klein_gordon",
    "heat",
    "euler_beam",
    "fisher_kpp",
)
#: Laws of the catalogue without an axis.
ORDINARY = ("lorenz", "lotka_volterra", "fitzhugh_nagumo", "hindmarsh_rose")

BARS = (
    Bar("pde_find", "burgers", 0.05),
    Bar("pde_find", "burgers", 0.2, 0.01),
    Bar("pde_find", "burgers", 0.5, None, _ORACLE.format("1 of 2")),
    Bar("pde_find", "burgers", 1.0, 0.06, _ORACLE.format("0 of 2")),
    *(Bar("wsindy", law, noise) for law in ("kdv", "kuramoto_sivashinsky") for noise in (0.05, 0.2, 0.5)),
    Bar("wsindy", "kdv", 1.0, 0.015, "E-WSINDy 4.0 %"),
    Bar("wsindy", "kuramoto_sivashinsky", 1.0, 0.05, "E-WSINDy 24.7 %"),
    Bar("wsindy", "inviscid_burgers", 1.0, 0.025, "E-WSINDy 2.5 %"),
    Bar("wsindy", "nls", 0.5, 0.08, "E-WSINDy 11.3 %"),
    Bar("catalogue", "lambda_omega", 0.2, 0.05, "E-WSINDy 7.1 %, WSINDy fails"),
    Bar("catalogue", "navier_stokes", 0.25, None, "WSINDy holds to 27 %"),
    *(Bar("catalogue", law, noise) for law in _FIELDS for noise in (0.05, 0.2)),
    *(Bar("catalogue", law, 0.05) for law in ORDINARY),
)

#: Bars that hold only where the Cramér-Rao bound makes every term clear.
_WHERE_CLEAR = {("catalogue", law) for law in _FIELDS}


def bars(runs: Iterable[Row]) -> list[Bar]:
    """All bars; each of the systems of dysts that was measured has one at 5 %."""
    systems = dict.fromkeys(run["law"] for run in runs if run["source"] == "dysts")
    return [*BARS, *(Bar("dysts", law, 0.05) for law in systems)]


@dataclass(frozen=True)
class Group:
    """The runs of one law at one noise level, with its bound and what peers did on the same samples."""

    source: str
    law: str
    noise: float
    runs: Sequence[Row]
    bound: Row | None
    peers: Sequence[Row]

    @property
    def right(self) -> int:
        return sum(run["right"] for run in self.runs)

    @property
    def found(self) -> int:
        """How many are identified and right."""
        return sum(run["right"] and run["verdict"] == "identified" for run in self.runs)

    @property
    def false(self) -> int:
        """How many are identified and wrong."""
        return sum(is_false(run) for run in self.runs)

    @property
    def error(self) -> float | None:
        """Mean relative error of all coefficients of right runs."""
        errors = [error for run in self.runs if run["right"] for error in run["errors"]]
        return float(np.mean(errors)) if errors else None

    @property
    def worst(self) -> float | None:
        """Mean over right runs of the largest relative error of a coefficient."""
        errors = [max(run["errors"]) for run in self.runs if run["right"]]
        return float(np.mean(errors)) if errors else None

    @property
    def inside(self) -> list[bool]:
        return [held for run in self.runs if run["right"] for held in run["inside"]]

    @property
    def seconds(self) -> float:
        return float(np.median([run["seconds"] for run in self.runs]))

    @property
    def clearest(self) -> float | None:
        """How many standard deviations, at best, the weakest coefficient is from 0; None if not bounded."""
        if not self.bound or "terms" not in self.bound:
            return None
        if not self.noise:
            return float("inf")
        worst = max(sd for terms in self.bound["terms"].values() for sd in terms.values())
        return 1 / (self.noise * worst)

    @property
    def clear(self) -> bool | None:
        return None if self.clearest is None else self.clearest > CLEAR

    def peer(self, name: str) -> str:
        """`right/runs` of a peer, or why there is none."""
        results = [row[name] for row in self.peers]
        if not results:
            return ""
        if all("absent" in result for result in results):
            return "cannot state it"
        return f"{sum(result.get('right', False) for result in results)}/{len(results)}"

    def met(self, bar: Bar) -> str:
        """Whether the bar is met: `yes`, `no`, or why it does not count."""
        if (self.source, self.law) in _WHERE_CLEAR and self.clear is not True:
            return "no bound yet" if self.clear is None else "not clear"
        if self.right < len(self.runs):
            return "no"
        return "yes" if bar.error is None or (self.error or 0.0) <= bar.error else "no"


def is_false(run: Row) -> bool:
    """Whether a run is the worst kind of wrong: another law, with certainty."""
    return run["verdict"] == "identified" and not run["right"]


def groups(runs: Iterable[Row], bounds: Iterable[Row], peers: Iterable[Row]) -> list[Group]:
    """The runs by law and noise level, in the order in which laws first appear."""
    by_law = {(row["source"], row["law"]): row for row in bounds}
    ours: dict[tuple[str, str, float], list[Row]] = {}
    for run in runs:
        ours.setdefault((run["source"], run["law"], run["noise"]), []).append(run)
    theirs: dict[tuple[str, str, float], list[Row]] = {}
    for row in peers:
        theirs.setdefault((row["source"], row["law"], row["noise"]), []).append(row)
    order = {key: i for i, key in enumerate(dict.fromkeys(key[:2] for key in ours))}
    keys = sorted(ours, key=lambda key: (order[key[:2]], key[2]))
    return [Group(*key, ours[key], by_law.get(key[:2]), theirs.get(key, [])) for key in keys]


@dataclass(frozen=True)
class Figure:
    """A figure over all runs: `part` of `whole`, and whether that is as it must be."""

    what: str
    part: int
    whole: int
    must: str
    met: str


def figures(found: Sequence[Group]) -> list[Figure]:
    """The figures that stand for all runs: false laws, clear ones found, and coverage by noise."""
    runs = [run for group in found for run in group.runs]
    result = [_false("false laws, all runs", runs)]
    for name, sources in {
        "laws that candidates express": ("catalogue", "pde_find", "wsindy", "dysts"),
        "laws outside the candidates": ("outside",),
        "broken samples": ("corrupted",),
    }.items():
        some = [run for run in runs if run["source"] in sources]
        if some:
            result.append(_false(f"false laws, {name}", some))
    clear = [group for group in found if group.clear and group.noise]
    if clear:
        part, whole = sum(g.found for g in clear), sum(len(g.runs) for g in clear)
        met = "yes" if part >= LEAST_FOUND * whole else "no"
        what = f"identified and right where every term is above {CLEAR:.0f} sd of the bound"
        result.append(Figure(what, part, whole, f"at least {percent(LEAST_FOUND)}", met))
    for noise in sorted({group.noise for group in found if group.source not in ("outside", "corrupted")}):
        inside = [
            held
            for group in found
            if group.noise == noise and group.source not in ("outside", "corrupted")
            for held in group.inside
        ]
        if inside:
            share = np.mean(inside)
            met = "yes" if COVERAGE[0] <= share <= COVERAGE[1] else "no"
            if len(inside) < LEAST_INTERVALS:
                met += f", of fewer than {LEAST_INTERVALS}"
            must = f"{percent(COVERAGE[0])} to {percent(COVERAGE[1])}"
            result.append(
                Figure(
                    f"95 % intervals that hold, at {percent(noise)} noise",
                    sum(inside),
                    len(inside),
                    must,
                    met,
                )
            )
    return result


def percent(share: float | None, digits: int = 3) -> str:
    """A share as people write it; nothing for none."""
    return "" if share is None else f"{float(f'{100 * share:.{digits}g}'):g} %"


def _false(what: str, runs: Sequence[Row]) -> Figure:
    false = sum(is_false(run) for run in runs)
    met = "yes" if false <= MOST_FALSE * len(runs) else "no"
    return Figure(what, false, len(runs), f"at most {percent(MOST_FALSE)}", met)
