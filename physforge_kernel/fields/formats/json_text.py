"""JSON: records, columns, arrays with coordinates, or xarray's own form (`Dataset.to_dict`)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NoReturn

import numpy as np

from ..._wording import size as human_bytes
from ...errors import NoFieldError
from .._arrange import arrange
from .._entries import Entry, from_array
from .._layout import Layout
from .._names import listed, split_units
from .._request import Request

#: A number takes some ten bytes as text, and up to a hundred as a Python object.
_EXPANSION = 10
_LARGEST = 2**28


#: What libraries of candidate terms, which `pf.library.load` reads, call themselves.
LIBRARY = "physforge library"

_LIBRARY_TERM = re.compile(r"[A-Za-z0-9_ ()*/^+.,-]{1,300}")
_MOST_SHOWN = 12


@contextmanager
def contents(request: Request) -> Iterator[Layout]:
    """Understand a JSON file, which the format obliges to load whole."""
    size = request.path.stat().st_size
    if size > _LARGEST:
        raise request.error(
            f"it is {human_bytes(size)} of JSON, more than the {human_bytes(_LARGEST)} that are read: JSON "
            "has to be loaded whole. Write a field of this size as NetCDF, HDF5 or .npz."
        )
    request.check_bytes(_EXPANSION * size, "the JSON, once loaded,")
    document = _parsed(request)
    if isinstance(document, dict) and document.get("format") == LIBRARY:
        raise NoFieldError(_library_notes(request, document))
    if isinstance(document, list):
        entries, attrs, form = _records(request, document), {}, "records"
    elif isinstance(document, dict) and "data_vars" in document:
        entries, attrs, form = *_xarray(request, document), "xarray"
    elif isinstance(document, dict):
        entries, attrs, form = _columns(request, document), {}, "columns"
    else:
        raise request.error(f"it holds a single {type(document).__name__}, not a field: {_FORMS}")
    yield arrange(request, entries, attrs=attrs, details={"form": form})


def _library_notes(request: Request, document: Mapping[str, Any]) -> list[str]:
    """Sentences on a library of candidate terms; whoever loads it checks it."""
    terms, components = document.get("terms"), document.get("components")
    if not isinstance(terms, list) or not terms or not isinstance(components, list):
        raise request.error(f"it says that it is a {LIBRARY}, and lacks its terms or components.")
    names = [term.get("name") if isinstance(term, dict) else None for term in terms[:_MOST_SHOWN]]
    shown = [name for name in (*names, *components[:_MOST_SHOWN]) if isinstance(name, str)]
    if len(shown) < len(names) + len(components[:_MOST_SHOWN]) or not all(
        map(_LIBRARY_TERM.fullmatch, shown)
    ):
        raise request.error(
            f"it says that it is a {LIBRARY}, and has terms or components without proper names."
        )
    more = f" and {len(terms) - len(names)} more" if len(terms) > len(names) else ""
    return [
        f"{request.path.name} holds {len(terms)} candidate terms for the laws of "
        f"{', '.join(shown[len(names) :])}, and no field: load it with pf.library.load.",
        f"The terms: {', '.join(shown[: len(names)])}{more}.",
    ]


_FORMS = (
    'write [{"x": 0, "t": 0, "u": 1}, ...], or {"x": [...], "t": [...], "u": [[...], ...]}, '
    "or the result of Dataset.to_dict()."
)


def _parsed(request: Request) -> Any:
    with request.border("Reading the text", OSError, UnicodeDecodeError):
        text = request.path.read_bytes().decode("utf-8-sig")
    try:
        return json.loads(text, object_pairs_hook=lambda pairs: _object(request, pairs))
    except json.JSONDecodeError as error:
        raise request.error(
            f"it is no valid JSON ({error.msg}): correct it there, or write it again.",
            f"line {error.lineno}, column {error.colno}",
        ) from error
    except RecursionError as error:
        raise request.error("its brackets are nested too deeply: a field is a few levels deep.") from error
    except ValueError as error:
        # Python refuses integers of more than 4300 digits.
        raise request.error(f"it holds a number that cannot be read ({error}).") from error


def _object(request: Request, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return an object of JSON; refuse one in which a name comes twice, of which the last would win."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise request.error(f"the name {twice!r} comes twice in one object: rename or remove one of them.")
    return found


def _records(request: Request, records: Sequence[Any]) -> list[Entry]:
    """Read a list of rows."""
    if not records:
        raise request.error("the list is empty: there is no field in it.")
    first = records[0]
    if not isinstance(first, dict) or not first:
        raise request.error(f"the first record is no object with names: {_FORMS}", "record 1")
    for number, record in enumerate(records, 1):
        if not isinstance(record, dict) or record.keys() != first.keys():
            raise request.error(
                f"it has not the names of the first record ({listed(first)}): complete it, with null for a "
                "missing value.",
                f"record {number}",
            )
    found = []
    for name in first:
        column = [record[name] for record in records]
        if _is_text(column):
            found.append(_text(name))
            continue
        values = np.array(
            [_value(request, value, f"record {number}, {name}") for number, value in enumerate(column, 1)]
        )
        found.append(_entry(name, values))
    return found


def _columns(request: Request, document: Mapping[str, Any]) -> list[Entry]:
    """Read arrays by name; what is no array is left out."""
    found = []
    for name, value in document.items():
        if isinstance(value, list) and not _is_text(value):
            found.append(_entry(name, _array(request, value, name)))
        elif isinstance(value, dict) and set(value) == {"real", "imag"}:
            real, imag = (_array(request, value[part], f"{name}.{part}") for part in ("real", "imag"))
            if real.shape != imag.shape:
                raise request.error("its real and imaginary parts have different shapes.", name)
            found.append(_entry(name, real + 1j * imag))
        else:
            found.append(_text(name))
    return found


def _xarray(request: Request, document: Mapping[str, Any]) -> tuple[list[Entry], dict[str, Any]]:
    """Read what `Dataset.to_dict()` gave."""
    found = []
    for group in ("coords", "data_vars"):
        members = document.get(group, {})
        if not isinstance(members, dict):
            raise request.error("it is no object with names.", group)
        for name, member in members.items():
            place = f"{group}.{name}"
            if not isinstance(member, dict) or not {"data", "dims"} <= set(member):
                raise request.error('it lacks "dims" or "data": write it with Dataset.to_dict().', place)
            data, dims = member["data"], tuple(map(str, member["dims"]))
            if _is_text(data):
                found.append(_text(name))
                continue
            values = _array(request, data, place)
            if len(dims) != values.ndim or len(set(dims)) < len(dims):
                raise request.error(f"its data have {values.ndim} axes, but dims are {list(dims)}.", place)
            attrs = dict(member["attrs"]) if isinstance(member.get("attrs"), dict) else {}
            units = attrs.pop("units", None)
            found.append(
                from_array(name, values, dims=dims, units=None if units is None else str(units), attrs=attrs)
            )
    sizes: dict[str, int] = {}
    for entry in found:
        for dim, length in zip(entry.dims or (), entry.shape, strict=True):
            if sizes.setdefault(dim, length) != length:
                raise request.error(
                    f"the axis {dim} has {sizes[dim]} points in one variable and {length} in {entry.name}."
                )
    attrs = document.get("attrs", {})
    return found, dict(attrs) if isinstance(attrs, dict) else {}


def _entry(name: str, values: np.ndarray) -> Entry:
    name, units = split_units(name)
    return from_array(name, values, units=units)


def _text(name: str) -> Entry:
    """Return what is no array of numbers, for its name to be listed as left out."""
    return Entry(name, (), np.dtype("U"), lambda: np.empty(0))


def _is_text(value: Any) -> bool:
    """Say whether the first value in nested lists is text."""
    while isinstance(value, list) and value:
        value = value[0]
    return isinstance(value, str)


def _array(request: Request, value: Any, place: str) -> np.ndarray:
    """Return nested lists as an array, null as NaN."""
    try:
        quick = np.array(value)
    except ValueError:
        quick = np.empty(0, dtype=object)
    if quick.dtype.kind in "iuf" and quick.ndim <= 8:
        return quick.astype(np.float64)
    # Slowly, to find what is no number, or where the lists are ragged.
    shape = _shape(value)
    flat: list[float] = []

    def walk(item: Any, axis: int, where: str) -> None:
        if axis == len(shape):
            flat.append(_value(request, item, where))
            return
        if not isinstance(item, list) or len(item) != shape[axis]:
            count = f"{len(item)} values" if isinstance(item, list) else "a single value"
            raise request.error(
                f"there are {count} where {shape[axis]} are due: the lists are ragged.", where
            )
        for index, inner in enumerate(item):
            walk(inner, axis + 1, f"{where}[{index}]")

    if len(shape) > 8:
        raise request.error(f"the lists are nested {len(shape)} deep: a field has at most four axes.", place)
    walk(value, 0, place)
    return np.array(flat, dtype=np.float64).reshape(shape)


def _shape(value: Any) -> tuple[int, ...]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        if not value:
            break
        value = value[0]
    return tuple(shape)


def _value(request: Request, value: Any, place: str) -> float:
    if value is None:
        return float("nan")
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        _refuse(request, value, place)
    try:
        return float(value)
    except OverflowError:
        _refuse(request, value, place)


def _refuse(request: Request, value: Any, place: str) -> NoReturn:
    shown = json.dumps(value)[:40]
    raise request.error(f"{shown} is not a number: correct it, or write null for a missing value.", place)
