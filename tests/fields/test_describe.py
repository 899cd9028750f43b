"""Descriptions: what they say, and how they print."""

from __future__ import annotations

import json

import numpy as np
import pytest
import xarray as xr

from physforge_kernel.fields import describe, write


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


def test_what_was_not_counted_is_said_so(tmp_path, field):
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
