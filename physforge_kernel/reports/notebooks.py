"""Notebooks as batch work: those that ship with PhysForge, one's own, their parameters, and running them."""

from __future__ import annotations

import ast
import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from .. import _wording
from .._shared import shared_folder
from ..errors import NotFoundError, ReportError
from . import _templates

LARGEST = 5_000_000
"""The most bytes that a notebook of one's own may have, without what it showed when it was last run."""

_TEMPLATES = "templates/"
_PARAMETERS = "parameters"

Progress = Callable[[float, str], None]


def names() -> tuple[str, ...]:
    """Return the names of the notebooks that ship with PhysForge: tutorials, and the templates of reports.

    Example:
        >>> {"01_first_law", "templates/discovery"} <= set(names())
        True
    """
    tutorials = sorted(path.stem for path in shared_folder("notebooks").glob("*.ipynb"))
    return (*tutorials, *(f"{_TEMPLATES}{name}" for name in _templates.names()))


def shipped(name: str) -> Any:
    """Return a notebook that ships with PhysForge, as an `nbformat` node.

    Raises:
        NotFoundError: there is none of this name; the closest are given.
    """
    if name not in names():
        near = get_close_matches(name, names(), n=1)
        hint = f"Did you mean {near[0]!r}?" if near else f"There are {', '.join(names())}."
        raise NotFoundError(f"No notebook called {name!r:.160} comes with PhysForge. {hint}")
    folder, _, stem = name.rpartition("/")
    path = shared_folder(folder or "notebooks") / f"{stem}.ipynb"
    return read(path.read_text(encoding="utf-8"), name)


def stripped(text: str) -> str:
    """Return what a notebook's file holds without what it showed when it was last run.

    It needs no notebook tools, and leaves text that is no notebook as it is, for `read` to say so.

    Example:
        >>> stripped('{"cells": [{"cell_type": "code", "source": "1", "outputs": ["long"]}]}')
        '{"cells":[{"cell_type":"code","source":"1","outputs":[],"execution_count":null}]}'
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return text
    if not isinstance(document, dict):
        return text
    for cell in _code_cells(document):
        cell["outputs"] = []
        cell.pop("prompt_number", None)  # its name before nbformat 4
        if "cells" in document:
            cell["execution_count"] = None
    if isinstance(metadata := document.get("metadata"), dict):
        metadata.pop("widgets", None)
        metadata.pop("papermill", None)
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def read(text: str, name: str) -> Any:
    """Return a notebook, without what it showed when it was last run, as an `nbformat` node.

    Args:
        text: what its file holds.
        name: what to call it in an error.

    Raises:
        ReportError: it is no notebook, too large, not in Python, or the notebook tools are not installed.
    """
    _require_tools()
    import nbformat
    from nbformat.reader import NotJSONError

    text = stripped(text)
    size = len(text.encode("utf-8", "surrogatepass"))
    if size > LARGEST:
        raise ReportError(
            f"The notebook {name!r:.160} has {_wording.size(size)} without its outputs, and may have "
            f"{_wording.size(LARGEST)}. Keep its data in datasets."
        )
    try:
        notebook = nbformat.reads(text, as_version=4)
        _, notebook = nbformat.validator.normalize(notebook)
        nbformat.validate(notebook)
    except NotJSONError:
        raise ReportError(f"{name!r:.160} is no notebook: it is not JSON.") from None
    except (nbformat.ValidationError, ValueError, LookupError, TypeError, AttributeError) as error:
        said = str(error).strip().splitlines() or [type(error).__name__]
        raise ReportError(
            f"{name!r:.160} is no notebook that can be run, though it is JSON: {said[0].rstrip('.'):.200}."
        ) from None
    language = notebook.metadata.get("language_info", {}).get("name", "python")
    if language != "python":
        raise ReportError(f"The notebook {name!r:.160} is in {language!r:.40}; only Python can be run.")
    return notebook


def text(notebook: Any) -> str:
    """Return what the notebook's file would hold, in one line."""
    import nbformat

    return json.dumps(json.loads(nbformat.writes(notebook)), ensure_ascii=False, separators=(",", ":"))


def title(notebook: Any) -> str:
    """Return the notebook's first heading; empty if it has none."""
    for cell in notebook.cells:
        if cell.cell_type == "markdown" and cell.source.startswith("#"):
            return cell.source.splitlines()[0].lstrip("# ")
    return ""


def parameters(notebook: Any) -> dict[str, str]:
    """Return the parameters that a notebook can be given, and their defaults as Python writes them.

    They are the names that its cell tagged `parameters` assigns.

    Raises:
        ReportError: that cell is not plain Python.

    Example:
        >>> parameters(shipped("templates/discovery"))
        {'job_id': "''", 'title': "''"}
    """
    found: dict[str, str] = {}
    for cell in notebook.cells:
        if cell.cell_type != "code" or _PARAMETERS not in cell.metadata.get("tags", ()):
            continue
        try:
            body = ast.parse(cell.source).body
        except SyntaxError as error:
            raise ReportError(
                f"The notebook's cell tagged 'parameters' is not plain Python (line {error.lineno}: "
                f"{error.msg}). Let it hold assignments only."
            ) from None
        for statement in body:
            match statement:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    found[name] = ast.unparse(value)
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    found[name] = ast.unparse(value)
    return found


def check_parameters(notebook: Any, given: Mapping[str, Any], name: str) -> None:
    """Raise `ReportError` if the notebook has no parameter of a given name."""
    known = parameters(notebook)
    if unknown := [one for one in given if one not in known]:
        has = f"Its parameters: {', '.join(known)}." if known else "It has no cell tagged 'parameters'."
        listed = ", ".join(repr(one) for one in unknown)
        raise ReportError(f"The notebook {name!r:.160} has no parameter {listed:.300}. {has}")


def run(
    notebook: Any,
    given: Mapping[str, Any],
    *,
    output: Path,
    folder: Path,
    progress: Progress,
) -> Any:
    """Run a notebook in this Python, and return it with what it showed.

    Args:
        notebook: what `read` or `shipped` returned.
        given: parameters by name.
        output: where it is written, also if a cell fails.
        folder: an empty folder that it runs in; it gets the samples, as `data/`.
        progress: called with the fraction done and the section that it has come to, cell by cell.

    Raises:
        ReportError: a cell failed; the message says which, and what it said.
    """
    from . import _kernel

    shutil.copytree(shared_folder("notebooks") / "data", folder / "data")
    try:
        executed = _kernel.execute(
            notebook, output, given, environment={}, folder=folder, seconds=None, progress=progress
        )
    except Exception as failure:  # whatever a cell raises, or ends its kernel, has to become a sentence
        where = _kernel.tidy_failed(output)
        raise ReportError(f"The notebook failed{where}: {_kernel.what_failed(failure)}") from failure
    _kernel.write(executed, output)
    return executed


def page(executed: Any, title: str) -> str:
    """Return a notebook that was run as one HTML page that loads nothing, its code included."""
    from ._export import to_html

    return to_html(executed, title=title, code=True)


@cache
def _require_tools() -> None:
    if find_spec("papermill") is None or find_spec("nbconvert") is None:
        raise ReportError(
            'Running a notebook needs papermill and nbconvert. Install them: pip install "physforge[lab]"'
        )


def _code_cells(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    sheets = document.get("worksheets")  # what held the cells before nbformat 4
    for holder in (document, *(sheets if isinstance(sheets, list) else ())):
        cells = holder.get("cells") if isinstance(holder, dict) else None
        for cell in cells if isinstance(cells, list) else ():
            if isinstance(cell, dict) and cell.get("cell_type") == "code":
                yield cell
