"""What the names of an equation mean: components, parameters, axes, constants."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import sympy

from ..errors import EquationError
from ._names import AXES, NUMBERED_AXES, split_derivative
from ._syntax import FUNCTIONS, Call, Derivative, Laplacian, Name, Statement, complain

_GIVEN_FIELDS = ("u", "v", "w")
"""Names that are fields even where nothing differentiates them, as in `w_t = -u*w_x - v*w_y`."""

_IMAGINARY = ("i", "I")
_NAME = re.compile(r"[A-Za-z]\w*\Z", re.ASCII)


@dataclass(frozen=True)
class Scope:
    """The meaning of each name in one equation or system."""

    components: frozenset[str]
    parameters: frozenset[str]
    axes: tuple[str, ...] = ()
    is_complex: bool = False

    def orders(self, name: str) -> tuple[str, dict[str, int]] | None:
        """The component and the derivative orders of a name (no orders for a component itself)."""
        if name in self.parameters:
            return None
        if name in self.components:
            return name, {}
        return split_derivative(name, self.components)

    def is_axis(self, name: str) -> bool:
        return (name in AXES or name in self.axes) and name not in self.components

    def varies(self, expression: sympy.Basic) -> bool:
        """Whether an expression holds a component, a derivative or an axis."""
        names = (str(symbol) for symbol in expression.free_symbols)
        return any(name not in self.parameters for name in names)

    @property
    def imaginary(self) -> str:
        """The name of the imaginary unit that no other meaning has taken."""
        return next((name for name in _IMAGINARY if name not in self.components | self.parameters), "")


def declared(names: str | Iterable[str], what: str) -> frozenset[str]:
    """Names given as `parameters=` or `components=`, checked."""
    given = (names,) if isinstance(names, str) else tuple(names)
    for name in given:
        if not isinstance(name, str) or not _NAME.match(name):
            raise EquationError(f"{name!r} cannot name a {what}; use letters, digits and underscores.")
        if name in FUNCTIONS or name == "pi" or (what == "parameter" and name in AXES):
            raise EquationError(
                f"{name!r} has a meaning of its own and cannot name a {what}; choose another."
            )
    return frozenset(given)


def find_scope(
    statements: Sequence[Statement],
    *,
    parameters: frozenset[str] = frozenset(),
    components: frozenset[str] = frozenset(),
    axes: Iterable[str] = (),
) -> Scope:
    """Work out what every name in `statements` means.

    A component is a name with a derivative somewhere (or declared, or one of u, v, w); a name that is nothing
    else is an error that asks for a declaration.
    """
    axes = (axes,) if isinstance(axes, str) else tuple(axes)
    if wrong := [axis for axis in axes if axis not in (*AXES, *NUMBERED_AXES)]:
        raise no_axis(wrong[0])
    if both := sorted(parameters & components):
        raise EquationError(f"{both[0]!r} is declared both as a parameter and as a component; choose one.")
    names: dict[str, tuple[Statement, Name]] = {}
    fields = set(components)
    conjugated = False
    used = set(axes)
    for statement in statements:
        for node in statement.walk():
            if isinstance(node, Name):
                names.setdefault(node.name, (statement, node))
                used |= set(node.arguments)
                if node.arguments and node.name not in parameters and split_derivative(node.name) is None:
                    fields.add(node.name)
            elif isinstance(node, Derivative | Laplacian):
                used |= set(node.axes) if isinstance(node, Derivative) else set()
                if isinstance(node.of, Name) and split_derivative(node.of.name, fields) is None:
                    fields.add(node.of.name)
            elif isinstance(node, Call) and node.function == "conj":
                conjugated = True
    for name in names:
        found = split_derivative(name)
        if found is not None and name not in components and name not in parameters:
            fields.add(found[0])
    if clash := sorted(fields & parameters):
        raise EquationError(
            f"{clash[0]!r} is declared as a parameter, but the equation differentiates it; do not declare it."
        )
    fields |= {name for name in names if name in _GIVEN_FIELDS and name not in parameters}
    fields -= {name for name in fields if split_derivative(name, fields) and name not in components}
    scope = Scope(frozenset(fields), parameters)
    for name in names:
        found = scope.orders(name)
        used |= set(found[1]) if found else ({name} & set(AXES))
    _reject_unknown(names, scope, used)
    imaginary = any(name in names and name not in fields | parameters for name in _IMAGINARY)
    if clash := sorted(used & fields):
        raise EquationError(
            f"{clash[0]!r} is both a component (it has a derivative) and an axis here; rename one of the two."
        )
    ordered = tuple(axis for axis in (*AXES, *NUMBERED_AXES) if axis in used)
    return Scope(frozenset(fields), parameters, ordered, conjugated or imaginary)


def no_axis(name: object) -> EquationError:
    """What to raise where a name is no axis."""
    numbered = f"{NUMBERED_AXES[0]} to {NUMBERED_AXES[-1]}"
    return EquationError(f"{name!r} is no axis; the axes are {', '.join(AXES)}, and {numbered}.")


def _reject_unknown(names: dict[str, tuple[Statement, Name]], scope: Scope, axes: set[str]) -> None:
    meant = {*AXES, *axes, *_IMAGINARY, "pi", *scope.parameters}
    unknown = [name for name in names if name not in meant and not scope.orders(name)]
    if not unknown:
        return
    statement, node = names[unknown[0]]
    if node.name == "e":
        raise complain(statement.text, node.start, "'e' is not a constant here; write exp(x) for e^x.")
    if node.name == "j" and "i" not in scope.components | scope.parameters:
        raise complain(
            statement.text, node.start, "'j' is not a constant here; write i for the imaginary unit."
        )
    several = ", ".join(repr(name) for name in unknown)
    comma = "," if len(unknown) == 1 else ""
    verb = "has" if len(unknown) == 1 else "have"
    raise complain(
        statement.text,
        node.start,
        f"{several} {verb} no derivative and no value here. Declare what is constant with "
        f"parameters=({several}{comma}), and what is a field with components=({several}{comma}).",
    )


def python_name(name: str) -> str:
    """A name that Python accepts as a variable: `lambda` becomes `lambda_`."""
    return f"{name}_" if keyword.iskeyword(name) else name
