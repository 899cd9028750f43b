"""A problem: an equation, where it holds, what holds on the edges, and what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import sympy
import xarray as xr

from ..equations import Equation, derivative_name, split_derivative
from ..errors import SolverError
from ._components import Components
from ._conditions import NORMAL, Condition, Trace, read_conditions
from ._domain import Domain, interval
from ._measured import Measured, measured
from ._parts import bare, check_places
from ._units import Units, alike
from ._unknown import Unknown
from .geometry import Shape

#: Two right sides of one trace are one where they differ by less than this share of their size.
_SAME = 1e-8


class Problem:
    """An equation with its domain, its conditions, and what else is known.

    Args:
        equation: an `Equation`, or text that it reads.
        domain: the interval of each coordinate, `{"x": (-1, 1), "t": (0, 1)}`, in the order in which
            conditions name them; or a shape for several, `{"x, y": Ball((0, 0), 1), "t": (0, 1)}`, which may
            be in plain values, `{"x, y": {"ball": {"centre": [0, 0], "radius": 1}}}`.
        conditions: texts such as `u(x, 0) = sin(pi*x)`, `u_x(1, t) + 2*u(1, t) = 0`, `u(-1, t) = u(1, t)`
            or `periodic in x`; on the boundary of a shape `u = x^2 on ball`, or `u_n + 2*u = 1 on boundary`
            with the derivative along the outward normal, where `boundary` is all that no other condition on
            the field names; or pairs of the left side and a function of the coordinates that it leaves
            free, `("u(x, 0)", numpy.cos)` or `("u on ball", lambda x, y: x**2)`.
        data: a field of measurements that the solution has to agree with, as far as their noise lets it.
        parameters: bounds of the constants that are to be found, `{"nu": (1e-4, 1)}`.
        units: units of fields, coordinates and constants, `{"u": "m/s", "x": "m", "t": "s"}`, as far as they
            are to be checked. A number other than one in front of a term, a number or a function of
            coordinates that stands alone, and a constant without a unit may carry one; all else has to agree.
        noise: the standard deviation of the measurements by component; found with the solution
            where not given.

    Raises:
        SolverError: if the problem cannot be posed: something unknown in the equation or a condition,
            conditions that are missing or contradict each other, a domain without extent, units that do not
            match.
        EquationError: if the equation cannot be read.

    Example:
        >>> problem = Problem(
        ...     "u_t + u*u_x = (0.01/pi)*u_xx",
        ...     domain={"x": (-1, 1), "t": (0, 1)},
        ...     conditions=["u(x, 0) = -sin(pi*x)", "u(-1, t) = 0", "u(1, t) = 0"],
        ... )
        >>> problem.components.names, problem.periodic
        (('u',), ())
    """

    def __init__(
        self,
        equation: str | Sequence[str] | Equation,
        domain: Mapping[str, tuple[float, float] | Shape | Mapping[str, Any]],
        conditions: Sequence[object] = (),
        data: xr.Dataset | tuple[Measured, ...] | None = None,
        parameters: Mapping[str, tuple[float, float]] | None = None,
        *,
        noise: Mapping[str, float] | float | None = None,
        units: Mapping[str, str] | None = None,
    ) -> None:
        self._read(equation, domain, conditions, parameters or {}, units or {})
        self.data: tuple[Measured, ...] = ()
        if data is not None:
            self._check_data_units(data)
            names = self.components.names
            self.data = data if isinstance(data, tuple) else measured(data, names, self.box, noise)
        self._check_parameters()
        self._check_conditions()

    @classmethod
    def check(
        cls,
        equation: str | Sequence[str] | Equation,
        domain: Mapping[str, tuple[float, float] | Shape | Mapping[str, Any]],
        conditions: Sequence[object] = (),
        parameters: Mapping[str, tuple[float, float]] | None = None,
        units: Mapping[str, str] | None = None,
    ) -> None:
        """Refuse what no data could make a problem of.

        Raises:
            SolverError: as for a problem, but for conditions that data may replace.
            EquationError: if the equation cannot be read.
        """
        cls.__new__(cls)._read(equation, domain, conditions, parameters or {}, units or {})

    def _read(
        self,
        equation: str | Sequence[str] | Equation,
        domain: Mapping[str, tuple[float, float] | Shape | Mapping[str, Any]],
        conditions: Sequence[object],
        parameters: Mapping[str, tuple[float, float]],
        units: Mapping[str, str],
    ) -> None:
        self.unknowns = tuple(_unknown(name, bounds) for name, bounds in parameters.items())
        names = tuple(each.name for each in self.unknowns)
        self.equation = _equation(equation, names)
        self.box = Domain.of(domain)
        self._check_equation()
        self.conditions = tuple(
            _once(read_conditions(conditions, self.box, self.equation.components, names), self.box)
        )
        check_places(self.conditions, self.box)
        self.components = Components(self.equation.components, self._is_complex())
        fields = self.components.names
        self.units = Units(units, (*fields, *self.box.axes, *names), fields)
        self._check_units()

    @cached_property
    def periodic(self) -> tuple[str, ...]:
        """The axes along which all fields are periodic."""
        said = {(c.periodic(self.box), next(iter(c.traces.values())).component) for c in self.conditions}
        return tuple(
            axis
            for axis in self.box.space
            if all((axis, component) in said for component in self.components.names)
        )

    def order(self, axis: str, component: str | None = None) -> int:
        """The highest derivative by an axis, of one component or of any."""
        if component is None:
            return self.equation.order(axis)
        highest = 0
        for name in self._symbols:
            found = split_derivative(name, self.equation.components)
            if found is not None and found[0] == component:
                highest = max(highest, found[1].get(axis, 0))
        return highest

    @cached_property
    def highest(self) -> tuple[int, str]:
        """The highest total order of a derivative in the equation, and that derivative; 0 and "" for none."""
        found = [(0, "")]
        for name in self._symbols:
            split = split_derivative(name, self.equation.components)
            if split is not None:
                found.append((sum(split[1].values()), name))
        return max(found)

    @cached_property
    def _symbols(self) -> frozenset[str]:
        rights = self.equation.right_sides
        names = {name for name in rights if not name.startswith("0")}
        return frozenset(names | {str(s) for right in rights.values() for s in right.free_symbols})

    def _is_complex(self) -> bool:
        parts = [*self.equation.right_sides.values(), *(c.residual for c in self.conditions)]
        return any(part.has(sympy.I) for part in parts)

    def _check_equation(self) -> None:
        missing = [axis for axis in self.equation.axes if axis not in self.box.axes]
        if missing:
            raise SolverError(
                f"The equation {self.equation} depends on {missing[0]}, for which the domain gives no "
                f"interval; add '{missing[0]}': (0, 1) or what is meant."
            )
        if not self.equation.components:
            raise SolverError(f"The equation {self.equation} holds no field to solve for.")

    def _check_units(self) -> None:
        """Equation and conditions agree with the units that are given."""
        for left, right in self.equation.right_sides.items():
            side = sympy.Integer(0) if left.startswith("0") else sympy.Symbol(left)
            self.units.check(f"the equation {self.equation}", side - right)
        normals = {NORMAL.format(k): f"n_{axis}" for k, axis in enumerate(self.box.shaped)}
        for condition in self.conditions:
            meaning = normals | {
                symbol: derivative_name(
                    trace.component,
                    {axis: n for axis, n in zip(self.box.axes, trace.orders, strict=True) if n},
                )
                for symbol, trace in condition.traces.items()
            }
            self.units.check(f"the condition {condition.text!r}", condition.residual, meaning)

    def _check_data_units(self, data: object) -> None:
        """What the measurements say of their units is what the problem says."""
        for name, unit in self.units.given.items():
            theirs = data[name].attrs.get("units") if isinstance(data, xr.Dataset) and name in data else None
            if theirs is not None and not alike(str(theirs), unit):
                raise SolverError(
                    f"The measurements have {name} in {theirs!r} and the problem in {unit!r}; convert the "
                    "measurements, or give their units."
                )

    def _check_parameters(self) -> None:
        for each in self.unknowns:
            used = each.name in self._symbols
            used |= any(each.name in map(str, c.residual.free_symbols) for c in self.conditions)
            if not used:
                raise SolverError(
                    f"The parameter {each.name} occurs neither in the equation {self.equation} nor in "
                    "a condition."
                )
        if self.unknowns and not self.data:
            listed = ", ".join(each.name for each in self.unknowns)
            raise SolverError(
                f"Without data nothing tells {listed}; pass data, or put the value into the equation."
            )

    def _check_conditions(self) -> None:
        """Where nothing was measured, conditions have to say all."""
        for component in self.components.names if not self.data else ():
            for axis in self.box.axes:
                if axis not in self.box.shaped:
                    self._check_enough(component, axis)
            if any(self.order(axis, component) > 1 for axis in self.box.shaped):
                self._check_boundary(component)

    def _check_boundary(self, component: str) -> None:
        left = bare(component, self.conditions, self.box)
        if left:
            raise SolverError(
                f"The equation {self.equation} needs a condition for {component} on the whole boundary, and "
                f"none says what holds on {', '.join(left)}; add '{component} = 0 on {left[0]}', "
                f"'{component}_n = 0 on boundary', or what is meant."
            )

    def _check_enough(self, component: str, axis: str) -> None:
        order = self.order(axis, component)
        about = [c for c in self.conditions if any(_says(t, component, axis) for t in c.traces.values())]
        periodic = any(c.periodic(self.box) == axis for c in about)
        needed = order if axis == "t" else min(order, 2 if order > 1 else 0)
        if periodic or len(about) >= needed:
            return
        low, high = self.box.bounds[axis]
        rest = [axis_ if axis_ != axis else f"{low:g}" for axis_ in self.box.axes]
        start = f"{component}({', '.join(rest)}) = ..."
        if axis == "t":
            what = (
                "an initial condition" if order == 1 else f"{order} conditions at its start (value and rate)"
            )
            example = start if order == 1 or not about else start.replace(component, f"{component}_t", 1)
        else:
            what, example = f"conditions at both ends of {axis}", start
        raise SolverError(
            f"The equation {self.equation} needs {what} for {component}, and has {len(about)}; "
            f"add '{example}'"
            + ("." if axis == "t" else f", one at {axis} = {high:g}, or 'periodic in {axis}'.")
        )


def _says(trace: Trace, component: str, axis: str) -> bool:
    return trace.component == component and axis in trace.at


def _equation(given: str | Sequence[str] | Equation, parameters: Sequence[str]) -> Equation:
    equation = Equation(given, parameters=parameters)
    left = [name for name in equation.parameters if name not in parameters]
    if left:
        raise SolverError(
            f"The equation {equation} holds the parameter {left[0]} without a value; give bounds with "
            f"parameters={{'{left[0]}': (1e-3, 1)}} and data, or a value with "
            f"equation.substitute({left[0]}=1.0)."
        )
    return equation


def _unknown(name: str, bounds: object) -> Unknown:
    ends = interval(bounds)
    if ends is None:
        raise SolverError(
            f"The parameter {name} is to lie within {bounds!r}; give two bounds, the lower one first: "
            "(1e-4, 1)."
        )
    return Unknown(name, *ends)


def _once(conditions: Sequence[Condition], box: Domain) -> list[Condition]:
    """The conditions without those that say the same twice.

    Raises:
        SolverError: if two prescribe different values at one place.
    """
    kept: list[Condition] = []
    for condition in conditions:
        known, double = condition.prescribed(), False
        for other in kept if known else ():
            theirs = other.prescribed()
            if known is None or theirs is None or known[0].key != theirs[0].key:
                continue
            if not _agree(known[1], theirs[1], box):
                raise SolverError(
                    f"The conditions {other.text!r} and {condition.text!r} contradict each other; leave "
                    "one out."
                )
            double = True
        if not double:
            kept.append(condition)
    return kept


def _agree(one: sympy.Expr, other: sympy.Expr, box: Domain) -> bool:
    names = sorted(map(str, one.free_symbols | other.free_symbols))
    generator = np.random.default_rng(0)
    points = [generator.uniform(*box.bounds.get(name, (0.5, 1.5)), 64) for name in names]
    call = sympy.lambdify([sympy.Symbol(name) for name in names], [one, other], "numpy")
    with np.errstate(all="ignore"):
        a, b = (np.broadcast_to(np.asarray(each), (64,)) for each in call(*points))
    return bool(np.all(np.abs(a - b) <= _SAME * max(np.abs(a).max(), np.abs(b).max(), 1e-300)))
