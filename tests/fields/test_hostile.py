"""Files made to do harm: each is refused by `read` and by `describe`, before it does any."""

from __future__ import annotations

import io
import json
import pickle
import shutil
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import h5py
import numpy as np
import pytest
import scipy.io

from physforge_kernel.errors import FieldError
from physforge_kernel.fields import describe, read

BOTH = pytest.mark.parametrize("look", [read, describe])
SECRET = b"root:x:0:0:secret\n" * 4


@pytest.fixture
def secret(tmp_path) -> Path:
    path = tmp_path / "secret.bin"
    path.write_bytes(SECRET)
    return path


def _axes(file: h5py.File) -> None:
    file["x"] = np.arange(5.0)


@BOTH
@pytest.mark.parametrize("ending", ["h5", "nc", "mat"])
@pytest.mark.parametrize("place", ["u", "deep/er/u"])
def test_hdf5_raw_data_in_another_file_are_refused(tmp_path, secret, look, ending, place):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        _axes(file)
        file.create_dataset(place, (5,), "f8", external=[(str(secret), 0, 40)])
    (tmp_path / "a.h5").rename(tmp_path / f"b.{ending}")
    with pytest.raises(FieldError, match=f"dataset /{place}: its data lie in another file"):
        look(tmp_path / f"b.{ending}")


@BOTH
@pytest.mark.parametrize("ending", ["h5", "nc", "mat"])
def test_hdf5_links_to_other_files_are_refused_wherever_they_are(tmp_path, look, ending):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["u"] = np.arange(5.0)
    path = tmp_path / f"a.{ending}"
    with h5py.File(path, "w") as file:
        _axes(file)
        file["u"] = np.arange(5.0)
        file["a/b/c"] = h5py.ExternalLink("other.h5", "/u")
        file["soft"] = h5py.SoftLink("/a/b/c")
    with pytest.raises(FieldError, match=r"object /a/b/c: it is a link to another file \(other.h5\)"):
        look(path)


@BOTH
def test_hdf5_virtual_datasets_are_refused(tmp_path, look):
    with h5py.File(tmp_path / "other.h5", "w") as file:
        file["u"] = np.arange(5.0)
    layout = h5py.VirtualLayout((5,), "f8")
    layout[:] = h5py.VirtualSource(str(tmp_path / "other.h5"), "u", (5,))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        _axes(file)
        file.create_virtual_dataset("g/u", layout)
    with pytest.raises(FieldError, match="dataset /g/u: it is a virtual dataset"):
        look(tmp_path / "a.h5")


def test_a_matlab_cell_that_refers_to_raw_data_elsewhere_is_refused(tmp_path, secret):
    path = tmp_path / "a.mat"
    with h5py.File(path, "w") as file:
        hidden = file.create_dataset("#refs#/a", (5,), "f8", external=[(str(secret), 0, 40)])
        cell = file.create_dataset("C", (1, 1), dtype=h5py.ref_dtype)
        cell.attrs["MATLAB_class"] = np.bytes_("cell")
        cell[0, 0] = hidden.ref
    with pytest.raises(FieldError, match="dataset /#refs#/a: its data lie in another file"):
        read(path)


def test_soft_links_that_dangle_or_loop_are_harmless(tmp_path):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        _axes(file)
        file["u"] = np.arange(5.0) ** 2
        file["nowhere"] = h5py.SoftLink("/not/there")
        file["loop"] = h5py.SoftLink("/loop")
        file["g/up"] = file["/"]
    assert list(read(tmp_path / "a.h5").data_vars) == ["u"]


@BOTH
def test_an_hdf5_file_that_declares_terabytes_and_stores_nothing_is_refused(tmp_path, look):
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("u", (2**17, 2**20), "f8", chunks=(1024, 1024), compression="gzip")
    with pytest.raises(FieldError, match="declares 1.1 TB but stores only"):
        look(tmp_path / "a.h5")


def _one_chunk(path: Path, mebibytes: int, packed: bytes) -> None:
    with h5py.File(path, "w") as file:
        shape = (mebibytes, 2**17)
        data = file.create_dataset("u", shape, "f8", chunks=shape, compression="gzip")
        data.id.write_direct_chunk((0, 0), packed)


