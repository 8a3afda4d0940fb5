"""What stands before every route: the name asked for, the size, where a write comes from; and headers for every answer.

An ASGI layer, so that no route, of ours or of a mounted folder, can be reached past it.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asrlab.web.hosts import is_expected
from asrlab.web.sessions import COOKIE, Sessions

MAX_BODY_BYTES = 1 << 20
TOO_LARGE = f"a request may have {MAX_BODY_BYTES} bytes"
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
CSRF_HEADER = "x-csrf-token"
_LENGTH = re.compile(r"[0-9]{1,18}")
HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request goes no further."""

    status: int
    error: str


class Guard:
    """Refuses what is not from our page, and what is too large, before it is read."""

    def __init__(
        self, app: ASGIApp, sessions: Sessions, names: frozenset[str], *, allows_addresses: bool
    ) -> None:
        self._app = app
        self._sessions = sessions
        self._names = names
        self._allows_addresses = allows_addresses

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
            return
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope["method"], Headers(scope=scope))
        if refusal is None:
            await self._app(scope, _limited(receive), send_with_headers)
        else:
            await JSONResponse({"error": refusal.error}, refusal.status)(scope, receive, send_with_headers)

    def _refusal(self, method: str, headers: Headers) -> Refusal | None:
        hosts = headers.getlist("host")
        if len(hosts) != 1 or not is_expected(hosts[0], self._names, allows_addresses=self._allows_addresses):
            return Refusal(421, "this server is not asked for under that name (Host)")
        if method in SAFE_METHODS:
            # Opening the page from a link is "navigate"; another site may load nothing of ours into its own.
            is_foreign = headers.get("sec-fetch-site", "none") in ("cross-site", "same-site")
            if is_foreign and headers.get("sec-fetch-mode") != "navigate":
                return Refusal(403, "another site may not load this")
            return None
        return self._refused_write(headers, hosts[0])

    def _refused_write(self, headers: Headers, host: str) -> Refusal | None:
        if headers.get("sec-fetch-site", "same-origin") != "same-origin" or not _is_same_origin(
            headers.get("origin"), host
        ):
            return Refusal(403, "a write must come from this server's own page")
        length = headers.get("content-length", "0")
        if not _LENGTH.fullmatch(length):
            return Refusal(400, "the length of the content is no number")
        if int(length) > MAX_BODY_BYTES:
            return Refusal(413, TOO_LARGE)
        if headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return Refusal(415, "a write's content must be application/json")
        if not self._sessions.is_csrf_token(headers.get(CSRF_HEADER, ""), session_key(headers)):
            return Refusal(403, "the header X-CSRF-Token is missing or old: load the page again")
        return None


def session_key(headers: Mapping[str, str]) -> str | None:
    """The value of our cookie, None when there is none."""
    try:
        cookie = SimpleCookie(headers.get("cookie", "")).get(COOKIE)
    except CookieError:
        return None
    return cookie.value if cookie is not None else None


def _is_same_origin(origin: str | None, host: str) -> bool:
    """A browser names the origin with every write; what sends none is no browser. The scheme is a proxy's affair."""
    if origin is None:
        return True
    try:
        return urlsplit(origin).netloc.lower() == host.lower()
    except ValueError:
        return False


def _limited(receive: Receive) -> Receive:
    """The same messages until their content is too large, however it is announced."""
    received = 0

    async def receive_limited() -> Message:
        nonlocal received
        message = await receive()
        if message["type"] == "http.request":
            received += len(message.get("body", b""))
            if received > MAX_BODY_BYTES:
                raise HTTPException(413, TOO_LARGE)
        return message

    return receive_limited
