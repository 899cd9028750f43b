"""Files as responses: whole or in ranges, never taken by a browser for a page of ours."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import FileResponse, Response
from starlette.types import Receive, Scope, Send

from ._problems import Refusal

_MEDIA_TYPE = re.compile(
    r"[A-Za-z0-9!#$&^_.+-]{1,63}/[A-Za-z0-9!#$&^_.+-]{1,63}(; ?charset=[A-Za-z0-9-]{1,32})?"
)
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
_UNKNOWN = "application/octet-stream"


class KeptFile(FileResponse):
    """A file whose bytes never change, to be kept on the other side for as long as its name is."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        asked = Request(scope).headers.get("range")
        if asked is not None and not _one_range(asked, await run_in_threadpool(os.path.getsize, self.path)):
            raise Refusal(416, f"The range {asked!r:.80} cannot be had. Ask for one within the file.")
        await super().__call__(scope, receive, send)


def kept_file(
    request: Request,
    path: Path,
    sha256: str,
    media_type: str = _UNKNOWN,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Return a file to download, with its hash as ETag, or 304 to whoever has it already."""
    etag = f'"{sha256}"'
    said = {"ETag": etag, "Cache-Control": "private, no-cache", **(headers or {})}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=said)
    return KeptFile(path, media_type=harmless(media_type), filename=path.name, headers=said)


def harmless(media_type: str) -> str:
    """Return a media type as it may stand in a header; what is none is bytes.

    >>> harmless("application/json"), harmless("text/html\\r\\nSet-Cookie: a=b")
    ('application/json', 'application/octet-stream')
    """
    return media_type if _MEDIA_TYPE.fullmatch(media_type) else _UNKNOWN


def _one_range(asked: str, size: int) -> bool:
    match = _RANGE.fullmatch(asked.replace(" ", ""))
    if match is None:
        return False
    first, last = match.groups()
    if not first:
        return bool(last) and int(last) > 0 and size > 0
    return int(first) < size and (not last or int(first) <= int(last))
