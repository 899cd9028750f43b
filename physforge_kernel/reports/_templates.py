"""The report templates that ship with PhysForge: parameterised notebooks."""

from __future__ import annotations

from pathlib import Path

from .._shared import shared_folder
from ..errors import ReportError


def names() -> tuple[str, ...]:
    """Return the templates' names.

    Example:
        >>> "discovery" in names()
        True
    """
    return tuple(sorted(path.stem for path in shared_folder("templates").glob("*.ipynb")))


def find(name: str) -> Path:
    """Return the notebook of a template.

    Raises:
        ReportError: there is no such template.
    """
    if name not in names():
        raise ReportError(
            f"There is no report template {name!r}; templates are {', '.join(names()) or 'missing'}."
        )
    return shared_folder("templates") / f"{name}.ipynb"
