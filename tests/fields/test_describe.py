"""Descriptions: what they say, and how they print."""

from __future__ import annotations

import json

import numpy as np
import pytest
import scipy.io
import xarray as xr

from physforge_kernel.fields import _request, describe, write


@pytest.fixture
def description(tmp_path, field):
    return describe(write(field, tmp_path / "wave.csv"))


def test_a_description_is_plain_json(description):
    told = json.loads(json.dumps(description.to_dict(), allow_nan=False))
    assert told["source"] == "wave.csv"
    assert told["format"] == "CSV"
    assert told["size"] > 0
    assert told["details"]["delimiter"] == "comma"
    assert [axis["name"] for axis in told["axes"]] == ["t", "x"]
    assert told["axes"][0] | {"original_name": ""} == {
        "name": "t", "size": 5, "start": 0.0, "stop": 0.5, "units": "s", "uniform": False, "step": None,
        "smallest_step": pytest.approx(0.1), "largest_step": pytest.approx(0.2), "original_name": "",
    }  # fmt: skip
    assert told["axes"][1]["uniform"] is True
    assert told["axes"][1]["step"] == pytest.approx(1 / 3)
    assert told["variables"][0]["missing"] == 1
    assert told["variables"][1]["dtype"] == "complex128"


def test_it_prints_as_aligned_tables(description):
    text = str(description)
    lines = text.splitlines()
    assert lines[0].startswith("wave.csv: CSV, ")
    head = next(line for line in lines if line.startswith("axis"))
    rows = lines[lines.index(head) + 1 : lines.index(head) + 3]
    assert all(row.rindex(unit) == head.index("units") for row, unit in zip(rows, ("s", "m"), strict=True))
    assert "0.1 to 0.2" in rows[0]
    assert "uniform, 0.333333" in rows[1]
    assert all(line == line.rstrip() for line in lines)


@pytest.mark.parametrize("ending", [".nc", ".h5", ".npz", ".csv"])
def test_what_is_missing_and_what_is_infinite_is_counted(tmp_path, field, ending):
    field["u"][2, 3:5] = [np.inf, -np.inf]
    u = next(v for v in describe(write(field, tmp_path / f"a{ending}")).variables if v.name == "u")
    assert (u.missing, u.infinite) == (1, 2)


def test_arrays_of_every_other_format_are_counted_too(tmp_path):
    u = np.arange(12.0).reshape(3, 4)
    u[0, 0], u[1, 1] = np.nan, np.inf
    np.save(tmp_path / "a.npy", u)
    axes = {"t": np.arange(3.0), "x": np.arange(4.0)}
    scipy.io.savemat(tmp_path / "a.mat", {"u": u, **axes})
    xr.Dataset({"u": (("t", "x"), u)}, axes).to_netcdf(tmp_path / "a3.nc", engine="scipy")
    (tmp_path / "a.json").write_text('{"t": [0, 1], "x": [0, 1, 2], "u": [[1, null, 3], [4, 5, 1e400]]}')
    (tmp_path / "wide.csv").write_text("t\\x,0,1,2\n0,1,,3\n1,4,5,1e400\n")
    for name in ("a.npy", "a.mat", "a3.nc", "a.json", "wide.csv"):
        (found,) = describe(tmp_path / name).variables
        assert (found.missing, found.infinite) == (1, 1), name
    assert "infinite" in str(describe(tmp_path / "a.npy"))


def test_what_was_not_counted_is_said_so(tmp_path, field, monkeypatch):
    monkeypatch.setattr(_request, "_MOST_COUNTED", 8)
    description = describe(write(field, tmp_path / "a.nc"))
    assert description.variables[0].missing is None
    assert "not counted" in str(description)


def test_its_html_escapes_what_the_file_says(tmp_path):
    wicked = xr.Dataset({"u": ("x", [1.0, 2.0], {"units": "<script>"})}, {"x": [0.0, 1.0]})
    html = describe(write(wicked, tmp_path / "a.npz"))._repr_html_()
    assert "&lt;script&gt;" in html
    assert "<script>" not in html
    assert html.count("<table>") == 2


def test_a_grid_in_single_precision_is_uniform(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.linspace(0, 1, 300, dtype="f4"), u=np.zeros(300), t=np.array([0.5]))
    axis = describe(tmp_path / "a.npz").axes[-1]
    assert axis.uniform
    assert axis.step == pytest.approx(1 / 299)


def test_dims_are_understood_as_by_read(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.arange(4.0), t=np.arange(4.0), u=np.zeros((4, 4)))
    assert describe(tmp_path / "a.npz", dims=("x", "t")).variables[0].dims == ("t", "x")
