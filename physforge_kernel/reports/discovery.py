"""What `templates/discovery.ipynb` is made of: each function shows one part of a discovery job's result.

A notebook that wants another order, or less, or more beside it, calls them as it likes:

    workspace = pf.connect()
    run = discovery.load(workspace, "job-...")
    discovery.law(run)
"""

from ._candidates import candidates
from ._fit import fit
from ._provenance import provenance
from ._rollout import Rollout, forward, rollout
from ._run import Run, load
from ._sections import data, drawn, headline, law, verdict

__all__ = [
    "Rollout",
    "Run",
    "candidates",
    "data",
    "drawn",
    "fit",
    "forward",
    "headline",
    "law",
    "load",
    "provenance",
    "rollout",
    "verdict",
]
