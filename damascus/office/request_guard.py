"""What every request passes before a byte of its body is read: host, origin, token; and then how much comes, how fast.

It is not a dependency of the routes, since the framework reads the whole body before it asks those.
"""

import asyncio
import re
import secrets
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from damascus.core.settings import Settings
from damascus.core.text import one_line
from damascus.office.error_handlers import respond

MAX_BODY_BYTES = 1024 * 1024
BODY_SECONDS = 10.0
PUBLIC = ("GET", "/api/health")
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


class RequestGuard:
    """Wraps the app; a refused request is answered at once, and its connection closed with the rest unread.

    An empty `token` fits nobody.
    """

    def __init__(
        self, app: ASGIApp, token: str, hosts: Iterable[str] = LOCAL_HOSTS, body_seconds: float = BODY_SECONDS
    ) -> None:
        self._app = app
        self._token = token.encode()
        self._hosts = frozenset(hosts)
        self._body_seconds = body_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "websocket":  # nothing here speaks it
            await send({"type": "websocket.close", "code": 1008})
        else:
            await self._guard(scope, receive, send)

    async def _guard(self, scope: Scope, receive: Receive, send: Send) -> None:
        refusal = self._refusal(scope)
        body = b""
        if refusal is None:
            try:
                async with asyncio.timeout(self._body_seconds):
                    body = await _read_body(receive)
            except _TooLarge:
                refusal = _too_large()
            except TimeoutError:
                refusal = respond(408, "Too slow", f"the body did not arrive within {self._body_seconds:g} s")
            except ConnectionError:
                return
        if refusal is not None:
            refusal.headers["Connection"] = "close"
            await refusal(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _refusal(self, scope: Scope) -> Response | None:
        """Return the answer to a request that goes no further, from its head alone; None if it is welcome."""
        headers: dict[str, list[str]] = {}
        for name, value in scope["headers"]:
            headers.setdefault(name.decode("latin-1").lower(), []).append(value.decode("latin-1"))
        hosts = headers.get("host", [])
        found = _HOST.fullmatch(hosts[0].lower()) if len(hosts) == 1 else None
        if found is None or (found[1] or found[2]) not in self._hosts:
            asked = one_line(" ".join(hosts), 100)
            return respond(421, "Unknown host", f"{asked!r} is none of this office's names; add it to OFFICE_HOSTS")
        if _is_foreign(headers, hosts[0]):
            return respond(403, "Foreign origin", "a page of another origin cannot use the office")
        if (scope["method"], scope["path"]) != PUBLIC and not self._is_known(headers.get("authorization", [])):
            return respond(401, "Unauthorized", "The bearer token is missing or wrong; it is in .damascus/token")
        sizes = headers.get("content-length", ["0"])
        if not all(size.isdecimal() and int(size[:20]) <= MAX_BODY_BYTES for size in sizes):
            return _too_large()
        return None

    def _is_known(self, credentials: list[str]) -> bool:
        if len(credentials) != 1:
            return False
        scheme, _, given = credentials[0].partition(" ")
        fits = secrets.compare_digest(given.strip().encode("latin-1"), self._token)
        return fits and scheme.lower() == "bearer" and bool(self._token)


def _is_foreign(headers: dict[str, list[str]], host: str) -> bool:
    """Return True if a browser says that a page of another origin asks."""
    own = (f"http://{host}", f"https://{host}")
    if any(origin not in own for origin in headers.get("origin", [])):
        return True
    return any(site in _FOREIGN_SITES for site in headers.get("sec-fetch-site", []))


def _too_large() -> Response:
    return respond(413, "Too large", f"a request has at most {MAX_BODY_BYTES} bytes")


async def _read_body(receive: Receive) -> bytes:
    """Return the body. Raises _TooLarge, or ConnectionError if the sender has gone."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ConnectionError
        body += message.get("body", b"")
        if len(body) > MAX_BODY_BYTES:
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
