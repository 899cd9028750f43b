"""Solutions in files: what comes back is what was saved, and nothing in a file is executed."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import xarray as xr
from safetensors.torch import save_file

from physforge_kernel.errors import SolverError
from physforge_kernel.pinn import Problem, Settings, Solution, solve
from physforge_kernel.pinn.networks import MLP, FourierMLP, ModifiedMLP, Network, PirateNet

FILES = Path(__file__).parent / "files"
QUICK = Settings(steps=16, points=100)


def same(one: Solution, other: Solution, **at: object) -> None:
    for name in one.problem.components.names:
        mine, theirs = one.field(**at)[name], other.field(**at)[name]  # type: ignore[arg-type]
        assert mine.dims == theirs.dims
        assert theirs.values == pytest.approx(mine.values, rel=1e-12, abs=1e-13)


@pytest.mark.parametrize(
    "network",
    [
        MLP(width=6, depth=2, activation="sin"),
        MLP(width=6, depth=2, factorised=True),
        ModifiedMLP(width=6, depth=2),
        FourierMLP(width=6, depth=1, features=4, seed=3),
        PirateNet(width=6, depth=1, features=3),
    ],
)
def test_a_solution_comes_back_as_it_was(network: Network, tmp_path: Path) -> None:
    problem = Problem(
        "u_t = 0.1*u_xx + 0.3*sin(5*x)*exp(-t)",
        {"x": (0, 0.7), "t": (0, 1)},
        ["u(x, 0) = tanh(x)^2/3 + sqrt(1 + x)", "u(0, t) = 1 + 0.1*t", "u_x(0.7, t) = 0"],
    )
    saved = solve(problem, network=network, stretches=2, settings=QUICK)
    loaded = Solution.load(saved.save(tmp_path / "heat.safetensors"))
    same(saved, loaded, x=7, t=9)
    assert repr(loaded) == repr(saved)
    assert loaded.notes == saved.notes
    assert loaded.history.equals(saved.history)
    assert str(loaded.problem.equation) == str(problem.equation)


def test_a_complex_periodic_solution_comes_back(tmp_path: Path) -> None:
    problem = Problem(
        "i*u_t = -u_xx", {"x": (0, 2), "t": (0, 0.3)}, ["u(x, 0) = exp(i*pi*x)", "periodic in x"]
    )
    saved = solve(problem, network=MLP(width=6, depth=1), stretches=1, settings=QUICK)
    same(saved, Solution.load(saved.save(tmp_path / "wave")), x=5, t=3)


def test_constants_and_data_come_back(tmp_path: Path) -> None:
    t = np.linspace(0, 2, 40)
    data = xr.Dataset({"u": ("t", np.exp(-1.3 * t))}, {"t": t})
    problem = Problem("u_t = -k*u", {"t": (0, 2)}, [("u(0)", lambda: 1.0)], data, {"k": (0.1, 10)}, noise=0.1)
    saved = solve(problem, settings=Settings(steps=24))
    loaded = Solution.load(saved.save(tmp_path / "decay"))
    assert loaded.parameters == saved.parameters
    assert loaded.intervals(0.9) == saved.intervals(0.9)
    assert torch.equal(loaded.problem.data[0].values, problem.data[0].values)
    with pytest.raises(SolverError, match="was a function, which is not kept with a solution"):
        solve(loaded.problem, settings=QUICK)


def test_a_file_of_the_first_version_is_read() -> None:
    loaded = Solution.load(FILES / "solution-1.safetensors")
    expected = json.loads((FILES / "solution-1.json").read_text())
    found = loaded.field(x=[0.1, 0.9], t=[0.0, 0.3, 0.8])["u"].values
    assert found == pytest.approx(np.array(expected["u"]), rel=1e-12)
    assert loaded.parameters["nu"] == pytest.approx(expected["nu"], rel=1e-12)


def write(path: Path, plain: object) -> Path:
    save_file({"stretch.0": torch.zeros(3)}, path, metadata={"physforge": json.dumps(plain)})
    return path


def test_files_that_hold_something_else_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SolverError, match="There is no file"):
        Solution.load(tmp_path / "nothing")
    (tmp_path / "text").write_text("not a model")
    with pytest.raises(SolverError, match="cannot be read as a file of PhysForge's"):
        Solution.load(tmp_path / "text")
    with pytest.raises(SolverError, match="holds tensors of something else, not a solution"):
        Solution.load(write(tmp_path / "other", {"format": None}))
    with pytest.raises(SolverError, match="written by a newer PhysForge, in version 9 of the format"):
        Solution.load(write(tmp_path / "newer", {"format": "solution", "version": 9}))
    with pytest.raises(SolverError, match=r"is damaged: it lacks 'data'"):
        Solution.load(write(tmp_path / "less", {"format": "solution", "version": 1}))


def test_a_file_that_cannot_be_written_is_told_and_leaves_the_old_one(tmp_path: Path) -> None:
    solution = Solution.load(FILES / "solution-1.safetensors")
    (tmp_path / "plain").write_text("")
    with pytest.raises(SolverError, match="cannot be written: "):
        solution.save(tmp_path / "plain" / "heat")
    solution.save(tmp_path / "heat")
    solution.save(tmp_path / "heat")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["heat", "plain"]


HOSTILE = "__import__('os').system('touch {marker}')"


@pytest.mark.parametrize("where", ["lift", "distance", "equation", "condition", "network"])
def test_nothing_in_a_file_is_executed(where: str, tmp_path: Path) -> None:
    plain = json.loads(_metadata(FILES / "solution-1.safetensors"))
    marker = tmp_path / "executed"
    text = HOSTILE.format(marker=marker)
    part = plain["stretches"][0]["approximation"]
    if where in ("lift", "distance"):
        part[where] = [text]
    elif where == "network":
        part["network"]["kind"] = text
    elif where == "equation":
        plain["problem"]["equation"] = text
    else:
        plain["problem"]["conditions"][0]["text"] = text
    from safetensors.torch import load_file

    tensors = load_file(FILES / "solution-1.safetensors")
    save_file(tensors, tmp_path / "hostile", metadata={"physforge": json.dumps(plain)})
    with pytest.raises(SolverError):
        Solution.load(tmp_path / "hostile")
    assert not marker.exists()


def _metadata(path: Path) -> str:
    from safetensors import safe_open

    with safe_open(path, framework="pt") as file:
        return file.metadata()["physforge"]


def test_a_solution_without_its_weights_is_refused(tmp_path: Path) -> None:
    plain = json.loads(_metadata(FILES / "solution-1.safetensors"))
    save_file({"a": torch.zeros(2)}, tmp_path / "bare", metadata={"physforge": json.dumps(plain)})
    with pytest.raises(SolverError, match="is damaged"):
        Solution.load(tmp_path / "bare")
