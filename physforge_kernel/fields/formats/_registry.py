"""The registry of formats, and how a file finds its own."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

from .._layout import Layout
from .._names import listed
from .._request import Request
from ._content import content_of

Contents = Callable[[Request], AbstractContextManager[Layout]]


@dataclass(frozen=True)
class Format:
    """A file format.

    Attributes:
        name: for people.
        endings: of its files' names, in lower case.
        content: what its first bytes show, as `content_of` names it.
        module: holds `contents(request)`; imported when the first such file comes.
    """

    name: str
    endings: tuple[str, ...]
    content: str
    module: str

    @property
    def contents(self) -> Contents:
        return importlib.import_module(self.module).contents


formats: list[Format] = []


def register(new: Format) -> None:
    """Add a format; among formats of the same ending the content decides."""
    formats.append(new)


_HERE = __name__.rpartition(".")[0]
_H5 = (".h5", ".hdf5", ".hdf", ".he5")
_NC = (".nc", ".nc4", ".netcdf", ".cdf")
_VTK_XML = (".vti", ".vtr", ".vts", ".vtu", ".vtp")
#: Of files that only point at others; the reader says so.
_VTK_POINTERS = (".pvti", ".pvtr", ".pvts", ".pvtu", ".pvtp", ".pvd", ".vtm", ".vtmb")
for _format in (
    Format("CSV", (".csv",), "text", f"{_HERE}.delimited"),
    Format("TSV", (".tsv", ".tab"), "text", f"{_HERE}.delimited"),
    Format("text table", (".txt", ".dat", ".asc"), "text", f"{_HERE}.delimited"),
    Format("NumPy array", (".npy",), "npy", f"{_HERE}.npy"),
    Format("NumPy archive", (".npz",), "zip", f"{_HERE}.npz"),
    Format("HDF5", _H5, "HDF5", f"{_HERE}.hdf5"),
    Format("NetCDF 4", _NC, "HDF5", f"{_HERE}.hdf5"),
    Format("NetCDF 3", _NC, "NetCDF 3", f"{_HERE}.netcdf3"),
    Format("MAT 5", (".mat",), "MAT 5", f"{_HERE}.mat5"),
    Format("MAT 4", (".mat",), "MAT 4", f"{_HERE}.mat4"),
    Format("MAT 7.3", (".mat",), "HDF5", f"{_HERE}.mat73"),
    Format("JSON", (".json",), "text", f"{_HERE}.json_text"),
    Format("VTK", (".vtk",), "VTK", f"{_HERE}.vtk"),
    Format("VTK XML", (*_VTK_XML, *_VTK_POINTERS, ".vtk"), "XML", f"{_HERE}.vtk"),
):
    register(_format)


def identify(request: Request) -> Format:
    """Return a file's format.

    Raises:
        FieldError: there is no such file, or its content is not what its ending says.
    """
    path = request.path
    if path.is_dir():
        raise request.error("it is a folder: name one file in it.")
    if not path.exists():
        shown = "" if str(path) == path.name else f" ({path})"
        raise request.error(f"there is no such file{shown}. Check the path.")
    if not path.is_file():
        raise request.error("it is no regular file: only regular files are read.")
    try:
        content = content_of(path)
    except OSError as error:
        raise request.error(
            f"the file cannot be opened ({error.strerror}). Check its permissions."
        ) from error
    if content == "empty":
        raise request.error("the file is empty: write it again.")
    ending = path.suffix.lower()
    mine = [each for each in formats if ending in each.endings]
    fitting = [each for each in mine if each.content == content]
    if fitting:
        return fitting[0]
    holders = [each for each in formats if each.content == content]
    advice = (
        "rename it to end with "
        f"{listed(dict.fromkeys(each.endings[0] for each in holders)).replace(' and ', ' or ')}"
        if holders
        else "save the arrays as CSV, HDF5, NetCDF or NumPy instead"
    )
    if mine:
        names = " or ".join(dict.fromkeys(each.name for each in mine))
        raise request.error(
            f"its name ends in {ending}, which means {names}, but it holds {_said(content)}: {advice}."
        )
    endings = dict.fromkeys(ending for each in formats for ending in each.endings)
    known = listed(ending for ending in endings if ending not in _VTK_POINTERS)
    shown = f"the ending {ending!r}" if ending else "a name without an ending"
    raise request.error(
        f"{shown} says no format that is read here ({known}). It holds {_said(content)}: {advice}."
    )


def _said(content: str) -> str:
    return {
        "text": "text",
        "npy": "a NumPy array",
        "zip": "a zip archive",
        "binary": "binary data of no format that is read here",
        "pickle": "a Python pickle, which can run any code and is never loaded",
        "gzip": "gzip-compressed data, to be unpacked first",
    }.get(content, content)
