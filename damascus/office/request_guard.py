"""What every request passes before a byte of its body is read: host, origin, token or cookie; then how much comes, and
how fast. And what every answer bears: the headers that tell a browser what it may do with it.

It is not a dependency of the routes, since the framework reads the whole body before it asks those.
"""

import asyncio
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from damascus.core.errors import Unavailable
from damascus.core.records.sessions import WebSession
from damascus.core.settings import Settings
from damascus.core.text import one_line
from damascus.office.browsers import CSRF_HEADER, Browsers
from damascus.office.error_handlers import respond
from damascus.office.page import is_page

MAX_BODY_BYTES = 1024 * 1024
MAX_STRANGERS_BODY_BYTES = 2048
BODY_SECONDS = 10.0
LOG_IN = ("POST", "/api/session")
PAGES = frozenset(("GET", path) for path in ("/login", "/login.css", "/login.js"))  # without a cookie, from any link
PUBLIC = PAGES | {("GET", "/api/health"), LOG_IN}
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
LOCAL_HOSTS = ("127.0.0.1", "localhost", "::1")
WILDCARDS = ("0.0.0.0", "::", "")  # noqa: S104
_HOST = re.compile(r"(?:\[([0-9a-f:.]+)\]|([a-z0-9._-]+))(?::[0-9]{1,5})?")
_FOREIGN_SITES = ("cross-site", "same-site")  # a site is all ports of a machine; what runs at another one is a stranger


def allowed_hosts(settings: Settings) -> frozenset[str]:
    """Return the names by which this office is reached: any other in `Host` is a page that had its own name rebound."""
    named = [name.strip().lower() for name in settings.office.hosts.split(",")]
    reached = urlsplit(settings.office.url).hostname or ""
    return frozenset({*LOCAL_HOSTS, *named, reached, settings.office.host.lower()} - set(WILDCARDS))


class _TooLarge(Exception):
    """More of a body than any request has."""


@dataclass(frozen=True, slots=True)
class _Caller:
    """Who asks: a browser with its `session`, who has the token (None), or a stranger at a public route."""

    session: WebSession | None = None
    cookie: str = ""
    is_stranger: bool = False

    @property
    def max_body_bytes(self) -> int:
        return MAX_STRANGERS_BODY_BYTES if self.is_stranger else MAX_BODY_BYTES


class RequestGuard:
    """Wraps the app; a refused request is answered at once, and its connection closed with the rest unread.

    An empty `token` fits nobody. Without `browsers` no cookie does.
    """

    def __init__(
        self, app: ASGIApp, token: str, hosts: Iterable[str] = LOCAL_HOSTS, body_seconds: float = BODY_SECONDS,
        browsers: Browsers | None = None,
    ) -> None:  # fmt: skip
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(hosts)
        self._body_seconds = body_seconds
        self._browsers = browsers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._guard(scope, receive, _with_headers(send))

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        caller = await self._caller(scope)
        body = b""
        if isinstance(caller, _Caller):
            try:
                async with asyncio.timeout(self._body_seconds):
                    body = await _read_body(receive, caller.max_body_bytes)
            except _TooLarge:
                caller = _too_large(caller.max_body_bytes)
            except TimeoutError:
                caller = respond(408, "Too slow", f"the body did not arrive within {self._body_seconds:g} s")
            except ConnectionError:
                return
        if not isinstance(caller, _Caller):
            caller.headers["Connection"] = "close"
            await caller(scope, receive, send)
            return
        scope.setdefault("state", {}).update(session=caller.session, cookie=caller.cookie)
        await self._app(scope, _replay(body, receive), send)

    async def _caller(self, scope: Scope) -> _Caller | Response:
        """Return who asks, or the answer to a request that goes no further, from its head alone."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        hosts = headers.get("host", [])
        found = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
        if found is None or (found[1] or found[2]) not in self._hosts:
            asked = one_line(" ".join(hosts), 100)
            return respond(421, "Unknown host", f"{asked!r} is none of this office's names; add it to OFFICE_HOSTS")
        what = (scope["method"], scope["path"])
        if what not in PAGES and not is_page(*what) and _is_foreign(headers, hosts[0]):
            return respond(403, "Foreign origin", "a page of another origin cannot use the office")
        caller = await self._identify(what, headers)
        if not isinstance(caller, _Caller):
            return caller
        sizes = headers.get("content-length", ["0"])
        if not all(size.isdecimal() and int(size[:20]) <= caller.max_body_bytes for size in sizes):
            return _too_large(caller.max_body_bytes)
        return caller

    async def _identify(self, what: tuple[str, str], headers: dict[str, list[str]]) -> _Caller | Response:
        """Return who asks for `what`, a method and a path; the token counts before the cookie."""
        credentials = headers.get("authorization", [])
        if credentials and self._is_known(credentials):
            return _Caller()
        cookie = self._browsers.token_in(headers) if self._browsers and not credentials else None
        is_public = what in PUBLIC or is_page(*what)
        if cookie is not None and not is_public:
            return await self._identify_browser(cookie, what[0], headers)
        if is_public:
            return _Caller(is_stranger=True)
        return respond(
            401, "Unauthorized", "The bearer token is missing or wrong; it is in .damascus/token. A browser logs in "
            "with `ceo open`",
        )  # fmt: skip

    async def _identify_browser(self, cookie: str, method: str, headers: dict[str, list[str]]) -> _Caller | Response:
        assert self._browsers is not None
        try:
            session = await self._browsers.find(cookie)
        except Unavailable as error:
            return respond(503, "Service unavailable", str(error))
        if session is None:
            return respond(401, "Logged out", "this browser is not logged in, or not any more; `ceo open` logs it in")
        if not self._browsers.may_change(cookie, method, headers):
            return respond(403, "Not from a page", f"what changes something needs {CSRF_HEADER}; see /api/session")
        return _Caller(session, cookie)

    def _is_known(self, credentials: list[str]) -> bool:
        if len(credentials) != 1:
            return False
        scheme, _, given = credentials[0].partition(" ")
        fits = secrets.compare_digest(given.strip().encode("latin-1"), self._token)
        return fits and scheme.lower() == "bearer" and bool(self._token)


def _with_headers(send: Send) -> Send:
    """Return a `send` that adds HEADERS; what an app says of them itself stays."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            headers.setdefault("Cache-Control", "no-store")
        await send(message)

    return sending


def _is_foreign(headers: dict[str, list[str]], host: str) -> bool:
    """Return True if a browser says that a page of another origin asks."""
    own = (f"http://{host}", f"https://{host}")
    if any(origin not in own for origin in headers.get("origin", [])):
        return True
    return any(site in _FOREIGN_SITES for site in headers.get("sec-fetch-site", []))


def _too_large(max_bytes: int) -> Response:
    return respond(413, "Too large", f"a request has at most {max_bytes} bytes")


async def _read_body(receive: Receive, max_bytes: int) -> bytes:
    """Return the body. Raises _TooLarge, or ConnectionError if the sender has gone."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message.get("body", b"")
        if len(body) > max_bytes:
            raise _TooLarge
        if not message.get("more_body", False):
            return bytes(body)


def _replay(body: bytes, receive: Receive) -> Receive:
    """Return what an app receives: the body that is here already, then whatever else comes."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
