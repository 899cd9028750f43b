"""The job kind `notebook`: a notebook, run from its first cell to its last with parameters."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, model_validator

from ...errors import ReportError
from .._context import Context
from .._kind import Kind

_RUN_ENDS_AT = 0.95


def _offer_notebooks(schema: dict[str, Any]) -> None:
    from ...reports import notebooks

    schema["examples"] = [name for name in notebooks.names() if "/" not in name]


class NotebookConfig(BaseModel):
    """Settings of a notebook's run."""

    model_config = ConfigDict(extra="forbid")

    notebook: str = Field(
        title="Notebook",
        description="One that ships with PhysForge, such as 01_first_law, or a title for your own.",
        min_length=1,
        max_length=200,
        json_schema_extra=_offer_notebooks,
    )
    source: str | None = Field(
        default=None,
        title="Source",
        description="Your own notebook: what its .ipynb file holds, at most 5 MB. Outputs are not kept.",
        json_schema_extra={"contentMediaType": "application/x-ipynb+json"},
    )
    parameters: dict[str, JsonValue] = Field(
        default_factory=dict,
        title="Parameters",
        description="Values for names that the notebook's cell tagged 'parameters' assigns.",
    )

    @model_validator(mode="after")
    def _can_be_run(self) -> NotebookConfig:
        from ...reports import notebooks

        found = (
            notebooks.shipped(self.notebook)
            if self.source is None
            else notebooks.read(self.source, self.notebook)
        )
        notebooks.check_parameters(found, self.parameters, self.notebook)
        if self.source is not None:
            self.source = notebooks.text(found)
        return self


def run(config: NotebookConfig, context: Context) -> None:
    """Run the notebook; leave it as `notebook.ipynb`, also if a cell fails, and as `notebook.html`."""
    from ...reports import notebooks

    found = (
        notebooks.shipped(config.notebook)
        if config.source is None
        else notebooks.read(config.source, config.notebook)
    )
    output, folder = context.scratch / "notebook.ipynb", context.scratch / "work"
    folder.mkdir()

    def keep() -> None:
        context.artifacts.add("notebook.ipynb", output, media_type="application/x-ipynb+json")

    try:
        executed = notebooks.run(
            found,
            config.parameters,
            output=output,
            folder=folder,
            progress=lambda fraction, message: context.progress(_RUN_ENDS_AT * fraction, message),
        )
    except ReportError:
        if output.exists():
            keep()
        raise
    keep()
    context.progress(_RUN_ENDS_AT, "Writing the page")
    page = notebooks.page(executed, config.notebook).encode()
    context.artifacts.add("notebook.html", page, media_type="text/html")
    context.artifacts.add("result.json", {"notebook": config.notebook, "parameters": config.parameters})


notebook = Kind(
    name="notebook",
    config=NotebookConfig,
    run=run,
    title="Notebook",
    summary="Runs a notebook from its first cell to its last, with parameters, and keeps what it showed.",
    inputs=(),
)
