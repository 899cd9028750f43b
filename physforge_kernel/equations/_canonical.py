"""The one form of an equation: highest time derivatives alone on the left, expanded terms on the right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import sympy

from ..errors import EquationError
from ._exact import arguments, as_complex, as_fraction, exact, rational
from ._expand import expand
from ._names import derivative_name, natural_key
from ._scope import Scope
from ._text import Spelling

_SPELLING = Spelling()


@dataclass(frozen=True)
class Term:
    """A product of factors that vary, and its constant coefficient (a number, or SymPy in the parameters)."""

    name: str
    product: sympy.Expr
    coefficient: complex | sympy.Expr
    order: tuple[object, ...]


@dataclass(frozen=True)
class Side:
    """`left = sum of terms`; `left` is a time derivative's name, or `0`."""

    left: str
    terms: tuple[Term, ...]


def canonical(pairs: Sequence[tuple[sympy.Expr, sympy.Expr]], scope: Scope) -> tuple[Side, ...]:
    """Solve equations for the highest time derivatives.

    Args:
        pairs: the left and the right side of each equation.
        scope: what the names mean.

    Returns:
        One side for each equation, in one order; those without a time derivative to solve for are scaled
        and come last.
    """
    solved, rest = _isolated(pairs, scope)
    if scope.is_complex:
        solved = {name: without_moduli(value, scope) for name, value in solved.items()}
        rest = [without_moduli(row, scope) for row in rest]
    sides = [
        Side(name, collect(value, scope))
        for name, value in sorted(solved.items(), key=lambda item: natural_key(item[0]))
    ]
    steady: list[tuple[Term, ...]] = []
    for row in rest:
        terms = _scaled(row, scope)
        if terms and not any(_has_component(term, scope) for term in terms):
            raise EquationError(_without_component(terms, bool(solved)))
        if terms and terms not in steady:
            steady.append(terms)
    steady.sort(key=lambda terms: [(term.order, str(term.coefficient)) for term in terms])
    sides += [Side("0" if index == 0 else f"0_{index + 1}", terms) for index, terms in enumerate(steady)]
    if not sides:
        raise EquationError("Both sides of this equation are the same, so it says nothing.")
    return tuple(sides)


def without_moduli(value: sympy.Expr, scope: Scope) -> sympy.Expr:
    """Even powers of moduli of complex fields, and of their products, as `conj(u)*u`."""

    def exchanged(power: sympy.Expr) -> sympy.Expr:
        inside = arguments(arguments(power)[0])[0]
        half = cast(sympy.Integer, power.as_base_exp()[1]) / 2
        return (inside * sympy.conjugate(inside)) ** half

    def fits(part: sympy.Basic) -> bool:
        if not (isinstance(part, sympy.Pow) and isinstance(part.base, sympy.Abs) and part.exp.is_even):
            return False
        factors = sympy.Mul.make_args(arguments(part.base)[0])
        names = [factor.as_base_exp()[0] for factor in factors if factor.as_base_exp()[1].is_Integer]
        return len(names) == len(factors) and all(scope.orders(str(name)) for name in names)

    return expand(cast(sympy.Expr, value.replace(fits, exchanged)))


def _has_component(term: Term, scope: Scope) -> bool:
    return any(scope.orders(str(symbol)) for symbol in term.product.free_symbols)


def _without_component(terms: Sequence[Term], contradicts: bool) -> str:
    named = " + ".join(term.name for term in terms)
    if contradicts:
        return f"These equations contradict one another: together they say that {named} (scaled) is zero."
    return "This equation holds no field: nothing in it has a derivative. Write one such as u_t = 0.1*u_xx."


def _isolated(
    pairs: Sequence[tuple[sympy.Expr, sympy.Expr]], scope: Scope
) -> tuple[dict[str, sympy.Expr], list[sympy.Expr]]:
    """What each unknown equals, and the equations without one as expressions that are zero."""
    written = [left.name for left, _ in pairs if isinstance(left, sympy.Symbol)]
    names = _unknowns([side for pair in pairs for side in pair], written, scope)
    if sorted(written) == sorted(name.name for name in names) and len(written) == len(pairs):
        free = {symbol for _, right in pairs for symbol in right.free_symbols}
        if free.isdisjoint(names):
            return {str(left): expand(right) for left, right in pairs}, []
    rows = [expand(left - right) for left, right in pairs]
    return _solve(rows, _unknowns(rows, written, scope))


