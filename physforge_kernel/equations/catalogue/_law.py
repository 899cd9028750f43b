"""A law of the catalogue: a named equation with values for its parameters, and its reference solution."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import EquationError, SimulationError

if TYPE_CHECKING:
    import xarray as xr

    from .._equation import Equation

Array = NDArray[Any]
Period = tuple[float, float]
"""Start and end of a periodic axis."""


@dataclass(frozen=True)
class Parameter:
    """A law's parameter: its value unless another is given, what it means, and whether it must be positive.

    Its unit is in those of the axes and components, as `x^2/t`.
    """

    default: float
    meaning: str
    positive: bool = True
    unit: str = "dimensionless"


@dataclass(frozen=True)
class Request:
    """What `Law.field` asks of a solver; points and periods, by axis, are empty for ordinary equations."""

    parameters: Mapping[str, float]
    t: Array
    initial: Any
    seed: int
    points: Mapping[str, Array]
    periods: Mapping[str, Period]

    @property
    def x(self) -> Array:
        return self.points["x"]

    @property
    def period(self) -> Period:
        """That of x."""
        return self.periods["x"]


@dataclass(frozen=True)
class Solution:
    """What a solver returns: values by component, over t and the axes, and its settings for the record."""

    values: Mapping[str, Array]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """A law for any values of its parameters: what a file of the catalogue defines and registers.

    terms: the equation's terms for given parameters, as `Equation.from_terms` takes them.
    solve: the reference solver.
    periods: the default (start, end) of each periodic axis; empty for an ordinary differential equation.
    duration: the default end in t; the start is 0.
    counts: the default numbers of points along t and each axis.
    """

    name: str
    title: str
    citation: str
    parameters: Mapping[str, Parameter]
    terms: Callable[[Mapping[str, float]], Mapping[str, Mapping[str, complex]]]
    solve: Callable[[Request], Solution]
    duration: float
    counts: tuple[int, ...]
    periods: Mapping[str, Period] = field(default_factory=dict)


@dataclass(frozen=True)
class Law:
    """A named equation with values for its parameters; as a text, all there is to know about it.

    Attributes:
        name: its name in the catalogue.
        title: what people call it.
        equation: the `Equation`, with the parameters' values in it.
        parameters: values by name.
        meanings: what each parameter means, by name.
        units: that of each parameter, by name, in those of the axes and components, as `x^2/t`.
        domain: the start and end of t and of each axis, unless `field` is told otherwise.
        citation: where the law, or the form used here, is from.
    """

    name: str
    title: str
    equation: Equation
    parameters: Mapping[str, float] = field(hash=False)
    meanings: Mapping[str, str] = field(hash=False, repr=False)
    citation: str = field(repr=False)
    _family: Family = field(hash=False, repr=False, compare=False)

    @property
    def latex(self) -> str:
        """The equation in LaTeX."""
        return self.equation.latex

    def _repr_latex_(self) -> str:
        return self.equation._repr_latex_()

    @property
    def units(self) -> dict[str, str]:
        return {name: parameter.unit for name, parameter in self._family.parameters.items()}

    @property
    def domain(self) -> dict[str, Period]:
        return {"t": (0.0, self._family.duration), **self._family.periods}

    def __str__(self) -> str:
        values = [
            f"{name} = {value:.6g}: {self.meanings[name]} ({self.units[name]})"
            for name, value in self.parameters.items()
        ]
        extent = ", ".join(f"{axis} from {a:.6g} to {b:.6g}" for axis, (a, b) in self.domain.items())
        lines = [*self.equation.text.split("; "), *values, extent, self.citation]
        return "\n  ".join([self.title, *lines])

    def field(
        self,
        *,
        x: int | ArrayLike | None = None,
        y: int | ArrayLike | None = None,
        t: int | ArrayLike | None = None,
        initial: Any = None,
        seed: int = 0,
        period: Period | Mapping[str, Period] | None = None,
    ) -> xr.Dataset:
        """The law's reference solution, accurate to about 1e-9 of its size.

        Args:
            x: how many points, equally spaced over the period without its end point, or the points.
            y: likewise, for the laws in the plane.
            t: how many times, from 0 to the law's default end, or the times: increasing, from 0 on.
            initial: the state at t = 0. On axes: a function of x (or of x and y, broadcast against each
                other), or samples at equal steps over the period. A pair of these, u and u_t, for laws for
                u_tt, and one for each component of a system. For an ordinary equation: one value for each
                component. The default is a smooth field with many random waves, drawn with `seed`.
            seed: chooses the default initial state; used only where `initial` is None.
            period: (start, end) of the periodic axes, for all or by name; the law's own by default.

        Returns:
            A field with variables over (t, x, y), (t, x) or (t,); its attrs name the law, parameters and
            solver.

        Raises:
            SimulationError: for points, times or a start that cannot be used.

        >>> from physforge_kernel.equations import catalogue
        >>> field = catalogue.get("burgers", nu=0.1).field(x=64, t=11)
        >>> dict(field.sizes)
        {'t': 11, 'x': 64}
        """
        import xarray as xr
        from threadpoolctl import threadpool_limits

        family = self._family
        times = _axis("t", t, family.counts[0], (0.0, family.duration), closed=True)
        if times[0] < 0:
            raise SimulationError(
                f"The times start at {times[0]:g}, before the initial state at t = 0; start at 0."
            )
        counts = {"x": x, "y": y}
        unused = [name for name, count in counts.items() if count is not None and name not in family.periods]
        if not family.periods and (unused or period is not None):
            raise SimulationError(f"{self.title} has no axis: leave out x and period.")
        if unused:
            raise SimulationError(f"{self.title} has no axis {unused[0]}: leave it out.")
        periods = _periods(family.periods, period)
        points = {
            name: _axis(name, counts[name], count, periods[name], closed=False)
            for name, count in zip(periods, family.counts[1:], strict=True)
        }
        request = Request(self.parameters, times, initial, int(seed), points, periods)
        # The matrices are small: threads of the linear algebra library would only wait for each other.
        with threadpool_limits(1):
            solution = family.solve(request)

        attrs: dict[str, Any] = {
            "source": f"catalogue: {self.name}",
            "law": self.name,
            "title": self.title,
            "equation": str(self.equation),
            "parameters": json.dumps(dict(self.parameters)),
            "initial": f"seed {seed}" if initial is None else "given",
            **solution.settings,
        }
        if periods:
            attrs["period"] = json.dumps(periods)
        variables = {name: (("t", *points), values) for name, values in solution.values.items()}
        return xr.Dataset(variables, coords={"t": times, **points}, attrs=attrs)


def make(family: Family, given: Mapping[str, float]) -> Law:
    """The law of a family with the given parameters, the others at their defaults."""
    from .._equation import Equation

    unknown = sorted(set(given) - set(family.parameters))
    if unknown:
        known = ", ".join(family.parameters) or "none"
        raise EquationError(f"{family.title} has no parameter {unknown[0]!r}; its parameters are: {known}.")
    values: dict[str, float] = {}
    for name, parameter in family.parameters.items():
        value = given.get(name, parameter.default)
        try:
            values[name] = float(value)
        except (TypeError, ValueError):
            raise EquationError(
                f"{name} = {value!r} is not a number; pass one for the {parameter.meaning}."
            ) from None
        if not np.isfinite(values[name]):
            raise EquationError(
                f"{name} = {value!r} is not finite; pass a number for the {parameter.meaning}."
            )
        if parameter.positive and values[name] <= 0:
            raise EquationError(f"{name} = {value!r}: the {parameter.meaning} must be above zero.")
    equation = Equation.from_terms(family.terms(values))
    meanings = {name: parameter.meaning for name, parameter in family.parameters.items()}
    return Law(family.name, family.title, equation, values, meanings, family.citation, family)


def _periods(default: Mapping[str, Period], given: Period | Mapping[str, Period] | None) -> dict[str, Period]:
    """The period of each axis."""
    if isinstance(given, Mapping):
        unknown = sorted(set(given) - set(default))
        if unknown:
            raise SimulationError(f"There is no axis {unknown[0]!r}; the axes are: {', '.join(default)}.")
        chosen = {**default, **given}
    else:
        chosen = dict(default) if given is None else dict.fromkeys(default, given)
    periods = {name: (float(start), float(end)) for name, (start, end) in chosen.items()}
    for extent in periods.values():
        if not extent[1] > extent[0]:
            raise SimulationError(f"The period {extent} ends before it starts; pass (start, end).")
    return periods


def _axis(
    name: str, wanted: int | ArrayLike | None, count: int, extent: tuple[float, float], *, closed: bool
) -> Array:
    if wanted is None:
        wanted = count
    if isinstance(wanted, (int, np.integer)):
        if wanted < 2:
            raise SimulationError(f"{name} = {wanted}: a field needs at least 2 points along {name}.")
        return np.linspace(*extent, int(wanted), endpoint=closed)
    points = np.array(wanted, dtype=float)
    if (
        points.ndim != 1
        or points.size == 0
        or not np.all(np.isfinite(points))
        or np.any(np.diff(points) <= 0)
    ):
        raise SimulationError(f"{name} must be a count, or finite points in increasing order in one row.")
    return points
