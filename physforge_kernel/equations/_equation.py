"""The `Equation`: a differential equation, or a system of them, in one canonical form."""

from __future__ import annotations

import numbers
from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import sympy

from ..errors import EquationError
from ._canonical import Side, canonical
from ._exact import exact, with_doubles
from ._latex import LatexSpelling
from ._names import AXES, NUMBERED_AXES, natural_key
from ._printing import Errors, Layout, close
from ._python import PythonSpelling, python_source
from ._reading import Coefficient, Pair, Terms, read_terms, read_text
from ._scope import Scope, declared, no_axis
from ._text import Spelling

if TYPE_CHECKING:
    import xarray


class Equation:
    """A differential equation, or a system of them, in one canonical form.

    Args:
        text: one equation (`u_t = -u*u_x + 0.1*u_xx`; an expression alone equals zero), several separated by
            `;` or line ends, or a sequence of texts. Derivatives are `u_xx`, `d2u/dx2`, `∂²u/∂x²` or LaTeX.
        parameters: names that are constants without a value.
        components: names that are fields although nothing differentiates them (u, v and w need no mention).
        axes: independent variables beyond those that the text mentions, for the Laplacian.

    Raises:
        EquationError: if a text is no equation; the message points at the place.

    >>> equation = Equation("d2u/dx2 * 0.1 = u*u_x + u_t")
    >>> print(equation)
    u_t = -u*u_x + 0.1*u_xx
    >>> equation.terms
    {'u_t': {'u*u_x': -1.0, 'u_xx': 0.1}}
    >>> equation == Equation(r"\\frac{\\partial u}{\\partial t} + u u_x = 0.1 u_{xx}")
    True
    """

    _sides: tuple[Side, ...]
    _scope: Scope

    def __init__(
        self,
        text: str | Iterable[str] | Equation,
        *,
        parameters: str | Iterable[str] = (),
        components: str | Iterable[str] = (),
        axes: str | Iterable[str] = (),
    ) -> None:
        constants, fields = declared(parameters, "parameter"), declared(components, "component")
        if isinstance(text, Equation):
            constants, fields = constants | text._scope.parameters, fields | text._scope.components
            text = text.text
        self._settle(*read_text(text, constants, fields, axes))

    @classmethod
    def from_terms(
        cls,
        terms: Terms,
        *,
        parameters: str | Iterable[str] = (),
        components: str | Iterable[str] = (),
    ) -> Equation:
        """An equation from its terms and their coefficients: the inverse of `Equation.terms`.

        Args:
            terms: `{left side: {term: coefficient}}`; coefficients are numbers, or SymPy in the parameters.
            parameters: names that are constants without a value.
            components: names that are fields although nothing differentiates them.

        Raises:
            EquationError: if a term cannot be read or a coefficient is no finite number.

        >>> print(Equation.from_terms({"u_t": {"u*u_x": -6, "u_xxx": -1.0}}))
        u_t = -6*u*u_x - u_xxx
        """
        constants, fields = declared(parameters, "parameter"), declared(components, "component")
        return cls._settled(*read_terms(terms, constants, fields))

    @classmethod
    def _settled(cls, pairs: Sequence[Pair], scope: Scope) -> Equation:
        equation = cls.__new__(cls)
        equation._settle(pairs, scope)
        return equation

    def _settle(self, pairs: Sequence[Pair], scope: Scope) -> None:
        object.__setattr__(self, "_sides", canonical(pairs, scope))
        object.__setattr__(self, "_scope", scope)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"An Equation does not change; make another instead of setting {name!r}.")

    # ------------------------------------------------------------------- contents

    @property
    def terms(self) -> dict[str, dict[str, Coefficient]]:
        """The coefficient of each term by left side: floats, complex numbers, or SymPy in the parameters."""
        return {
            side.left: {term.name: _shown(term.coefficient) for term in side.terms} for side in self._sides
        }

    @property
    def left_sides(self) -> tuple[str, ...]:
        """The time derivatives solved for; `0` (then `0_2`, ...) for equations without one.

        >>> Equation("x_t = 10*(y - x); y_t = x*(28 - z) - y; z_t = x*y - 8/3*z").left_sides
        ('x_t', 'y_t', 'z_t')
        """
        return tuple(side.left for side in self._sides)

    @cached_property
    def right_sides(self) -> dict[str, sympy.Expr]:
        """Each right side in plain SymPy symbols named like `u`, `u_xx`, `x`, `t`, `nu`."""
        return {
            side.left: sympy.Add(
                *[_expression(term.coefficient) * with_doubles(term.product) for term in side.terms]
            )
            for side in self._sides
        }

    @cached_property
    def components(self) -> tuple[str, ...]:
        """The fields that occur, in alphabetical order.

        >>> Equation("w_t = -u*w_x - v*w_y + 0.01*(w_xx + w_yy)").components
        ('u', 'v', 'w')
        """
        found = {orders[0] for name in self._names if (orders := self._scope.orders(name))}
        return tuple(sorted(found, key=natural_key))

    @cached_property
    def axes(self) -> tuple[str, ...]:
        """The independent variables that occur, in the order t, x, y, z, x1 to x9."""
        used = set()
        for name in self._names:
            found = self._scope.orders(name)
            used |= set(found[1]) if found else {name}
        ordered = (*AXES, *NUMBERED_AXES)
        return tuple(axis for axis in ordered if axis in used and self._scope.is_axis(axis))

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The constants without a value that occur, in alphabetical order."""
        return tuple(sorted(self._names & self._scope.parameters, key=natural_key))

    @cached_property
    def _names(self) -> frozenset[str]:
        names = {side.left for side in self._sides if not side.left.startswith("0")}
        for side in self._sides:
            for term in side.terms:
                names |= {str(symbol) for symbol in term.product.free_symbols}
                if isinstance(term.coefficient, sympy.Expr):
                    names |= {str(symbol) for symbol in term.coefficient.free_symbols}
        return frozenset(names)

    def order(self, axis: str) -> int:
        """The highest derivative by one axis.

        >>> Equation("u_t = -u*u_x - u_xxx").order("x")
        3
        """
        if axis not in (*AXES, *NUMBERED_AXES):
            raise no_axis(axis)
        found = [self._scope.orders(name) for name in self._names]
        return max((orders[1].get(axis, 0) for orders in found if orders), default=0)

    # ------------------------------------------------------------------- printing

    @cached_property
    def text(self) -> str:
        """The canonical one-line form, which reads back as this equation."""
        return self.format()

    def format(self, digits: int | None = None) -> str:
        """The text with at most `digits` significant digits in each number.

        >>> Equation("u_t = 0.100312*u_xx").format(digits=2)
        'u_t = 0.1*u_xx'
        """
        return self._lines(Layout(Spelling(digits, self._scope.imaginary), self._scope))

    @cached_property
    def latex(self) -> str:
        """The equation in LaTeX, which reads back as this equation.

        >>> Equation("u_t = nu*u_xx - 3e-4*u", parameters="nu").latex
        'u_t = -3\\\\times10^{-4} u + \\\\nu u_{xx}'
        """
        return self._latex_lines(None)

    def format_latex(self, digits: int | None = None) -> str:
        """The LaTeX with at most `digits` significant digits in each number."""
        return self._latex_lines(digits)

    def text_with(self, errors: Errors) -> str:
        """The text with the standard error of each coefficient.

        Args:
            errors: `{left side: {term: standard error}}`; terms that are missing are printed without one.

        >>> equation = Equation("u_t = -1.00032*u*u_x + 0.10029*u_xx")
        >>> print(equation.text_with({"u_t": {"u*u_x": 0.00071, "u_xx": 0.00068}}))
        u_t = -(1.0003 ± 0.0007)*u*u_x + (0.1003 ± 0.0007)*u_xx
        """
        return self._lines(Layout(Spelling(None, self._scope.imaginary), self._scope), errors)

    def latex_with(self, errors: Errors, digits: int | None = None) -> str:
        """As `text_with`, in LaTeX."""
        return self._latex_lines(digits, errors)

    def _lines(self, layout: Layout, errors: Errors | None = None) -> str:
        return "; ".join(self._laid_out(layout, errors))

    def _laid_out(self, layout: Layout, errors: Errors | None) -> list[str]:
        return [
            layout.equation(side, None if errors is None else errors.get(side.left, {}))
            for side in self._sides
        ]

    def _latex_lines(self, digits: int | None, errors: Errors | None = None) -> str:
        spelling = LatexSpelling(self._scope, digits, self._scope.imaginary)
        # What holds no i would be read back as an equation for a real field, where |u|^2 is something else.
        moduli = any(_is_imaginary(term.coefficient) for side in self._sides for term in side.terms)
        layout = Layout(spelling, self._scope, r"\pm", r"\times10^{{{}}}", r"\infty", moduli)
        lines = self._laid_out(layout, errors)
        if len(lines) == 1:
            return lines[0]
        aligned = r" \\ ".join(line.replace(" = ", " &= ", 1) for line in lines)
        return rf"\begin{{aligned}} {aligned} \end{{aligned}}"

    @cached_property
    def python(self) -> str:
        """The source of a function `right_sides(...)` over NumPy arrays that returns each right side by name.

        >>> print(Equation("u_t = nu*u_xx - u^3", parameters="nu").python)
        import numpy as np
        <BLANKLINE>
        <BLANKLINE>
        def right_sides(u, u_xx, *, nu):
            \"\"\"u_t = -u^3 + nu*u_xx\"\"\"
            return {
                'u_t': -u**3 + nu*u_xx,
            }
        <BLANKLINE>
        """
        layout = Layout(PythonSpelling(), self._scope)
        rights = {side.left: layout.right(side) for side in self._sides}
        held = {str(symbol) for right in self.right_sides.values() for symbol in right.free_symbols}
        arguments = sorted(
            held - self._scope.parameters,
            key=lambda name: (not self._scope.is_axis(name), natural_key(name)),
        )
        return python_source(rights, self.text, arguments, self.parameters)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        extra = f", parameters={self.parameters!r}" if self.parameters else ""
        return f"Equation({self.text!r}{extra})"

    def _repr_latex_(self) -> str:
        return f"$\\displaystyle {self.latex}$"

    # ------------------------------------------------------------------ comparison

    @cached_property
    def _identity(self) -> frozenset[tuple[str, frozenset[tuple[str, Coefficient]]]]:
        return frozenset(
            (side.left, frozenset((term.name, term.coefficient) for term in side.terms))
            for side in self._sides
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Equation):
            return NotImplemented
        return self._identity == other._identity and self.parameters == other.parameters

    def __hash__(self) -> int:
        return hash(self._identity)

    def __reduce__(self) -> tuple[Any, ...]:
        return _restore, (self._sides, self._scope)

    def same_terms(self, other: Equation) -> bool:
        """Whether both have the same left sides and the same terms, whatever the coefficients.

        >>> Equation("u_t = 0.1*u_xx").same_terms(Equation("u_t = 0.3*u_xx"))
        True
        """
        return {left: set(right) for left, right in self.terms.items()} == {
            left: set(right) for left, right in other.terms.items()
        }

    def isclose(self, other: Equation, rtol: float = 1e-9) -> bool:
        """Whether both have the same terms, with coefficients that agree to the relative tolerance `rtol`.

        >>> Equation("u_t = 0.1*u_xx").isclose(Equation("u_t = 0.10000000000001*u_xx"))
        True
        """
        theirs = {side.left: {term.name: term.coefficient for term in side.terms} for side in other._sides}
        return self.same_terms(other) and all(
            close(term.coefficient, theirs[side.left][term.name], rtol)
            for side in self._sides
            for term in side.terms
        )

    # --------------------------------------------------------------------- new ones

    def substitute(self, values: Mapping[str, complex] | None = None, /, **named: complex) -> Equation:
        """This equation with values for some of its parameters.

        >>> print(Equation("u_t = nu*u_xx", parameters="nu").substitute(nu=0.1))
        u_t = 0.1*u_xx
        """
        given = {**(values or {}), **named}
        for name, value in given.items():
            if name not in self._scope.parameters:
                listed = ", ".join(self.parameters) or "none"
                raise EquationError(f"{name!r} is no parameter of {self.text}; its parameters: {listed}.")
            if not isinstance(value, numbers.Number):
                raise EquationError(f"The parameter {name} needs a number as its value, not {value!r}.")
        exchange = {sympy.Symbol(name): exact(complex(value)) for name, value in given.items()}
        scope = Scope(
            self._scope.components,
            self._scope.parameters - set(given),
            self._scope.axes,
            self._scope.is_complex or any(complex(value).imag for value in given.values()),
        )
        residuals = []
        for side in self._sides:
            right = sympy.Add(*[_exact_expression(term.coefficient) * term.product for term in side.terms])
            replaced = right.xreplace(exchange)
            if replaced.has(sympy.zoo, sympy.nan, sympy.oo):
                listed = ", ".join(f"{name} = {value}" for name, value in given.items())
                raise EquationError(f"With {listed} the right side of {side.left} has no finite value.")
            left = sympy.Integer(0) if side.left.startswith("0") else sympy.Symbol(side.left)
            residuals.append((left, replaced))
        return self._settled(residuals, scope)

    def simulate(self, start: xarray.Dataset, **options: Any) -> xarray.Dataset:
        """The field that obeys this equation from `start` on; the options are those of `pf.simulate`."""
        from . import simulate

        return simulate(self, start, **options)


def _restore(sides: tuple[Side, ...], scope: Scope) -> Equation:
    equation = Equation.__new__(Equation)
    object.__setattr__(equation, "_sides", sides)
    object.__setattr__(equation, "_scope", scope)
    return equation


def _is_imaginary(coefficient: Coefficient) -> bool:
    return _exact_expression(coefficient).has(sympy.I)


def _exact_expression(coefficient: Coefficient) -> sympy.Expr:
    return coefficient if isinstance(coefficient, sympy.Expr) else exact(coefficient)


def _expression(coefficient: Coefficient) -> sympy.Expr:
    return with_doubles(_exact_expression(coefficient))


def _shown(coefficient: Coefficient) -> Coefficient:
    return with_doubles(coefficient) if isinstance(coefficient, sympy.Expr) else coefficient
