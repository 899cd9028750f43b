"""The job kind `pinn`: solve an equation with a physics-informed network, and find its constants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from ...errors import PhysForgeError
from .._context import Context
from .._kind import Kind
from ._field_file import add_field
from ._settings import AxesSetting, FileSetting, SeedSetting

if TYPE_CHECKING:
    from xarray import Dataset

    from ...pinn import Look, Problem, Settings, Solution
    from ...pinn._many import Map
    from ...pinn.networks import Network

    Alone = Callable[[Problem, dict[str, Any]], Solution]

#: Progress at which training begins, and at which it has ended.
_BEGUN, _TRAINED = 0.02, 0.95


class PinnConfig(BaseModel):
    """Settings of a solution by a physics-informed network."""

    model_config = ConfigDict(extra="forbid")

    equation: list[str] = Field(
        title="Equation",
        min_length=1,
        description="One equation, or several of a system, such as u_t + u*u_x = 0.01*u_xx.",
        examples=["u_t + u*u_x = nu*u_xx"],
    )
    domain: dict[str, tuple[float, float] | dict[str, JsonValue]] = Field(
        title="Domain",
        min_length=1,
        description='The interval of each coordinate, such as {"x": [-1, 1], "t": [0, 1]}, or the shape of '
        'several, such as {"x, y": {"ball": {"centre": [0, 0], "radius": 1}}}.',
    )
    conditions: list[str] = Field(
        default_factory=list,
        title="Conditions",
        description="What holds on edges, such as u(x, 0) = -sin(pi*x), u_x(1, t) = 0, periodic in x.",
    )
    parameters: dict[str, tuple[float, float]] = Field(
        default_factory=dict,
        title="Constants to find",
        description='Bounds of the constants that data tell, such as {"nu": [0.0001, 1]}.',
    )
    noise: float | dict[str, float] | None = Field(
        default=None,
        title="Noise",
        description="The standard deviation of the data, by component or of all; empty if it is not known.",
    )
    units: dict[str, str] = Field(
        default_factory=dict,
        title="Units",
        description='Of fields, coordinates and constants, such as {"u": "m/s", "x": "m"}; they are checked.',
    )
    seconds: float | None = Field(
        default=300.0,
        gt=0,
        title="Seconds",
        description="How long to train; empty until the residual no longer falls.",
    )
    stretches: int | None = Field(
        default=None,
        ge=1,
        title="Stretches",
        description="Into how many stretches time is divided; empty for as many as it takes.",
    )
    network: dict[str, JsonValue] = Field(
        default_factory=dict,
        title="Network",
        description='Its kind and sizes, such as {"kind": "MLP", "width": 20}; empty chooses one.',
    )
    training: dict[str, JsonValue] = Field(
        default_factory=dict,
        title="Training",
        description='Fields of Settings, such as {"points": 3000, "sampling": "retained"}.',
    )
    seeds: int = Field(
        default=1,
        ge=1,
        le=100,
        title="Runs",
        description="Trainings from seeds of their own, side by side; how far they differ is told.",
    )
    nodes: dict[str, int] = Field(
        default_factory=dict,
        title="Nodes",
        description='Of the grid that the solution is written on, such as {"x": 256, "t": 101}.',
    )
    derivatives: list[str] = Field(
        default_factory=list,
        title="Derivatives",
        description="To be written beside the field, such as u_xx.",
        json_schema_extra={"x-suggest": "derivatives"},
    )
    checkpoint_seconds: float = Field(
        default=15.0,
        ge=0,
        title="Seconds between checkpoints",
        description="How often the state is kept from which training goes on if its worker dies.",
    )
    file: FileSetting = None
    dims: AxesSetting = None
    seed: SeedSetting = 0

    @field_validator("network")
    @classmethod
    def _is_a_network(cls, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        _told(_network, given)
        return given

    @field_validator("training")
    @classmethod
    def _is_training(cls, given: dict[str, JsonValue]) -> dict[str, JsonValue]:
        _told(_settings, given)
        return given

    @model_validator(mode="after")
    def _is_a_problem(self) -> PinnConfig:
        _told(_check, self)
        return self


@dataclass(frozen=True)
class Outcome:
    """What a config leads to.

    Attributes:
        solution: of one run, or the best of several.
        field: on the grid that the config names, with its derivatives.
        result: constants, residuals and notes as plain values.
    """

    solution: Solution
    field: Dataset
    result: dict[str, Any]


def carry_out(config: PinnConfig, data: Dataset | None, alone: Alone, side_by_side: Map = map) -> Outcome:
    """Solve what a config says.

    Args:
        config: the problem, and how to train.
        data: measurements.
        alone: makes one run of a problem, with what else `solve` takes.
        side_by_side: applies a function to all seeds of several runs.

    Raises:
        SolverError: if the problem cannot be posed or solved.
    """
    from ...pinn import ensemble

    problem = _problem(config, data)
    how: dict[str, Any] = {
        "seconds": config.seconds,
        "network": _network(config.network),
        "stretches": config.stretches,
        "settings": _settings(config.training),
    }
    if config.seeds == 1:
        solution = alone(problem, how)
        field = solution.derivatives(*problem.components.names, *config.derivatives, **config.nodes)
        return Outcome(solution, field, _result(solution))
    seeds = range(config.seed, config.seed + config.seeds)
    several = ensemble(problem, seeds, map=side_by_side, **how)
    solution, field = several.best, several.field(**config.nodes)
    if config.derivatives:
        field = field.merge(solution.derivatives(*config.derivatives, **config.nodes))
    more = {
        "spread": {name: spread for name, (_, spread) in several.parameters.items()},
        "residuals": [each.residual for each in several.solutions],
    }
    return Outcome(solution, field, _result(solution) | more)


def run(config: PinnConfig, context: Context) -> None:
    """Solve; leave the solution in `solution.safetensors`, on a grid in `field.nc`, and in `result.json`.

    The input `data`, if it is given, holds measurements. One run goes on from its checkpoint where an attempt
    was cut off; several are inner tasks.
    """
    context.progress(0.0, "Posing the problem")
    given = context.inputs.get("data")
    data = given.open(config.file, dims=config.dims) if given is not None else None
    outcome = carry_out(config, data, partial(_alone, config, context), context.map)
    context.progress(_TRAINED, "Writing the solution")
    _write(outcome, context)


def _alone(config: PinnConfig, context: Context, problem: Problem, how: dict[str, Any]) -> Solution:
    import shutil

    from ...pinn import Checkpoint, solve

    state = context.scratch / "state.safetensors"
    kept = context.resume()
    if kept is not None:
        shutil.copyfile(kept, state)
        context.log("Training goes on from where it was cut off.")

    def looked(look: Look) -> None:
        context.progress(_BEGUN + (_TRAINED - _BEGUN) * look.fraction, str(look))
        values = {"loss": look.loss, "residual": look.residual, "condition": look.condition}
        context.metrics(values, step=look.step)

    checkpoint = Checkpoint(state, seconds=config.checkpoint_seconds, written=context.checkpoint)
    return solve(problem, seed=config.seed, checkpoint=checkpoint, callbacks=[looked], **how)


def _write(outcome: Outcome, context: Context) -> None:
    solution = outcome.solution
    path = solution.save(context.scratch / "solution.safetensors")
    context.artifacts.add("solution.safetensors", path)
    add_field(context, "field.nc", outcome.field)
    context.artifacts.add("result.json", outcome.result)
    context.log(str(solution))
    for note in solution.notes:
        context.log(note)


def _result(solution: Solution) -> dict[str, Any]:
    return {
        "equation": str(solution.problem.equation),
        "parameters": solution.parameters,
        "intervals": {name: list(ends) for name, ends in solution.intervals().items()},
        "residual": solution.residual,
        "condition": solution.condition,
        "stretches": [[each.start, each.end] for each in solution.stretches],
        "seconds": solution.seconds,
        "notes": list(solution.notes),
    }


def _problem(config: PinnConfig, data: Dataset | None) -> Problem:
    from ...pinn import Problem

    return Problem(
        config.equation,
        dict(config.domain),
        config.conditions,
        data=data,
        parameters=dict(config.parameters),
        noise=config.noise,
        units=config.units,
    )


def _check(config: PinnConfig) -> None:
    from ...pinn import Problem

    Problem.check(
        config.equation, dict(config.domain), config.conditions, dict(config.parameters), config.units
    )


def _network(given: dict[str, JsonValue]) -> Network | None:
    from ...pinn.networks import network_from_dict

    return network_from_dict({"kind": "MLP"} | given) if given else None


def _settings(given: dict[str, JsonValue]) -> Settings:
    from ...pinn import Settings

    return Settings.from_dict(given)


def _told(make: Callable[..., object], *given: object) -> None:
    """Have what cannot be made refused in the words of who makes it."""
    try:
        make(*given)
    except PhysForgeError as error:
        raise ValueError(str(error)) from error


pinn = Kind(
    name="pinn",
    config=PinnConfig,
    run=run,
    title="Solution",
    summary="Solves a differential equation with a network that obeys it, and finds its constants from data.",
    inputs=(),
    optional={"data": "Measurements that the solution has to agree with."},
)
