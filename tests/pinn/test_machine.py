"""Where networks are evaluated, and with how many digits."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import xarray as xr

import physforge_kernel as pf
from physforge_kernel.pinn import Ball, Checkpoint, Problem, Settings, Solution, zoo
from physforge_kernel.pinn._machine import CPU, Machine
from physforge_kernel.pinn._objective import Batch, Objective
from physforge_kernel.pinn._posed import pose
from physforge_kernel.pinn._residuals import PenaltyRows
from physforge_kernel.pinn.networks import MLP, FourierMLP, ModifiedMLP, Network, PirateNet, SeparableMLP
from physforge_kernel.pinn.optimisers import SketchedGaussNewton

#: Computes shapes alone, and refuses what lies elsewhere: a GPU that every machine has.
ELSEWHERE = torch.device("meta")
DECAY = Problem("u_t = -u", {"t": (0, 1)}, ["u(0) = 1"])
HEAT = Problem(
    "u_t = 0.1*u_xx",
    {"x": (0, 1), "t": (0, 1)},
    ["u(x, 0) = sin(pi*x)", "u(0, t) = 0", "u_x(1, t) + u(1, t) = -3.2*exp(-t)"],
)


def measured() -> Problem:
    field = xr.Dataset({"u": ("t", np.exp(-np.linspace(0, 1, 20)))}, {"t": np.linspace(0, 1, 20)})
    return Problem("u_t = -k*u", {"t": (0, 1)}, ["u(0) = 1"], field, {"k": (0.1, 5)})


PROBLEMS = {
    "conditions": HEAT,
    "data": measured(),
    "complex": zoo.get("schroedinger").problem(0),
    "periodic": zoo.get("allen_cahn").problem(0),
    "a shape": Problem("u_xx + u_yy = 1", {"x, y": Ball((0, 0), 1)}, ["u_n + 2*u = 1 on boundary"]),
}


@pytest.mark.parametrize("precision", [torch.float32, torch.float64])
@pytest.mark.parametrize("name", PROBLEMS)
def test_nothing_of_a_problem_stays_behind_on_the_cpu(name: str, precision: torch.dtype) -> None:
    _on_another_device(PROBLEMS[name], MLP(width=4, depth=2), precision)


@pytest.mark.parametrize(
    "network",
    [FourierMLP(width=4, depth=2), ModifiedMLP(width=4), PirateNet(width=4, depth=2), SeparableMLP(width=4)],
    ids=lambda network: type(network).__name__,
)
def test_nothing_of_a_network_stays_behind_on_the_cpu(network: Network) -> None:
    _on_another_device(HEAT, network, torch.float32)


def _on_another_device(problem: Problem, network: Network, dtype: torch.dtype) -> None:
    machine, generator = Machine(ELSEWHERE, dtype), torch.Generator().manual_seed(0)
    for hard in (True, False):
        posed = pose(problem, network, hard=hard, machine=machine)
        weights = machine.here(posed.approximation.initial(generator))
        batches = [Batch(PenaltyRows(3), (), machine.here(torch.ones(3, dtype=torch.float64)))]
        for rows in posed.rows:
            points = rows.sample(7, generator)
            scale = machine.here(points.new_ones(len(points)))
            batches.append(Batch(rows, rows.prepare(posed.approximation, points), scale))
        objective = Objective(posed.approximation, batches)
        rows, jacobian = objective.linearised(weights)
        subspace = SketchedGaussNewton(dimensions=2)._drawn(weights)
        _, image = objective.projected(weights, subspace.of)
        for each in (rows, jacobian, image, subspace.lifted(image[0])):
            assert (each.device, each.dtype) == (ELSEWHERE, torch.float64)


def test_a_stretch_goes_on_from_one_that_lies_on_the_cpu() -> None:
    solution = pf.solve(DECAY, settings=Settings(steps=2, device="cpu"), stretches=2)
    before = solution.stretches[0].solved
    posed = pose(
        DECAY, MLP(width=12, depth=2), before=before, machine=Machine(ELSEWHERE, torch.float32), hard=False
    )
    rows = next(rows for rows in posed.rows if rows.name == "end of the stretch before")
    points = rows.sample(3, torch.Generator().manual_seed(0))
    places = rows.prepare(posed.approximation, points)
    found, _ = rows.at(posed.approximation, before.weights.to(ELSEWHERE), places, records=False)
    assert found[0].device == ELSEWHERE


def test_in_mixed_precision_the_network_alone_is_in_single(tmp_path: Path) -> None:
    settings = Settings(steps=300, precision="mixed")
    seen: list[torch.dtype] = []
    forward = MLP.forward

    class Seen(MLP):
        def forward(self, x: Any, tape: Any) -> Any:
            seen.append(x.values.dtype)
            return forward(self, x, tape)

    solution = pf.solve(DECAY, settings=settings, network=Seen(width=12, depth=2))
    assert set(seen) == {torch.float32}
    assert solution.stretches[0].solved.weights.dtype == torch.float64
    assert solution.stretches[0].solved.approximation.machine == CPU
    assert solution.field(t=[1.0]).u.item() == pytest.approx(np.exp(-1), abs=1e-5)
    double = pf.solve(DECAY, settings=Settings(steps=300))
    assert double.residual < 0.01 * solution.residual  # digits that single precision does not have


def test_training_in_mixed_precision_goes_on_as_if_uninterrupted(tmp_path: Path) -> None:
    settings = Settings(steps=32, precision="mixed")
    whole = pf.solve(DECAY, settings=settings)
    path = tmp_path / "state"

    def cut(look: Any) -> None:
        if look.step >= 16:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        pf.solve(DECAY, settings=settings, checkpoint=Checkpoint(path, seconds=0), callbacks=[cut])
    again = pf.solve(DECAY, settings=settings, checkpoint=path)
    assert torch.equal(again.stretches[0].solved.weights, whole.stretches[0].solved.weights)


@pytest.mark.parametrize(
    ("device", "precision", "dtype"),
    [("cpu", "auto", torch.float64), ("cpu", "mixed", torch.float32), ("cpu", "double", torch.float64)],
)
def test_a_cpu_is_in_double_precision_unless_told(device: str, precision: str, dtype: torch.dtype) -> None:
    assert Machine.named(device, precision) == Machine(torch.device("cpu"), dtype)


def test_a_gpu_is_taken_where_there_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    assert Machine.named() == CPU or torch.cuda.is_available()
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    assert Machine.named() == Machine(torch.device("cuda"), torch.float32)
    assert Machine.named("cuda:0", "double") == Machine(torch.device("cuda:0"), torch.float64)
    with pytest.raises(pf.PhysForgeError, match="sees 1 GPU here"):
        Machine.named("cuda:3")


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"device": "cuda"}, "device is 'cuda', and PyTorch sees no GPU here; choose 'cpu'"),
        ({"device": "abacus"}, "device is 'abacus'; name 'cpu'"),
        ({"device": "mps"}, "device is 'mps'; what is supported"),
        ({"device": 3.5}, "device is 3.5; name 'cpu'"),
        ({"precision": "half"}, "precision is 'half'; choose one of auto, double, mixed"),
    ],
)
def test_what_is_not_there_is_told(
    settings: dict[str, Any], sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(pf.PhysForgeError, match=sentence):
        pf.solve(DECAY, settings=Settings(steps=1, **settings))


def test_a_solution_from_mixed_precision_is_kept(tmp_path: Path) -> None:
    solution = pf.solve(DECAY, settings=Settings(steps=4, precision="mixed"))
    again = Solution.load(solution.save(tmp_path / "solution"))
    xr.testing.assert_identical(again.field(t=5), solution.field(t=5))
