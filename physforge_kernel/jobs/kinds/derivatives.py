"""The job kind `derivatives`: derivatives and terms of a law on every sample of a field."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from .._context import Context
from .._kind import Kind
from ._field_file import add_field
from ._settings import AxesSetting, FileSetting


def _offer_methods(schema: dict[str, Any]) -> None:
    from ...derivatives import methods

    schema["enum"] = ["auto", *methods()]


class DerivativesConfig(BaseModel):
    """Settings of a differentiation."""

    model_config = ConfigDict(extra="forbid")

    terms: list[str] = Field(
        title="Terms",
        min_length=1,
        description="Derivatives such as u_x or u_xxx, and products and functions such as u*u_x or sin(u).",
        examples=["u_t", "u_x", "u_xx", "u*u_x"],
        json_schema_extra={"x-suggest": "derivatives"},
    )
    method: str = Field(
        default="auto",
        title="Method",
        description="How to differentiate; auto takes, along each axis, what states the least error.",
        json_schema_extra=_offer_methods,
    )
    options: dict[str, JsonValue] = Field(
        default_factory=dict, title="Options", description='Of the method, such as {"window": 21}.'
    )
    file: FileSetting = None
    dims: AxesSetting = None


def run(config: DerivativesConfig, context: Context) -> None:
    """Evaluate the terms; leave them with the field's own variables in `terms.nc`.

    Such a file has no `/` in the names of variables: a term such as `u/x` has a colon there, and its
    attribute `term` says what was asked for.
    """
    from ...derivatives import evaluate

    context.progress(0.0, "Reading the field")
    field = context.inputs["field"].open(config.file, dims=config.dims)
    context.progress(0.1, "Differentiating")
    found = evaluate(field, config.terms, method=config.method, **config.options)
    context.raise_if_cancelled()
    context.progress(0.9, "Writing the terms")
    methods = {
        text: {key: str(found[text].attrs[key]) for key in ("method", "reason") if key in found[text].attrs}
        for text in config.terms
    }
    for text in config.terms:
        found[text].attrs["term"] = text
    named = {name: str(name).replace("/", ":") for name in found.data_vars}
    add_field(context, "terms.nc", found.rename(named).merge(field, combine_attrs="override"))
    context.artifacts.add("result.json", {"terms": config.terms, "methods": methods})


derivatives = Kind(
    name="derivatives",
    config=DerivativesConfig,
    run=run,
    title="Derivatives",
    summary="Evaluates derivatives, with their errors, and terms of a law on every sample of a field.",
)
