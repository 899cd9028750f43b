"""From a text or a set of terms to pairs of sides in SymPy, with what their names mean."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import cast

import sympy

from ..errors import EquationError
from ._exact import exact
from ._expression import Evaluator
from ._parse import read_statements
from ._scope import Scope, find_scope
from ._syntax import Node, Number, Statement

Coefficient = float | complex | sympy.Expr
Terms = Mapping[str, Mapping[str, Coefficient]]
Pair = tuple[sympy.Expr, sympy.Expr]
"""The left and the right side of an equation."""

_cached_statements = lru_cache(maxsize=4096)(read_statements)


def read_text(
    text: str | Iterable[str],
    parameters: frozenset[str],
    components: frozenset[str],
    axes: str | Iterable[str],
) -> tuple[list[Pair], Scope]:
    """The equations of one text or of several."""
    known = parameters | components
    texts = [text] if isinstance(text, str) else _listed(text)
    statements = [statement for one in texts for statement in read_statements(one, known)]
    scope = find_scope(statements, parameters=parameters, components=components, axes=axes)
    pairs = []
    for statement in statements:
        evaluator = Evaluator(statement.text, scope)
        pairs.append((evaluator.evaluate(statement.left), evaluator.evaluate(statement.right)))
    return pairs, scope


def read_pairs(text: str, parameters: Iterable[str] = (), components: Iterable[str] = ()) -> list[Pair]:
    """Both sides of each equation of a text, as they stand; an expression alone equals zero.

    Args:
        text: as `Equation` takes it.
        parameters: names that stand for something without derivatives.
        components: names of fields, though nothing differentiates them.

    Raises:
        EquationError: if it cannot be read.

    >>> read_pairs("2*q = sin(x)", ["q"])
    [(2*q, sin(x))]
    """
    return read_text(text, frozenset(parameters), frozenset(components), ())[0]


def read_terms(
    terms: Terms, parameters: frozenset[str], components: frozenset[str]
) -> tuple[list[Pair], Scope]:
    """The equations that `{left side: {term: coefficient}}` stands for."""
    known = parameters | components
    read: list[tuple[Statement, list[tuple[Statement, Coefficient]]]] = []
    for left, right in terms.items():
        written = "0" if left.startswith("0_") else left
        read.append(
            (_single(written, known), [(_single(name, known), value) for name, value in right.items()])
        )
    statements = [statement for left, right in read for statement in (left, *(term for term, _ in right))]
    scope = find_scope(statements, parameters=parameters, components=components)
    if any(_is_complex(value) for _, right in read for _, value in right):
        scope = replace(scope, is_complex=True)
    pairs = []
    for left, right in read:
        total = [
            _constant(value, term.text, scope) * Evaluator(term.text, scope).evaluate(term.left)
            for term, value in right
        ]
        pairs.append((Evaluator(left.text, scope).evaluate(left.left), sympy.Add(*total)))
    return pairs, scope


def _listed(texts: Iterable[str]) -> list[str]:
    try:
        return list(texts)
    except TypeError:
        raise EquationError(f"An equation is read from a text or several, not from {texts!r}.") from None


def _single(text: str, known: frozenset[str]) -> Statement:
    """The one expression that a side or a term is."""
    statements = _cached_statements(text, known)
    right: Node = statements[0].right
    if len(statements) != 1 or not (isinstance(right, Number) and right.value == 0):
        raise EquationError(f"{text!r} is not one term; give a product such as 'u*u_x'.")
    return statements[0]


def _constant(value: Coefficient, term: str, scope: Scope) -> sympy.Expr:
    if isinstance(value, sympy.Expr):
        unknown = sorted(str(symbol) for symbol in value.free_symbols if str(symbol) not in scope.parameters)
        if unknown:
            raise EquationError(
                f"The coefficient {value} of {term} holds {unknown[0]!r}; "
                f"declare it with parameters=({unknown[0]!r},)."
            )
        return _rationals(value)
    if isinstance(value, bool) or not isinstance(value, numbers.Number):
        try:
            value = complex(value)
        except (TypeError, ValueError):
            raise EquationError(f"The coefficient {value!r} of {term} is no number.") from None
    try:
        return exact(complex(value))
    except EquationError:
        raise EquationError(f"The coefficient {value} of {term} is not finite.") from None


def _is_complex(value: Coefficient) -> bool:
    if isinstance(value, sympy.Expr):
        return value.has(sympy.I)
    return isinstance(value, numbers.Complex) and complex(value).imag != 0


def _rationals(value: sympy.Expr) -> sympy.Expr:
    floats = {number: exact(float(number)) for number in value.atoms(sympy.Float)}
    return cast(sympy.Expr, value.xreplace(floats))