def test_a_gigabyte_packed_into_one_small_chunk_is_refused(tmp_path):
    # One deflated MiB of zeros, 1024 times over, with the checksum (Adler-32) of a GiB of them.
    packer = zlib.compressobj(9, wbits=-15)
    block = packer.compress(bytes(2**20)) + packer.flush(zlib.Z_FULL_FLUSH)
    checksum = ((2**30 % 65521) << 16 | 1).to_bytes(4, "big")
    packed = b"\x78\x9c" + 1024 * block + b"\x03\x00" + checksum
    _one_chunk(tmp_path / "a.h5", 1024, packed)
    for look in (read, describe):
        with pytest.raises(FieldError, match="declares 1.1 GB but stores only"):
            look(tmp_path / "a.h5")


def test_a_chunk_too_large_to_unpack_is_refused_even_if_it_is_full(tmp_path):
    # Eight megabytes of noise keep the file from looking empty; the chunk still unpacks to 320 MiB.
    _one_chunk(tmp_path / "a.h5", 320, np.random.default_rng(0).bytes(8 * 2**20))
    assert describe(tmp_path / "a.h5").variables[0].storage["chunks"] == [320, 2**17]
    with pytest.raises(FieldError, match=r"dataset /u: it is stored in chunks of 335.5 MB.*h5repack"):
        read(tmp_path / "a.h5", max_bytes=2**30)


def test_an_array_larger_than_max_bytes_is_described_but_not_read(tmp_path, field):
    field[["u"]].to_netcdf(tmp_path / "a.nc", engine="h5netcdf")
    assert describe(tmp_path / "a.nc").variables[0].shape == (5, 7)
    with pytest.raises(FieldError, match="280 B, more than the 279 B"):
        read(tmp_path / "a.nc", max_bytes=279)
    assert read(tmp_path / "a.nc", max_bytes=280).sizes == {"t": 5, "x": 7}


def _header(shape: tuple[int, ...], kind: str = "<f8") -> bytes:
    stream = io.BytesIO()
    np.lib.format.write_array_header_1_0(stream, {"descr": kind, "fortran_order": False, "shape": shape})
    return stream.getvalue()


@BOTH
def test_a_numpy_array_that_declares_more_than_there_is_is_refused_without_allocating_it(tmp_path, look):
    (tmp_path / "a.npy").write_bytes(_header((2**20, 2**20)) + bytes(100))
    tracemalloc.start()
    with pytest.raises(FieldError, match="8796093022208 bytes, but only 100 are there"):
        look(tmp_path / "a.npy")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**24


def test_a_sparse_file_of_terabytes_is_refused_by_its_declared_size(tmp_path):
    with (tmp_path / "a.npy").open("wb") as stream:
        stream.write(_header((2**17, 2**20)))
        stream.truncate(stream.tell() + 2**40)
    with pytest.raises(FieldError, match="1.1 TB, more than the .* that a field may take here"):
        read(tmp_path / "a.npy")


class _Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("pickle-ran"),))


@BOTH
def test_no_pickle_is_ever_loaded(tmp_path, look, monkeypatch):
    monkeypatch.chdir(tmp_path)
    objects = np.array([_Bomb()], dtype=object)
    np.save("a.npy", objects, allow_pickle=True)
    np.savez("b.npz", x=np.arange(3.0), u=objects)
    Path("c.npy").write_bytes(pickle.dumps(_Bomb()))
    Path("d.json").write_bytes(pickle.dumps(_Bomb()))
    for name in ("a.npy", "b.npz", "c.npy", "d.json"):
        with pytest.raises(FieldError, match="pickle, which can run any code and is never loaded"):
            look(name)
    assert not Path("pickle-ran").exists()


