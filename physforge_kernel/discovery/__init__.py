"""Which equation? Weak-form regression without thresholds, with intervals and a verdict.

What comes in: one or several fields. What goes out: a `Discovery`: laws as `Equation`s with intervals, best
first, a verdict on the best ("identified", "ambiguous", "not identifiable"), and notes on noise and numerics.

`Candidate.validate` holds a law against other data (`Validation`); `Discovery.ranking` orders the laws.

`_prepare` checks fields; `_weak` and `_projection` turn them into regression problems at many scales, noise
included; `_regression` and `_select` choose terms; `_estimate`, `_verdict` and `_numerics` say how sure that
is. `_odds` gives laws probabilities; `_stability` and `_sensitivity` repeat the search with something
changed. `_validate`, `_forecast` and `_held` run laws forward and try them on other data; `_criteria` and
`_blocks` compare them with each other.
"""

from __future__ import annotations

from ._asked import candidates, check_method, check_term, methods
from ._criteria import Criteria
from ._discover import discover
from ._ranking import Ranking
from ._result import Candidate, Discovery
from ._sensitivity import Sensitivity, TermEffect
from ._stability import Resampling, Stability
from ._validation import Validation
from ._verdict import Verdict

__all__ = [
    "Candidate",
    "Criteria",
    "Discovery",
    "Ranking",
    "Resampling",
    "Sensitivity",
    "Stability",
    "TermEffect",
    "Validation",
    "Verdict",
    "candidates",
    "check_method",
    "check_term",
    "discover",
    "methods",
]
