"""Refusals as RFC 9457 problem documents: a sentence for people, a class's name for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response

from .._wording import plain, size
from ..errors import ConflictError, FieldError, JobError, NotFoundError, PhysForgeError, ReportError
from ._people import Detour
from ._state import service_of

_STATUS: Sequence[tuple[type[PhysForgeError], int]] = (
    (NotFoundError, 404),
    (ConflictError, 409),
    (FieldError, 422),
    (JobError, 422),
    (ReportError, 422),
    (PhysForgeError, 400),
)
_MEDIA_TYPE = "application/problem+json"


class Refusal(Exception):  # noqa: N818 (it is an answer, as an HTTPException is)
    """A request that is turned down for a reason that has no error of the family.

    Args:
        status: of HTTP.
        detail: a sentence: what was wrong, and what to do.
        headers: to send along.
    """

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


def answer_with_problems(app: FastAPI) -> None:
    """Have every error of the application leave as a problem document."""
    app.add_exception_handler(PhysForgeError, _ours)
    app.add_exception_handler(Refusal, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Detour, _detour)


def problem_of(error: PhysForgeError, home: object, request_id: str) -> dict[str, Any]:
    """Return the problem document of an error of the family; it names no folder of the service's machine."""
    status = next(status for family, status in _STATUS if isinstance(error, family))
    detail = str(error).replace(str(home), "the workspace's folder")
    return _document(status, detail, type(error).__name__, request_id)


def _document(status: int, detail: str, error: str, request_id: str) -> dict[str, Any]:
    return {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": plain(detail),
        "error": error,
        "request_id": request_id,
    }


def _answer(document: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> JSONResponse:
    return JSONResponse(
        document, status_code=document["status"], headers=dict(headers or {}), media_type=_MEDIA_TYPE
    )


def _id_of(request: Request) -> str:
    return request.scope.get("state", {}).get("request_id", "")


def _ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, PhysForgeError)
    return _answer(problem_of(error, service_of(request).workspace.home, _id_of(request)))


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refusal)
    return _answer(_document(error.status, error.detail, "Refusal", _id_of(request)), error.headers)


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    said = "; ".join(_said_of(each) for each in error.errors()[:8])
    return _answer(_document(422, f"The request cannot be used: {said}.", "ValidationError", _id_of(request)))


def _said_of(problem: Mapping[str, Any]) -> str:
    place = ".".join(str(step) for step in problem["loc"][1:]) or str(problem["loc"][0])
    reason = str(problem["msg"]).removeprefix("Value error, ").rstrip(".")
    if problem["type"] == "json_invalid":
        return f"its body is not JSON ({problem['ctx']['error']}, at character {problem['loc'][-1]})"
    return f"{place:.80}: {reason:.200}"


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    settings = service_of(request).settings
    sentences = {
        404: "There is nothing at this address. What there is, openapi.json tells.",
        405: f"This address takes no {request.method}.",
        413: (
            f"The request is larger than the service takes: {size(int(settings.body_bytes))}. Keep data in "
            "datasets, and clear the outputs of a notebook before you send it."
        ),
        400: "The request's body cannot be read. Send JSON in UTF-8.",
    }
    detail = sentences.get(error.status_code, error.detail)
    return _answer(_document(error.status_code, detail, "HTTPError", _id_of(request)), error.headers)


def _detour(request: Request, error: Exception) -> Response:
    assert isinstance(error, Detour)
    return error.response


def unreadable(request_id: str) -> Response:
    """Return the answer to what is no request."""
    detail = (
        "This is no request of HTTP: its address or its headers hold what may not stand there, such as a "
        "blank or the character NUL. In an address, write %20 for a blank, and %00 for NUL."
    )
    return _answer(_document(400, detail, "HTTPError", request_id))


def unforeseen(request_id: str) -> Response:
    """Return the answer to a request that failed for a reason that is nobody's business but the log's."""
    detail = (
        "The service failed in a way that was not foreseen. Its log tells more under this request_id; "
        "please report it."
    )
    return _answer(_document(500, detail, "InternalError", request_id))
