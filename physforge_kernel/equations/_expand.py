"""Multiplying out: the one rewriting that expressions undergo."""

from __future__ import annotations

from typing import cast

import sympy

from ._exact import arguments, as_complex, exact

_MULTINOMIAL = dict.fromkeys(("power_base", "power_exp", "log", "basic", "complex", "trig"), False)
_FACTORED_TERMS, _FACTORED_DEGREE = 20, 12


def expand(value: sympy.Expr) -> sympy.Expr:
    """Products and positive whole powers of sums multiplied out, in functions too; denominators factored.

    SymPy's own `expand` multiplies denominators out as well (u/(1 + u)^2 would lose its form) and takes
    powers of products apart.
    """
    if value.is_Atom:
        return value
    if value.is_Add:
        return sympy.Add(*[expand(term) for term in arguments(value)])
    if value.is_Mul:
        if all(_plain(factor) for factor in arguments(value)):
            return value
        return _multiplied([expand(factor) for factor in arguments(value)])
    if isinstance(value, sympy.Pow):
        return _power(expand(value.base), expand(value.exp))
    return _tidy(cast(sympy.Expr, value.func(*[expand(argument) for argument in arguments(value)])))


def _plain(value: sympy.Expr) -> bool:
    """A symbol, a number, or a power of a symbol to a number: nothing that could be multiplied out."""
    return value.is_Atom or (isinstance(value, sympy.Pow) and value.base.is_Symbol and value.exp.is_Atom)


def _multiplied(factors: list[sympy.Expr]) -> sympy.Expr:
    product = sympy.Mul(*[factor for factor in factors if not factor.is_Add])
    sums = [factor for factor in factors if factor.is_Add]
    if product.is_Add:
        sums.append(product)
        product = sympy.Integer(1)
    terms = [product]
    for one in sums:
        total = sympy.Add(*[sympy.Mul(term, part) for term in terms for part in arguments(one)])
        terms = list(sympy.Add.make_args(total))
    return _finished(sympy.Add(*terms))


def _finished(result: sympy.Expr) -> sympy.Expr:
    """Multiplied out once more, where cancelling factors left a sum, as (u + 1)^-1*(u + 1)^2 does."""
    return expand(result) if any(_unfinished(term) for term in sympy.Add.make_args(result)) else result


def _unfinished(term: sympy.Expr) -> bool:
    return any(
        (factor.is_Add and term.is_Mul)
        or (
            isinstance(factor, sympy.Pow)
            and factor.base.is_Add
            and factor.exp.is_Integer
            and factor.exp.is_positive
        )
        for factor in sympy.Mul.make_args(term)
    )


def _power(base: sympy.Expr, exponent: sympy.Expr) -> sympy.Expr:
    if not base.is_Add or not base.free_symbols:
        result = _tidy(base**exponent)
        return _multiplied(arguments(result)) if result.is_Mul else result
    if not isinstance(exponent, sympy.Integer):
        if exponent.free_symbols:
            return base**exponent
        scale, _ = monic(base)
        size = abs(scale) if scale.is_Rational else sympy.Integer(1)
        return _tidy(size**exponent * sympy.Add(*[term / size for term in arguments(base)]) ** exponent)
    if exponent.is_positive:
        return _finished(sympy.expand(base**exponent, deep=False, **_MULTINOMIAL))
    return _denominator(base, exponent)


def _tidy(value: sympy.Expr) -> sympy.Expr:
    """Numbers such as sqrt(2), which SymPy takes out of powers and functions, as the nearest double."""
    if not value.free_symbols:
        return exact(as_complex(value))
    if not value.is_Mul:
        return value
    numbers = [factor for factor in arguments(value) if not factor.free_symbols]
    others = [factor for factor in arguments(value) if factor.free_symbols]
    return (
        sympy.Mul(exact(as_complex(sympy.Mul(*numbers))), *others)
        if any(not (number.is_Rational or number == sympy.I) for number in numbers)
        else value
    )


def _denominator(base: sympy.Expr, exponent: sympy.Integer) -> sympy.Expr:
    """`base` to a negative power, as powers of its irreducible factors, each scaled to begin with 1."""
    above, below = sympy.fraction(sympy.together(base))
    result = sympy.Integer(1)
    for part, power in ((above, exponent), (below, -exponent)):
        for factor, times in _factored(part):
            scale, factor = monic(factor)
            number = scale if power > 0 else _inverse(scale)
            result = sympy.Mul(result, sympy.expand(number ** abs(power * times)), factor ** (power * times))
    return result


def _factored(value: sympy.Expr) -> list[tuple[sympy.Expr, int]]:
    """A polynomial's irreducible factors; other sums, and those too large to try, as they are."""
    if not value.is_Add and not value.is_Mul and not value.is_Pow:
        return [(value, 1)]
    if not value.has(sympy.I) and len(sympy.Add.make_args(value)) <= _FACTORED_TERMS:
        try:
            polynomial = sympy.Poly(value)
            if polynomial.total_degree() <= _FACTORED_DEGREE:
                number, found = polynomial.factor_list()
                return [(number, 1), *((factor.as_expr(), times) for factor, times in found)]
        except sympy.PolynomialError:
            pass
    return [(value, 1)]


def monic(value: sympy.Expr) -> tuple[sympy.Expr, sympy.Expr]:
    """A sum as a number times a sum whose first term (by name, constants last) has the coefficient 1."""
    if not value.is_Add:
        return sympy.Integer(1), value
    pieces: dict[sympy.Expr, sympy.Expr] = {}
    for term in arguments(value):
        numbers = [factor for factor in sympy.Mul.make_args(term) if not factor.free_symbols]
        rest = sympy.Mul(*[factor for factor in sympy.Mul.make_args(term) if factor.free_symbols])
        pieces[rest] = pieces.get(rest, sympy.Integer(0)) + sympy.Mul(*numbers)
    lead = min((rest for rest in pieces), key=lambda rest: (not rest.free_symbols, str(rest)))
    scale = pieces[lead]
    if scale == 1:
        return scale, value
    inverse = _inverse(scale)
    return scale, sympy.Add(*[sympy.expand(number * inverse) * rest for rest, number in pieces.items()])


def _inverse(number: sympy.Expr) -> sympy.Expr:
    """1/number, as a real and an imaginary rational."""
    real, imaginary = number.as_real_imag()
    size = real**2 + imaginary**2
    return real / size - imaginary / size * sympy.I
