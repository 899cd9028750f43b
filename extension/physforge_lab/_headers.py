"""What may pass between a page and the service: neither side's secrets, nothing of one connection alone."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote

import httpx
from tornado.httputil import HTTPHeaders

_TO_SERVICE = (
    "Accept",
    "Accept-Language",
    "Cache-Control",
    "Content-Length",
    "Content-Type",
    "If-Match",
    "If-Modified-Since",
    "If-None-Match",
    "If-Range",
    "If-Unmodified-Since",
    "Idempotency-Key",
    "Last-Event-ID",
    "Range",
    "X-Request-ID",
)

_TO_PAGE = (
    "Accept-Ranges",
    "Cache-Control",
    "Content-Disposition",
    "Content-Encoding",
    "Content-Language",
    "Content-Length",
    "Content-Range",
    "Content-Type",
    "ETag",
    "Last-Modified",
    "Retry-After",
    "Vary",
    "X-Request-ID",
)

# Jupyter takes these in a query, and they are for Jupyter alone.
_SECRET_ARGUMENTS = {"token", "_xsrf"}


def to_service(headers: HTTPHeaders) -> dict[str, str]:
    """Return what the service sees of a page's headers: no cookie, no authorization."""
    return {name: headers[name] for name in _TO_SERVICE if name in headers}


def to_page(headers: httpx.Headers) -> dict[str, str]:
    """Return what the page sees of the service's headers: no cookie, no challenge to sign in."""
    return {name: headers[name] for name in _TO_PAGE if name in headers}


def policy(headers: Mapping[str, str]) -> str:
    """Return the Content-Security-Policy of an answer: the service's own, and always a sandbox.

    Whatever comes from a workspace may be a page that somebody wrote, and this is Jupyter's own origin.
    """
    given = headers.get("content-security-policy", "")
    directives = {part.split(maxsplit=1)[0].lower() for part in given.split(";") if part.strip()}
    if "sandbox" in directives:
        return given
    return f"{given}; sandbox" if directives else "sandbox"


def target(path: str, query: str) -> str | None:
    """Return path and query for the service, or None where the path would leave its API.

    Args:
        path: of the request to Jupyter, percent-encoded, with whatever Jupyter's own base is before it.
        query: without its question mark; Jupyter's own arguments are taken out.

    Example:
        >>> target("/user/ann/physforge/api/v1/jobs", "limit=5&token=abc")
        '/api/v1/jobs?limit=5'
        >>> target("/physforge/api/v1/%2e%2e/admin", "") is None
        True
    """
    _, root, rest = path.partition("/physforge/api/v1/")
    parts = unquote(unquote(rest)).replace("\\", "/").split("/")
    if not root or "." in parts or ".." in parts:
        return None
    given = [part for part in query.split("&") if part]
    kept = [part for part in given if unquote(part.split("=")[0]) not in _SECRET_ARGUMENTS]
    return f"/api/v1/{rest}?{'&'.join(kept)}" if kept else f"/api/v1/{rest}"
