"""One request and its redirects: bytes of a host, within limits of size, time and hops."""

import zlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urljoin

import httpcore

from damascus import __version__
from damascus.web.connection import CONNECT_SECONDS, NoAddress, PrivateAddress
from damascus.web.port import WebError, WebErrorKind
from damascus.web.targets import Target, parse_target

USER_AGENT = f"DamascusFrontier/{__version__}"
MAX_REDIRECTS = 8
MAX_HEADER_CHARS = 1_000  # of one header that is kept
SILENCE_SECONDS = 15.0
REDIRECTS = (301, 302, 303, 307, 308)
GZIP = 31  # zlib's window bits for a gzip stream
GZIP_MAGIC = b"\x1f\x8b"

BeforeRequest = Callable[[Target], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Download:
    """A response whose redirects were followed; header names are lower-case."""

    final_url: str
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Downloader:
    """Reads over `connections`; `before_request` may refuse or delay each hop. No cookie is kept, no login sent."""

    def __init__(self, connections: httpcore.AsyncConnectionPool) -> None:
        self._connections = connections

    async def get(
        self, url: str, before_request: BeforeRequest, max_bytes: int, headers: dict[str, str] | None = None,
        *, keep_head: bool = False,
    ) -> Download:  # fmt: skip
        """Return what `url` leads to. The caller bounds the time of the whole.

        Raises WebError; a body of more than `max_bytes` is one, unless `keep_head` asks for its beginning.
        """
        for _ in range(MAX_REDIRECTS + 1):
            target = parse_target(url)
            await before_request(target)
            async with self._response(target, headers or {}) as response:
                kept = _headers(response)
                location = kept.get("location", "")
                if response.status not in REDIRECTS or not location:
                    body = await _read(response, kept, target, max_bytes + 1)
                    if len(body) > max_bytes and not keep_head:
                        raise _too_large(max_bytes)
                    return Download(target.url, response.status, kept, body[:max_bytes])
                url = _next(target, location)
        raise WebError(WebErrorKind.REFUSED, f"{target.host} redirects without end; try another page")

    @asynccontextmanager
    async def _response(self, target: Target, headers: dict[str, str]) -> AsyncIterator[httpcore.Response]:
        sent = {
            "Host": target.authority, "User-Agent": USER_AGENT, "Accept-Encoding": "gzip",
            "Accept": "text/html,application/xhtml+xml,application/pdf,text/*;q=0.9,*/*;q=0.1", **headers,
        }  # fmt: skip
        url = httpcore.URL(scheme=target.scheme, host=target.host, port=target.port, target=target.path)
        limits = {
            "connect": CONNECT_SECONDS,
            "read": SILENCE_SECONDS,
            "write": SILENCE_SECONDS,
            "pool": SILENCE_SECONDS,
        }
        try:
            async with self._connections.stream(
                "GET", url, headers=list(sent.items()), extensions={"timeout": limits}
            ) as response:
                yield response
        except PrivateAddress as error:
            raise WebError(WebErrorKind.PRIVATE, f"{error}; only public pages are read") from None
        except NoAddress as error:
            raise WebError(
                WebErrorKind.OFFLINE, f"{error}; check its spelling, or there is no way out to the web"
            ) from None
        except httpcore.TimeoutException:
            raise WebError(WebErrorKind.TOO_SLOW, f"{target.host} did not answer in time; try another page") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, OSError) as error:
            why = str(error) or type(error).__name__
            raise WebError(WebErrorKind.OFFLINE, f"{target.host} cannot be reached ({why}); try another page") from None


def _next(target: Target, location: str) -> str:
    """Return where a redirect leads. Its words are the host's, and stand in no error."""
    try:
        url = urljoin(target.url, location)
        parse_target(url)
    except WebError as error:
        raise WebError(
            error.kind, f"{target.host} redirects to what is not a page's address; try another page"
        ) from None
    except ValueError:
        raise WebError(
            WebErrorKind.INVALID, f"{target.host} redirects to what is not a page's address; try another page"
        ) from None
    return url


def _headers(response: httpcore.Response) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1")[:MAX_HEADER_CHARS] for name, value in response.headers
    }


async def _read(response: httpcore.Response, headers: dict[str, str], target: Target, max_bytes: int) -> bytes:
    """Return at most `max_bytes` of the body, decompressed; no more is ever held."""
    encoding = headers.get("content-encoding", "").strip().lower() or "identity"
    if encoding not in ("identity", "gzip", "x-gzip"):
        raise WebError(
            WebErrorKind.NO_TEXT,
            f"{target.host} sends its pages in an encoding that was not asked for; try another page",
        )
    inflate = zlib.decompressobj(GZIP) if encoding != "identity" else None
    body, began = bytearray(), False
    async for chunk in response.aiter_stream():
        began = True
        left, data = max_bytes - len(body), chunk
        if (
            inflate is not None and inflate.eof and data.startswith(GZIP_MAGIC)
        ):  # one more part; what else follows is none
            inflate = zlib.decompressobj(GZIP)
        try:
            body += inflate.decompress(data, left) if inflate else data[:left]
            while inflate and inflate.unused_data.startswith(GZIP_MAGIC) and len(body) < max_bytes:
                data, inflate = inflate.unused_data, zlib.decompressobj(GZIP)
                body += inflate.decompress(data, max_bytes - len(body))
        except zlib.error:
            raise WebError(WebErrorKind.NO_TEXT, f"{target.host} sends a page that cannot be decompressed") from None
        if len(body) >= max_bytes:
            return bytes(body)
    if inflate and began and not inflate.eof:
        raise WebError(WebErrorKind.OFFLINE, f"{target.host} broke off in the middle of the page; try it again")
    return bytes(body)


def _too_large(max_bytes: int) -> WebError:
    return WebError(
        WebErrorKind.TOO_LARGE, f"the page has over {max_bytes:,} bytes; look for a shorter one on the subject"
    )