@BOTH
def test_zip_bombs_and_forged_members_are_refused(tmp_path, look):
    with (
        zipfile.ZipFile(tmp_path / "bomb.npz", "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open("u.npy", "w") as member,
    ):
        member.write(_header((2**24,)))
        for _ in range(128):
            member.write(bytes(2**20))
    with pytest.raises(FieldError, match="the archive declares 134.2 MB but stores only"):
        look(tmp_path / "bomb.npz")
    with zipfile.ZipFile(tmp_path / "forged.npz", "w") as archive:
        archive.writestr("u.npy", _header((2**40,)))
    with pytest.raises(FieldError, match="member u: the header declares"):
        look(tmp_path / "forged.npz")
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as archive:
        for number in range(1001):
            archive.writestr(f"{number}.npy", b"")
    with pytest.raises(FieldError, match="1001 members"):
        look(tmp_path / "many.npz")


@BOTH
def test_json_depth_bombs_and_monstrous_numbers_are_refused(tmp_path, look):
    for text, message in [
        ("[" * 200_000, "nested too deeply"),
        ('{"a":' * 100_000, "nested too deeply"),
        (
            json.dumps({"x": [0, 1], "u": [1, 2]}).replace("2]", "9" * 5000 + "]"),
            "number that cannot be read",
        ),
        (json.dumps({"x": [0, 1], "u": [1, 2]}).replace("2]", "9" * 500 + "]"), "is not a number"),
        ('{"x": [0, 1], "u": [1, [2]]}', r"u\[1\]"),
        ('{"x": [0, 1], "u": [[1, 2], [3]]}', r"u\[1\]: there are 1 values where 2 are due"),
        ('[{"x": 0, "u": 1}, {"x": 1}]', "record 2: it has not the names of the first record"),
        ('{"x": [0, 1],, }', "line 1, column 14: it is no valid JSON"),
        ('"x"', "a single str, not a field"),
    ]:
        (tmp_path / "a.json").write_text(text)
        with pytest.raises(FieldError, match=message):
            look(tmp_path / "a.json")


def test_nan_and_infinity_in_json_are_values(tmp_path):
    (tmp_path / "a.json").write_text('{"x": [0, 1, 2], "u": [NaN, -Infinity, 1]}')
    np.testing.assert_array_equal(read(tmp_path / "a.json")["u"], [np.nan, -np.inf, 1])


def test_a_mat_cell_that_unpacks_beyond_the_limit_is_refused_in_bounded_memory(tmp_path):
    cell = np.empty((1, 1), dtype=object)
    cell[0, 0] = np.zeros((1000, 2000))
    scipy.io.savemat(tmp_path / "a.mat", {"U": cell}, do_compression=True)
    assert (tmp_path / "a.mat").stat().st_size < 100_000
    tracemalloc.start()
    with pytest.raises(FieldError, match=r"unpacks to more than .*max_bytes"):
        read(tmp_path / "a.mat", max_bytes=2**20)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**22


@BOTH
def test_mat_functions_objects_and_deep_cells_are_left_alone(tmp_path, look):
    nest = np.empty((1, 1), dtype=object)
    nest[0, 0] = np.ones((3, 3))
    for _ in range(30):
        outer = np.empty((1, 1), dtype=object)
        outer[0, 0] = nest
        nest = outer
    scipy.io.savemat(
        tmp_path / "a.mat", {"x": np.arange(4.0), "u": np.arange(4.0), "nest": nest, "s": {"f": 1}}
    )
    found = look(tmp_path / "a.mat")
    left_out = found.attrs["left_out"] if look is read else ", ".join(found.left_out)
    assert "nest" in left_out
    assert "s" in left_out.split(", ")


@BOTH
@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.h5", b"x,t,u\n0,0,1\n", "which means HDF5, but it holds text: rename it to end with .csv"),
        ("a.csv", b"\x89HDF\r\n\x1a\n" + bytes(100), "which means CSV, but it holds HDF5: rename it"),
        ("a.npz", b"\x93NUMPY", "rename it to end with .npy"),
        ("a.csv", b"\x1f\x8b\x08" + bytes(50), "gzip-compressed data, to be unpacked first"),
        ("a.csv", b"x,u\n\0\0\0", "binary data"),
        ("a.csv", b"", "the file is empty"),
        ("a.xyz", b"x,u\n0,1\n", "'.xyz' says no format that is read here"),
        ("field", b"x,u\n0,1\n", "a name without an ending"),
        ("a.nc", b"CDF\x05" + bytes(40), "CDF-5"),
        ("a.npz", b"PK\x03\x04" + bytes(40), "Opening the archive failed"),
        ("a.npy", b"\x93NUMPY\x09\x00" + bytes(40), r"the .npy version \(9, 0\) is unknown"),
        ("a.npy", b"\x93NUMPY\x01\x00\x20\x00" + bytes(40), "Reading the header of the NumPy array failed"),
        (
            "a.mat",
            b"MATLAB 5.0 MAT-file".ljust(124) + b"\x00\x01IM" + b"\x0e\0\0\0\xff\xff\0\0",
            "past the end",
        ),
    ],
)
def test_a_file_that_is_not_what_its_name_says_gets_one_clear_sentence(
    tmp_path, look, name, content, message
):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(FieldError, match=message) as caught:
        look(tmp_path / name)
    assert str(caught.value).startswith(f"{name}")


