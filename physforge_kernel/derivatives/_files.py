"""Libraries as JSON.

A file may come from anyone: it is data, checked, and its texts are read by the parser of equations.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import DiscoveryError, PhysForgeError
from ._complex import phase_terms
from ._feature import Feature
from ._terms import Library, Term

#: What the file calls itself.
FORMAT = "physforge library"
_VERSION = 1

#: Bounds on what a file may hold: well beyond any library that could be searched.
_MOST_BYTES = 4_000_000
_MOST_TERMS = 2_000
_MOST_FEATURES = 64
_MOST_COMPONENTS = 32
_HIGHEST = 12
_LONGEST = 300

_AXES = ("t", "x", "y", "z")
_SAFE = re.compile(r"[A-Za-z0-9_ ()*/^+.,-]+")


def to_dict(library: Library) -> dict[str, Any]:
    """A library as JSON-able data, as `from_dict` reads it."""
    return {
        "format": FORMAT,
        "version": _VERSION,
        "components": list(library.components),
        "axes": list(library.axes),
        "terms": [_term_to_dict(term) for term in library.terms],
    }


def from_dict(data: Mapping[str, Any]) -> Library:
    """A library from JSON-able data.

    Raises:
        DiscoveryError: the data are no library, or not one that could be searched, saying where.
    """
    if not isinstance(data, Mapping) or data.get("format") != FORMAT or data.get("version") != _VERSION:
        raise DiscoveryError(f'This is no library: it lacks "format": "{FORMAT}" and "version": {_VERSION}.')
    components = _names(data.get("components"), "components")
    axes = _names(data.get("axes"), "axes")
    if axes[0] != "t" or list(axes[1:]) != sorted(set(axes[1:])) or not set(axes) <= set(_AXES):
        raise DiscoveryError(f"The axes of a library are t and then any of x, y, z, not {', '.join(axes)}.")
    listed = data.get("terms")
    if not isinstance(listed, list) or not 0 < len(listed) <= _MOST_TERMS:
        raise DiscoveryError(f'The library needs "terms", a list of one to {_MOST_TERMS}.')
    terms = []
    for number, each in enumerate(listed, 1):
        try:
            terms.append(_term(each, components, axes))
        except (PhysForgeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
            raise DiscoveryError(f"Term {number} of the library cannot be used: {_why(error)}") from error
    if len({term.name for term in terms}) < len(terms):
        raise DiscoveryError("A term comes twice in the library; remove one of them.")
    return Library(components, axes, tuple(terms))


def save(library: Library, path: str | os.PathLike[str]) -> Path:
    """Write a library to a JSON file and return its path."""
    target = Path(path).expanduser()
    try:
        target.write_text(json.dumps(to_dict(library), indent=1) + "\n", encoding="utf-8")
    except OSError as error:
        raise DiscoveryError(f"The library cannot be written to {target}: {error.strerror}.") from error
    return target


def load(path: str | os.PathLike[str]) -> Library:
    """Read a library of candidate terms from a JSON file, as `Library.save` writes it.

    Nothing in the file is run: it holds names, whole numbers and weights, and factors such as `sin(u)`, which
    the parser of equations reads.

    Raises:
        DiscoveryError: there is no such file, or it is no library that could be searched.

    Example:
        >>> import pathlib, tempfile
        >>> import physforge_kernel as pf
        >>> heat = pf.catalogue.get("heat").field(x=16, t=5)
        >>> path = pathlib.Path(tempfile.mkdtemp()) / "candidates.json"
        >>> saved = pf.library.terms(heat, "sin(u)", "x*u_xx").save(path)
        >>> pf.library.load(path).names
        ('sin(u)', 'u_xx*x')
    """
    source = Path(path).expanduser()
    try:
        with source.open("rb") as stream:
            content = stream.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise DiscoveryError(f"{source.name} is longer than the {_MOST_BYTES} bytes of any library.")
        data = json.loads(content.decode("utf-8"))
    except OSError as error:
        raise DiscoveryError(f"{source} cannot be read: {error.strerror}.") from error
    except (ValueError, RecursionError) as error:
        raise DiscoveryError(f"{source.name} is no valid JSON: {_why(error)}") from error
    return from_dict(data)


def _term_to_dict(term: Term) -> dict[str, Any]:
    result: dict[str, Any] = {"name": term.name}
    combination, *others = term.parts
    if others:
        first = combination[0][0]
        result["phase"] = {
            "variable": first.components[0].removesuffix("_re"),
            "squares": (first.degree - 1) // 2,
            "orders": list(first.orders),
            "imaginary": term.name.startswith("i*"),
        }
    else:
        result["sum"] = [
            {"weight": weight, "exponents": list(f.exponents), "orders": list(f.orders), "factor": f.factor}
            for f, weight in combination
        ]
    if term.lefts is not None:
        result["lefts"] = sorted(term.lefts)
    return result


def _term(data: Any, components: tuple[str, ...], axes: tuple[str, ...]) -> Term:
    name = _text(data["name"], "name")
    lefts = None if data.get("lefts") is None else frozenset(_names(data["lefts"], "lefts"))
    if "phase" in data:
        phase = data["phase"]
        variable = _text(phase["variable"], "variable")
        if components != (f"{variable}_re", f"{variable}_im"):
            raise DiscoveryError(f"{variable} is not the complex variable of {', '.join(components)}.")
        orders = _counts(phase["orders"], len(axes), "orders")
        squares = sum(_counts([phase["squares"]], 1, "squares"))
        if squares > 3:
            raise DiscoveryError(f"its power {2 * squares + 1} is beyond 7.")
        found = list(phase_terms(variable, axes, squares, orders))[1 if phase["imaginary"] is True else 0]
        return Term(found.name, found.parts, found.expansion, lefts)
    parts = data["sum"]
    if not isinstance(parts, list) or not 0 < len(parts) <= _MOST_FEATURES:
        raise DiscoveryError(f'"sum" is a list of one to {_MOST_FEATURES} parts.')
    combination = tuple(_weighted(part, components, axes) for part in parts)
    if len(combination) == 1 and combination[0][1] == 1.0 and name == combination[0][0].name:
        plain = Term.of(combination[0][0])
    else:
        plain = Term.total(name, combination)
    if not plain.expansion:
        raise DiscoveryError("it is zero.")
    return Term(plain.name, plain.parts, plain.expansion, lefts)


def _weighted(data: Any, components: tuple[str, ...], axes: tuple[str, ...]) -> tuple[Feature, float]:
    weight = data["weight"]
    if isinstance(weight, bool) or not isinstance(weight, (int, float)) or not 0 < abs(weight) < 1e100:
        raise DiscoveryError(f"its weight {str(weight)[:40]} is no number other than zero.")
    exponents = _counts(data["exponents"], len(components), "exponents")
    orders = _counts(data["orders"], len(axes), "orders")
    factor = data.get("factor", "")
    if factor != "":
        factor = _text(factor, "factor")
    feature = Feature(components, axes, exponents, orders, factor)
    if factor:
        unknown = {str(s) for s in feature.factor_expression.free_symbols} - {
            *components,
            *axes,
            *feature.inside,
        }
        if unknown:
            raise DiscoveryError(f"its factor {factor} holds {', '.join(sorted(unknown))}.")
    return feature, float(weight)


def _counts(values: Any, length: int, what: str) -> tuple[int, ...]:
    if (
        not isinstance(values, list)
        or len(values) != length
        or any(isinstance(v, bool) or not isinstance(v, int) or v < 0 for v in values)
        or sum(values) > _HIGHEST
    ):
        raise DiscoveryError(f"its {what} are not {length} whole numbers that add up to {_HIGHEST} at most.")
    return tuple(values)


def _names(values: Any, what: str) -> tuple[str, ...]:
    good = (
        isinstance(values, list)
        and 0 < len(values) <= _MOST_COMPONENTS
        and len(set(map(str, values))) == len(values)
    )
    if not good or any(
        not isinstance(v, str) or len(v) > 60 or not v.isidentifier() or not v.isascii() for v in values
    ):
        raise DiscoveryError(f'"{what}" must be a list of one to {_MOST_COMPONENTS} different names.')
    return tuple(values)


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST or not _SAFE.fullmatch(value):
        raise DiscoveryError(f"its {what} is no text of a term, up to {_LONGEST} characters long.")
    return value


def _why(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error} is missing."
    return str(error) or type(error).__name__
