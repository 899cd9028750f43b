"""The benchmarks of the solver: its references are checked, and DeepXDE runs beside it."""

from __future__ import annotations

import importlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from physforge_kernel.pinn import zoo


@pytest.fixture
def part(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The benchmark's files by name, as `python -m` finds them from the repository's root."""
    monkeypatch.syspath_prepend(str(Path(__file__).parents[2]))
    return lambda name: importlib.import_module(f"benchmarks.pinn.{name}")


def test_a_reference_agrees_with_another_method(part: Any) -> None:
    line, good = part("references").checked("lotka_volterra")
    assert good
    assert "within 1e-09" in line
    assert "Taylor series" in line


def test_a_reference_that_is_off_is_told(part: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    references = part("references")
    right = references.AGAIN["lotka_volterra"]

    def off(at: Any) -> Any:
        return {name: values * (1 + 1e-8) for name, values in right.solve(at).items()}

    monkeypatch.setattr(references, "AGAIN", {"lotka_volterra": replace(right, solve=off)})
    line, good = references.checked("lotka_volterra")
    assert not good
    assert "MORE THAN 1e-09" in line


def test_what_has_no_closed_form_is_checked(part: Any) -> None:
    closed = {name for name in zoo.names() if zoo.get(name).accuracy <= 1e-13}
    assert set(part("references").AGAIN) == set(zoo.names()) - closed


def test_a_row_is_told_with_its_curve(part: Any) -> None:
    row = {
        "peer": "DeepXDE 1.15.0",
        "problem": "burgers",
        "seed": 3,
        "precision": "float32",
        "steps": 2000,
        "seconds": 12.34,
        "cpu_seconds": 12.3,
        "error": {"u": 0.0123},
        "found": {"nu": 0.00318},
        "curve": [[1000, 6.0, 6.1, 0.05]],
    }
    lines = part("deepxde").told(row).splitlines()
    assert lines[1].split() == ["1000", "6.0", "6.1", "5.00e-02"]
    assert "relative L2 error u 1.23e-02 after 2000 steps, 12.3 s" in lines[2]
    assert lines[3] == "found nu = 0.00318"


def test_deepxde_has_a_script_for_each_problem(part: Any) -> None:
    assert set(part("_scripts").SCRIPTS) == set(zoo.names())


def test_deepxde_trains_in_a_process_of_its_own(part: Any) -> None:
    peers = part("_peers")
    row = peers.compare(peers.Run("wave", adam=1000, lbfgs=5))
    assert row["curve"][0][0] == 1000
    assert row["steps"] == pytest.approx(1005, abs=2)
    assert 0 < row["error"]["u"] < 2
    assert row["cpu_seconds"] < 1.2 * row["seconds"] + 1


def test_the_table_tells_which_seeds_reach_what_is_asked(part: Any) -> None:
    rows = {
        str(seed): {"error": {"u": error}, "stretches": 1} for seed, error in enumerate((2e-5, 3e-4, 5e-5))
    }
    found = {"name": "nu", "off": 0.002, "interval": [0.0031, 0.0033], "covers": True}
    stored = {
        "machine": {"processor": "a processor"},
        "rows": {"burgers 60": rows, "burgers_inverse 60": {"0": {"found": found, "stretches": 1}}},
        "peers": {"burgers": {"error": {"u": 0.012}, "cpu_seconds": 220.0, "found": {}}},
        "reached": {"burgers": {"0": {"ratio": 40.0}, "1": {"ratio": 20.0}, "2": {"ratio": 10.0}}},
    }
    lines = part("problems").table(stored).splitlines()
    assert "| burgers | 60 | 1e-04 | 5.0e-05 (3.0e-04) | 2 of 3 | 1 | 1.2e-02 in 220 | 1/20 (1/10) |" in lines
    assert "| burgers_inverse | 60 | 1e-02 | 2.0e-03 (2.0e-03) | 1 of 1 | 1 | - | - |" in lines
    assert lines[-1] == "Intervals of 95 % hold the constant in 1 of 1 inverse runs."


def test_seconds_are_doubled_until_solving_is_as_near_as_the_peer(
    part: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    problems = part("problems")

    def measured(bar: Any, seed: int) -> dict[str, Any]:
        return {"error": {"u": 0.1 / bar.seconds}, "cpu": bar.seconds}

    monkeypatch.setattr(problems, "measure", measured)
    monkeypatch.setattr(problems, "_keep", lambda stored: None)
    stored = {"peers": {"burgers": {"error": {"u": 0.02}, "cpu_seconds": 240.0}}}
    problems._reach(stored, (), (3,), again=False)
    assert stored["reached"] == {"burgers": {"3": {"cpu": 8.0, "error": {"u": 0.0125}, "ratio": 30.0}}}


def test_a_row_is_measured_in_a_process_of_its_own(part: Any) -> None:
    problems = part("problems")
    row = problems.measure(problems.Bar("lotka_volterra", 1.0, 1e-3), 0)
    assert row["cpu"] < 15
    assert max(row["error"].values()) < 0.1
