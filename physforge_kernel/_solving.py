"""`pf.solve`: the solver, with training shown to whoever watches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any

from . import pinn

Watch = Callable[[pinn.Look], object]


@wraps(pinn.solve)
def solve(
    problem: pinn.Problem,
    seconds: float | None = None,
    seed: int = 0,
    progress: Callable[[float, str], None] | None = None,
    **how: Any,
) -> pinn.Solution:
    """`pinn.solve`; in a notebook a plot, and in a terminal a bar, shows how training goes."""
    if progress is not None:
        return pinn.solve(problem, seconds, seed, progress, **how)
    with _watching(str(problem.equation)) as watch:
        callbacks = (*how.pop("callbacks", ()), watch)
        return pinn.solve(problem, seconds, seed, callbacks=callbacks, **how)


@contextmanager
def _watching(title: str) -> Iterator[Watch]:
    """What shows each look, where someone sees it."""
    if _in_notebook():
        try:
            from .widgets import training_plot
        except ImportError:  # widgets are not installed: the notebook shows the solution alone
            yield lambda look: None
            return
        with training_plot(title) as watch:
            yield watch
    else:
        from .cli._console import progress

        with progress("Solving") as move:
            yield lambda look: move(look.fraction, str(look))


def _in_notebook() -> bool:
    """Whether this runs in a kernel, and not in a terminal."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return shell is not None and hasattr(shell, "kernel")
