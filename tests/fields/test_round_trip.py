"""What is written reads back the same, in every format."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from physforge_kernel.errors import FieldError
from physforge_kernel.fields import describe, read, write

FORMATS = pytest.mark.parametrize("ending", ["csv", "h5", "nc", "npz"])


@FORMATS
def test_values_units_missing_values_and_complex_numbers_survive(tmp_path, field, ending):
    path = write(field, tmp_path / f"a.{ending}")
    found, description = read(path), describe(path)
    xr.testing.assert_equal(found, field)
    assert list(found.data_vars) == ["u", "psi"]
    assert {name: found[name].attrs.get("units") for name in found.variables} == {
        "t": "s",
        "x": "m",
        "u": "m/s",
        "psi": None,
    }
    assert (found.attrs.get("title") == "two waves") is (ending != "csv")
    assert found.attrs["source"] == f"a.{ending}"
    assert len(found.attrs["sha256"]) == 64
    for axis in description.axes:
        assert (axis.size, axis.start, axis.stop, axis.units) == (
            found.sizes[axis.name],
            float(found[axis.name][0]),
            float(found[axis.name][-1]),
            found[axis.name].attrs.get("units"),
        )
    for told in description.variables:
        assert (told.dims, told.shape) == (found[told.name].dims, found[told.name].shape)
        assert told.dtype == found[told.name].dtype
        assert told.missing in (None, int(found[told.name].isnull().sum()))


@FORMATS
def test_an_orbit_whose_components_are_called_like_axes_survives(tmp_path, ending):
    t = np.linspace(0, 1, 6)
    orbit = xr.Dataset({name: ("t", np.sin(i + t)) for i, name in enumerate("xyz")}, {"t": t})
    xr.testing.assert_equal(read(write(orbit, tmp_path / f"a.{ending}")), orbit)


@pytest.mark.parametrize("ending", ["h5", "nc", "npz"])
def test_variables_on_different_axes_survive_where_the_format_can_hold_them(tmp_path, field, ending):
    field["forcing"] = ("x", np.arange(7.0))
    xr.testing.assert_equal(read(write(field, tmp_path / f"a.{ending}")), field)
    with pytest.raises(FieldError, match="different axes"):
        write(field, tmp_path / "a.csv")


@FORMATS
def test_a_file_read_from_elsewhere_can_be_stored_again(tmp_path, field, ending):
    first = read(write(field, tmp_path / "first.npz"))
    again = read(write(first, tmp_path / f"again.{ending}"))
    xr.testing.assert_equal(again, first)


axes = hnp.arrays(
    np.float64,
    st.integers(1, 5),
    elements=st.floats(-1e300, 1e300).map(lambda value: value + 0.0),
    unique=True,
)
values = st.floats(width=64) | st.just(float("nan"))


@pytest.mark.parametrize("ending", ["csv", "npz", "nc"])
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), x=axes, t=axes)
def test_any_field_survives(tmp_path, ending, data, x, t):
    shape = (t.size, x.size)
    array = data.draw(hnp.arrays(np.float64, shape, elements=values))
    units = data.draw(st.text("abc/^-0123 µ²·", min_size=1, max_size=8).map(str.strip).filter(bool))
    field = xr.Dataset({"q": (("t", "x"), array, {"units": units})}, {"t": t, "x": x})
    found = read(write(field, tmp_path / f"any.{ending}"))
    xr.testing.assert_equal(found, field.sortby(["t", "x"]))
    assert found["q"].attrs["units"] == units


def test_nothing_is_left_behind_when_writing_fails(tmp_path, field):
    (tmp_path / "a.nc").mkdir()
    with pytest.raises(FieldError, match="cannot be written"):
        write(field, tmp_path / "a.nc")
    assert [path.name for path in tmp_path.iterdir()] == ["a.nc"]


@pytest.mark.parametrize(
    ("name", "message"), [("a.txt", "written to .csv"), ("nowhere/a.csv", "cannot be written in .*nowhere")]
)
def test_a_path_that_cannot_be_written_is_refused(tmp_path, field, name, message):
    with pytest.raises(FieldError, match=message):
        write(field, tmp_path / name)
