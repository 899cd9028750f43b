"""Signing in at the service with the hub: a token where programs ask, a cookie where a browser reads."""

from __future__ import annotations

import json
import logging
import re
import secrets
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from jupyterhub.services.auth import HubOAuth
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from tornado.web import HTTPError, create_signed_value, decode_signed_value

from physforge_kernel.service import Detour, Person

from ._roles import reading_scopes
from ._settings import Settings

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_log = logging.getLogger("physforge.service")

_CACHED = 10  # seconds that the hub's answer about a token counts
_STATE_LASTS = 600  # seconds from being sent to the hub to coming back
_SIGN_INS = 10  # begun at once, in as many tabs; a browser that begins more gives the earliest up


class HubSignIn:
    """Asks the hub who sent a request, and sends browsers there to sign in.

    A token is shown as `Authorization: Bearer TOKEN`. A browser gets a signed cookie of its own once it has
    been at the hub; what it may do with it is to read.

    Args:
        cookie_secret: signs the cookies.
        hub: knows where the hub is, and proves this service to it; from the environment if left out.
    """

    def __init__(self, cookie_secret: str, hub: HubOAuth | None = None) -> None:
        self._secret = cookie_secret
        self._hub = hub or HubOAuth(cache_max_age=_CACHED)

    @property
    def callback_path(self) -> str:
        """Where the hub sends a browser back to."""
        return f"{self._hub.base_url}oauth_callback"

    async def person(self, request: Request) -> Person | None:
        """Return who sent a request, or None if the hub knows nobody of that token, or lets them not in here.

        Raises:
            Detour: the browser has to go to the hub first, or the hub does not answer.
        """
        if "authorization" in request.headers:
            scheme, _, token = request.headers["authorization"].partition(" ")
            if scheme.lower() not in ("bearer", "token") or not token.strip():
                return None
            return await self._known(request, token.strip(), by_cookie=False)
        if token := self._signed(request, self._hub.cookie_name):
            person = await self._known(request, token, by_cookie=True)
            if person is not None:
                return person
        if _is_navigation(request):
            raise Detour(self._to_the_hub(request))
        return None

    async def come_back(self, request: Request) -> Response:
        """Take a browser in that the hub sends back, and lead it to the page that it wanted."""
        given = request.query_params
        state = self._state_cookie(given.get("state", ""))
        begun = json.loads(self._signed(request, state) or "{}")
        if "code" not in given or not begun:
            said = (
                given.get("error_description")
                or given.get("error")
                or "this sign-in is not the one that was begun"
            )
            return PlainTextResponse(
                f"Signing in did not work: {said:.200}. Open the page that you wanted once more.\n",
                status_code=403,
            )
        try:
            token = await self._hub.token_for_code(given["code"], code_verifier=begun["verifier"], sync=False)
        except HTTPError as error:
            _log.warning("The hub did not take the code of a sign-in back: %s", error.log_message)
            return _not_signed_in("the hub did not confirm it")
        answer = RedirectResponse(begun["next"], status_code=302)
        self._sign(answer, request, self._hub.cookie_name, token)
        answer.delete_cookie(state, path=self._hub.base_url)
        return answer

    async def _known(self, request: Request, token: str, *, by_cookie: bool) -> Person | None:
        session = request.cookies.get("jupyterhub-session-id", "") if by_cookie else ""
        try:
            model = await self._hub.user_for_token(token, session_id=session, sync=False)
        except HTTPError as error:
            _log.error("The hub could not be asked who sent a request: %s", error.log_message)
            raise Detour(_hub_is_silent()) from error
        if model is None or not self._hub.check_scopes(self._hub.access_scopes, model):
            return None
        scopes = frozenset(model["scopes"])
        if by_cookie:
            scopes &= frozenset(reading_scopes())
        name = _name(model)
        return Person(name, scopes, by_cookie=by_cookie, owns=Settings.owner_of(name))

    def _to_the_hub(self, request: Request) -> Response:
        verifier, challenge, method = self._hub.generate_pkce_code_challenge()
        state = secrets.token_hex(16)
        query = {
            "client_id": self._hub.oauth_client_id,
            "redirect_uri": self._hub.oauth_redirect_uri,
            "response_type": "code",
            "state": state,
            "code_challenge": challenge,
            "code_challenge_method": method,
        }
        answer = RedirectResponse(f"{self._hub.oauth_authorization_url}?{urlencode(query)}", status_code=302)
        wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        begun = json.dumps({"verifier": verifier, "next": wanted})
        self._sign(answer, request, self._state_cookie(state), begun, max_age=_STATE_LASTS)
        begun_before = re.compile(re.escape(self._state_cookie("")) + "[0-9a-f]{32}")
        others = [name for name in request.cookies if begun_before.fullmatch(name)]
        for name in others[: max(0, len(others) + 1 - _SIGN_INS)]:  # browsers send the earliest first
            answer.delete_cookie(name, path=self._hub.base_url)
        return answer

    def _state_cookie(self, state: str) -> str:
        """Return the cookie of one sign-in, which is signed together with its name, and so with the state."""
        return f"{self._hub.state_cookie_name}-{state}"

    def _sign(
        self, answer: Response, request: Request, name: str, value: str, max_age: int | None = None
    ) -> None:
        answer.set_cookie(
            name,
            create_signed_value(self._secret, name, value).decode("ascii"),
            max_age=max_age,
            path=self._hub.base_url,
            httponly=True,
            samesite="lax",
            secure=request.url.scheme == "https",
        )

    def _signed(self, request: Request, name: str) -> str | None:
        value = decode_signed_value(self._secret, name, request.cookies.get(name))
        return value.decode() if value else None


def add_callback(app: Any, sign_in: HubSignIn) -> ASGIApp:
    """Give the application the page that the hub sends browsers back to."""
    app.add_route(sign_in.callback_path, sign_in.come_back, methods=["GET"], include_in_schema=False)
    return app


def _name(model: Mapping[str, Any]) -> str:
    """Return who this is; a program that is no person is called as no person can be."""
    return model["name"] if model["kind"] == "user" else f"service:{model['name']}"


def _is_navigation(request: Request) -> bool:
    """Say whether somebody opens a page, rather than a script that asks for data."""
    mode = request.headers.get("sec-fetch-mode", "navigate")
    return request.method == "GET" and mode == "navigate" and "text/html" in request.headers.get("accept", "")


def _not_signed_in(reason: str) -> Response:
    text = f"Signing in did not work: {reason}. Open the page that you wanted once more.\n"
    return PlainTextResponse(text, status_code=403)


def _hub_is_silent() -> Response:
    detail = (
        "The hub cannot be asked who sent this request. "
        "Try again in a moment; if it lasts, see the hub's log."
    )
    problem = {
        "type": "about:blank",
        "title": "Service Unavailable",
        "status": 503,
        "detail": detail,
        "error": "Refusal",
    }
    return JSONResponse(
        problem, status_code=503, headers={"Retry-After": "2"}, media_type="application/problem+json"
    )
