"""The job kind `symbolic`: which formula gives this column, or this derivative, from the others?"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from .._context import Context
from .._kind import Kind
from ._settings import AxesSetting, FileSetting, SeedSetting


class SymbolicConfig(BaseModel):
    """Settings of a symbolic regression."""

    model_config = ConfigDict(extra="forbid")

    target: str = Field(
        title="Output",
        min_length=1,
        description="What to explain: a variable, or a derivative such as u_t.",
        json_schema_extra={"x-suggest": "derivatives"},
    )
    inputs: list[str] = Field(
        title="Inputs",
        min_length=1,
        description="What it may depend on: variables, axes, and derivatives such as u_xx.",
    )
    operators: list[str] = Field(
        default_factory=list,
        title="Operators",
        description="What a formula may have, such as + - * / sqrt exp log sin cos; empty allows all.",
    )
    units: dict[str, str] | None = Field(
        default=None,
        title="Units",
        description="The unit of every input and of the output, such as kg*m/s^2; 1 for what has none.",
    )
    engine: Literal["auto", "operon", "pysr"] = Field(
        default="auto", title="Engine", description="What evolves formulas where plain ones do not fit."
    )
    seconds: float = Field(
        default=60.0, gt=0, le=86400, title="Seconds", description="How long the search may take at most."
    )
    seeds: int = Field(default=3, ge=1, le=100, title="Runs", description="Runs of the engine.")
    file: FileSetting = None
    dims: AxesSetting = None
    seed: SeedSetting = 0


def run(config: SymbolicConfig, context: Context) -> None:
    """Find the formula, the engine's runs as inner tasks; leave it in `result.json`."""
    from ...discovery.symbolic import OPERATORS
    from ...discovery.symbolic import symbolic as search

    context.progress(0.0, "Reading the field")
    field = context.inputs["field"].open(config.file, dims=config.dims)
    found = search(
        field,
        target=config.target,
        inputs=config.inputs,
        operators=config.operators or OPERATORS,
        units=config.units,
        seconds=config.seconds,
        seeds=config.seeds,
        engine=config.engine,
        seed=config.seed,
        progress=lambda fraction, message: _report(context, fraction, message),
        map=context.map,
        workers=context.host.slots,
    )
    context.artifacts.add("result.json", found.to_dict())
    context.log(str(found))


def _report(context: Context, fraction: float, message: str) -> None:
    context.raise_if_cancelled()
    context.progress(0.05 + 0.9 * fraction, message)


symbolic = Kind(
    name="symbolic",
    config=SymbolicConfig,
    run=run,
    title="Symbolic regression",
    summary="Finds the formula that gives one quantity from others, with a verdict on it.",
)