def _unknowns(rows: Sequence[sympy.Expr], written: Sequence[str], scope: Scope) -> list[sympy.Symbol]:
    """Each component's highest pure time derivative, those written on a left side first."""
    highest: dict[str, int] = {}
    for row in rows:
        for symbol in row.free_symbols:
            found = scope.orders(str(symbol))
            if found is not None and set(found[1]) == {"t"}:
                highest[found[0]] = max(highest.get(found[0], 0), found[1]["t"])
    names = sorted(
        (derivative_name(component, {"t": n}) for component, n in highest.items()), key=natural_key
    )
    first = [name for name in written if name in names]
    return [sympy.Symbol(name) for name in dict.fromkeys([*first, *names])]


def _solve(
    rows: Sequence[sympy.Expr], unknowns: Sequence[sympy.Symbol]
) -> tuple[dict[str, sympy.Expr], list[sympy.Expr]]:
    """Gauss-Jordan over the unknowns; returns what each equals, and the rows that are left over."""
    rows = list(rows)
    pivots: dict[sympy.Symbol, int] = {}
    for unknown in unknowns:
        candidates = [
            index
            for index, row in enumerate(rows)
            if index not in pivots.values() and row.has(unknown) and _linear(row, unknown)
        ]
        if not candidates:
            continue
        pivot = min(candidates, key=lambda index: (_cost(_slope(rows[index], unknown)), index))
        slope = _slope(rows[pivot], unknown)
        value = expand((slope * unknown - rows[pivot]) / slope)
        rows[pivot] = unknown - value
        pivots[unknown] = pivot
        for index, row in enumerate(rows):
            if index != pivot and row.has(unknown):
                rows[index] = expand(cast(sympy.Expr, row.xreplace({unknown: value})))
    solved = {unknown.name: expand(unknown - rows[index]) for unknown, index in pivots.items()}
    rest = [row for index, row in enumerate(rows) if index not in pivots.values()]
    for row in rest:
        stuck = [unknown.name for unknown in unknowns if row.has(unknown) and unknown not in pivots]
        if stuck:
            raise EquationError(
                f"{stuck[0]} does not occur linearly, so the equation cannot be solved for it; "
                f"write the equation as {stuck[0]} = ..."
            )
    return solved, rest


def _slope(row: sympy.Expr, unknown: sympy.Symbol) -> sympy.Expr:
    return cast(sympy.Expr, row.coeff(unknown))


def _linear(row: sympy.Expr, unknown: sympy.Symbol) -> bool:
    slope = _slope(row, unknown)
    return slope != 0 and not slope.has(unknown) and not expand(row - slope * unknown).has(unknown)


def _cost(slope: sympy.Expr) -> int:
    """Prefers to divide by numbers, then by single factors."""
    if not slope.free_symbols:
        return 0
    return 2 if slope.is_Add else 1


def _scaled(row: sympy.Expr, scope: Scope) -> tuple[Term, ...]:
    """A steady equation, scaled so that its first term of the highest order has the coefficient 1."""
    parts = _collected(row, scope)
    if not parts:
        return ()
    keyed = sorted((order_of(product, scope), product) for product in parts)
    top = keyed[-1][0][0]
    lead = next(product for key, product in keyed if key[0] == top)
    divisor = parts[lead]
    return collect(expand(sympy.Add(*[part / divisor * product for product, part in parts.items()])), scope)


# ------------------------------------------------------------------------ terms


def collect(value: sympy.Expr, scope: Scope) -> tuple[Term, ...]:
    """The terms of an expanded expression, in their order."""
    terms = []
    for product, coefficient in _collected(value, scope).items():
        factors = [] if product == 1 else list(sympy.Mul.make_args(product))
        rounded = _round_coefficient(coefficient)
        if rounded == 0:
            continue
        terms.append(Term(_SPELLING.term(factors), product, rounded, order_of(product, scope)))
    return tuple(sorted(terms, key=lambda term: term.order))


