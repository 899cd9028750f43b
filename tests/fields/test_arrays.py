"""Files of arrays: which axis is which, in every format that does not say it."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io
import xarray as xr

from physforge_kernel.errors import AxesError, FieldError
from physforge_kernel.fields import describe, read, undecided

T = np.linspace(0, 1, 5)
X = np.linspace(-2, 2, 8)
U = np.sin(X)[None, :] * np.exp(-T)[:, None]  # (t, x)


def _npz(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(path.with_suffix(".npz"), **arrays)  # pyright: ignore[reportArgumentType]
    return path.with_suffix(".npz")


def _mat(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    scipy.io.savemat(path.with_suffix(".mat"), arrays)
    return path.with_suffix(".mat")


def _h5(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    with h5py.File(path.with_suffix(".h5"), "w") as file:
        for name, array in arrays.items():
            file[f"run/{name}"] = array
    return path.with_suffix(".h5")


def _json(path: Path, arrays: dict[str, np.ndarray]) -> Path:
    path.with_suffix(".json").write_text(json.dumps({name: array.tolist() for name, array in arrays.items()}))
    return path.with_suffix(".json")


WRITERS = pytest.mark.parametrize("write", [_npz, _mat, _h5, _json])


@WRITERS
@pytest.mark.parametrize("transposed", [False, True])
def test_arrays_are_turned_to_t_x_by_the_lengths_of_their_axes(tmp_path, write, transposed):
    path = write(tmp_path / "a", {"x": X, "t": T, "u": U.T if transposed else U})
    field, description = read(path), describe(path)
    assert field["u"].dims == ("t", "x")
    np.testing.assert_allclose(field["u"], U, rtol=1e-15)
    assert description.variables[0].shape == field["u"].shape == (5, 8)
    assert field.attrs["layout"] == " ".join(description.notes)


@WRITERS
def test_a_square_array_is_refused_until_dims_say_which_axis_is_which(tmp_path, write):
    square = np.arange(25.0).reshape(5, 5)
    path = write(tmp_path / "a", {"x": np.arange(5) * 2.0, "t": T, "u": square})
    for look in (read, describe):
        with pytest.raises(
            AxesError, match=r"does not tell which axis is which.*with dims: .*x,t"
        ) as refused:
            look(path)
    assert set(refused.value.ways) == {("t", "x"), ("x", "t")}
    assert undecided(path, refused.value).to_dict()["ways"] in (
        [["t", "x"], ["x", "t"]],
        [["x", "t"], ["t", "x"]],
    )
    xr.testing.assert_identical(read(path, dims="x,t"), read(path, dims=("x", "t")))
    assert read(path, dims=("x", "t"))["u"].sel(x=2.0, t=0.25) == square[1, 1]
    assert read(path, dims=("x", "t"))["u"].sel(x=8.0, t=0.0) == square[4, 0]
    assert read(path, dims=("t", "x"))["u"].sel(x=8.0, t=0.0) == square[0, 4]


def test_equal_space_axes_stand_in_order_and_the_field_says_so(tmp_path):
    w = np.random.default_rng(0).random((5, 8, 8))
    path = _npz(tmp_path / "a", {"x": X, "y": X + 10, "t": T, "w": w})
    field = read(path)
    np.testing.assert_array_equal(field["w"], w)
    assert "axes of equal length are taken in the order t, x and y" in field.attrs["layout"]


def test_meshgrids_are_axes_and_settle_square_arrays(tmp_path):
    t = X + 2
    xs, ts = np.meshgrid(X, t)
    square = np.sin(xs) * ts
    for turned in (False, True):
        arrays = {"X": xs.T, "T": ts.T, "U": square.T} if turned else {"X": xs, "T": ts, "U": square}
        field = read(_mat(tmp_path / f"a{turned}", arrays))
        np.testing.assert_allclose(field["U"].sel(t=t[1]), np.sin(X) * t[1])


def test_a_lone_solution_is_called_u_and_its_name_remembered(tmp_path):
    field = read(_mat(tmp_path / "a", {"tt": T[None, :], "x": X[:, None], "usol": U.T}))
    assert list(field.data_vars) == ["u"]
    assert field["u"].attrs["original_name"] == "usol"
    assert field["t"].attrs["original_name"] == "tt"


def test_the_imaginary_roundoff_of_matlab_codes_is_dropped_but_no_complex_field(tmp_path):
    noise = read(_mat(tmp_path / "a", {"t": T, "x": X, "u": U + 1e-9j}))
    assert noise["u"].dtype == np.float64
    wave = read(_mat(tmp_path / "b", {"t": T, "x": X, "u": U + 1e-2j * U}))
    assert wave["u"].dtype == np.complex128


def test_arrays_that_fit_no_axis_are_left_out_and_named(tmp_path):
    arrays = {
        "t": T,
        "x": X,
        "u": U,
        "library": np.ones((40, 15)),
        "nu": np.array(0.1),
        "note": np.array("hi"),
    }
    field = read(_npz(tmp_path / "a", arrays))
    assert list(field.data_vars) == ["u"]
    assert set(field.attrs["left_out"].split(", ")) == {"library", "nu", "note"}


def test_coordinates_off_by_one_are_an_error_and_not_ignored(tmp_path):
    path = _npz(tmp_path / "a", {"t": T, "x": np.linspace(0, 1, 9), "u": U, "mean": U.mean(1)})
    with pytest.raises(
        FieldError, match=r"u has the shape \(5, 8\) and the coordinates are .*x with 9 points"
    ):
        read(path)


def test_an_axis_without_coordinates_is_counted_and_the_field_says_so(tmp_path):
    field = read(_npz(tmp_path / "a", {"t": T, "u": U}))
    assert field["u"].dims == ("t", "x")
    np.testing.assert_array_equal(field["x"], np.arange(8))
    assert "no coordinates for the axis x" in field.attrs["layout"]


def test_an_unknown_name_is_an_axis_where_its_length_says_so(tmp_path):
    field = read(_npz(tmp_path / "a", {"t": T, "radius": X + 3, "u": U}))
    assert field["u"].dims == ("t", "radius")


def test_a_small_axis_without_coordinates_holds_components(tmp_path):
    both = np.stack([U, 2 * U], axis=-1)
    field = read(_npz(tmp_path / "a", {"t": T, "x": X, "w": both}))
    assert list(field.data_vars) == ["w1", "w2"]
    np.testing.assert_array_equal(field["w2"], 2 * U)


def test_equal_vectors_are_a_table(tmp_path):
    grid = np.array([(t, x) for x in X for t in T])
    waves = read(
        _npz(tmp_path / "a", {"t": grid[:, 0], "x": grid[:, 1], "u": U.T.ravel(), "nu": np.array(0.1)})
    )
    np.testing.assert_array_equal(waves["u"], U)
    orbit = read(_mat(tmp_path / "b", {"t": T, "x": np.cos(T), "y": np.sin(T)}))
    assert list(orbit.data_vars) == ["x", "y"]


def test_decreasing_and_shuffled_axes_come_out_increasing(tmp_path):
    order = np.random.default_rng(0).permutation(8)
    path = _npz(tmp_path / "a", {"t": T[::-1], "x": X[order], "u": U[::-1][:, order]})
    field, description = read(path), describe(path)
    np.testing.assert_array_equal(field["u"], U)
    assert [(axis.start, axis.stop) for axis in description.axes] == [(0, 1), (-2, 2)]


@pytest.mark.parametrize(
    ("x", "message"),
    [([0, 1, 1, 2, 3, 4, 5, 6], "value 1 more than once"), ([np.nan, *range(7)], "nan at index 0")],
)
def test_repeated_and_missing_coordinates_are_refused(tmp_path, x, message):
    with pytest.raises(FieldError, match=message):
        read(_npz(tmp_path / "a", {"t": T, "x": np.array(x, dtype=float), "u": U}))


def test_variables_may_be_chosen_by_either_name(tmp_path):
    path = _npz(tmp_path / "a", {"t": T, "x": X, "flow rate": U, "p": U})
    assert list(read(path, variables="flow rate").data_vars) == ["flow_rate"]
    assert list(read(path, variables=("p", "flow_rate")).data_vars) == ["flow_rate", "p"]
    with pytest.raises(FieldError, match="no variable 'q'; the file has flow_rate and p"):
        read(path, variables="q")


def test_a_single_array_gets_counted_axes(tmp_path):
    np.save(tmp_path / "a.npy", U)
    field = read(tmp_path / "a.npy")
    assert field["u"].dims == ("t", "x")
    assert "by custom" in field.attrs["layout"]
    np.testing.assert_array_equal(read(tmp_path / "a.npy", dims=("x", "t"))["u"].transpose("x", "t"), U)


def _cell(*arrays: np.ndarray) -> np.ndarray:
    cell = np.empty((1, len(arrays)), dtype=object)
    for index, array in enumerate(arrays):
        cell[0, index] = array
    return cell


@pytest.mark.parametrize("compressed", [False, True])
def test_wsindy_cells_tell_the_order_of_axes_even_of_square_arrays(tmp_path, compressed):
    square = np.arange(64.0).reshape(8, 8)
    contents = {
        "U_exact": _cell(square, -square),
        "xs": _cell(X[:, None], 5 + np.arange(8.0)[None, :]),
        "U_obs": _cell(square + 1, square + 1),
        "true_nz_weights": _cell(np.ones((3, 4))),
        "name": "waves",
        "options": {"tolerance": 1.0},
    }
    path = tmp_path / "wsindy.mat"
    scipy.io.savemat(path, contents, do_compression=compressed)
    field, description = read(path), describe(path)
    assert list(field.data_vars) == ["u", "v"]
    np.testing.assert_array_equal(field["u"].transpose("x", "t"), square)
    np.testing.assert_array_equal(field["v"].sel(t=5), -square[:, 0])
    assert [v.name for v in description.variables] == ["u", "v"]
    assert "options" in description.left_out
    noisy = read(path, variables="U_obs", dims=("x", "t"))
    np.testing.assert_array_equal(noisy["u"].transpose("x", "t"), square + 1)


def test_matlab_7_3_arrays_cells_and_complex_numbers(tmp_path):
    path = tmp_path / "a.mat"
    psi = U + 1j * U**2
    with h5py.File(path, "w", userblock_size=512) as file:

        def put(name: str, array: np.ndarray, kind: str = "double") -> h5py.Dataset:
            dataset = file.create_dataset(name, data=array)
            dataset.attrs["MATLAB_class"] = np.bytes_(kind)
            return dataset

        put("x", X[:, None])  # 1 x 8 in MATLAB
        put("t", T[None, :])  # 5 x 1 in MATLAB
        pair = np.empty((8, 5), dtype=[("real", "f8"), ("imag", "f8")])
        pair["real"], pair["imag"] = psi.real.T, psi.imag.T
        put("psi", pair)
        put("label", np.frombuffer(b"h\0i\0", dtype="u2"), "char")
        put("#refs#/a", U.T)
        cells = file.create_dataset("C", (1, 1), dtype=h5py.ref_dtype)
        cells[0, 0] = file["#refs#/a"].ref
        cells.attrs["MATLAB_class"] = np.bytes_("cell")
    with path.open("r+b") as stream:
        stream.write(b"MATLAB 7.3 MAT-file, Platform: GLNXA64".ljust(128))
    field = read(path)
    np.testing.assert_array_equal(field["psi"], psi)
    np.testing.assert_array_equal(field["C"], U)
    assert field.attrs["format"] == "MAT 7.3"
    assert {v.name: v.dtype for v in describe(path).variables} == {"psi": "complex128", "C": "float64"}


def test_json_records_columns_and_xarrays_own_form(tmp_path, field):
    records = [{"x": x, "t [s]": t, "u": None if x == 1 else x + t} for x in range(3) for t in range(2)]
    (tmp_path / "a.json").write_text(json.dumps(records))
    found = read(tmp_path / "a.json")
    assert found["t"].attrs["units"] == "s"
    np.testing.assert_array_equal(found["u"], [[0, np.nan, 2], [1, np.nan, 3]])
    real = field.drop_vars("psi")
    (tmp_path / "b.json").write_text(json.dumps(real.to_dict()))
    back = read(tmp_path / "b.json")
    assert back["u"].identical(real["u"])
    assert back.attrs["title"] == "two waves"
    (tmp_path / "c.json").write_text(
        json.dumps({"x": X.tolist(), "psi": {"real": X.tolist(), "imag": X.tolist()}, "comment": "hi"})
    )
    np.testing.assert_array_equal(read(tmp_path / "c.json")["psi"], X + 1j * X)


def test_hdf5_dimension_scales_labels_units_and_groups(tmp_path):
    path = tmp_path / "a.h5"
    with h5py.File(path, "w") as file:
        flow = file.create_group("flow")
        place = file.create_dataset("axes/place", data=X)
        time = file.create_dataset("axes/time", data=T)
        place.make_scale("place")
        time.make_scale("time")
        u = flow.create_dataset("u", data=U.astype("f4"), chunks=(5, 4), compression="gzip")
        u.dims[0].attach_scale(time)
        u.dims[1].attach_scale(place)
        u.attrs["units"] = np.bytes_("m/s")
        flow["alias"] = h5py.SoftLink("/flow/u")
        file.attrs["campaign"] = "June"
    field, description = read(path), describe(path)
    assert field["u"].dims == ("t", "place")
    assert field["u"].dtype == np.float64
    assert field["u"].attrs["units"] == "m/s"
    assert field.attrs["campaign"] == "June"
    assert description.variables[0].dtype == "float32"
    assert description.variables[0].storage == {"chunks": [5, 4], "compression": "gzip"}


@pytest.mark.parametrize(("engine", "name"), [("scipy", "NetCDF 3"), ("h5netcdf", "NetCDF 4")])
def test_netcdf_fill_values_scale_factors_and_time_units(tmp_path, field, engine, name):
    path = tmp_path / "a.nc"
    real = field.drop_vars("psi").rename(t="time")
    real["time"].attrs["units"] = "seconds since 2020-01-01"
    real["step"] = 3
    packed = {"u": {"dtype": "i2", "scale_factor": 1e-3, "add_offset": 0.5, "_FillValue": -32768}}
    real.to_netcdf(path, engine=engine, encoding=packed)
    found, description = read(path), describe(path)
    assert found["u"].dims == ("t", "x")
    assert found["t"].attrs == {"units": "seconds since 2020-01-01", "original_name": "time"}
    np.testing.assert_allclose(found["u"], field["u"], atol=6e-4)
    assert np.isnan(found["u"].values[1, 2])
    assert found.attrs["left_out"] == "step"
    assert found.attrs["format"] == description.format == name
    assert "flavour" in description.details


def test_a_netcdf_file_called_h5_is_decoded_alike(tmp_path, field):
    real = field.drop_vars("psi")
    real.to_netcdf(tmp_path / "a.nc", engine="h5netcdf", encoding={"u": {"_FillValue": -999.0}})
    (tmp_path / "a.nc").rename(tmp_path / "a.h5")
    assert read(tmp_path / "a.h5")["u"].identical(real["u"])


@pytest.mark.parametrize("order", ["<", ">"])
def test_a_mat_file_of_version_4_is_read(tmp_path, order):
    path = tmp_path / "a.mat"
    wave = U * (1 + 2j)
    scipy.io.savemat(path, {"u": wave, "x": X, "t": T.astype("f4"), "note": "a text"}, format="4")
    if order == ">":
        path.write_bytes(_mat4_of_another_machine({"u": wave, "x": X[None], "t": T[None]}))
    field = read(path)
    assert field["u"].dims == ("t", "x")
    np.testing.assert_array_equal(field["u"], wave)
    np.testing.assert_allclose(field["t"], T, atol=1e-7)
    assert field.attrs["format"] == "MAT 4"


def _mat4_of_another_machine(arrays: dict[str, np.ndarray]) -> bytes:
    written = b""
    for name, array in arrays.items():
        is_complex = array.dtype.kind == "c"
        written += struct.pack(">5i", 1000, *array.shape, is_complex, len(name) + 1) + name.encode() + b"\0"
        for part in (np.real(array), np.imag(array)) if is_complex else (array,):
            written += part.astype(">f8").tobytes(order="F")
    return written


def test_a_mat_file_of_version_4_that_ends_early_is_refused(tmp_path):
    path = tmp_path / "a.mat"
    scipy.io.savemat(path, {"x": X, "t": T, "u": U}, format="4")
    path.write_bytes(path.read_bytes()[:-8])
    with pytest.raises(FieldError, match=r"byte \d+: there is no whole matrix"):
        describe(path)
    path.write_bytes(struct.pack("<5i", 0, 2**31 - 1, 2**31 - 1, 1, 2) + b"u\0")
    with pytest.raises(FieldError, match="byte 0: there is no whole matrix"):
        read(path)


def test_a_mat_file_of_structs_is_told_what_to_save_instead(tmp_path):
    scipy.io.savemat(tmp_path / "a.mat", {"s": {"u": U}})
    with pytest.raises(FieldError, match=r"beside s\).* inside structs"):
        read(tmp_path / "a.mat")


def test_an_npy_file_of_one_axis_is_read_once_that_is_named(tmp_path):
    np.save(tmp_path / "a.npy", X)
    with pytest.raises(AxesError, match=r"shape \(8,\).* name it with dims"):
        read(tmp_path / "a.npy")
    np.testing.assert_array_equal(read(tmp_path / "a.npy", dims="x")["u"], X)


def test_a_structured_npy_file_is_a_table(tmp_path):
    rows = [(t, x, t + 10 * x) for t in (0.0, 0.5) for x in (1.0, 2.0, 3.0)]
    np.save(tmp_path / "a.npy", np.array(rows, dtype=[("t", "f8"), ("x", "f4"), ("u", "f8")]))
    field = read(tmp_path / "a.npy")
    assert field["u"].dims == ("t", "x")
    assert field["u"].sel(t=0.5, x=2.0) == 20.5


def test_a_name_that_comes_twice_in_json_is_refused(tmp_path):
    (tmp_path / "a.json").write_text('{"x": [0, 1], "u": [1, 2], "u": [3, 4]}')
    with pytest.raises(FieldError, match="the name 'u' comes twice"):
        read(tmp_path / "a.json")


def test_an_unknown_ending_is_answered_with_all_that_are_read(tmp_path):
    (tmp_path / "a.xyz").write_text("x,u\n0,1\n")
    with pytest.raises(FieldError) as refused:
        read(tmp_path / "a.xyz")
    for ending in (".csv", ".hdf5", ".vtr", ".vts", ".vtu", ".mat", ".nc4"):
        assert ending in str(refused.value)
    assert ".pvd" not in str(refused.value)
