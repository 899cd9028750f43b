"""VTK files: meshes on a tensor grid become fields, and VTK never sees what could do harm."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import pyvista

from physforge_kernel.errors import FieldError
from physforge_kernel.fields import describe, read


def _temperature(points: np.ndarray) -> np.ndarray:
    return points[:, 0] + 10 * points[:, 1] + 100 * points[:, 2]


@pytest.fixture(scope="module")
def image() -> pyvista.ImageData:
    mesh = pyvista.ImageData(dimensions=(4, 3, 2), spacing=(0.1, 0.2, 0.3), origin=(1, 2, 3))
    mesh["T"] = _temperature(np.asarray(mesh.points))
    mesh["U"] = np.asarray(mesh.points) * 2
    return mesh


def _check(path: Path) -> None:
    field, description = read(path), describe(path)
    assert field["T"].dims == ("x", "y", "z")
    expected = field["x"] + 10 * field["y"] + 100 * field["z"]
    np.testing.assert_allclose(field["T"], expected, rtol=1e-6)
    np.testing.assert_allclose(field["Uy"], 2 * field["y"].broadcast_like(field["Uy"]), rtol=1e-6)
    assert {v.name: v.shape for v in description.variables} == dict.fromkeys(
        ("T", "Ux", "Uy", "Uz"), (4, 3, 2)
    )


@pytest.mark.parametrize("ending", ["vti", "vtk"])
def test_images_become_grids_and_vectors_components(tmp_path, image, ending):
    image.save(tmp_path / f"a.{ending}")
    _check(tmp_path / f"a.{ending}")


@pytest.mark.parametrize("compressed", [False, True])
def test_raw_data_appended_to_xml_are_read_and_missed_when_cut(tmp_path, image, compressed):
    from vtkmodules.vtkIOXML import vtkXMLImageDataWriter

    path = tmp_path / "a.vti"
    writer = vtkXMLImageDataWriter()
    writer.SetInputData(image)
    writer.SetFileName(str(path))
    writer.SetDataModeToAppended()
    writer.EncodeAppendedDataOff()
    if not compressed:
        writer.SetCompressorTypeToNone()
    writer.Write()
    _check(path)
    path.write_bytes(path.read_bytes()[:-150])
    with pytest.raises(FieldError, match="a.vti: it breaks off before </VTKFile>"):
        read(path)


def test_an_unstructured_mesh_on_a_tensor_grid_becomes_one(tmp_path, image):
    image.cast_to_unstructured_grid().save(tmp_path / "a.vtu")
    _check(tmp_path / "a.vtu")


def test_a_structured_grid_becomes_a_grid(tmp_path, image):
    image.cast_to_structured_grid().save(tmp_path / "a.vts")
    _check(tmp_path / "a.vts")


def test_a_flat_rectilinear_grid_has_two_axes_and_no_idle_component(tmp_path):
    mesh = pyvista.RectilinearGrid(np.array([0, 1, 3.0]), np.array([0, 2.0, 5, 6]), np.array([0.0]))
    points = np.asarray(mesh.points)
    mesh["p"] = _temperature(points)
    mesh["V"] = points * [1, 1, 0]
    mesh.field_data["TimeValue"] = [0.25]
    mesh.save(tmp_path / "a.vtr")
    field = read(tmp_path / "a.vtr")
    assert list(field.data_vars) == ["p", "Vx", "Vy"]
    assert field["p"].sel(x=3, y=5) == 53
    assert field.attrs["time"] == 0.25
    assert "component z of V is zero" in field.attrs["layout"]


def test_values_of_cells_stand_at_their_centres(tmp_path):
    mesh = pyvista.ImageData(dimensions=(4, 3, 1))
    mesh.cell_data["q"] = _temperature(np.asarray(mesh.cell_centers().points))
    mesh.save(tmp_path / "a.vti")
    field = read(tmp_path / "a.vti")
    np.testing.assert_array_equal(field["x"], [0.5, 1.5, 2.5])
    assert field["q"].sel(x=1.5, y=0.5) == 6.5


def test_a_mesh_off_any_grid_is_refused_with_a_way_out(tmp_path):
    mesh = pyvista.Sphere()
    mesh["u"] = np.asarray(mesh.points)[:, 0]
    mesh.save(tmp_path / "a.vtp")
    with pytest.raises(FieldError, match="842 points lie on no tensor grid .* Resample the mesh"):
        read(tmp_path / "a.vtp")


def test_a_truncated_file_is_refused_rather_than_filled_with_zeros(tmp_path, image):
    image.save(tmp_path / "a.vtk")
    whole = (tmp_path / "a.vtk").read_bytes()
    (tmp_path / "a.vtk").write_bytes(whole[:-200])
    with pytest.raises(FieldError, match=r"a.vtk: VTK cannot read all of it \(Error reading binary data\)"):
        read(tmp_path / "a.vtk")


XML = (
    '<?xml version="1.0"?>{prolog}<VTKFile type="{kind}" version="1.0"><ImageData WholeExtent="{extent}" '
    'Origin="0 0 0" Spacing="1 1 1"><Piece Extent="{extent}"><PointData><DataArray type="Float64" Name="u" '
    'format="ascii">{values}</DataArray></PointData></Piece></ImageData></VTKFile>'
)
GOOD = {"prolog": "", "kind": "ImageData", "extent": "0 1 0 1 0 0", "values": "1 2 3 4"}
LAUGHS = '<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize("look", [read, describe])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"prolog": LAUGHS, "values": "&b;"}, "line 1: it declares a document type or entities"),
        (
            {"prolog": '<!DOCTYPE a SYSTEM "file:///etc/passwd">'},
            "line 1: it declares a document type or entities",
        ),
        ({"kind": "PImageData"}, "type PImageData refers to other files"),
        ({"kind": "Collection"}, "type Collection refers to other files"),
        ({"extent": "0 99999 0 99999 0 99"}, "the mesh declares 8.0 TB"),
        ({"extent": "0 9999 0 999 0 0"}, "the mesh declares 80.0 MB but stores only"),
        ({"extent": "0 -5 0 1 0 0"}, "is not that of a grid"),
        ({"extent": "0 1e9 0 1 0 0"}, "'1e9' is not a count"),
        ({"values": "1 2 3 4 &b;"}, r"line 1, column \d+: it is no valid XML \(undefined entity\)"),
    ],
)
def test_vtk_xml_that_could_do_harm_is_refused_before_vtk_sees_it(
    tmp_path, look, change, message, monkeypatch
):
    from physforge_kernel.fields.formats import vtk

    monkeypatch.setattr(vtk, "run_apart", lambda *_: pytest.fail("VTK was asked to read the file"))
    (tmp_path / "a.vti").write_text(XML.format(**(GOOD | change)))
    with pytest.raises(FieldError, match=message):
        look(tmp_path / "a.vti")


def test_the_harmless_form_of_that_file_is_read(tmp_path):
    (tmp_path / "a.vti").write_text(XML.format(**GOOD))
    np.testing.assert_array_equal(read(tmp_path / "a.vti")["u"], [[1, 3], [2, 4]])


def test_a_legacy_file_that_declares_more_points_than_bytes_is_refused(tmp_path, image):
    image.save(tmp_path / "a.vtk")
    forged = (tmp_path / "a.vtk").read_bytes().replace(b"DIMENSIONS 4 3 2", b"DIMENSIONS 4000 3000 2000")
    (tmp_path / "a.vtk").write_bytes(forged)
    with pytest.raises(FieldError, match="24000000000 points, but has only"):
        describe(tmp_path / "a.vtk")
