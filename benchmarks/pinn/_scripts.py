"""The zoo's problems as DeepXDE's users state them. DeepXDE's own settings are kept.

Where DeepXDE documents a script for a problem (Burgers, Allen-Cahn, Schroedinger, Helmholtz,
Lotka-Volterra), network, points and iterations are that script's; else they are those of its Burgers script:
three layers of 20 tanh, 2540 points inside, 80 on the boundary and 160 at the start, 15000 steps of Adam at
1e-3, and L-BFGS to its end. Import this only where DeepXDE is installed.

Source: https://github.com/lululxvi/deepxde, examples/pinn_forward, for version 1.15.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import torch

from physforge_kernel.pinn import zoo

from ._setup import (
    Array,
    Setup,
    complex_field,
    dde,
    everywhere,
    hessian,
    in_time,
    jacobian,
    line,
    named,
    one_field,
    periodic,
    starts,
    zero,
)


def burgers() -> Setup:
    def law(x: Any, u: Any) -> Any:
        slope, rate = jacobian(u, x, i=0, j=0), jacobian(u, x, i=0, j=1)
        return rate + u * slope - 0.01 / np.pi * hessian(u, x, i=0, j=0)

    where = line("burgers")
    walls = dde.icbc.DirichletBC(where, zero, everywhere)
    return Setup(in_time(where, law, [walls, starts(where, lambda x: -np.sin(np.pi * x))]), one_field)


def burgers_inverse(seed: int) -> Setup:
    """From the middle of the bounds, on a logarithmic scale, which are all that is known of the viscosity."""
    entry = zoo.get("burgers_inverse")
    assert entry.measurements is not None
    measured = entry.measurements(seed)
    nu = dde.Variable(float(np.sqrt(np.prod(entry.bounds["nu"]))))

    def law(x: Any, u: Any) -> Any:
        slope, rate = jacobian(u, x, i=0, j=0), jacobian(u, x, i=0, j=1)
        return rate + u * slope - nu * hessian(u, x, i=0, j=0)

    where = line(entry.name)
    points = np.stack([measured.x.values, measured.t.values], axis=1)
    seen = dde.icbc.PointSetBC(points, measured.u.values[:, None])
    return Setup(in_time(where, law, [seen], anchors=points), one_field, unknown={"nu": nu})


def allen_cahn() -> Setup:
    """The documented script has Dirichlet conditions and ten times the diffusion, and no other start."""

    def law(x: Any, u: Any) -> Any:
        return jacobian(u, x, i=0, j=1) - 1e-4 * hessian(u, x, i=0, j=0) - 5 * (u - u**3)

    def transform(x: Any, u: Any) -> Any:
        return x[:, 0:1] ** 2 * torch.cos(np.pi * x[:, 0:1]) + x[:, 1:2] * u

    where = line("allen_cahn")
    counts = {"num_domain": 8000, "num_boundary": 400, "num_initial": 800}
    data = dde.data.TimePDE(where, law, periodic(where, 2), **counts)
    return Setup(data, one_field, transform=transform, adam=40_000)


def kdv(name: str, dispersion: float) -> Setup:
    def law(x: Any, u: Any) -> Any:
        slope, rate = jacobian(u, x, i=0, j=0), jacobian(u, x, i=0, j=1)
        third = jacobian(hessian(u, x, i=0, j=0), x, i=0, j=0)
        return rate + u * slope + dispersion * third

    where = line(name)
    start = starts(where, lambda x: np.cos(np.pi * x))
    return Setup(in_time(where, law, [*periodic(where, 3), start]), one_field)


def wave() -> Setup:
    def law(x: Any, u: Any) -> Any:
        return hessian(u, x, i=1, j=1) - 4 * hessian(u, x, i=0, j=0)

    where = line("wave")
    walls = dde.icbc.DirichletBC(where, zero, everywhere)
    start = starts(where, lambda x: np.sin(np.pi * x) + 0.5 * np.sin(4 * np.pi * x))
    rest = dde.icbc.OperatorBC(
        where, lambda x, u, _: jacobian(u, x, i=0, j=1), lambda x, _: bool(np.isclose(x[1], 0))
    )
    return Setup(in_time(where, law, [walls, start, rest]), one_field)


def poisson_multiscale() -> Setup:
    octaves = (2, 4, 8, 16)

    def law(x: Any, u: Any) -> Any:
        waves = [
            omega**2 / 2 * torch.sin(omega * np.pi * x[:, 0:1]) * torch.sin(omega * np.pi * x[:, 1:2])
            for omega in octaves
        ]
        return hessian(u, x, i=0, j=0) + hessian(u, x, i=1, j=1) + np.pi**2 * sum(waves)

    where = dde.geometry.Rectangle([0, 0], [1, 1])
    walls = dde.icbc.DirichletBC(where, zero, everywhere)
    return Setup(dde.data.PDE(where, law, [walls], num_domain=2540, num_boundary=80), one_field)


def poisson_5d() -> Setup:
    def law(x: Any, u: Any) -> Any:
        curvature = sum(hessian(u, x, i=i, j=i) for i in range(5))
        return curvature + np.pi**2 * torch.sin(np.pi * x).sum(dim=1, keepdim=True)

    where = dde.geometry.Hypercube([0] * 5, [1] * 5)
    walls = dde.icbc.DirichletBC(where, lambda x: np.sin(np.pi * x).sum(axis=1, keepdims=True), everywhere)
    return Setup(dde.data.PDE(where, law, [walls], num_domain=2540, num_boundary=80), one_field)


def helmholtz() -> Setup:
    """Ten points to the shortest wave, as in the documented script, which solves it for equal waves."""

    def law(x: Any, u: Any) -> Any:
        source = (1 - 17 * np.pi**2) * torch.sin(np.pi * x[:, 0:1]) * torch.sin(4 * np.pi * x[:, 1:2])
        return hessian(u, x, i=0, j=0) + hessian(u, x, i=1, j=1) + u - source

    def transform(x: Any, u: Any) -> Any:
        return (1 - x[:, 0:1] ** 2) * (1 - x[:, 1:2] ** 2) * u

    along = 40
    where = dde.geometry.Rectangle([-1, -1], [1, 1])
    data = dde.data.PDE(where, law, [], num_domain=along**2, num_boundary=4 * along)
    return Setup(
        data,
        one_field,
        layers=(150, 150, 150),
        activation="sin",
        initializer="Glorot uniform",
        transform=transform,
        adam=5000,
        lbfgs=None,
    )


def schroedinger() -> Setup:
    def law(x: Any, y: Any) -> list[Any]:
        u, v = y[:, 0:1], y[:, 1:2]
        size = u**2 + v**2
        u_t, v_t = (jacobian(y, x, i=i, j=1) for i in (0, 1))
        u_xx, v_xx = (hessian(y, x, component=i, i=0, j=0) for i in (0, 1))
        return [u_t + 0.5 * v_xx + size * v, v_t - 0.5 * u_xx - size * u]

    where = line("schroedinger")
    start = [starts(where, lambda x: 2 / np.cosh(x)), starts(where, np.zeros_like, 1)]
    data = dde.data.TimePDE(
        where,
        law,
        [*periodic(where, 2, 2), *start],
        num_domain=10_000,
        num_boundary=20,
        num_initial=200,
        train_distribution="pseudo",
    )
    lbfgs = {"maxcor": 50, "ftol": np.finfo(float).eps, "gtol": 1e-8, "maxiter": 10_000, "maxfun": 10_000}
    return Setup(data, complex_field, 2, layers=(100,) * 4, adam=10_000, lbfgs={**lbfgs, "maxls": 50})


def advection() -> Setup:
    def law(x: Any, u: Any) -> Any:
        return jacobian(u, x, i=0, j=1) + 80 * jacobian(u, x, i=0, j=0)

    where = line("advection")
    return Setup(in_time(where, law, [*periodic(where, 1), starts(where, np.sin)]), one_field)


def cavity() -> Setup:
    def law(x: Any, y: Any) -> list[Any]:
        u, v = y[:, 0:1], y[:, 1:2]
        (u_x, u_y), (v_x, v_y), (p_x, p_y) = ([jacobian(y, x, i=i, j=j) for j in (0, 1)] for i in range(3))
        spread = [hessian(y, x, component=c, i=0, j=0) + hessian(y, x, component=c, i=1, j=1) for c in (0, 1)]
        return [
            u * u_x + v * u_y + p_x - 0.01 * spread[0],
            u * v_x + v * v_y + p_y - 0.01 * spread[1],
            u_x + v_y,
        ]

    def lid(x: Array) -> Array:
        along = x[:, 0:1]
        return np.where(np.isclose(x[:, 1:2], 1), 16 * along**2 * (1 - along) ** 2, 0)

    where = dde.geometry.Rectangle([0, 0], [1, 1])
    conditions = [
        dde.icbc.DirichletBC(where, lid, everywhere, component=0),
        dde.icbc.DirichletBC(where, zero, everywhere, component=1),
        dde.icbc.PointSetBC(np.array([[0.5, 0.0]]), np.array([[0.0]]), component=2),
    ]
    data = dde.data.PDE(where, law, conditions, num_domain=2540, num_boundary=80)
    return Setup(data, named("u", "v", "p"), 3)


def ginzburg_landau() -> Setup:
    def law(x: Any, y: Any) -> list[Any]:
        u, v = y[:, 0:1], y[:, 1:2]
        size = u**2 + v**2
        u_t, v_t = (jacobian(y, x, i=i, j=1) for i in (0, 1))
        u_xx, v_xx = (hessian(y, x, component=i, i=0, j=0) for i in (0, 1))
        return [
            u_t - 0.004 * u_xx - 10 * u + size * (10 * u - 15 * v),
            v_t - 0.004 * v_xx - 10 * v + size * (10 * v + 15 * u),
        ]

    where = line("ginzburg_landau")
    start = [
        starts(where, lambda x: np.cos(np.pi * x)),
        starts(where, lambda x: 0.5 * np.sin(2 * np.pi * x), 1),
    ]
    return Setup(in_time(where, law, [*periodic(where, 2, 2), *start]), complex_field, 2)


def kuramoto_sivashinsky() -> Setup:
    def law(x: Any, u: Any) -> Any:
        second = hessian(u, x, i=0, j=0)
        fourth = hessian(second, x, i=0, j=0)
        carried = jacobian(u, x, i=0, j=1) + 100 / 16 * u * jacobian(u, x, i=0, j=0)
        return carried + 100 / 16**2 * second + 100 / 16**4 * fourth

    where = line("kuramoto_sivashinsky")
    start = starts(where, lambda x: np.cos(x) * (1 + np.sin(x)))
    return Setup(in_time(where, law, [*periodic(where, 4), start]), one_field)


def _ordinary(
    name: str, rates: Callable[..., Sequence[Any]], start: Sequence[float], names: Sequence[str]
) -> Setup:
    """As the documented script for Lotka and Volterra, whose time is that of the domain's share."""
    _, end = zoo.get(name).domain["t"]

    def law(t: Any, y: Any) -> list[Any]:
        columns = [y[:, i : i + 1] for i in range(len(start))]
        found = rates(*columns)
        return [jacobian(y, t, i=i, j=0) - rate for i, rate in enumerate(found)]

    def features(t: Any) -> Any:
        share = t / end
        return torch.cat([share, *(torch.sin(k * share) for k in range(1, 7))], dim=1)

    def transform(t: Any, y: Any) -> Any:
        return y * torch.tanh(t / end) + torch.tensor(start, dtype=y.dtype)

    data = dde.data.PDE(dde.geometry.TimeDomain(0, end), law, [], 3000, 2)
    return Setup(
        data,
        named(*names),
        len(start),
        layers=(64,) * 6,
        features=features,
        transform=transform,
        adam=50_000,
    )


