"""The job kind `discover`: which equation does this field obey?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, field_validator, model_validator

from ...errors import DiscoveryError
from .._context import Context
from .._kind import Kind
from ._field_file import add_field
from ._settings import AxesSetting, SeedSetting

if TYPE_CHECKING:
    pass

#: Progress at which the law is found, where resamplings follow.
_FOUND_AT = 0.3

#: Inputs that hold further experiments.
_FURTHER = ("field_2", "field_3", "field_4")


def _offer_methods(schema: dict[str, Any]) -> None:
    from ...discovery import methods

    schema["enum"] = list(methods())


class DiscoverConfig(BaseModel):
    """Settings of a discovery."""

    model_config = ConfigDict(extra="forbid")

    target: str | list[str] | None = Field(
        default=None,
        title="Left side",
        description="A derivative such as u_t, or a list; empty tries every time derivative.",
        json_schema_extra={"x-suggest": "derivatives"},
    )
    library: list[str] | None = Field(
        default=None,
        title="More candidates",
        description="Terms to try besides powers and their derivatives, such as sin(u), x*u_x.",
        examples=["sin(u)", "x*u_x", "exp(-t)*u"],
    )
    degree: int | None = Field(
        default=None,
        ge=1,
        le=5,
        title="Degree",
        description="Highest degree of the powers that are tried; empty takes 3.",
    )
    order: int | None = Field(
        default=None,
        ge=0,
        le=6,
        title="Order",
        description="Highest order of their derivatives; empty takes 4 along a line, 2 in a plane or space.",
    )
    controls: list[str] = Field(
        default_factory=list,
        title="Controls",
        description="Variables without a law of their own that may stand in those of the others.",
        examples=["f"],
    )
    method: str = Field(
        default="weak",
        title="Method",
        description="What chooses the terms: the weak form, or an optimiser of PySINDy's.",
        json_schema_extra=_offer_methods,
    )
    options: dict[str, JsonValue] = Field(
        default_factory=dict,
        title="Options",
        description='Of that optimiser, as PySINDy calls them, such as {"threshold": 0.05}.',
    )
    draws: int = Field(
        default=0,
        ge=0,
        le=10000,
        title="Resamplings",
        description="How often to search resampled data again, to see how stable the law is; 0 for never.",
    )
    file: str | Annotated[list[str], Field(min_length=1)] | None = Field(
        default=None,
        title="File",
        description="Which file of the dataset, such as runs/a.csv; several are experiments with one law.",
        json_schema_extra={"x-suggest": "files"},
    )
    dims: AxesSetting = None
    seed: SeedSetting = 0

    @field_validator("library")
    @classmethod
    def _can_be_read(cls, terms: list[str] | None) -> list[str] | None:
        from ...discovery import check_term

        for term in terms or ():
            try:
                check_term(term)
            except DiscoveryError as error:
                raise ValueError(str(error)) from error
        return terms

    @model_validator(mode="after")
    def _can_be_chosen(self) -> DiscoverConfig:
        from ...discovery import check_method

        try:
            check_method(self.method, self.options)
        except DiscoveryError as error:
            raise ValueError(str(error)) from error
        return self


def run(config: DiscoverConfig, context: Context) -> None:
    """Discover the law of the input `field`; leave the discovery in `result.json`, its fit in `fit.nc`.

    The inputs `field_2` to `field_4`, and several files of `field`, are experiments that share the law. The
    input `candidates`, if it is given, holds a library of terms. Resamplings are inner tasks; what they
    choose is under `stability` in the result.
    """
    from ...derivatives import library
    from ...discovery import candidates
    from ...discovery import discover as search

    context.progress(0.0, "Reading the field")
    files = config.file if isinstance(config.file, list) else (config.file,)
    fields = [context.inputs["field"].open(file, dims=config.dims) for file in files]
    fields += [context.inputs[name].open(dims=config.dims) for name in _FURTHER if name in context.inputs]
    given = context.inputs.get("candidates")
    kept = library.load(given.file()) if given is not None else None
    first = _FOUND_AT if config.draws else 0.9
    found = search(
        fields,
        target=config.target,
        seed=config.seed,
        progress=lambda fraction, message: context.progress(0.05 + (first - 0.05) * fraction, message),
        library=candidates(
            fields[0],
            config.library or (),
            degree=config.degree,
            order=config.order,
            target=config.target,
            library=kept,
        ),
        controls=config.controls,
        method=config.method,
        options=config.options,
    )
    context.raise_if_cancelled()
    result, stable = found.to_dict(), None
    if config.draws:
        stable = found.stability(
            draws=config.draws,
            seed=config.seed,
            map=context.map,
            progress=lambda fraction, message: context.progress(first + (0.9 - first) * fraction, message),
        )
        result["stability"] = stable.to_dict()
    context.progress(0.95, "Writing the result")
    add_field(context, "fit.nc", found.best.fit)
    context.artifacts.add("result.json", result)
    context.log(str(found))
    if stable is not None:
        context.log(f"\n{stable}")


discover = Kind(
    name="discover",
    config=DiscoverConfig,
    run=run,
    title="Discovery",
    summary="Finds the differential equation behind a measured field, with intervals and a verdict.",
    optional={
        "candidates": "A library of candidate terms to choose from, as physforge_kernel saves them.",
        **dict.fromkeys(_FURTHER, "Another experiment that obeys the same law."),
    },
)
