"""Text tables: which columns are axes, and what is said of a bad line."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from physforge_kernel.errors import FieldError
from physforge_kernel.fields import describe, read, write


def _file(folder: Path, text: str, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


GRID = [(0, 0, 1), (1, 0, 2), (2, 0, 3), (0, 5, 4), (1, 5, 5), (2, 5, 6)]  # x, t, u


@pytest.mark.parametrize(
    ("header", "order"), [("x,t,u", (0, 1, 2)), ("u,x,t", (2, 0, 1)), ("Time,u,X-coordinate", (1, 2, 0))]
)
def test_a_long_table_becomes_a_grid_whatever_the_order_of_its_columns_and_rows(tmp_path, header, order):
    rows = list(GRID)
    random.Random(1).shuffle(rows)
    text = header + "\n" + "\n".join(",".join(str(row[i]) for i in order) for row in rows)
    field = read(_file(tmp_path, text))
    assert field["u"].dims == ("t", "x")
    np.testing.assert_array_equal(field["t"], [0, 5])
    np.testing.assert_array_equal(field["u"], [[1, 2, 3], [4, 5, 6]])


@pytest.mark.parametrize(
    ("delimiter", "name"), [(",", "a.csv"), ("\t", "a.tsv"), (";", "a.csv"), ("|", "a.txt"), ("   ", "a.dat")]
)
def test_any_usual_delimiter_is_found(tmp_path, delimiter, name):
    text = "\n".join(delimiter.join(map(str, row)) for row in [("x", "t", "u"), *GRID])
    assert read(_file(tmp_path, text, name))["u"].sel(t=5, x=1) == 5


def test_units_stand_in_brackets_or_parentheses(tmp_path):
    field = read(_file(tmp_path, "x [m];t (s);u [m s^(-1)];p\n0;0;1;2\n1;0;3;4\n"))
    assert {name: field[name].attrs.get("units") for name in field.variables} == {
        "x": "m",
        "t": "s",
        "u": "m s^(-1)",
        "p": None,
    }


def test_white_space_may_stand_between_a_name_and_its_units(tmp_path):
    field = read(_file(tmp_path, "# measured in June\nx [m]   u [m/s]\n 0   1.0\n 1   2.0\n", "a.txt"))
    assert field["u"].attrs["units"] == "m/s"
    assert field["u"].dims == ("x",)


def test_comments_and_blank_lines_are_passed_over(tmp_path):
    text = "# run 7\n% of 9\n\nx,t,u\n0,0,1\n\n1,0,2\n# half time\n0,5,3\n  \n1,5,4\n"
    np.testing.assert_array_equal(read(_file(tmp_path, text))["u"], [[1, 2], [3, 4]])


def test_a_header_may_be_the_last_comment(tmp_path):
    path = tmp_path / "a.txt"
    np.savetxt(path, np.array(GRID, dtype=float), header="x t u")
    assert read(path)["u"].sel(t=5, x=2) == 6


def test_a_byte_order_mark_other_encodings_and_carriage_returns_do_no_harm(tmp_path):
    for number, data in enumerate(
        [
            "x,u [µm]\r\n0,1\r\n1,2\r\n".encode("utf-8-sig"),
            "x,u [µm]\r0,1\r1,2\r".encode("latin-1"),
            "x,u [µm]\n0,1\n1,2\n".encode("utf-16"),
        ]
    ):
        path = tmp_path / f"{number}.csv"
        path.write_bytes(data)
        field = read(path)
        assert field["u"].attrs["units"] == "µm"
        np.testing.assert_array_equal(field["u"], [1, 2])


def test_missing_cells_and_missing_rows_are_missing_values(tmp_path):
    path = _file(tmp_path, "x,t,u\n0,0,1\n1,0,\n2,0,NA\n0,5,4\n1,5,5\n")
    field, description = read(path), describe(path)
    np.testing.assert_array_equal(field["u"], [[1, np.nan, np.nan], [4, 5, np.nan]])
    assert description.variables[0].missing == 3
    assert "1 of the 6 points" in field.attrs["layout"]


def test_numbers_of_other_conventions_are_understood(tmp_path):
    field = read(_file(tmp_path, "x;u;v\n0;0,5;1.0D-3\n1;1,5;2.0d+3\n"))
    np.testing.assert_array_equal(field["u"], [0.5, 1.5])
    np.testing.assert_array_equal(field["v"], [1e-3, 2e3])
    assert read(_file(tmp_path, "x,u\n0,1+2j\n1,3-1i\n"))["u"].values.tolist() == [1 + 2j, 3 - 1j]


def test_a_thousands_separator_is_not_taken_for_a_decimal_comma(tmp_path):
    with pytest.raises(FieldError, match=r"line 2, column u: '1,234' is not a number"):
        read(_file(tmp_path, 'x,u\n0,"1,234"\n1,2\n'))


def test_coordinates_that_differ_by_rounding_are_one_axis_value(tmp_path):
    rows = [(x, t, x + t) for t in (0.0, 0.3) for x in (0.0, 1.0)]
    rows[3] = (1.0, 0.1 + 0.2, 1.3)
    field = read(_file(tmp_path, "x,t,u\n" + "\n".join(",".join(map(repr, row)) for row in rows)))
    assert dict(field.sizes) == {"t": 2, "x": 2}
    assert not field["u"].isnull().any()


def test_an_orbit_is_a_time_series_and_its_columns_components(tmp_path):
    t = np.linspace(0, 1, 30)
    orbit = np.c_[t, np.cos(t), np.sin(t), t**2]
    path = _file(tmp_path, "t,x,y,z\n" + "\n".join(",".join(map(repr, row)) for row in orbit.tolist()))
    field = read(path)
    assert {name: array.dims for name, array in field.data_vars.items()} == dict.fromkeys("xyz", ("t",))
    np.testing.assert_array_equal(field["y"], np.sin(t))
    assert describe(path).details["layout"] == "series"


def test_an_oscillator_of_position_and_velocity_is_a_time_series(tmp_path):
    t = np.linspace(0, 6, 50)
    rows = np.c_[t, np.cos(t), -np.sin(t)].tolist()
    field = read(_file(tmp_path, "t,x,v\n" + "\n".join(",".join(map(repr, row)) for row in rows)))
    assert list(field.data_vars) == ["x", "v"]
    assert field["v"].dims == ("t",)


def test_a_single_position_over_time_stays_an_axis(tmp_path):
    field = read(_file(tmp_path, "t,x,u\n0,3,1\n1,3,2\n2,3,4\n"))
    assert dict(field.sizes) == {"t": 3, "x": 1}


def test_three_axes_form_a_grid(tmp_path):
    rows = [(t, x, y, 100 * t + 10 * x + y) for y in range(3) for t in range(2) for x in range(4)]
    field = read(_file(tmp_path, "t,x,y,w\n" + "\n".join(",".join(map(str, row)) for row in rows)))
    assert field["w"].dims == ("t", "x", "y")
    assert field["w"].sel(t=1, x=3, y=2) == 132


def test_a_capital_is_an_axis_only_where_a_grid_needs_it(tmp_path):
    heat = read(_file(tmp_path, "x,T\n0,300\n1,310\n2,320\n"))
    assert heat["T"].dims == ("x",)
    waves = read(_file(tmp_path, "X,T,U\n" + "\n".join(f"{x},{t},{u}" for x, t, u in GRID)))
    assert waves["U"].dims == ("t", "x")
    assert waves["t"].attrs["original_name"] == "T"


def test_unknown_names_work_where_the_first_columns_form_a_complete_grid(tmp_path):
    field = read(_file(tmp_path, "station,depth,salinity\n1,10,35\n2,10,36\n1,20,37\n2,20,38\n"))
    assert field["salinity"].dims == ("station", "depth")


def test_dims_settle_which_columns_are_axes(tmp_path):
    text = "run,t,x\n1,0,5\n1,1,6\n2,0,7\n2,1,8\n"
    field = read(_file(tmp_path, text), dims=("run", "t"))
    assert field["x"].dims == ("t", "run")
    with pytest.raises(
        FieldError, match="dims must be names of columns, not q; the columns are run, t and x"
    ):
        read(_file(tmp_path, text), dims=("q",))


@pytest.mark.parametrize(
    ("corner", "dims"), [("t", ("t", "x")), ("x [m]", ("x", "t")), ("t\\y", ("t", "y")), ("y/x", ("y", "x"))]
)
def test_a_wide_table_has_coordinates_in_its_header(tmp_path, corner, dims):
    path = _file(tmp_path, f"{corner},0.0,0.5,1.0\n0,1,2,3\n2,4,,6\n")
    field, description = read(path), describe(path)
    down, across = dims
    assert field["u"].sel({down: 2, across: 1.0}) == 6
    assert list(field[across].values) == [0, 0.5, 1]
    assert description.variables[0].missing == 1
    assert description.variables[0].shape == field["u"].shape


def test_labelled_columns_name_the_other_axis(tmp_path):
    assert read(_file(tmp_path, "t,y=1,y=2\n0,1,2\n1,3,4\n"))["u"].dims == ("t", "y")


def test_a_wide_table_without_a_corner_wants_dims(tmp_path):
    path = _file(tmp_path, ",0,1,2\n0,1,2,3\n1,4,5,6\n")
    with pytest.raises(FieldError, match=r"line 1: .* with dims"):
        read(path)
    assert read(path, dims=("t", "x"))["u"].sel(t=1, x=2) == 6


def test_an_unnamed_row_index_is_left_out(tmp_path):
    text = ",x,t,u\n" + "\n".join(f"{i},{x},{t},{u}" for i, (x, t, u) in enumerate(GRID))
    field = read(_file(tmp_path, text))
    assert list(field.data_vars) == ["u"]
    assert field.attrs["left_out"] == "the unnamed row index"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x,t,u\n0,0,1\n1,0\n", "table.csv, line 3: there are 2 values where the header names 3"),
        ("x,t,u\n0,0,1\n# note\n\n1,0,one\n", "table.csv, line 5, column u: 'one' is not a number"),
        ("x,t,u\n0,0,1\n1,0,2\n0,0,3\n", "two rows give values at t = 0, x = 0"),
        ("x,t,u\n0,0,1\n,0,2\n1,0,3\n", "line 3: the coordinate x is missing in 1 of 3 rows"),
        ("0,0,1\n1,0,2\n", "line 1: the file has no header"),
        ("x,x,u\n0,0,1\n", "line 1: two columns are called 'x'"),
        ("x,t,u\n", "no row of data"),
        ("# nothing\n", "comments only"),
        ("u\n1\n2\n", "single column"),
        ("a,b,c\n1,5,3\n0,2,7\n4,4,4\n", "named like an axis"),
        ("x,u\n0,1\ninf,2\n", "coordinate x"),
    ],
)
def test_a_bad_table_is_refused_with_its_place(tmp_path, text, message):
    path = _file(tmp_path, text)
    for look in (read, describe):
        with pytest.raises(FieldError) as caught:
            look(path)
        assert message in str(caught.value)


def _scattered(folder: Path, header: str, columns: int) -> tuple[Path, np.ndarray]:
    points = np.random.default_rng(0).random((60, columns))
    rows = [",".join(map(repr, row)) for row in points.tolist()]
    return _file(folder, "\n".join([header, *rows])), points


def test_scattered_samples_stand_one_after_another_with_their_times_and_places(tmp_path):
    path, points = _scattered(tmp_path, "x [m],Time (s),temperature [K],p", 4)
    field, description = read(path), describe(path)
    assert dict(field.sizes) == {"sample": 60}
    assert (list(field.data_vars), sorted(map(str, field.coords))) == (
        ["temperature", "p"],
        ["sample", "t", "x"],
    )
    for name, column in (("x", 0), ("t", 1), ("temperature", 2)):
        np.testing.assert_array_equal(field[name], points[:, column])
    assert (field.t.attrs["units"], field.x.attrs["units"]) == ("s", "m")
    assert "60 rows are scattered: with 60 of x and 60 of t" in field.attrs["layout"]
    assert description.details["layout"] == "samples"
    assert sorted(map(str, read(path, variables="p").variables)) == ["p", "sample", "t", "x"]
    for name in ("a.csv", "a.nc", "a.npz", "a.h5"):
        xr.testing.assert_equal(read(write(field, tmp_path / name)), field)


def test_rows_sorted_by_time_are_samples_where_dims_names_their_place(tmp_path):
    rows = sorted(np.random.default_rng(0).random((60, 3)).tolist())
    path = _file(tmp_path, "t,x,u\n" + "\n".join(",".join(map(repr, row)) for row in rows))
    assert dict(read(path).sizes) == {"t": 60}
    assert dict(read(path, dims="t,x").sizes) == {"sample": 60}


def test_scattered_points_without_a_time_or_a_place_are_refused_with_a_way_out(tmp_path):
    path, _ = _scattered(tmp_path, "x,y,u", 3)
    for look in (read, describe):
        with pytest.raises(FieldError, match=r"scattered: with 60 of x and 60 of y .*need a column t"):
            look(path)
    lines = path.read_text().replace("x,y,u", "x,t,u").splitlines()
    path.write_text("\n".join([lines[0], "," + lines[1].partition(",")[2], *lines[2:]]))
    for look in (read, describe):
        with pytest.raises(FieldError, match=r"line 2: x is missing or infinite in 1 of 60 rows"):
            look(path)


def test_a_table_larger_than_max_bytes_is_refused(tmp_path, field):
    path = write(field.drop_vars("psi"), tmp_path / "a.csv")
    with pytest.raises(FieldError, match="max_bytes"):
        read(path, max_bytes=200)


def test_a_large_table_is_described_in_bounded_memory(tmp_path):
    import tracemalloc

    path = tmp_path / "long.csv"
    line = ",".join(["0.123456789012345"] * 8) + "\n"
    with path.open("w") as stream:
        stream.write("t," + ",".join(f"u{i}" for i in range(8)) + "\n")
        for start in range(0, 200_000, 1000):
            stream.write("".join(f"{start + i},{line}" for i in range(1000)))
    tracemalloc.start()
    description = describe(path)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert description.axes[0].size == 200_000
    # The values alone would take 14 MB, the text 30 MB.
    assert path.stat().st_size > 28e6
    assert peak < 60e6


names = st.text("abcdefghijklmnopqrsuvwXYZ_0123456789µ", min_size=2, max_size=6).filter(
    lambda name: name.isidentifier() and name.lower() not in {"xx", "yy", "zz", "xs", "ys", "zs"}
)
finite = st.floats(allow_nan=False, allow_infinity=False, width=64)


@st.composite
def grids(draw: st.DrawFn) -> xr.Dataset:
    dims = draw(st.sampled_from([("x",), ("t", "x"), ("x", "y"), ("t", "x", "y"), ("t", "run")]))
    shape = tuple(draw(st.integers(1, 4)) for _ in dims)
    coords = {
        dim: np.sort(draw(st.lists(finite, min_size=n, max_size=n, unique=True)))
        for dim, n in zip(dims, shape, strict=True)
    }
    value = draw(
        st.sampled_from([finite, st.floats(), st.complex_numbers(allow_nan=False, allow_infinity=False)])
    )
    size = int(np.prod(shape))
    chosen = draw(st.lists(names, min_size=1, max_size=3, unique=True))
    data = {
        name: (dims, np.array(draw(st.lists(value, min_size=size, max_size=size))).reshape(shape))
        for name in chosen
        if name not in dims
    }
    return xr.Dataset(data, coords)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(grid=grids())
def test_whatever_is_written_as_csv_reads_back_exactly(tmp_path, grid):
    if not grid.data_vars:
        return
    path = write(grid, tmp_path / "any.csv")
    found, description = read(path), describe(path)
    for name, array in grid.data_vars.items():
        kept = np.where(np.isnan(array.values), np.nan, array.values)
        np.testing.assert_array_equal(found[name].transpose(*array.dims).values, kept)
        told = next(each for each in description.variables if each.name == name)
        assert told.shape == found[name].shape
        assert told.missing == int(np.isnan(array.values).sum())
    for dim in grid.dims:
        np.testing.assert_array_equal(found[dim], grid[dim])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from(list("xtu01.-,;\t \n\"'#=[]()eE+nai\\/µ")), max_size=80))
def test_no_text_at_all_causes_anything_but_a_field_or_a_field_error(tmp_path, text):
    path = _file(tmp_path, text)
    complaints = []
    for look in (read, describe):
        try:
            look(path)
            complaints.append("")
        except FieldError as error:
            complaints.append(str(error))
    assert complaints[0] == complaints[1]
    assert complaints[0] == "" or complaints[0].startswith("table.csv")
