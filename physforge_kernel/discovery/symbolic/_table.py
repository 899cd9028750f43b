"""What a person hands in, as a table of numbers: arrays, DataFrames, or fields with their derivatives."""

from __future__ import annotations

import keyword
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ...errors import DiscoveryError

if TYPE_CHECKING:
    from ._windows import Windows

#: Fewer rows than these say nothing about a formula; more than these are not needed.
LEAST, MOST = 12, 20_000


@dataclass(frozen=True)
class Table:
    """`X`: (n, d), `y`: (n,), finite; the names of inputs and output, and what was left out on the way."""

    X: np.ndarray
    y: np.ndarray
    variables: tuple[str, ...]
    target: str
    notes: tuple[str, ...]
    columns: tuple[str, ...] = ()
    """What the inputs were called where they were handed in."""
    windows: Windows | None = None
    blocks: np.ndarray | None = None
    derived: bool = False
    """Whether the output is a derivative that was estimated from samples."""


def table(
    X: Any, y: Any, *, variables: Sequence[str] | None, target: str | None, inputs: Sequence[str] | None
) -> Table:
    """The table in whatever form it was given.

    Raises:
        DiscoveryError: the shapes do not fit, values are not real numbers, the output is constant, or there
            are too few rows.
    """
    if hasattr(X, "data_vars"):
        return _of_field(X, target, inputs)
    if hasattr(X, "columns") or isinstance(X, Mapping):
        return _checked(*_of_frame(X, y, variables or inputs, target))
    values = np.asarray(X)
    if values.ndim == 1:
        values = values[:, None]
    if y is None:
        raise DiscoveryError("There is no output: pass y, or a table and the name of its column as `target`.")
    if values.ndim != 2 or np.shape(y) != (len(values),):
        raise DiscoveryError(f"X has to be (n, d) and y (n,); X is {np.shape(X)} and y is {np.shape(y)}.")
    names = tuple(variables) if variables is not None else tuple(f"x{i}" for i in range(values.shape[1]))
    if len(names) != values.shape[1]:
        raise DiscoveryError(f"`variables` names {len(names)} inputs; X has {values.shape[1]} columns.")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise DiscoveryError(f"`variables` names {twice!r} twice; every input needs a name of its own.")
    wanted = _output(target, names)
    return _checked({**dict(zip(names, values.T, strict=True)), wanted: np.asarray(y)}, wanted)


def _output(asked: str | None, inputs: Sequence[str]) -> str:
    """What the output is called: as asked, or by a name that no input has."""
    if asked is not None and asked in inputs:
        raise DiscoveryError(f"The output and an input are both called {asked!r}; rename one of them.")
    name = asked or "y"
    while name in inputs:
        name += "_"
    return name


def _of_frame(
    X: Any, y: Any, variables: Sequence[str] | None, target: str | None
) -> tuple[dict[str, np.ndarray], str]:
    names = [str(name) for name in X]
    if y is None and target is None:
        raise DiscoveryError(f"Name the column to explain as `target`. The table has {', '.join(names)}.")
    for name in [*(variables or ()), *([target] if y is None and target is not None else [])]:
        if name not in names:
            raise DiscoveryError(f"The table has no column {name!r}; it has {', '.join(names)}.")
    said = getattr(y, "name", None)
    own = target if y is None else next((n for n in (target, said) if n in names and _same(X[n], y)), None)
    chosen = list(variables) if variables is not None else [name for name in names if name != own]
    if own is not None:
        wanted = _output(own, chosen)
    else:
        wanted = _output(target or (said if said not in chosen else None), chosen)
    columns = {name: np.asarray(X[name]) for name in chosen}
    columns[wanted] = np.asarray(X[wanted] if y is None else y)
    return columns, wanted


def _same(column: Any, y: Any) -> bool:
    """Whether an output that was given by itself is a column of the table."""
    first, second = np.asarray(column), np.asarray(y)
    if first.shape != second.shape:
        return False
    return bool(np.all((first == second) | ((first != first) & (second != second))))


