"""The web as agents have it: through the service, which is another process and may be away.

Its absence is an answer that a model can act on, never a reason for a task to wait.
"""

import asyncio
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from damascus.core.clock import Clock
from damascus.core.settings import SearchProvider, WebSettings
from damascus.web.port import Page, SearchQuery, SearchResponse, Unchanged, Validators, WebError, WebErrorKind
from damascus.web.protocol import SEARCH_RESPONSE, STATUS_REFUSED, PageAnswer, PageRequest, Refusal, SearchRequest

SOCKET_NAME = "web.sock"
EXTRA_SECONDS = 30.0  # for the way there and back, beside a page's own time
CONNECT_SECONDS = 3.0
ATTEMPTS = 2  # the service may just have been restarted
PAUSE_SECONDS = 1.0
_AWAY = "pages cannot be read now: the web service does not answer ({}). Continue with what you know, and say so"


class RemoteWeb:
    """Reads the web through the service at `settings.url`, or at the socket in `home`."""

    def __init__(self, settings: WebSettings, home: Path, clock: Clock) -> None:
        self._settings = settings
        self._socket = None if settings.url else home / SOCKET_NAME
        self._base = settings.url.rstrip("/") or "http://web"
        self._clock = clock

    async def fetch(self, url: str, known: Validators | None = None) -> Page | Unchanged:
        """See Web.fetch."""
        asked = known or Validators()
        request = _valid(PageRequest, url=url, etag=asked.etag, last_modified=asked.last_modified)
        body = await self._post("/pages", request.model_dump())
        try:
            page = PageAnswer.model_validate_json(body).page
        except ValueError:
            raise WebError(WebErrorKind.OFFLINE, _AWAY.format("unreadable answer")) from None
        return Unchanged(url) if page is None else replace(page, url=url)

    async def search(self, query: SearchQuery) -> SearchResponse:
        """See Web.search."""
        request = _valid(SearchRequest, text=query.text, limit=query.limit, language=query.language, keys=self._keys())
        body = await self._post("/searches", request.body(), tuple(request.keys))
        try:
            return SEARCH_RESPONSE.validate_json(body)
        except ValueError:
            raise WebError(WebErrorKind.OFFLINE, _AWAY.format("unreadable answer"), tuple(request.keys)) from None

    def _keys(self) -> dict[SearchProvider, Any]:
        search = self._settings.search
        keys: dict[SearchProvider, Any] = {
            "tavily": search.tavily_key, "exa": search.exa_key, "brave": search.brave_key, "serper": search.serper_key,
        }  # fmt: skip
        return {name: key for name, key in keys.items() if key.get_secret_value()}

    async def _post(self, path: str, message: dict[str, Any], billed: tuple[str, ...] = ()) -> bytes:
        """Send a request, again if it fails; one that somebody may have taken money for is not sent twice."""
        if not self._settings.enabled:
            raise WebError(
                WebErrorKind.OFFLINE, "the company looks nothing up: web.enabled is false. Say so in reports"
            )
        why = ""
        for attempt in range(ATTEMPTS):
            if attempt:
                await self._clock.sleep(PAUSE_SECONDS)
            try:
                response = await self._send(path, message)
            except (httpx.HTTPError, OSError, TimeoutError) as error:
                why = str(error) or type(error).__name__
                if billed and _was_sent(error):
                    raise WebError(WebErrorKind.OFFLINE, _AWAY.format(why), billed) from None
                continue
            return _content(response, billed)
        raise WebError(WebErrorKind.OFFLINE, _AWAY.format(why))

    async def _send(self, path: str, message: dict[str, Any]) -> httpx.Response:
        with short_path(self._socket) if self._socket else nullcontext() as short:
            transport = httpx.AsyncHTTPTransport(uds=short) if short else None
            limits = httpx.Timeout(None, connect=CONNECT_SECONDS)
            async with (
                asyncio.timeout(self._settings.seconds + EXTRA_SECONDS),
                httpx.AsyncClient(transport=transport, trust_env=False, timeout=limits) as client,
            ):
                return await client.post(f"{self._base}{path}", json=message)


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """Yield a path of this socket that fits into a socket's address, for which 107 bytes are the most. Raises OSError.

    On Linux its folder is named by a descriptor; elsewhere the path is as it is.
    """
    if sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def _valid(message: type[Any], **fields: Any) -> Any:
    try:
        return message(**fields)
    except ValueError:
        raise WebError(WebErrorKind.INVALID, "that is not an address or query: it is empty or too long") from None


def _was_sent(error: Exception) -> bool:
    """Return whether a request that failed may have reached the service."""
    if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
        return False
    return isinstance(error, httpx.HTTPError | TimeoutError)


def _content(response: httpx.Response, billed: tuple[str, ...]) -> bytes:
    if response.status_code == httpx.codes.OK:
        return response.content
    try:
        refusal = Refusal.model_validate_json(response.content)
    except ValueError:
        raise WebError(WebErrorKind.OFFLINE, _AWAY.format(f"HTTP {response.status_code}"), billed) from None
    if response.status_code != STATUS_REFUSED:
        raise WebError(WebErrorKind.INVALID, refusal.error)
    raise WebError(refusal.kind, refusal.error, refusal.billed)