def lorenz() -> Setup:
    def rates(u: Any, v: Any, w: Any) -> Sequence[Any]:
        return 10 * (v - u), u * (28 - w) - v, u * v - 8 / 3 * w

    return _ordinary("lorenz", rates, (1.0, 1.0, 1.0), "uvw")


def van_der_pol() -> Setup:
    def rates(u: Any, rate: Any) -> Sequence[Any]:
        return rate, (1 - u**2) * rate - u

    return _ordinary("van_der_pol", rates, (2.0, 0.0), "u")


def lotka_volterra() -> Setup:
    def rates(u: Any, v: Any) -> Sequence[Any]:
        return 2 / 3 * u - 4 / 3 * u * v, u * v - v

    return _ordinary("lotka_volterra", rates, (1.0, 1.0), "uv")


#: By the zoo's name what sets a problem up for a seed, which only measurements depend on.
SCRIPTS: Mapping[str, Callable[[int], Setup]] = {
    "burgers": lambda _: burgers(),
    "burgers_inverse": burgers_inverse,
    "allen_cahn": lambda _: allen_cahn(),
    "kdv_0025": lambda _: kdv("kdv_0025", 0.0025),
    "kdv": lambda _: kdv("kdv", 0.022**2),
    "wave": lambda _: wave(),
    "poisson_multiscale": lambda _: poisson_multiscale(),
    "poisson_5d": lambda _: poisson_5d(),
    "helmholtz": lambda _: helmholtz(),
    "schroedinger": lambda _: schroedinger(),
    "advection": lambda _: advection(),
    "cavity": lambda _: cavity(),
    "ginzburg_landau": lambda _: ginzburg_landau(),
    "kuramoto_sivashinsky": lambda _: kuramoto_sivashinsky(),
    "lorenz": lambda _: lorenz(),
    "van_der_pol": lambda _: van_der_pol(),
    "lotka_volterra": lambda _: lotka_volterra(),
}
