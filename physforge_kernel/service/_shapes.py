"""What requests carry and answers hold, where it is not a record of the workspace as it stands."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from ..workspace._job_views import JobRecord
from ..workspace._protocol import DatasetInfo, FileEntry

T = TypeVar("T")

_BRIEF = 2_000  # characters of JSON


def _kept_as_json(value: dict[str, Any]) -> dict[str, Any]:
    try:
        json.dumps(value, allow_nan=False, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        raise ValueError("it holds half a surrogate pair, which is no text") from error
    except (ValueError, RecursionError) as error:
        raise ValueError("it holds NaN or an infinity, which JSON has not, or is nested too deep") from error
    return value


def _without_nul(text: str) -> str:
    if "\0" in text:
        raise ValueError("it holds the character NUL")
    return text


Text = Annotated[str, AfterValidator(_without_nul)]
Name = Annotated[str, Field(max_length=256), AfterValidator(_without_nul)]
Settings = Annotated[dict[str, Any], AfterValidator(_kept_as_json)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewJob(_Body):
    """A job to queue; the same idempotency key with the same request returns the first job."""

    kind: Name
    config: Settings = {}
    inputs: dict[Name, Name] = Field(default={}, description="Input name -> a reference such as wake@3.")
    name: Name | None = None
    idempotency_key: Name | None = Field(default=None, min_length=1)
    priority: int = Field(default=0, ge=-1_000_000, le=1_000_000)
    max_attempts: int = Field(default=3, le=100)


def in_brief(record: JobRecord) -> JobRecord:
    """Return a job's record as lists and streams show it: without settings whose JSON is long.

    A notebook's source has megabytes, and lists are read at every change.
    """
    config = {name: value for name, value in record.config.items() if not _is_long(value)}
    return record if len(config) == len(record.config) else replace(record, config=config)


def _is_long(value: Any) -> bool:
    if isinstance(value, str) and len(value) > _BRIEF:
        return True
    return len(json.dumps(value, ensure_ascii=False)) > _BRIEF


class NewReport(_Body):
    """A report to render of a job that succeeded."""

    job: Name
    template: Name = "discovery"
    title: Annotated[str, Field(max_length=500), AfterValidator(_without_nul)] | None = None


class NewFile(_Body):
    """A file that an upload is going to hold."""

    path: Annotated[str, Field(max_length=1024)]
    size: int = Field(ge=0, le=2**60, description="In bytes.")

    def entry(self) -> FileEntry:
        return FileEntry(self.path, self.size, "")


class NewUpload(_Body):
    """An upload to begin; its files are sent one by one, and it becomes a version when it is committed."""

    name: Name | None = None
    called: Name | None = Field(
        default=None, description="The folder's own name, of which the dataset's is made where none is given."
    )
    description: Annotated[str, Field(max_length=20_000), AfterValidator(_without_nul)] = ""
    tags: list[Annotated[str, Field(max_length=128), AfterValidator(_without_nul)]] = Field(
        default=[], max_length=64
    )
    files: list[NewFile] = Field(max_length=20_000)


class Begun(BaseModel):
    """An upload that was begun."""

    id: str


class Items(BaseModel):
    """Datasets, by name."""

    items: list[DatasetInfo]


class Who(BaseModel):
    """A person as the service knows them."""

    name: str
    scopes: list[str]


class About(BaseModel):
    """The service, and who asked."""

    name: str
    version: str
    person: Who


class Health(BaseModel):
    """Whether a service is well, part by part."""

    status: str
    parts: dict[str, str] = {}


class KindInfo(BaseModel):
    """A kind of job: what it does, the inputs it needs and may have, and the JSON schema of its settings."""

    name: str
    summary: str
    inputs: list[str]
    optional: dict[str, str]
    schema_: dict[str, Any] = Field(alias="schema")
