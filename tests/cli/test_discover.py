"""From a file to its law, for people and for programs."""

from __future__ import annotations

import json

import numpy as np

import physforge_kernel as pf


def test_json_is_one_object_with_the_law_its_intervals_and_the_verdict(physforge, sample):
    ran = physforge("discover", sample, "--json")
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    assert set(found["terms"]["u_t"]) == {"u*u_x", "u_xx"}
    low, high = found["intervals"]["u_t"]["u_xx"]
    assert low < found["terms"]["u_t"]["u_xx"] < high
    assert found["verdict"]["kind"] == "identified"
    assert found["verdict"]["text"]
    assert found["seconds"] > 0
    assert pf.Equation(found["equation"]).terms == found["terms"]


def test_a_person_reads_the_law_a_table_and_the_verdict(physforge, sample):
    ran = physforge("discover", sample)
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    (law,) = [line for line in lines if line.strip().startswith("u_t = ")]
    assert law.count(" \u00b1 ") == 2
    assert "wake.csv   identified" in ran.out
    heading = next(line for line in lines if "95 % interval" in line)
    rows = [line for line in lines if line.strip().startswith(("u*u_x ", "u_xx "))]
    assert len(rows) == 2
    assert {row.index("[") for row in rows} == {heading.index("95 %")}


def test_where_the_data_settle_no_law_none_is_printed(physforge, tmp_path):
    noise = np.random.default_rng(1).standard_normal((60, 70))
    np.savez(tmp_path / "noise.npz", u=noise, t=np.linspace(0, 1, 60), x=np.linspace(0, 1, 70))
    ran = physforge("discover", tmp_path / "noise.npz")
    assert "noise.npz   not identifiable" in ran.out
    assert "u_t = " not in ran.out
    assert "coefficient" not in ran.out


def test_the_result_is_written_where_it_is_asked_for(physforge, sample, tmp_path):
    output = tmp_path / "law.json"
    ran = physforge("discover", sample, "--target", "u_t", "--seed", 3, "--json", "--output", output)
    assert json.loads(output.read_text()) == ran.json
    assert ran.json["seed"] == 3
    assert ran.json["settings"]["target"] == "u_t"


def test_candidates_and_resamplings_can_be_asked_for(physforge, sample):
    asked = ["--target", "u_t", "--term", "sin(u)", "--degree", 2, "--order", 2, "--draws", 4]
    data, text, wrong = physforge.many(
        ["discover", sample, *asked, "--json"],
        ["discover", sample, *asked],
        ["discover", sample, "--term", "sin(u"],
    )
    included = data.json["stability"]["bootstrap"]["inclusion"]["u_t"]
    assert {"sin(u)", "u*u_x", "u_xx"} <= set(included)
    assert "u_xxx" not in included
    assert "of 4 resamplings" in text.out
    assert wrong.code == pf.errors.DiscoveryError.exit_code
    assert "sin(u" in wrong.err


def test_candidates_from_a_file_controls_and_a_method_can_be_asked_for(physforge, sample, tmp_path):
    few = pf.library.terms(pf.read(sample), "u*u_x", "u_xx", "u").save(tmp_path / "few.json")
    asked = ["discover", sample, "--target", "u_t", "--library", few, "--json"]
    kept, chosen, wrong, empty, alone = physforge.many(
        asked,
        [*asked, "--method", "pysindy:stlsq", "--option", "threshold=0.05", "--option", "derivatives=savgol"],
        [*asked, "--method", "pysindy:lasso"],
        [*asked, "--option", "threshold=0.05"],
        ["discover", sample, "--control", "u"],
    )
    assert set(kept.json["terms"]["u_t"]) == {"u*u_x", "u_xx"}
    assert chosen.json["settings"]["options"] == {"threshold": 0.05, "derivatives": "savgol"}
    assert wrong.code == empty.code == alone.code == pf.errors.DiscoveryError.exit_code
    assert "pysindy:frols" in wrong.err
    assert "The weak form has no options" in empty.err
    assert "control" in alone.err


def test_only_the_named_variables_are_read(physforge, sample):
    ran = physforge("discover", sample, "--variable", "w")
    assert (ran.code, ran.out) == (pf.errors.FieldError.exit_code, "")
    assert "'w'" in ran.err


def test_a_file_that_is_no_field_is_one_sentence(physforge, tmp_path):
    broken = tmp_path / "broken.csv"
    broken.write_text("x,t,u\n0,0,1\n0,zero,2\n")
    ran = physforge("discover", broken)
    assert (ran.code, ran.out) == (pf.errors.FieldError.exit_code, "")
    assert ran.err.startswith("error: ")
    assert "broken.csv" in ran.err
    assert ran.err.count("\n") == 1


def test_a_description_says_what_a_file_holds(physforge, sample):
    data, text = physforge.many(["describe", sample, "--json"], ["describe", sample])
    assert data.json == pf.describe(sample).to_dict()
    assert "wake.csv" in text.out


def test_every_law_of_the_catalogue_is_listed_and_can_be_shown(physforge):
    names = pf.catalogue.names()
    listed, *shown = physforge.many(
        ["catalogue", "list", "--json"], *(["catalogue", "show", name, "--json"] for name in names)
    )
    assert [law["name"] for law in listed.json] == list(names)
    assert [law.json["equation"] for law in shown] == [str(pf.catalogue.get(name).equation) for name in names]


def test_a_sample_obeys_the_parameters_and_the_seed(physforge, tmp_path):
    noisy = ["-p", "alpha=0.2", "--noise", "0.05", "--json"]
    first, again, other = [tmp_path / name for name in ("a.csv", "b.csv", "c.csv")]
    made, *_ = physforge.many(
        ["catalogue", "sample", "heat", first, *noisy],
        ["catalogue", "sample", "heat", again, *noisy],
        ["catalogue", "sample", "heat", other, *noisy, "--seed", "1"],
    )
    assert made.json["equation"] == "u_t = 0.2*u_xx"
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    assert pf.read(first).sizes == made.json["shape"]


def test_several_files_are_experiments_with_one_law(physforge, tmp_path):
    x, t = np.linspace(0, 2 * np.pi, 48), np.linspace(0, 1, 31)
    for number, waves in enumerate(((1, 2), (3, 4))):
        u = sum(np.exp(-0.1 * k**2 * t)[:, None] * np.sin(k * x) for k in waves)
        np.savez(tmp_path / f"run{number}.npz", u=u, t=t, x=x)
    ran = physforge("discover", tmp_path / "run0.npz", tmp_path / "run1.npz", "--target", "u_t", "--json")
    assert (ran.code, ran.err) == (0, "")
    assert list(ran.json["terms"]["u_t"]) == ["u_xx"]
    assert len(ran.json["files"]) == 2
    alone = physforge("discover", tmp_path / "run0.npz", "--target", "u_t", "--json").json
    assert "files" not in alone
    assert ran.json["terms"] != alone["terms"]
