"""Which equation? Weak-form regression without thresholds, with intervals and a verdict.

What comes in: one or several fields. What goes out: a `Discovery`: laws as `Equation`s with intervals, best
first, a verdict on the best ("identified", "ambiguous", "not identifiable"), and notes on noise and numerics.

`_prepare` checks fields; `_weak` and `_projection` turn them into regression problems at many scales, noise
included; `_regression` and `_select` choose terms; `_estimate`, `_verdict` and `_numerics` say how sure that
is. `_odds` gives laws probabilities; `_stability` and `_sensitivity` repeat the search with something
changed.
"""

from __future__ import annotations

from ._asked import candidates, check_term
from ._discover import discover
from ._result import Candidate, Discovery
from ._sensitivity import Sensitivity, TermEffect
from ._stability import Resampling, Stability
from ._verdict import Verdict

__all__ = [
    "Candidate",
    "Discovery",
    "Resampling",
    "Sensitivity",
    "Stability",
    "TermEffect",
    "Verdict",
    "candidates",
    "check_term",
    "discover",
]
