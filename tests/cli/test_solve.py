"""From a problem in a file to its solution."""

from __future__ import annotations

import numpy as np
import pytest

import physforge_kernel as pf

DECAY = """
equation: ["u_t = -k*u"]
domain: {t: [0, 2]}
conditions: ["u(0) = 1"]
parameters: {k: [0.1, 10]}
training: {steps: 40}
nodes: {t: 11}
derivatives: [u_t]
"""


@pytest.fixture
def decay(tmp_path):
    path = tmp_path / "decay.yaml"
    path.write_text(DECAY)
    times = np.linspace(0, 2, 60)
    noise = 0.01 * np.random.default_rng(0).standard_normal(60)
    np.savez(tmp_path / "decay.npz", u=np.exp(-1.5 * times) + noise, t=times)
    return path


def test_a_problem_in_a_file_is_solved_with_data_and_written(physforge, decay, tmp_path):
    solution, field = tmp_path / "solution.safetensors", tmp_path / "field.nc"
    ran = physforge(
        "solve", decay, "seed=1", "--data", tmp_path / "decay.npz", "-o", solution, "--field", field, "--json"
    )
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    assert found["parameters"]["k"] == pytest.approx(1.5, rel=0.05)
    low, high = found["intervals"]["k"]
    assert low < 1.5 < high
    assert pf.pinn.Solution.load(solution).parameters == found["parameters"]
    grid = pf.read(field)
    np.testing.assert_allclose(grid.u_t, -found["parameters"]["k"] * grid.u, atol=0.02)


def test_a_person_reads_the_residual_and_the_constants(physforge, decay, tmp_path):
    ran = physforge("solve", decay, "--data", tmp_path / "decay.npz", "--checkpoint", tmp_path / "state")
    assert (ran.code, ran.err) == (0, "")
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["u_t", "=", "-k*u"] in lines
    assert any(line[:1] == ["residual"] and line[2:] == ["of", "its", "terms"] for line in lines)
    (constant,) = [line for line in lines if line[:1] == ["k"]]
    assert float(constant[1]) == pytest.approx(1.5, rel=0.05)
    assert not (tmp_path / "state").exists()


def test_several_seeds_tell_their_spread(physforge, decay, tmp_path):
    ran = physforge("solve", decay, "seeds=2", "--data", tmp_path / "decay.npz", "--json")
    assert len(ran.json["residuals"]) == 2
    assert ran.json["spread"]["k"] >= 0


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["equations=u_t = -u"], "no setting 'equations'"),
        (["parameters={}"], "'k' has no derivative and no value"),
        (['units={"u": "furlong"}'], "The unit 'furlong' of u is not understood"),
        (["-o", "nowhere/solution"], "'nowhere' is not a folder"),
        (["-o", "."], "'.' is a folder; name a file"),
        (["seeds=2", "--checkpoint", "state"], "keeps the state of one run, not of 2"),
        ([], "Without data nothing tells k"),
    ],
)
def test_what_cannot_be_solved_is_a_sentence(physforge, decay, words, sentence):
    ran = physforge("solve", decay, *words)
    assert ran.code not in (0, 70)
    assert sentence in ran.err.replace("\n", " ")
    assert "Traceback" not in ran.err
