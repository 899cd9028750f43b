"""A visit to a lab over HTTP, as a browser makes it: sign in, get a token, start a server."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Any, Self

import httpx

from physforge_kernel.errors import PhysForgeError

_LOOK_EVERY = 0.2  # seconds


class Visit:
    """One person's visit, with cookies of its own.

    Args:
        url: the lab's address.
        person: who signs in.
        password: what they sign in with.

    Raises:
        PhysForgeError: the lab does not answer, or refuses the password.
    """

    def __init__(self, url: str, person: str, password: str) -> None:
        self.person = person
        # `trust_env`: a proxy that leads elsewhere knows nothing of this machine's loopback interface.
        self.http = httpx.Client(base_url=url, follow_redirects=True, timeout=60.0, trust_env=False)
        try:
            self._sign_in(password)
        except httpx.HTTPError as error:
            self.close()
            raise PhysForgeError(f"The lab at {url} does not answer: {error}.") from error
        except PhysForgeError:
            self.close()
            raise

    def _sign_in(self, password: str) -> None:
        self.http.get("/hub/login").raise_for_status()
        form = {"username": self.person, "password": password, "_xsrf": self._xsrf()}
        answer = self.http.post("/hub/login", data=form, follow_redirects=False)
        if not answer.is_redirect:
            raise PhysForgeError(
                f"The lab at {self.http.base_url} does not let {self.person} in with this password."
            )

    def token(self, note: str, seconds: int, scopes: Sequence[str] | None = None) -> str:
        """Return a token with which a program acts for this person.

        Args:
            note: what it is for, as people see it in the hub.
            seconds: how long it lasts.
            scopes: what it may do; everything that its person may if left out.
        """
        asked: dict[str, Any] = {"note": note, "expires_in": seconds}
        if scopes is not None:
            asked["scopes"] = list(scopes)
        return self.ask("POST", f"users/{self.person}/tokens", asked)["token"]

    def start_server(self, seconds: float = 120.0) -> str:
        """Start this person's server if it does not run, wait until it is ready, and return its path.

        Raises:
            PhysForgeError: it failed, or is not ready in time.
        """
        deadline = time.monotonic() + seconds
        if not self.server():
            self.ask("POST", f"users/{self.person}/server", {})
        while True:
            server = self.server()
            if server and server["ready"]:
                return server["url"]
            if not server:
                raise PhysForgeError(f"The server of {self.person} did not start: see the logs of the lab.")
            if time.monotonic() > deadline:
                raise PhysForgeError(f"The server of {self.person} is not ready after {seconds:g} seconds.")
            time.sleep(_LOOK_EVERY)

    def server(self) -> dict[str, Any] | None:
        """Return what the hub knows of this person's server; None if there is none."""
        return self.ask("GET", f"users/{self.person}")["servers"].get("")

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return what the hub's API answers to this person.

        Raises:
            PhysForgeError: it refuses.
        """
        headers = {"X-XSRFToken": self._xsrf(), "Referer": str(self.http.base_url.join("/hub/home"))}
        answer = self.http.request(method, f"/hub/api/{path}", json=body, headers=headers)
        if answer.is_error:
            reason = answer.json().get("message", answer.reason_phrase)
            raise PhysForgeError(f"The hub refuses {method} {path}: {reason}")
        return answer.json() if answer.content else None

    def close(self) -> None:
        """End the visit."""
        self.http.close()

    def _xsrf(self) -> str:
        return next((cookie.value or "" for cookie in self.http.cookies.jar if _is_hubs(cookie)), "")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_hubs(cookie: Any) -> bool:
    return cookie.name == "_xsrf" and cookie.path == "/hub/"
