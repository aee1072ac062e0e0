"""Reads one page: lists, robots and pace first, then the transfer, then the text of it."""

import asyncio
import hashlib

import httpcore

from damascus.core.clock import Clock
from damascus.core.failpoints import failpoint
from damascus.core.settings import WebSettings
from damascus.web.connection import Resolve, public_connections, resolve_by_system
from damascus.web.download import Download, Downloader
from damascus.web.pacing import Pacing
from damascus.web.parsing.protocol import ParseRequest
from damascus.web.parsing.run import PageParser
from damascus.web.port import Link, Page, Unchanged, Validators, WebError, WebErrorKind
from damascus.web.robots import Robots
from damascus.web.targets import HostPolicy, Target

NOT_MODIFIED = 304
_CONTENT = {  # status: what it means for a reader
    401: (WebErrorKind.PAYWALL, "asks for a login; use a source that is free to read"),
    402: (WebErrorKind.PAYWALL, "asks for payment; use a source that is free to read"),
    404: (WebErrorKind.NOT_FOUND, "has no such page; search for it, or use another source"),
    410: (WebErrorKind.NOT_FOUND, "has taken the page away; search for it, or use another source"),
    429: (WebErrorKind.REFUSED, "was asked too often; come back later, or use another source"),
    451: (WebErrorKind.REFUSED, "may not show the page here; use another source"),
}


class PageFetcher:
    """Reads pages of the public web; one per process, for all that ask."""

    def __init__(self, settings: WebSettings, clock: Clock, resolve: Resolve = resolve_by_system) -> None:
        self._settings = settings
        self._policy = HostPolicy(settings.allowed_hosts, settings.denied_hosts, settings.private_hosts)
        self._connections: httpcore.AsyncConnectionPool = public_connections(self._policy, resolve)
        self._downloader = Downloader(self._connections)
        self._robots = Robots(self._downloader, clock)
        self._pacing = Pacing(clock, settings.seconds_between_requests)
        self._parser = PageParser()

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.aclose()

    async def fetch(self, url: str, known: Validators | None = None) -> Page | Unchanged:
        """See Web.fetch."""
        failpoint("before-page")
        try:
            async with asyncio.timeout(self._settings.seconds):
                found = await self._downloader.get(url, self._before_page, self._settings.page_bytes, _asked(known))
                if found.status == NOT_MODIFIED and known is not None:
                    return Unchanged(url)
                return await self._page(url, found)
        except TimeoutError:
            raise WebError(
                WebErrorKind.TOO_SLOW, f"the page was not there within {self._settings.seconds:.0f} s; try another one"
            ) from None

    async def _before_page(self, target: Target) -> None:
        self._policy.check(target)
        delay = await self._robots.check(target, self._before_robots)
        await self._pacing.wait(target.origin, delay)

    async def _before_robots(self, target: Target) -> None:
        self._policy.check(target)

    async def _page(self, url: str, found: Download) -> Page:
        if found.status != 200:
            raise _no_page(found)
        charset = found.headers.get("content-type", "").lower().partition("charset=")[2].partition(";")[0]
        asked = ParseRequest(url=found.final_url, media_type=found.media_type, charset=charset[:40])
        failpoint("after-download")
        parsed = await self._parser.parse(asked, found.body)
        failpoint("after-parse")
        return Page(
            url=url, final_url=found.final_url, status=found.status, media_type=found.media_type,
            sha256=hashlib.sha256(found.body).hexdigest(), size=len(found.body), text=parsed.text, title=parsed.title,
            author=parsed.author, date=parsed.date, language=parsed.language,
            links=tuple(Link(link.text, link.url) for link in parsed.links),
            validators=Validators(*(_sendable(found.headers.get(name, "")) for name in ("etag", "last-modified"))),
        )  # fmt: skip


def _sendable(value: str) -> str:
    """Return what a host gave for later, if it can be sent back; a header holds printable ASCII."""
    return value if value.isascii() and value.isprintable() else ""


def _asked(known: Validators | None) -> dict[str, str]:
    if known is None:
        return {}
    headers = {"If-None-Match": known.etag, "If-Modified-Since": known.last_modified}
    return {name: value for name, value in headers.items() if value}


def _no_page(found: Download) -> WebError:
    host = httpcore.URL(found.final_url).host.decode("ascii", errors="replace")
    kind, words = _CONTENT.get(found.status, (WebErrorKind.REFUSED, "does not give the page; use another source"))
    return WebError(kind, f"{host} {words} (HTTP {found.status})")
