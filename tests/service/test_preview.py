"""Previews: few enough numbers to draw, read in a process that may die of the file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import xarray as xr

from physforge_kernel.errors import FieldError
from physforge_kernel.service._preview import Previews
from physforge_kernel.service._preview_child import preview

from .conftest import Running, problem, uploaded


def array(*shape: int, **attrs: str) -> xr.DataArray:
    names = ("t", "x", "y", "z")[: len(shape)]
    values = np.arange(np.prod(shape), dtype=float).reshape(shape)
    return xr.DataArray(
        values,
        dims=names,
        coords={n: np.arange(float(s)) for n, s in zip(names, shape, strict=True)},
        name="u",
        attrs=attrs,
    )


def test_a_small_variable_is_shown_as_it_is():
    shown = preview(array(2, 3, units="m/s"))
    assert shown == {
        "variable": "u",
        "part": "value",
        "dims": ["t", "x"],
        "shape": [2, 3],
        "range": [0.0, 5.0],
        "at": {},
        "units": "m/s",
        "coords": {"t": [0.0, 1.0], "x": [0.0, 1.0, 2.0]},
        "values": [[0.0, 1.0, 2.0], [3.0, 4.0, 5.0]],
    }


def test_a_large_one_is_thinned_and_cut_across_its_shorter_axes():
    shown = preview(array(300, 7, 1000))
    values = np.array(shown["values"])
    assert (shown["dims"], shown["shape"], shown["at"]) == (["t", "y"], [300, 7, 1000], {"x": 3.0})
    assert max(values.shape) <= 128
    assert values.shape == (len(shown["coords"]["t"]), len(shown["coords"]["y"]))
    assert values[1, 1] == array(300, 7, 1000).sel(t=shown["coords"]["t"][1], x=3, y=shown["coords"]["y"][1])


def test_a_complex_one_is_shown_by_its_size_and_gaps_as_none():
    shown = preview(array(3) * (3 + 4j))
    assert (shown["part"], shown["values"]) == ("absolute value", [0.0, 5.0, 10.0])
    assert preview(array(3).where(lambda u: u > 0))["values"] == [None, 1.0, 2.0]


def test_the_range_is_that_of_all_numbers_and_not_of_those_shown():
    values = np.zeros((300, 5, 3))
    values[1, 0, 0], values[2, 0, 0], values[3, 0, 0], values[4, 0, 0] = 7.0, -3.0, np.nan, np.inf
    shown = preview(xr.DataArray(values, dims=("t", "x", "y"), name="u"))
    assert np.max(np.array(shown["values"])) == 0.0
    assert shown["range"] == [-3.0, 7.0]
    assert preview(array(3) * (3 + 4j))["range"] == [0.0, 10.0]
    assert preview(array(3) * np.nan)["range"] is None
    assert preview(array(3) > 0)["range"] == [0.0, 1.0]


def test_a_preview_is_had_by_the_versions_id(ann: httpx.Client):
    version = uploaded(ann, "previewed")
    (shown,) = ann.get(f"versions/{version['id']}/preview").json()["variables"]
    assert (shown["variable"], shown["dims"], np.shape(shown["values"])) == ("u", ["t", "x"], (5, 8))
    assert ann.get(f"versions/{version['id']}/preview?file=wave.csv").status_code == 200


def test_of_several_files_one_is_named(ann: httpx.Client):
    from .conftest import WAVE

    files = [{"path": path, "size": len(WAVE)} for path in ("a.csv", "b.csv")]
    id = ann.post("uploads", json={"name": "two-files", "files": files}).json()["id"]
    for file in files:
        ann.put(f"uploads/{id}/files/{file['path']}", content=WAVE)
    version = ann.post(f"uploads/{id}/commit").json()["id"]
    assert "Say which" in problem(ann.get(f"versions/{version}/preview"), 400)
    problem(ann.get(f"versions/{version}/preview?file=c.csv"), 404, "NotFoundError")
    assert ann.get(f"versions/{version}/preview?file=b.csv").json()["variables"][0]["variable"] == "u"


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        ({"seconds": 30, "memory": 0}, "no preview can be made"),
        ({"seconds": 0, "memory": 2**32}, "took more than 0 s"),
    ],
)
def test_a_file_that_wants_too_much_has_no_preview(tmp_path: Path, limits: dict[str, Any], said: str):
    (tmp_path / "wave.csv").write_text("x,t,u\n0,0,1\n1,0,2\n0,1,3\n1,1,4\n")
    with pytest.raises(FieldError, match=said):
        Previews(**limits).of("a" * 64, tmp_path / "wave.csv")


def test_what_is_no_field_has_the_readers_sentence(tmp_path: Path, service: Running):
    (tmp_path / "bad.csv").write_bytes(b"\x00\x01\x02")
    with pytest.raises(FieldError, match=r"bad\.csv"):
        Previews(30).of("b" * 64, tmp_path / "bad.csv")