@BOTH
def test_folders_missing_files_and_pipes_are_refused(tmp_path, look):
    import os

    with pytest.raises(FieldError, match="it is a folder"):
        look(tmp_path)
    with pytest.raises(FieldError, match="there is no such file"):
        look(tmp_path / "none.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(FieldError, match="no regular file"):
        look(tmp_path / "pipe.csv")


@pytest.mark.parametrize("ending", ["csv", "npz", "npy", "mat", "v4.mat", "h5", "nc", "json"])
def test_damaged_files_give_fields_or_field_errors_and_nothing_else(tmp_path, ending):
    whole = tmp_path / f"whole.{ending}"
    arrays = {
        "t": np.linspace(0, 1, 5),
        "x": np.linspace(0, 2, 6),
        "u": np.random.default_rng(0).random((5, 6)),
    }
    if ending == "npy":
        np.save(whole, arrays["u"])
    elif ending == "npz":
        np.savez_compressed(whole, **arrays)  # pyright: ignore[reportArgumentType]
    elif ending.endswith("mat"):
        scipy.io.savemat(whole, arrays, format="5" if ending == "mat" else "4", do_compression=True)
    elif ending == "json":
        whole.write_text(json.dumps({name: array.tolist() for name, array in arrays.items()}))
    elif ending == "csv":
        rows = np.c_[np.repeat(arrays["t"], 6), np.tile(arrays["x"], 5), arrays["u"].ravel()].tolist()
        whole.write_text("t,x,u\n" + "\n".join(",".join(map(repr, row)) for row in rows))
    else:
        with h5py.File(whole, "w") as file:
            for name, array in arrays.items():
                file[name] = array
    good = whole.read_bytes()
    rng = np.random.default_rng(7)
    path = tmp_path / f"bad.{ending}"
    refused = 0
    for round_ in range(9 if ending in ("h5", "nc") else 150):
        bad = bytearray(good)
        if round_ % 3 == 0:
            del bad[int(rng.integers(1, len(bad))) :]
        else:
            for place in rng.integers(0, len(bad) if round_ % 3 == 1 else min(len(bad), 400), 4):
                bad[place] = int(rng.choice([0, 1, 127, 128, 255, int(rng.integers(256))]))
        path.write_bytes(bad)
        for look in (describe, read):
            try:
                look(path)
            except FieldError as error:
                refused += str(error).startswith(path.name)
    assert refused > 0


def test_a_probed_file_is_not_probed_again_until_it_changes(tmp_path, monkeypatch):
    from physforge_kernel.fields.formats import _hdf5

    probes = []
    probe = _hdf5.run_apart
    monkeypatch.setattr(_hdf5, "run_apart", lambda *arguments: probes.append(probe(*arguments)))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        _axes(file)
        file["u"] = np.arange(5.0)
    read(tmp_path / "a.h5")
    read(tmp_path / "a.h5")
    assert len(probes) == 1
    shutil.copy(tmp_path / "a.h5", tmp_path / "b.h5")
    (tmp_path / "b.h5").replace(tmp_path / "a.h5")
    read(tmp_path / "a.h5")
    assert len(probes) == 2


def test_a_process_that_dies_or_hangs_is_told_as_a_field_error(tmp_path, monkeypatch):
    import signal

    from physforge_kernel.fields._request import Request
    from physforge_kernel.fields.formats import _apart

    path = tmp_path / "a.h5"
    path.write_bytes(b"x")
    script = tmp_path / "script.py"
    monkeypatch.setattr(_apart, "__file__", str(tmp_path / "_apart.py"))
    script.write_text(f"import os; os.write(1, b'opening'); os.kill(os.getpid(), {int(signal.SIGSEGV)})")
    with pytest.raises(
        FieldError, match=r"a.h5: HDF5 broke down reading it \(SIGSEGV\): the file is damaged"
    ):
        _apart.run_apart(Request(path, 2**20), "script.py", "HDF5")
    script.write_text("import threading; threading.Event().wait()")
    monkeypatch.setattr(_apart, "_SECONDS", 0.5)
    with pytest.raises(FieldError, match="did not finish"):
        _apart.run_apart(Request(path, 2**20), "script.py", "HDF5")
