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


@dataclass(frozen=True)
class Parameter:
    """A law's parameter: its value unless another is given, its meaning, and whether it must be positive."""

    default: float
    meaning: str
    positive: bool = True


@dataclass(frozen=True)
class Request:
    """What `Law.field` asks of a solver; x and period are empty for ordinary differential equations."""

    parameters: Mapping[str, float]
    t: Array
    initial: Any
    seed: int
    x: Array
    period: tuple[float, float]


@dataclass(frozen=True)
class Solution:
    """What a solver returns: values by component, over (t, x) or (t,), and its settings for the record."""

    values: Mapping[str, Array]
    settings: Mapping[str, Any]


@dataclass(frozen=True)
class Family:
    """A law for any values of its parameters: what a file of the catalogue defines and registers.

    terms: the equation's terms for given parameters, as `Equation.from_terms` takes them.
    solve: the reference solver.
    period: the default periodic axis, (start, end); None for an ordinary differential equation.
    duration: the default end in t; the start is 0.
    counts: the default numbers of points, (n_t, n_x) or (n_t,).
    """

    name: str
    title: str
    citation: str
    parameters: Mapping[str, Parameter]
    terms: Callable[[Mapping[str, float]], Mapping[str, Mapping[str, float]]]
    solve: Callable[[Request], Solution]
    duration: float
    counts: tuple[int, ...]
    period: tuple[float, float] | None = None


@dataclass(frozen=True)
class Law:
    """A named equation with values for its parameters.

    Attributes:
        name: its name in the catalogue.
        title: what people call it.
        equation: the `Equation`, with the parameters' values in it.
        parameters: values by name.
        meanings: what each parameter means, by name.
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

    def field(
        self,
        *,
        x: int | ArrayLike | None = None,
        t: int | ArrayLike | None = None,
        initial: Any = None,
        seed: int = 0,
        period: tuple[float, float] | None = None,
    ) -> xr.Dataset:
        """The law's reference solution, accurate to about 1e-9 of its size.

        Args:
            x: how many points, equally spaced over the period without its end point, or the points.
            t: how many times, from 0 to the law's default end, or the times: increasing, from 0 on.
            initial: the state at t = 0. On an axis: a function of x, or samples at equal steps over the
                period (for `wave` a pair of these, u and u_t). For an ordinary equation: one value for each
                component. The default is a smooth field with many random waves, drawn with `seed`.
            seed: chooses the default initial state; used only where `initial` is None.
            period: (start, end) of the periodic axis; the law's own by default.

        Returns:
            A field with variables over (t, x), or (t,); its attrs name the law, parameters and solver.

        Raises:
            SimulationError: for points, times or a start that cannot be used.

        >>> from physforge_kernel.equations import catalogue
        >>> field = catalogue.get("burgers", nu=0.1).field(x=64, t=11)
        >>> dict(field.sizes)
        {'t': 11, 'x': 64}
        """
        import xarray as xr

        family = self._family
        times = _axis("t", t, family.counts[0], (0.0, family.duration), closed=True)
        if times[0] < 0:
            raise SimulationError(
                f"The times start at {times[0]:g}, before the initial state at t = 0; start at 0."
            )
        dims, coords, extent = ("t",), {"t": times}, (0.0, 0.0)
        if family.period is None:
            if x is not None or period is not None:
                raise SimulationError(f"{self.title} has no axis: leave out x and period.")
        else:
            extent = family.period if period is None else (float(period[0]), float(period[1]))
            if not extent[1] > extent[0]:
                raise SimulationError(f"The period {extent} ends before it starts; pass (start, end).")
            dims = ("t", "x")
            coords["x"] = _axis("x", x, family.counts[1], extent, closed=False)
        points = coords.get("x", np.empty(0))
        request = Request(self.parameters, times, initial, int(seed), points, extent)
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
        if family.period is not None:
            attrs["period"] = json.dumps({"x": extent})
        variables = {name: (dims, values) for name, values in solution.values.items()}
        return xr.Dataset(variables, coords=coords, attrs=attrs)


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
