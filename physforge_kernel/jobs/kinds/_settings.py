"""Settings that several kinds of job have, with the words that forms show."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

FileSetting = Annotated[
    str | None,
    Field(
        title="File",
        description="Which file of the dataset, such as runs/a.csv; empty where it has only one.",
        json_schema_extra={"x-suggest": "files"},
    ),
]

AxesSetting = Annotated[
    str | list[str] | None,
    Field(
        title="Axes",
        description="The axes of the file's arrays in their order, such as x,t; empty where the file tells.",
    ),
]

SeedSetting = Annotated[int, Field(ge=0, title="Seed", description="Fixes the random choices of the search.")]
