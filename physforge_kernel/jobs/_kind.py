"""What a kind of job is: a checked config, the inputs it needs, and the function that does the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ..errors import JobError

if TYPE_CHECKING:
    from pydantic import BaseModel, ValidationError

    from ._context import Context


_PLAINER = {"string_unicode": "it should be text in UTF-8"}
"""Type of an error of pydantic's -> what to say in the place of its own words."""


@dataclass(frozen=True)
class Kind:
    """A kind of job: `run(config, context)` reads its inputs from the context and leaves artifacts there.

    Args:
        name: what people write in `ws.jobs.submit(name, ...)`.
        config: the pydantic model of the settings; its JSON schema drives validation, forms and docs.
        run: does the work in a process of its own. A `PhysForgeError` it raises is what people read.
        summary: one sentence on what the job does.
        inputs: the names of the datasets it needs.
        optional: the names of datasets that it takes besides, where they are given, with a sentence on each.
        title: what a form or a list calls it; its name with a capital if left out.
        seconds: the longest one attempt may take; None for no limit.
        memory_bytes: the most memory an attempt's processes may hold together; None for no limit.

    Example:
        >>> from pydantic import BaseModel
        >>> class Config(BaseModel):
        ...     seed: int = 0
        >>> count = Kind("count", Config, lambda config, context: None, "Counts.", inputs=())
        >>> count.validate({"seed": 3})
        {'seed': 3}
        >>> count.validate({"sed": 3})
        Traceback (most recent call last):
        ...
        physforge_kernel.errors.JobError: A count job has no setting 'sed'. Its settings: seed.
    """

    name: str
    config: type[BaseModel]
    run: Callable[[Any, Context], None]
    summary: str
    inputs: tuple[str, ...] = ("field",)
    seconds: float | None = None
    memory_bytes: int | None = None
    title: str = ""
    optional: Mapping[str, str] = field(default_factory=dict)

    def parse(self, config: Mapping[str, Any] | None) -> BaseModel:
        """Return the config as its model.

        Args:
            config: settings by name; what is left out takes its default.

        Raises:
            JobError: a setting is unknown, missing or of the wrong type; the message names each.
        """
        from pydantic import ValidationError

        given = dict(config or {})
        known = self.config.model_fields
        unknown = [name for name in given if name not in known and not _has_alias(self.config, name)]
        if unknown and self.config.model_config.get("extra") != "allow":
            names = ", ".join(repr(name) for name in unknown)
            settings = ", ".join(sorted(known)) or "none"
            raise JobError(f"A {self.name} job has no setting {names}. Its settings: {settings}.")
        try:
            return self.config.model_validate(given)
        except ValidationError as error:
            raise JobError(f"The config of this {self.name} job cannot be used: {_sentence(error)}") from None

    def validate(self, config: Mapping[str, Any] | None) -> dict[str, Any]:
        """Return the config as JSON values, defaults filled in; raise `JobError` if it cannot be used."""
        return self.parse(config).model_dump(mode="json")

    def schema(self) -> dict[str, Any]:
        """Return the JSON schema of the config, titled and described for forms; `x-order` is its order."""
        return {
            **self.config.model_json_schema(),
            "title": self.title or self.name.capitalize(),
            "description": self.summary,
            "x-order": list(self.config.model_fields),
        }


def _has_alias(model: type[BaseModel], name: str) -> bool:
    return any(name in (field.alias, field.validation_alias) for field in model.model_fields.values())


def _sentence(error: ValidationError) -> str:
    parts: list[str] = []
    for problem in error.errors(include_url=False, include_context=False):
        place = ".".join(str(step) for step in problem["loc"]) or "the whole"
        reason = _PLAINER.get(problem["type"]) or problem["msg"].removeprefix("Value error, ").rstrip(".")
        given = "" if problem["type"] == "missing" else f", not {problem['input']!r:.80}"
        parts.append(f"{place}: {reason}{given}")
    return "; ".join(parts) + "."
