"""What a script of DeepXDE's consists of, and the conditions that several share."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from physforge_kernel.pinn import zoo

dde: Any = importlib.import_module("deepxde")
jacobian, hessian = dde.grad.jacobian, dde.grad.hessian
Array = np.ndarray


@dataclass(frozen=True)
class Setup:
    """A problem, ready to be trained.

    Attributes:
        data: the equations, their points and conditions.
        outputs: how many columns the network has.
        layers: the widths of its hidden layers.
        activation: of these.
        initializer: of their weights.
        features: what the network is given instead of the coordinates.
        transform: what is made of its outputs, so that they meet conditions.
        adam: steps of Adam at 1e-3.
        lbfgs: options of L-BFGS that differ from DeepXDE's; None where the script stops after Adam.
        unknown: constants that are found with the solution, by name.
        fields: the components of columns of outputs (n, outputs).
    """

    data: Any
    fields: Callable[[Array], Mapping[str, Array]]
    outputs: int = 1
    layers: Sequence[int] = (20, 20, 20)
    activation: str = "tanh"
    initializer: str = "Glorot normal"
    features: Callable[[Any], Any] | None = None
    transform: Callable[[Any, Any], Any] | None = None
    adam: int = 15_000
    lbfgs: Mapping[str, Any] | None = field(default_factory=dict)
    unknown: Mapping[str, Any] = field(default_factory=dict)


def one_field(columns: Array) -> Mapping[str, Array]:
    """Of a problem in u alone."""
    return {"u": columns[:, 0]}


def complex_field(columns: Array) -> Mapping[str, Array]:
    """Of a complex u, whose parts are two columns."""
    return {"u": columns[:, 0] + 1j * columns[:, 1]}


def named(*names: str) -> Callable[[Array], Mapping[str, Array]]:
    """Of columns in this order; those without a name are left out."""
    return lambda columns: {name: columns[:, i] for i, name in enumerate(names)}


def everywhere(_: Any, on: bool) -> bool:
    """The whole edge that a condition is of."""
    return on


def line(name: str) -> Any:
    """The interval of x and that of t."""
    domain = zoo.get(name).domain
    return dde.geometry.GeometryXTime(
        dde.geometry.Interval(*domain["x"]), dde.geometry.TimeDomain(*domain["t"])
    )


def starts(where: Any, value: Callable[[Array], Array], component: int = 0) -> Any:
    """The value of a component at the start, as a function of x."""
    return dde.icbc.IC(where, lambda x: value(x[:, 0:1]), everywhere, component=component)


def periodic(where: Any, orders: int, components: int = 1) -> list[Any]:
    """The field and its derivatives below that of the equation are alike at both ends."""
    return [
        dde.icbc.PeriodicBC(where, 0, everywhere, derivative_order=order, component=component)
        for component in range(components)
        for order in range(min(orders, 2))
    ]


def in_time(where: Any, law: Any, conditions: Sequence[Any], **options: Any) -> Any:
    """The points of the Burgers script."""
    counts = {"num_domain": 2540, "num_boundary": 80, "num_initial": 160}
    return dde.data.TimePDE(where, law, list(conditions), **counts, **options)


def zero(_: Array) -> float:
    """The value at a wall."""
    return 0.0
