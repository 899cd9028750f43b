"""`learn_operator`: from a problem with functions left open, or from pairs, to an operator."""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
import torch
import xarray as xr

from ...errors import SolverError
from .._components import Components
from ..networks import Network
from ._family import family
from ._learning import Learning, Until
from ._model import NetworkModel
from ._operator import Operator, Space
from ._pairs import OperatorPairs, fit
from ._problem import OperatorProblem

Progress = Callable[[float, str], object]
"""Called with a fraction and a message."""

_HISTORY = ("step", "seconds", "loss", "residual")


def learn_operator(
    source: OperatorProblem | OperatorPairs,
    seconds: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    network: Network | None = None,
    steps: int | None = None,
) -> Operator:
    """Learn what turns functions into fields.

    From a problem a network learns by obeying the equation for functions drawn at random, without any
    solution (Wang, Wang and Perdikaris 2021, arXiv 2103.10974). Linear equations are given a DeepONet with a
    linear branch, others one with a nonlinear branch; where an initial state is put into an equation that is
    alike everywhere, a network sees the state from each point instead, which needs no learning of shifts.
    From pairs the fields' principal components are weighted by a kernel of the functions.

    Args:
        source: the problem, or pairs.
        seconds: how long to learn from a problem; until the residual no longer falls where None. Pairs are
            learnt from at once.
        seed: of all random choices.
        progress: called with a fraction and a message.
        network: the network for a problem; a `DeepONet` sees functions and points apart, others together.
        steps: of the optimiser, at most; as many as time allows where None.

    Raises:
        SolverError: if a setting makes no sense.

    Example:
        >>> from physforge_kernel.pinn.operators import GaussianField
        >>> problem = OperatorProblem(
        ...     "u_x = f", {"x": (0, 1)}, ["u(0) = 0"], {"f": GaussianField(length_scale=0.5)}
        ... )
        >>> operator = learn_operator(problem, steps=24)
        >>> solution = operator(f=np.cos)
        >>> bool(abs(solution.field(x=[1.0]).u.item() - np.sin(1)) < 0.05)
        True
    """
    if seconds is not None and not seconds > 0:
        raise SolverError(f"{seconds!r} seconds are no time to learn; give a positive number, or None.")
    if isinstance(source, OperatorPairs):
        if network is not None or steps is not None:
            raise SolverError("Pairs are learnt from without a network; leave `network` and `steps` out.")
        return _from_pairs(source, seed)
    if steps is not None and steps < 1:
        raise SolverError(f"{steps!r} steps teach nothing; give at least one, or None.")
    began = time.monotonic()
    generator = torch.Generator().manual_seed(seed)
    taught = family(source, network)
    learning = Learning(taught, generator, taught.family.initial(generator))
    learning.run(Until(seconds, steps), progress or (lambda fraction, message: None))
    return _from_problem(source, learning, seed, time.monotonic() - began)


def _from_problem(problem: OperatorProblem, learning: Learning, seed: int, seconds: float) -> Operator:
    rows, taught = learning.history, learning.taught
    return Operator(
        problem.inputs,
        Space(
            problem.box,
            Components(problem.fields),
            problem.problem.periodic,
            str(problem.problem.equation),
        ),
        NetworkModel(taught.family, learning.best),
        seed=seed,
        residual=learning.residual,
        seconds=seconds,
        notes=taught.notes,
        history=xr.Dataset({name: ("look", np.array([row[name] for row in rows])) for name in _HISTORY}),
    )


def _from_pairs(pairs: OperatorPairs, seed: int) -> Operator:
    began = time.monotonic()
    fitted = fit(pairs)
    return Operator(
        fitted.inputs,
        fitted.space,
        fitted.model,
        seed=seed,
        residual=fitted.model.branch.missed,
        seconds=time.monotonic() - began,
        notes=fitted.notes,
    )
