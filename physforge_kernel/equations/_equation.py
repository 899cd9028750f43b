"""The `Equation`: a differential equation, or a system of them, in one canonical form."""

from __future__ import annotations

import cmath
import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import sympy

from ..errors import EquationError
from ._canonical import Side, canonical
from ._expression import Evaluator, Scope, exact, expand
from ._names import AXES, derivative_name, natural_key, split_derivative
from ._parse import read_statements
from ._syntax import FUNCTIONS, Call, Derivative, Laplacian, Name, Node, Statement, complain

_GIVEN = ("u", "v", "w")


class Equation:
    def __init__(self, text, *, parameters=(), components=(), axes=()) -> None:
        if isinstance(text, Equation):
            text = text.text
        texts = [text] if isinstance(text, str) else list(text)
        declared = _declared(parameters)
        statements = [s for part in texts for s in read_statements(part, (*declared, *components))]
        scope = _scope(statements, declared, frozenset(components), tuple(axes))
        residuals = []
        for statement in statements:
            evaluator = Evaluator(statement.text, scope)
            left, right = evaluator.evaluate(statement.left), evaluator.evaluate(statement.right)
            name = left.name if isinstance(left, sympy.Symbol) else None
            residuals.append((name, expand(left - right)))
        self._set(canonical(residuals, scope), scope)

    def _set(self, sides: tuple[Side, ...], scope: Scope) -> None:
        self._sides = sides
        self._scope = scope

    @classmethod
    def from_terms(cls, terms, *, parameters=(), components=(), axes=()):
        texts = []
        declared = _declared(parameters)
        statements, weights = [], []
        for left, right in terms.items():
            left = "0" if left.startswith("0_") else left
            statements.append((left, read_statements(left, declared)[0].left, [
                (read_statements(name, declared)[0], value) for name, value in right.items()]))
        flat = [Statement(l, n, t.left) for l, n, ts in statements for t, _ in ts] + [
            Statement(l, n, n) for l, n, _ in statements]
        scope = _scope(flat, declared, frozenset(components), tuple(axes))
        residuals = []
        for text, node, parts in statements:
            left = Evaluator(text, scope).evaluate(node)
            right = sympy.Integer(0)
            for statement, value in parts:
                right += _constant(value, scope) * Evaluator(statement.text, scope).evaluate(statement.left)
            name = left.name if isinstance(left, sympy.Symbol) else None
            residuals.append((name, expand(left - right)))
        self = cls.__new__(cls)
        self._set(canonical(residuals, scope), scope)
        return self

    @property
    def terms(self):
        return {side.left: {term.name: _public(term.coefficient) for term in side.terms} for side in self._sides}

    @property
    def left_sides(self):
        return tuple(side.left for side in self._sides)

    @property
    def right_sides(self):
        return {
            side.left: sympy.Add(*[_public_expr(term.coefficient) * _floats(term.product) for term in side.terms])
            for side in self._sides
        }

    @property
    def _names(self):
        names = set()
        for side in self._sides:
            names.add(side.left)
            for term in side.terms:
                names |= {s.name for s in term.product.free_symbols}
                if isinstance(term.coefficient, sympy.Expr):
                    names |= {s.name for s in term.coefficient.free_symbols}
        return names

    @property
    def components(self):
        found = {self._scope.orders(n)[0] for n in self._names if self._scope.orders(n)}
        return tuple(sorted(found, key=natural_key))

    @property
    def parameters(self):
        return tuple(sorted(self._names & self._scope.parameters, key=natural_key))

    @property
    def axes(self):
        used = set()
        for n in self._names:
            o = self._scope.orders(n)
            used |= set(o[1]) if o else {n}
        return tuple(a for a in AXES if a in used and a not in self._scope.components)


def _declared(parameters):
    return (parameters,) if isinstance(parameters, str) else tuple(parameters)


def _constant(value, scope):
    if isinstance(value, sympy.Expr):
        return sympy.nsimplify(value, rational=True)
    return exact(complex(value))


def _public(c):
    return _public_expr(c) if isinstance(c, sympy.Expr) else c


def _public_expr(c):
    if isinstance(c, sympy.Expr):
        return _floats(c)
    if isinstance(c, complex):
        return _fl(c.real) + _fl(c.imag) * sympy.I
    return _fl(c)


def _fl(v):
    return sympy.Integer(int(v)) if v == int(v) and abs(v) < 2**53 else sympy.Float(v)


def _floats(e):
    if isinstance(e, sympy.Pow) and e.exp.is_Rational:
        return _floats(e.base) ** e.exp
    if isinstance(e, sympy.Rational):
        return _fl(float(e))
    if e.is_Atom:
        return e
    return e.func(*[_floats(a) for a in e.args])


def _scope(statements, parameters, components, axes):
    names, differentiated = {}, set()
    is_complex = False
    for s in statements:
        for node in s.walk():
            if isinstance(node, Name):
                names.setdefault(node.name, (s, node))
                if node.name in parameters or node.name in components:
                    continue
                d = split_derivative(node.name)
                if d:
                    differentiated.add(d[0])
            elif isinstance(node, Derivative | Laplacian):
                if isinstance(node.of, Name) and node.of.name not in parameters:
                    d = split_derivative(node.of.name)
                    if not d:
                        differentiated.add(node.of.name)
            elif isinstance(node, Call) and node.function == "conj":
                is_complex = True
    comps = set(components) | differentiated
    for given in _GIVEN:
        if given in names and given not in parameters:
            comps.add(given)
    if ("i" in names and "i" not in comps | set(parameters)) or ("I" in names and "I" not in comps | set(parameters)):
        is_complex = True
    for name, (s, node) in names.items():
        if name in comps or name in parameters or name in ("pi", "i", "I") or name in AXES:
            continue
        d = split_derivative(name, comps)
        if d:
            continue
        raise complain(s.text, node.start, f"{name!r} is unknown: it has no derivative here. Declare it: a constant with parameters=({name!r},), a field with components=({name!r},).")
    used = set(axes)
    for name in names:
        d = split_derivative(name, comps)
        if d and name not in comps:
            used |= set(d[1])
        elif name in AXES and name not in comps:
            used.add(name)
    for s in statements:
        for node in s.walk():
            if isinstance(node, Derivative):
                used |= set(node.axes)
    return Scope(frozenset(comps), frozenset(parameters), tuple(a for a in AXES if a in used), is_complex)