def _of_field(field: Any, target: str | None, inputs: Sequence[str] | None) -> Table:
    from ._field import columns_of

    if target is None or not inputs:
        raise DiscoveryError(
            "For a field say what to explain and from what, as in "
            "target='u_t', inputs=['u', 'u_x', 'u_xx']; there is no default."
        )
    found = columns_of(field, inputs, target)
    made, kept, used = _checked_with(found.columns, target)
    windows = None if found.windows is None else found.windows.among(used)
    return replace(made, windows=windows, blocks=found.blocks[kept], derived=found.derived)


def _checked(columns: Mapping[str, np.ndarray], target: str) -> Table:
    return _checked_with(columns, target)[0]


def _checked_with(columns: Mapping[str, np.ndarray], target: str) -> tuple[Table, np.ndarray, np.ndarray]:
    """The table, which rows of the columns are in it, and which inputs."""
    for name, column in columns.items():
        if np.asarray(column).dtype.kind not in "fiub":
            raise DiscoveryError(f"The values of {name} are not real numbers ({np.asarray(column).dtype}).")
        if np.ndim(column) != 1:
            raise DiscoveryError(f"The values of {name} are not a column; their shape is {np.shape(column)}.")
    if len({len(column) for column in columns.values()}) != 1:
        raise DiscoveryError("The columns are not equally long.")
    variables = tuple(name for name in columns if name != target)
    if not variables:
        raise DiscoveryError("There are no inputs to explain the output with.")
    X = np.stack([np.asarray(columns[name], dtype=float) for name in variables], axis=1)
    y = np.asarray(columns[target], dtype=float)
    kept = np.isfinite(X).all(axis=1) & np.isfinite(y)
    notes = []
    if not kept.all():
        notes.append(f"{int((~kept).sum())} rows with missing or infinite values were left out.")
    X, y = X[kept], y[kept]
    if len(y) < LEAST:
        raise DiscoveryError(f"There are {len(y)} rows with numbers throughout; at least {LEAST} are needed.")
    if np.ptp(y) <= 1e-14 * np.abs(y).max():
        raise DiscoveryError(f"The output {target} is constant, {y[0]:.6g}; there is nothing to explain.")
    idle = np.ptp(X, axis=0) <= 1e-14 * np.abs(X).max(axis=0)
    if idle.all():
        raise DiscoveryError("All inputs are constant; nothing can be told from them.")
    if idle.any():
        left = [name for name, off in zip(variables, idle, strict=True) if off]
        notes.append(f"{', '.join(left)} did not vary, and cannot be in a formula.")
    varied = tuple(v for v, off in zip(variables, idle, strict=True) if not off)
    called = readable((*varied, target))
    notes += [f"The column {old!r} is called {new} in formulas." for old, new in called.items() if old != new]
    return (
        Table(X[:, ~idle], y, tuple(called[v] for v in varied), called[target], tuple(notes), varied),
        kept,
        ~idle,
    )


def readable(names: Sequence[str]) -> dict[str, str]:
    """Names that can stand in a formula: `x 1` becomes x_1, `lambda` becomes lambda_, each once.

    Example:
        >>> readable(["x 1", "lambda", "Time (s)", "2nd", "u"])
        {'x 1': 'x_1', 'lambda': 'lambda_', 'Time (s)': 'Time_s', '2nd': '_2nd', 'u': 'u'}
    """
    made = {name: name for name in names if name.isidentifier() and not keyword.iskeyword(name)}
    for name in names:
        if name in made:
            continue
        plain = re.sub(r"\W+", "_", name).strip("_") or "x"
        if not plain.isidentifier():
            plain = f"_{plain}"
        while keyword.iskeyword(plain) or plain in made.values():
            plain += "_"
        made[name] = plain
    return {name: made[name] for name in names}
