"""`solve`: from a problem to its solution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from torch import nn

from ..errors import SolverError
from ._approximation import Embedding
from ._checkpoint import Checkpoint
from ._course import Course, Look
from ._problem import Problem
from ._settings import Settings
from ._solution import Solution
from ._waves import made_of_products, prescribed_waves
from .networks import MLP, ModuleNetwork, Network, SeparableMLP

Progress = Callable[[float, str], None]
"""Called with a fraction and a message."""


def solve(
    problem: Problem,
    seconds: float | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    network: Network | nn.Module | None = None,
    stretches: int | None = None,
    settings: Settings | None = None,
    start: Solution | None = None,
    checkpoint: Checkpoint | Path | str | None = None,
    callbacks: Sequence[Callable[[Look], object]] = (),
) -> Solution:
    """Solve a problem with a physics-informed network.

    Args:
        problem: the problem.
        seconds: how long to train; until the residual no longer falls where None.
        seed: of all random choices.
        progress: called with a fraction and a message.
        network: the network; where None, layers of tanh, few and narrow for ordinary differential equations,
            or a sum of products of functions of one axis each where a linear equation has sources, starts or
            edges made of fast waves along several axes. A PyTorch module serves as well, see `ModuleNetwork`.
        stretches: into how many stretches time is divided, one solved after the other; as many as it takes
            for each to be learnt readily where None.
        settings: of points, weights and losses.
        start: a solution of a problem like this one, whose weights training starts from.
        checkpoint: a file that keeps the state of training every half minute, and from which training goes
            on where it exists; it is removed at the end. Training that goes on gives the numbers that it
            would have given without the interruption, as far as it ends by steps and not by time.
        callbacks: each called with every `Look` at points held out; one that returns True ends the training
            of the present stretch of time.

    Raises:
        SolverError: if a setting makes no sense, a checkpoint is of another problem, or the equation has no
            value where training starts.

    Example:
        >>> decay = Problem("u_t = -u", {"t": (0, 1)}, ["u(0) = 1"])
        >>> solution = solve(decay, settings=Settings(steps=60))
        >>> bool(abs(solution.field(t=[1.0]).u.item() - 0.36788) < 1e-4)
        True
    """
    if seconds is not None and not seconds > 0:
        raise SolverError(f"{seconds!r} seconds are no time to train; give a positive number, or None.")
    if stretches is not None and (stretches < 1 or "t" not in problem.box.axes):
        raise SolverError(f"Time cannot be divided into {stretches} stretches here; leave `stretches` out.")
    settings = settings or Settings()
    network = _network(problem, network)
    unknown = settings.weights.keys() - {condition.text for condition in problem.conditions}
    if unknown:
        listed = ", ".join(repr(condition.text) for condition in problem.conditions) or "none"
        raise SolverError(f"weights names {min(unknown)!r}, which is no condition; the conditions: {listed}.")

    def looked(look: Look) -> bool:
        if progress is not None:
            progress(look.fraction, str(look))
        return any([bool(callback(look)) for callback in callbacks])

    course = Course(problem, seconds, seed, network, stretches, settings, looked, warm=start)
    if checkpoint is None:
        return course.run()
    keeper = checkpoint if isinstance(checkpoint, Checkpoint) else Checkpoint(Path(checkpoint))
    keeper.resume(course)
    course.kept = keeper.keep
    solution = course.run()
    keeper.path.unlink(missing_ok=True)
    return solution


def _network(problem: Problem, given: Network | nn.Module | None) -> Network:
    """The network that is meant, if it can do what the problem asks for."""
    network = default_network(problem) if given is None else given
    if not isinstance(network, Network):
        network = ModuleNetwork(module=network)
    embedding = Embedding(problem.box, problem.periodic, prescribed_waves(problem))
    network.check(*problem.highest, embedding.width, problem.components.columns)
    return network


def default_network(problem: Problem) -> Network:
    """The network that a problem is solved with where none is named.

    A network of layers hardly learns a field that is made of fast waves along several axes; one that is a sum
    of products of functions of one axis each does.
    """
    waves = prescribed_waves(problem)
    if len(problem.box.axes) == 1:
        return MLP(width=12, depth=2)
    if made_of_products(problem, waves):
        embedding = Embedding(problem.box, problem.periodic, waves)
        return SeparableMLP(width=20, depth=2, rank=12, groups=embedding.groups)
    return MLP(width=20, depth=3)
