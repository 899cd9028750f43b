"""How sure may one be? The verdict on a law, in one of three words and a reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from .._wording import percent
from ._numerics import Refinement
from ._searching import APPROXIMATE, FAILED
from ._select import CONVINCING, HIDDEN, MOST_TERMS
from ._side import MOST_RIVALS, Side, SideLaw, cut_short

Kind = Literal["identified", "ambiguous", "not identifiable"]

#: Worst first.
RANKS: tuple[Kind, ...] = ("not identifiable", "ambiguous", "identified")

#: A law may leave so much where a discretisation explains what is left.
DISCRETISED = 1e-2

#: Share left unexplained at some other scale that speaks against a law which fits at its own.
CONTRADICTED = 0.05

#: Share of the left side that the noise may hide before other terms in it are a matter of doubt.
UNSEEN = 0.25

#: The same where samples are weighed by their noise, and no single term could hide in it.
UNSEEN_SHARP = 0.5

#: Share of filled samples that may stand behind a law.
FILLED = 0.33

#: Independent test functions per term that a law must rest on.
ROWS_PER_TERM = 4.0


@dataclass(frozen=True)
class Verdict:
    """`kind` is "identified", "ambiguous" or "not identifiable"; `text` says why."""

    kind: Kind
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


def doubted(verdict: Verdict, doubts: Sequence[str]) -> Verdict:
    """A verdict that says further doubts: with any of them no law is identified."""
    if not doubts or verdict.kind == "not identifiable":
        return verdict
    kept = [verdict.text] if verdict.kind == "ambiguous" else []
    return Verdict("ambiguous", "; ".join([*doubts, *kept]))


def judge(side: Side, refined: Refinement | None) -> Verdict:
    """The verdict on one left side, given the best single addition to its law."""
    law = side.best
    if law is None:
        return Verdict(
            "not identifiable", f"no test function fits into the samples, so {side.left} cannot be seen"
        )
    if not side.path.support:
        if law.estimate.lack > 0.0:
            reason = (
                f"none of the {_candidates(law)} explains {side.left}; a variable may be "
                "unobserved, or the law may depend on time or place"
            )
        else:
            reason = f"{side.left} cannot be told from noise by any candidate term"
        return Verdict("not identifiable", reason)
    found = law.estimate
    most = max(scale.carries for scale in side.scales)
    if found.lack > FAILED and most < min(MOST_TERMS, _count(law)):
        return Verdict(
            "not identifiable",
            f"the samples carry laws of at most {most} term{'s' * (most != 1)}, and none of these explains "
            f"{side.left}: the best one leaves {percent(found.lack)} of it beyond the noise; measure more",
        )
    if found.lack > FAILED:
        return Verdict(
            "not identifiable",
            f"no law made of the {_candidates(law)} explains {side.left}: "
            f"the best one leaves {percent(found.lack)} of it beyond the noise",
        )
    doubts = _doubts(side, law, refined)
    if doubts:
        return Verdict("ambiguous", "; ".join(doubts))
    return Verdict("identified", _why(side, law))


def _doubts(side: Side, law: SideLaw, refined: Refinement | None) -> list[str]:
    found = law.estimate
    discretised = refined is not None and refined.likely_numerics
    doubts = []
    if side.rivals:
        names = ", ".join(_written(rival) for rival in side.rivals[:3])
        more = f" and {_more(len(side.rivals) - 3)}" if len(side.rivals) > 3 else ""
        doubts.append(f"{side.left} is explained as well by {names}{more}")
    if found.lack > (DISCRETISED if discretised else APPROXIMATE):
        doubts.append(
            f"the law leaves {percent(found.lack)} of {side.left} unexplained, more than noise would; "
            "take it as an approximation"
        )
    elif found.worst_lack > CONTRADICTED:
        doubts.append(
            f"at its best scale the law fits, but test functions of other sizes leave up to "
            f"{percent(found.worst_lack)} of {side.left} unexplained"
        )
    uneven = found.scale.regression.projection.uneven
    if uneven:
        doubts.append(f"the noise on {', '.join(uneven)} is not the same everywhere, as the method assumes")
    heavy = [name for name in found.scale.regression.projection.heavy if name not in uneven]
    if heavy:
        doubts.append(f"the noise on {', '.join(heavy)} has more large errors than the method assumes")
    rounded = found.scale.regression.projection.rounded
    if rounded:
        doubts.append(
            f"the samples of {', '.join(rounded)} are told in coarse steps, and a sensor that cuts off "
            "shifts them all by half a step"
        )
    filled = found.scale.regression.projection.filled
    if filled > FILLED:
        doubts.append(f"{percent(filled)} of the samples were filled from their neighbours")
    if found.unseen > (UNSEEN if found.scale.regression.impartial else UNSEEN_SHARP):
        doubts.append(
            f"the noise would hide {percent(min(found.unseen, 1.0))} of {side.left}, other terms in it"
        )
    elif side.hidden is not None and side.hidden[1] > HIDDEN:
        name, share = side.hidden
        doubts.append(f"{name} could be {percent(min(share, 1.0))} of {side.left} without being seen")
    if found.rows < ROWS_PER_TERM * len(found.fit.support):
        doubts.append(
            f"only about {found.rows:.0f} independent looks at the data stand behind "
            f"{len(found.fit.support)} {'term' if len(found.fit.support) == 1 else 'terms'}"
        )
    if side.suspect is not None:
        name, errors = side.suspect
        doubts.append(f"{name} may be missing: it would be {errors:.1f} standard errors from zero")
    if cut_short(found):
        doubts.append(f"{MOST_TERMS} terms are as many as are tried, and more may be needed")
    series = _series(law)
    if series and found.unseen > APPROXIMATE:
        doubts.append(
            f"{', '.join(series[:-1])} and {series[-1]} are all the powers that were tried: "
            "together they may stand for another function"
        )
    if found.significance < 2 * CONVINCING:
        weakest = int(np.argmin(np.abs(found.fit.weights) / np.maximum(found.standard_errors, 1e-300)))
        doubts.append(f"{law.names[weakest]} is only {found.significance:.1f} standard errors from zero")
    return doubts


def _more(count: int) -> str:
    return f"{count} or more others" if count + 3 >= MOST_RIVALS else f"{count} more"


def _series(law: SideLaw) -> list[str]:
    """The powers of one component from the constant on, if the law has every one that the library has."""
    tried = [term.feature for term in law.terms if term.feature is not None]
    for c in range(len(law.target.features[0].components)):
        powers = [f.name for f in tried if not f.order and not f.factor and f.exponents[c] == f.degree]
        if len(powers) > 2 and set(powers) <= set(law.names):
            return powers
    return []


def _why(side: Side, law: SideLaw) -> str:
    """What was shown: that these terms suffice, and that nothing else of that size does."""
    if law.estimate.lack == 0.0 and law.estimate.unseen > 1e-3:
        extent = f"to within the noise (which would hide {percent(law.estimate.unseen)} of it)"
    elif law.estimate.lack == 0.0:
        extent = "to within the noise"
    else:
        extent = f"to within {percent(max(law.estimate.lack, 1e-6))}"
    if _count(law) == 1:
        return f"{law.names[0]}, the one candidate term, explains {side.left} {extent}; no other was tried"
    if len(law.names) == 1:
        what, rest = f"{law.names[0]} alone explains", "no other does"
    else:
        what = f"{', '.join(law.names[:-1])} and {law.names[-1]} explain"
        rest = "no other law of that size does"
    return (
        f"of {_candidates(law)}, {what} {side.left} {extent}; {rest}. "
        f"Tried were {_tried(law)}, and no other functions"
    )


def _tried(law: SideLaw) -> str:
    """The candidate terms in words."""
    plain = [f for f in (term.feature for term in law.terms) if f is not None and not f.factor]
    if len(plain) < len(law.terms):
        return _named(law)
    degree, order = max(f.degree for f in plain), max(f.order for f in plain)
    powers = f"products of powers up to degree {degree}"
    if not any(o for f in plain for a, o in zip(f.axes, f.orders, strict=True) if a != "t"):
        return powers
    return f"{powers} and their derivatives up to order {order}"


def _named(law: SideLaw) -> str:
    """The candidate terms by name, where they are more than powers and their derivatives."""
    names = [term.name for term in law.terms]
    return ", ".join(names) if len(names) <= 30 else f"{', '.join(names[:24])} and {len(names) - 24} more"


def _count(law: SideLaw) -> int:
    return len(law.terms)


def _candidates(law: SideLaw) -> str:
    return f"{_count(law)} candidate term{'s' * (_count(law) != 1)}"


def _written(law: SideLaw) -> str:
    return " + ".join(law.names)


def combine(verdicts: dict[str, Verdict]) -> Verdict:
    """The verdict on a system: the worst of its sides, with each side's reason."""
    if len(verdicts) == 1:
        return next(iter(verdicts.values()))
    worst = min(verdicts.values(), key=lambda v: RANKS.index(v.kind))
    return Verdict(worst.kind, ". ".join(f"{left}: {v.kind}, {v.text}" for left, v in verdicts.items()))
