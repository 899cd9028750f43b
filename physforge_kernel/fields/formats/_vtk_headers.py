"""What a VTK file declares, checked before VTK sees it: no other files, no entities, sizes that fit."""

from __future__ import annotations

import math
import re
from xml.parsers import expat

from .._request import Request

_SINGLE = ("ImageData", "RectilinearGrid", "StructuredGrid", "UnstructuredGrid", "PolyData")
_BLOCK = 2**16
_WIDTHS = {f"{kind}{bits}": bits // 8 for kind in ("Int", "UInt", "Float") for bits in (8, 16, 32, 64)}


class _XmlEndsError(Exception):
    """The part of the file that is XML ends here."""


def check_legacy(request: Request) -> None:
    """Refuse a legacy file that declares more points than it has bytes."""
    with request.path.open("rb") as stream:
        head = stream.read(_BLOCK).decode("latin-1")
    size = request.path.stat().st_size
    declared = re.search(r"^\s*DIMENSIONS\s+(\d+)\s+(\d+)\s+(\d+)", head, re.MULTILINE | re.IGNORECASE)
    points = re.search(r"^\s*POINTS\s+(\d+)", head, re.MULTILINE | re.IGNORECASE)
    count = max(
        math.prod(map(int, declared.groups())) if declared else 0,
        int(points[1]) if points else 0,
    )
    if count > size:
        raise request.error(
            f"it declares {count} points, but has only {size} bytes: the file is incomplete or forged. "
            "Write it again."
        )
    request.check_bytes(8 * count, "the mesh")


def check_xml(request: Request) -> None:
    """Refuse an XML file with entities, with references to other files, or that declares more than fits."""
    parser = expat.ParserCreate()
    seen: list[str] = []
    state = {"points": 0, "width": 0}

    def refuse_entities(*_: object) -> None:
        raise request.error(
            "it declares a document type or entities, which can refer to other files or unfold without "
            "end, and which no VTK file needs: remove the <!DOCTYPE ...>.",
            f"line {parser.CurrentLineNumber}",
        )

    def start(name: str, attributes: dict[str, str]) -> None:
        place = f"line {parser.CurrentLineNumber}"
        if not seen:
            kind = attributes.get("type", "")
            if name != "VTKFile":
                raise request.error(
                    f"it is XML, but its root is <{name}> and not <VTKFile>: this is no VTK file.", place
                )
            if kind not in _SINGLE:
                raise request.error(
                    f"a VTK file of the type {kind or 'none'} refers to other files, and only what is "
                    "inside the file is read. Merge its pieces into one .vti, .vtr, .vts or .vtu file.",
                    place,
                )
        seen.append(name)
        if name == "AppendedData":
            raise _XmlEndsError
        if "Source" in attributes or (name == "DataSet" and "file" in attributes):
            raise request.error("it refers to another file, and only what is inside the file is read.", place)
        if name == "DataArray":
            parts = _integer(request, attributes.get("NumberOfComponents", "1"), place)
            state["width"] += parts * _WIDTHS.get(attributes.get("type", ""), 1)
        state["points"] = max(state["points"], _points(request, attributes, place))

    parser.StartDoctypeDeclHandler = refuse_entities
    parser.EntityDeclHandler = refuse_entities
    parser.StartElementHandler = start
    parser.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        with request.path.open("rb") as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block, False)
            parser.Parse(b"", True)
    except _XmlEndsError:
        pass
    except expat.ExpatError as error:
        raise request.error(
            f"it is no valid XML ({expat.errors.messages[error.code]}): the file is damaged or incomplete. "
            "Write it again.",
            f"line {error.lineno}, column {error.offset + 1}",
        ) from error
    if "AppendedData" in seen:
        _check_end(request)
    declared = state["points"] * max(state["width"], 1)
    request.check_bytes(declared, "the mesh")
    request.check_ratio(declared, request.path.stat().st_size, "the mesh")


def _check_end(request: Request) -> None:
    """Refuse a file whose appended data are cut off, which VTK would fill up with zeros."""
    with request.path.open("rb") as stream:
        stream.seek(max(0, request.path.stat().st_size - 256))
        if not stream.read().rstrip().endswith(b"</VTKFile>"):
            raise request.error("it breaks off before </VTKFile>: the file is incomplete. Write it again.")


def _points(request: Request, attributes: dict[str, str], place: str) -> int:
    """Return how many points an element declares."""
    if "NumberOfPoints" in attributes:
        return _integer(request, attributes["NumberOfPoints"], place)
    extent = attributes.get("WholeExtent") or attributes.get("Extent")
    if extent is None:
        return 0
    ends = [_integer(request, text, place) for text in extent.split()]
    if len(ends) != 6 or any(last < first for first, last in zip(ends[::2], ends[1::2], strict=True)):
        raise request.error(f"the extent {extent!r} is not that of a grid: write the file again.", place)
    return math.prod(last - first + 1 for first, last in zip(ends[::2], ends[1::2], strict=True))


def _integer(request: Request, text: str, place: str) -> int:
    if not re.fullmatch(r"\s*[+-]?\d{1,18}\s*", text):
        raise request.error(f"{text[:40]!r} is not a count: write the file again.", place)
    return int(text)
