"""Fetching a file's bytes, from where a broken line left off."""

from __future__ import annotations

import time
from typing import BinaryIO

import httpx

from ._line import Line
from ._problems import UnreachableError, unreachable

_PAUSES = (0.1, 0.5, 1.0)  # seconds, before the rest is asked for


def download(line: Line, steps: tuple[str, ...], sha256: str, file: BinaryIO) -> None:
    """Write the bytes at a path to `file`, which is empty.

    Raises:
        PhysForgeError: the service refused, or could not be reached.
    """
    pauses = iter(_PAUSES)
    while True:
        try:
            _rest(line, steps, sha256, file)
            return
        except (httpx.TransportError, UnreachableError) as error:
            pause = next(pauses, None)
            if pause is None:
                raise unreachable(line.address.shown, error) from error
            time.sleep(pause)


def _rest(line: Line, steps: tuple[str, ...], sha256: str, file: BinaryIO) -> None:
    there = file.tell()
    headers = {"Range": f"bytes={there}-", "If-Range": f'"{sha256}"'} if there else {}
    with line.stream(*steps, headers=headers) as answer:
        if answer.status_code != httpx.codes.PARTIAL_CONTENT and there:  # it is another file now, or whole
            file.seek(0)
            file.truncate()
        for block in answer.iter_bytes(1 << 20):
            file.write(block)
