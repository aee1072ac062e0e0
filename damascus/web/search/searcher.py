"""Asks the providers in turn until one answers; says which did, and why the others did not."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any

import httpx

from damascus.core.errors import Misconfigured
from damascus.core.network import Route
from damascus.core.settings import SearchProvider, SearchSettings
from damascus.web.port import SearchQuery, SearchResponse, SearchResult, WebError, WebErrorKind
from damascus.web.search.providers import PROVIDERS, PUBLIC_PAGES_ANSWER
from damascus.web.search.public_pages import search_public_pages

SEARCH_SECONDS = 20.0
MAX_ANSWER_BYTES = 4 << 20
PUBLIC_PAGES: SearchProvider = "ddgs"
_STATUS = {401: "refuses the key", 402: "has no credit left", 403: "refuses the request", 429: "was asked too often"}
_NONE = "no search provider is configured: set SEARXNG_URL or a key, such as TAVILY_API_KEY"

PublicPages = Callable[[SearchQuery], list[dict[str, Any]]]


class _Failed(Exception):
    """A provider did not answer; the message says why, without its key. `billed`: it may have taken its price."""

    def __init__(self, message: str, *, billed: bool = False) -> None:
        super().__init__(message)
        self.billed = billed


def configured(settings: SearchSettings, keys: Mapping[SearchProvider, str]) -> list[SearchProvider]:
    """Return the providers that can be asked, in their order."""
    found: list[SearchProvider] = [
        name for name in PROVIDERS if keys.get(name) or (name == "searxng" and settings.searxng_url)
    ]
    return found or ([PUBLIC_PAGES] if settings.without_key else [])


class Searcher:
    """Asks providers. Their addresses are the settings'; the keys come with each request and are not kept."""

    def __init__(self, settings: SearchSettings, public_pages: PublicPages = search_public_pages) -> None:
        self._settings = settings
        self._public_pages = public_pages
        self._ways: dict[str, tuple[Route, httpx.AsyncClient]] = {}

    async def close(self) -> None:
        """Close all connections."""
        for _, client in self._ways.values():
            await client.aclose()

    def _way(self, address: str) -> tuple[Route, httpx.AsyncClient]:
        """Return the way to a provider, and the client that takes it. Raises Misconfigured if it is not usable."""
        if address not in self._ways:
            route = Route.to(address, "web.search")
            client = httpx.AsyncClient(timeout=SEARCH_SECONDS, follow_redirects=False, **route.client_options())
            self._ways[address] = route, client
        return self._ways[address]

    async def search(self, query: SearchQuery, keys: Mapping[SearchProvider, str]) -> SearchResponse:
        """See Web.search."""
        providers = configured(self._settings, keys)
        if not providers:
            raise WebError(WebErrorKind.NO_PROVIDER, _NONE)
        failures: list[str] = []
        billed: list[str] = []
        for name in providers:
            try:
                async with asyncio.timeout(SEARCH_SECONDS):
                    found = await self._ask(name, query, keys.get(name, ""))
                return SearchResponse(name, found, tuple(failures), (*billed, name))
            except TimeoutError:
                failures.append(f"{name}: no answer within {SEARCH_SECONDS:.0f} s")
                billed.append(name)
            except _Failed as failure:
                failures.append(f"{name}: {failure}")
                billed += [name] if failure.billed else []
        raise WebError(WebErrorKind.OFFLINE, f"no search provider answered ({'; '.join(failures)})", tuple(billed))

    async def _ask(self, name: SearchProvider, query: SearchQuery, key: str) -> tuple[SearchResult, ...]:
        if name == PUBLIC_PAGES:
            return await self._ask_public_pages(query)
        provider = PROVIDERS[name]
        request = provider.request(query, key)
        address = self._settings.addresses.get(name) or (
            self._settings.searxng_url if name == "searxng" else provider.address
        )
        url = f"{address.rstrip('/')}{request.path}"
        method = "GET" if request.json is None else "POST"
        try:
            route, client = self._way(address)
        except Misconfigured as error:
            raise _Failed(str(error)) from None
        try:
            async with client.stream(
                method, url, params=dict(request.params) or None, json=request.json, headers=dict(request.headers)
            ) as response:
                body = await _read(response)
        except httpx.HTTPError as error:
            sent = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            why = route.problem(error) or f"cannot be reached ({type(error).__name__})"
            raise _Failed(why, billed=sent) from None
        if response.status_code != 200:
            hint = _STATUS.get(response.status_code, "has a fault")
            if name == "searxng" and response.status_code == 403:
                hint = "does not give JSON: add json to search.formats in its settings.yml"
            raise _Failed(f"{hint} (HTTP {response.status_code})")
        try:
            return provider.read(httpx.Response(200, content=body).json(), query.limit)
        except ValueError as error:
            raise _Failed(f"its answer cannot be read ({error})", billed=True) from None

    async def _ask_public_pages(self, query: SearchQuery) -> tuple[SearchResult, ...]:
        try:
            found = await asyncio.to_thread(self._public_pages, query)
        except Exception as error:  # the library scrapes; what it raises is not foreseen, and all of it means the same
            raise _Failed(f"the public search pages gave nothing ({type(error).__name__})") from None
        return PUBLIC_PAGES_ANSWER.read(found, query.limit)


async def _read(response: httpx.Response) -> bytes:
    body = bytearray()
    async for chunk in response.aiter_bytes(65_536):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise _Failed("its answer is too large", billed=True)
    return bytes(body)