def _collected(value: sympy.Expr, scope: Scope) -> dict[sympy.Expr, sympy.Expr]:
    collected: dict[sympy.Expr, sympy.Expr] = {}
    for part in sympy.Add.make_args(value):
        constants: list[sympy.Expr] = []
        factors: list[sympy.Expr] = []
        for factor in sympy.Mul.make_args(part):
            (factors if scope.varies(factor) else constants).append(factor)
        product = sympy.Mul(*[_round_inside(factor) for factor in factors])
        collected[product] = collected.get(product, sympy.Integer(0)) + sympy.Mul(*constants)
    result = {product: _normal_constant(constant) for product, constant in collected.items()}
    return {product: constant for product, constant in result.items() if constant != 0}


def _normal_constant(value: sympy.Expr) -> sympy.Expr:
    """A coefficient in parameters: a sum, or one fraction where there are sums in denominators."""
    value = expand(value)
    powers = (part for part in sympy.preorder_traversal(value) if isinstance(part, sympy.Pow))
    if not any(power.base.is_Add for power in powers) or not value.is_rational_function(*value.free_symbols):
        return value
    numerator, denominator = sympy.fraction(sympy.cancel(value))
    inverse = expand(1 / denominator)
    numbers = [factor for factor in sympy.Mul.make_args(inverse) if not factor.free_symbols]
    others = [factor for factor in sympy.Mul.make_args(inverse) if factor.free_symbols]
    return sympy.Mul(expand(sympy.Mul(numerator, *numbers)), *others)


def _round_coefficient(value: sympy.Expr) -> complex | sympy.Expr:
    if value.free_symbols:
        return _round_inside(value)
    number = as_complex(value)
    return number if number.imag else number.real


def _round_inside(value: sympy.Expr) -> sympy.Expr:
    """Every number in an expression as the exact value of the nearest double."""
    if isinstance(value, sympy.Symbol) or (isinstance(value, sympy.Integer) and abs(value) < 2**53):
        return value
    if not value.free_symbols:
        return exact(as_complex(value))
    if isinstance(value, sympy.Pow) and isinstance(value.exp, sympy.Rational):
        return _round_inside(value.base) ** _round_exponent(value.exp)
    if value.is_Add:
        numbers = sympy.Add(*[part for part in arguments(value) if not part.free_symbols])
        others = [_round_inside(part) for part in arguments(value) if part.free_symbols]
        return sympy.Add(_round_inside(numbers), *others)
    if value.is_Mul:
        numbers = sympy.Mul(*[part for part in arguments(value) if not part.free_symbols])
        others = [_round_inside(part) for part in arguments(value) if part.free_symbols]
        return sympy.Mul(_round_inside(numbers), *others)
    return cast(sympy.Expr, value.func(*[_round_inside(argument) for argument in arguments(value)]))


def _round_exponent(value: sympy.Rational) -> sympy.Rational:
    """Exponents such as 1/3 stay what they are; others become the nearest double."""
    fraction = as_fraction(value)
    simple = fraction.limit_denominator(12)
    return rational(simple if float(simple) == float(fraction) else float(fraction))


# ------------------------------------------------------------------------ order


def order_of(product: sympy.Expr, scope: Scope) -> tuple[object, ...]:
    """The place of a term: by its highest derivative, its degree, its count of derivatives, then its name."""
    highest = total = 0
    degree: Fraction = Fraction(0)
    factors = [] if product == 1 else list(sympy.Mul.make_args(product))
    for factor in factors:
        base, exponent = factor.as_base_exp()
        if isinstance(factor, sympy.exp):
            base, exponent = factor, sympy.Integer(1)
        power = as_fraction(exponent) if isinstance(exponent, sympy.Rational) else Fraction(1)
        depth = -1
        for symbol in base.free_symbols:
            found = scope.orders(str(symbol))
            if found is not None:
                depth = max(depth, sum(found[1].values()))
        if depth >= 0:
            degree += power
            highest = max(highest, depth)
            total += depth
    return (highest, degree, total, len(factors), _SPELLING.term(factors))
