"""The job kind `report`: a job's result as a page that can be handed on."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from .._context import Context
from .._kind import Kind


def _offer_templates(schema: dict[str, Any]) -> None:
    from ...reports import templates

    schema["enum"] = list(templates())


class ReportConfig(BaseModel):
    """Settings of a report."""

    model_config = ConfigDict(extra="forbid")

    job: str = Field(
        title="Job",
        description="A job that succeeded, by its id.",
        min_length=1,
        max_length=64,
        json_schema_extra={"x-suggest": "jobs"},
    )
    template: str = Field(
        default="discovery",
        title="Template",
        description="How the report is laid out.",
        json_schema_extra=_offer_templates,
    )
    title: str | None = Field(
        default=None,
        title="Title",
        description="The report's title; empty for one that names the data.",
        max_length=300,
    )


def run(config: ReportConfig, context: Context) -> None:
    """Render the job's report as the owner of this job, and leave its id in `result.json`."""
    from physforge_kernel import connect

    rendered = context.resume()  # by an earlier attempt, which died before it could say so
    if rendered is None:
        report = connect().reports.render(
            config.job, template=config.template, title=config.title, progress=context.progress
        )
        context.checkpoint(report.id.encode())
        made = report.id
    else:
        made = rendered.read_text(encoding="utf-8")
    context.artifacts.add("result.json", {"report": made})


report = Kind(
    name="report",
    config=ReportConfig,
    run=run,
    title="Report",
    summary="Renders a job's result as a notebook that reruns and a web page that needs no network.",
    inputs=(),
)
