"""Problems in shapes: conditions on boundaries, and solutions against exact ones."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.pinn import Ball, Box, Polygon, Problem, Settings, Solution, solve
from physforge_kernel.pinn._posed import pose
from physforge_kernel.pinn.networks import MLP

DISC = Ball((0, 0), 1)
RING = Ball((0, 0), 1, "outer") - Ball((0, 0), 0.4, "inner")
PLATE = Box((0, 0), (2, 1)) - Ball((0.5, 0.5), 0.2, name="hole")
EL = Polygon([(0, 0), (2, 0), (2, 1), (1, 1), (1, 2), (0, 2)])
CUT = Ball((0, 0, 0), 1) - Box((0, 0, 0), (2, 2, 2), "cut")
LAPLACE = "u_xx + u_yy = 0"
SETTINGS = Settings(steps=60)


def reference(problem: Problem, exact: Callable[..., Any], nodes: int = 31) -> xr.Dataset:
    places = {axis: np.linspace(*ends, nodes) for axis, ends in problem.box.bounds.items()}
    with np.errstate(all="ignore"):
        values = exact(*np.meshgrid(*places.values(), indexing="ij"))
    return xr.Dataset({"u": (tuple(places), values)}, places)


def cubic(x: Any, y: Any) -> Any:
    return x**3 - 3 * x * y**2


def potential(x: Any, y: Any) -> Any:
    return np.log(np.hypot(x, y))


def cooling(x: Any, y: Any, t: Any) -> Any:
    return np.exp(x) * np.cos(y) + np.sin(x) * np.sin(y) * np.exp(-2 * t)


@pytest.mark.parametrize(
    ("equation", "domain", "conditions", "exact", "error"),
    [
        pytest.param(
            "u_xx + u_yy = -1",
            {"x, y": DISC},
            ["u = 0 on ball"],
            lambda x, y: (1 - x**2 - y**2) / 4,
            1e-6,
            id="value on a disc",
        ),
        pytest.param(
            LAPLACE,
            {"x, y": RING},
            ["u = 0 on outer", "u = log(0.4) on inner"],
            potential,
            2e-3,
            id="values on a ring",
        ),
        pytest.param(
            LAPLACE,
            {"x, y": RING},
            ["u = 0 on outer", "u_n + 2*u = -1/0.4 + 2*log(0.4) on inner"],
            potential,
            2e-3,
            id="transfer through a ring",
        ),
        pytest.param(
            "u_xx + u_yy = 4",
            {"x, y": PLATE},
            ["u_n = -0.4 - 5*(x - 0.5) - 5*(y - 0.5) on hole", "u = x^2 + y^2 on box"],
            lambda x, y: x**2 + y**2,
            2e-5,
            id="flux into a hole",
        ),
        pytest.param(
            LAPLACE,
            {"x, y": EL},
            [("u on boundary", cubic)],
            cubic,
            2e-3,
            id="a function around a re-entrant corner",
        ),
        pytest.param(
            "u_t = u_xx + u_yy",
            {"x, y": DISC, "t": (0, 0.3)},
            [
                "u(x, y, 0) = exp(x)*cos(y) + sin(x)*sin(y)",
                "u = exp(x)*cos(y) + sin(x)*sin(y)*exp(-2*t) on boundary",
            ],
            cooling,
            1e-6,
            id="heat in a disc",
        ),
        pytest.param(
            "u_xx + u_yy + u_zz = -6",
            {"x, y, z": CUT},
            ["u = 1 - x^2 - y^2 - z^2 on boundary"],
            lambda x, y, z: 1 - x**2 - y**2 - z**2,
            2e-3,
            id="a cut ball",
        ),
    ],
)
def test_solutions_are_the_exact_ones(
    equation: str, domain: dict[str, Any], conditions: list[Any], exact: Callable[..., Any], error: float
) -> None:
    problem = Problem(equation, domain, conditions)
    solution = solve(problem, network=MLP(width=12, depth=2), settings=SETTINGS)
    assert solution.error(reference(problem, exact)).relative["u"] < error


@pytest.fixture(scope="module")
def disc() -> Solution:
    problem = Problem("u_xx + u_yy = -1", {"x, y": DISC}, ["u = 0 on ball"])
    return solve(problem, network=MLP(width=8, depth=2), settings=Settings(steps=30))


def test_there_is_no_field_outside(disc: Solution) -> None:
    field = disc.field(x=[0.0, 0.9], y=[0.0, 0.9])["u"]
    assert field.isnull().values.tolist() == [[False, False], [False, True]]
    assert disc.derivatives("u_x", x=[0.0, 0.9], y=[0.9])["u_x"].isnull().values.ravel().tolist() == [
        False,
        True,
    ]
    with pytest.raises(pf.PhysForgeError, match=r"The point x = 2, y = 0 lies outside the domain"):
        disc.at(np.array([[2.0, 0.0]]), {"u": ("u", (0, 0))})


def test_one_value_around_a_smooth_shape_holds_by_construction(disc: Solution) -> None:
    assert disc.condition == 0
    rim = DISC.boundary(50, torch.Generator().manual_seed(0)).points.numpy()
    assert np.abs(disc.at(rim * (1 - 1e-12), {"u": ("u", (0, 0))})["u"]).max() < 1e-9


@pytest.mark.parametrize(
    ("domain", "conditions", "trained"),
    [
        ({"x, y": DISC}, ["u = 0 on ball"], []),
        ({"x, y": DISC}, ["u = x*y on boundary"], []),
        ({"x, y": PLATE}, ["u = 0 on boundary"], []),
        ({"x, y": RING}, ["u = 0 on outer", "u = 1 on inner"], ["u = 0 on outer", "u = 1 on inner"]),
        ({"x, y": EL}, ["u = 0 on boundary"], ["u = 0 on boundary"]),
        ({"x, y": DISC}, ["u_n = 0 on boundary"], ["u_n = 0 on boundary"]),
        ({"x, y": DISC}, ["u = abs(x) on boundary"], ["u = abs(x) on boundary"]),
    ],
)
def test_other_conditions_are_met_by_training(
    domain: dict[str, Any], conditions: list[str], trained: list[str]
) -> None:
    posed = pose(Problem("u_xx + u_yy = 0", domain, conditions), MLP())
    assert [rows.name for rows in posed.rows[1:]] == trained


def test_a_solution_in_a_shape_is_kept_in_a_file(disc: Solution, tmp_path: Path) -> None:
    disc.save(tmp_path / "disc.safetensors")
    again = Solution.load(tmp_path / "disc.safetensors")
    assert again.problem.box == disc.problem.box
    xr.testing.assert_allclose(again.field(x=9, y=9)["u"], disc.field(x=9, y=9)["u"], rtol=0, atol=1e-12)


def test_training_in_a_shape_goes_on_from_a_checkpoint(tmp_path: Path) -> None:
    problem = Problem(LAPLACE, {"x, y": RING}, ["u = 0 on outer", "u = 1 on inner"])
    network, file = MLP(width=6, depth=2), tmp_path / "state"
    whole = solve(problem, network=network, settings=Settings(steps=24, points=100))
    seen = []

    def stop(look: object) -> bool:
        seen.append(look)
        if len(seen) == 2:
            raise KeyboardInterrupt
        return False

    keeper = pf.pinn.Checkpoint(file, seconds=0)
    with pytest.raises(KeyboardInterrupt):
        solve(
            problem,
            network=network,
            settings=Settings(steps=24, points=100),
            checkpoint=keeper,
            callbacks=[stop],
        )
    again = solve(problem, network=network, settings=Settings(steps=24, points=100), checkpoint=file)
    xr.testing.assert_identical(again.field(x=9, y=9), whole.field(x=9, y=9))


def test_measurements_outside_of_a_shape_are_left_out() -> None:
    grid = np.linspace(-1, 1, 11)
    data = xr.Dataset({"u": (("x", "y"), np.ones((11, 11)))}, {"x": grid, "y": grid})
    problem = Problem("u_xx + u_yy = k", {"x, y": DISC}, [], data=data, parameters={"k": (-1, 1)})
    assert len(problem.data[0].values) == (np.hypot(*np.meshgrid(grid, grid)) <= 1 + 1e-9).sum()


@pytest.mark.parametrize(
    ("domain", "conditions", "sentence"),
    [
        ({"x, y": DISC}, [], "needs a condition for u on the whole boundary, and none says .* on ball"),
        ({"x, y": PLATE}, ["u = 0 on box"], "none says what holds on hole"),
        ({"x, y": PLATE}, ["u = 0 on rim"], "holds on 'rim', which the shape does not have; its surfaces"),
        ({"x": (0, 1), "y": (0, 1)}, ["u = 0 on rim"], "the domain has no shape with a boundary"),
        ({"x, y": DISC}, ["u = 0 on ball", "u = 1 on ball"], "contradict"),
        (
            {"x, y": DISC},
            ["u = 0 on ball", "u_n = 1 on boundary"],
            "holds nowhere: Other conditions",
        ),
        ({"x, y": DISC}, ["u = 0 on ball", "u(3, y) = 1"], "u\\(3, y\\) = 1"),
        ({"x, y": DISC}, ["periodic in x", "u = 0 on ball"], "Nothing can be periodic in 'x'"),
        ({"x, y": Ball((0, 0, 0), 1)}, ["u = 0 on ball"], "a shape with 3 coordinates; name as many"),
        ({"x, y": (0, 1)}, ["u = 0 on ball"], "give several coordinates a shape"),
        ({"x, t": DISC}, ["u = 0 on ball"], "holds time; give t an interval of its own"),
        ({"x, y": DISC, "x": (0, 1)}, ["u = 0 on ball"], "has the coordinate x twice"),
        (
            {"x, y": Ball((0, 0), 1) - Ball((0, 0), 2)},
            ["u = 0 on ball"],
            "is empty, or fills next to nothing",
        ),
        ({"x, y": DISC}, ["u(x, y) = 0 on ball"], "write u alone"),
        ({"x, y": DISC}, ["3 = 0 on ball"], "names no field"),
    ],
)
def test_problems_in_shapes_that_cannot_be_posed_are_told(
    domain: dict[str, Any], conditions: list[str], sentence: str
) -> None:
    with pytest.raises(pf.PhysForgeError, match=sentence):
        Problem(LAPLACE, domain, conditions)
