"""The kinds of jobs, by name: those that come with PhysForge, one file each, and those of installed packages.

A package adds a kind with an entry point in the group `physforge.kinds` that leads to a `Kind`:

    [project.entry-points."physforge.kinds"]
    denoise = "my_package.kinds:denoise"

In come names and configs; out go `Kind` objects, checked configs and JSON schemas.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from ...errors import JobError
from .._kind import Kind

ENTRY_POINTS = "physforge.kinds"

_OWN = {
    name: f"{__name__}.{name}:{name}"
    for name in ("derivatives", "discover", "notebook", "pinn", "report", "symbolic")
}

WAITING = frozenset({"notebook"})
"""The kinds that may wait for other jobs: their slots are their own, so that they hold up none of those."""

__all__ = ["ENTRY_POINTS", "WAITING", "Validator", "get", "names", "schema", "validators"]


def names() -> tuple[str, ...]:
    """Return the names of every kind that can be submitted here, sorted.

    Example:
        >>> "discover" in names()
        True
    """
    return tuple(sorted({*_OWN, *(entry.name for entry in _installed())}))


def get(name: str) -> Kind:
    """Return the kind called `name`.

    Raises:
        JobError: there is no such kind (the message lists those there are), or it could not be loaded.

    Example:
        >>> get("discover").inputs
        ('field',)
        >>> get("disover")
        Traceback (most recent call last):
        ...
        physforge_kernel.errors.JobError: There is no kind of job called 'disover'. Did you mean 'discover'?
        ...
    """
    if name in _OWN:
        module, _, attribute = _OWN[name].partition(":")
        return getattr(importlib.import_module(module), attribute)
    found = [entry for entry in _installed() if entry.name == name]
    if not found:
        raise JobError(_unknown(name))
    return _load(found[0])


def schema(name: str) -> dict[str, Any]:
    """Return the JSON schema of the config of kind `name`."""
    return get(name).schema()


@dataclass(frozen=True)
class Validator:
    """What a workspace asks of a kind to accept a job: to check its config, and which inputs it takes."""

    kind: Kind

    @property
    def inputs(self) -> tuple[str, ...]:
        return self.kind.inputs

    @property
    def optional(self) -> tuple[str, ...]:
        return tuple(self.kind.optional)

    def __call__(self, config: Mapping[str, Any]) -> Mapping[str, Any]:
        return self.kind.validate(config)


def validators() -> Mapping[str, Validator]:
    """Return the validators of every kind, by name; a kind is loaded only when its own is asked for.

    Example:
        >>> checked = validators()["discover"]({"seed": 7})
        >>> checked["target"], checked["draws"], checked["seed"]
        (None, 0, 7)
    """
    return _Validators()


class _Validators(Mapping[str, Validator]):
    def __getitem__(self, name: str) -> Validator:
        if name not in names():
            raise KeyError(name)
        return Validator(get(name))

    def __iter__(self) -> Iterator[str]:
        return iter(names())

    def __len__(self) -> int:
        return len(names())


def _installed() -> tuple[EntryPoint, ...]:
    return tuple(entry_points(group=ENTRY_POINTS))


def _load(entry: EntryPoint) -> Kind:
    package = entry.dist.name if entry.dist is not None else entry.module
    try:
        kind = entry.load()
    except Exception as error:  # whatever a third-party module raises must become a sentence that names it
        raise JobError(
            f"The kind of job {entry.name!r} of the package {package!r} could not be loaded "
            f"from {entry.value!r}: {type(error).__name__}: {error}. Repair or uninstall that package."
        ) from error
    if not isinstance(kind, Kind) or kind.name != entry.name:
        raise JobError(
            f"The entry point {entry.name!r} of the package {package!r} leads to {kind!r:.120}, "
            f"not to a physforge_kernel.jobs.Kind called {entry.name!r}."
        )
    return kind


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name, names(), n=1)
    hint = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no kind of job called {name!r}.{hint} Known kinds: {', '.join(names())}."
