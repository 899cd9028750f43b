"""What a file holds, by its first bytes."""

from __future__ import annotations

from pathlib import Path

from .mat4 import matrix_at

_HDF5 = b"\x89HDF\r\n\x1a\n"
_MAGIC = (
    (b"\x93NUMPY", "npy"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"CDF\x01", "NetCDF 3"),
    (b"CDF\x02", "NetCDF 3"),
    (b"CDF\x05", "NetCDF 3"),
    (b"# vtk DataFile", "VTK"),
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bzip2-compressed data, to be unpacked first"),
    (b"\xfd7zXZ", "xz-compressed data, to be unpacked first"),
    (b"%PDF", "a PDF document"),
)


def content_of(path: Path) -> str:
    """Name what a file's first bytes show: `"HDF5"`, `"npy"`, `"text"`, ... or `"binary"`.

    An HDF5 file may begin after a block of 512, 1024, ... bytes that belongs to someone else (MATLAB uses
    it).

    Example:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,u")
        >>> content_of(path)
        'text'
    """
    with path.open("rb") as stream:
        head = stream.read(2048)
        if not head:
            return "empty"
        size = path.stat().st_size
        offset = 0
        while offset < min(size, 2**24):
            stream.seek(offset)
            if stream.read(8) == _HDF5:
                return "HDF5"
            offset = offset * 2 or 512
    for magic, content in _MAGIC:
        if head.startswith(magic):
            return content
    if head.startswith(b"MATLAB 5.0") or (
        len(head) >= 128 and head[124:128] in (b"\x00\x01IM", b"\x01\x00MI")
    ):
        return "MAT 5"
    if matrix_at(head) is not None:
        return "MAT 4"
    if head[:1] == b"\x80" and head[1:2] in b"\x02\x03\x04\x05":
        return "pickle"
    text = head.decode("utf-16", "replace").encode() if head[:2] in (b"\xff\xfe", b"\xfe\xff") else head
    start = text.removeprefix(b"\xef\xbb\xbf").lstrip()
    if start.startswith((b"<?xml", b"<VTKFile", b"<!DOCTYPE", b"<!--")):
        # Raw data may follow in the same file.
        return "XML"
    if b"\x00" in text:
        return "binary"
    printable = sum(byte >= 32 or byte in b"\t\n\r\f\x1b" for byte in text)
    return "text" if printable >= 0.95 * len(text) else "binary"
