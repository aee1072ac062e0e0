"""How each provider of searches is asked, and where the parts of its answer are.

A provider is a row of PROVIDERS: its request as a function of the query, and the names of its answer's parts. Formats:
SearXNG's `/search?format=json`, Tavily's `POST /search`, Exa's `POST /search`, Brave's `GET /res/v1/web/search`,
Serper's `POST /search`, each as its documentation of 2026 has it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from damascus.core.settings import SearchProvider
from damascus.web.port import SearchQuery, SearchResult

MAX_SNIPPET_CHARS = 600
MAX_TITLE_CHARS = 300


@dataclass(frozen=True, slots=True)
class ProviderRequest:
    """One HTTP request: GET with `params`, or POST with `json`, if there is any."""

    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    json: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider's address, its request, where the list of results is, and under which names their parts are."""

    address: str
    request: Callable[[SearchQuery, str], ProviderRequest]
    results: tuple[str, ...]
    url: str = "url"
    title: str = "title"
    snippet: tuple[str, ...] = ("content",)
    date: tuple[str, ...] = ()

    def read(self, answer: Any, limit: int) -> tuple[SearchResult, ...]:
        """Return the results of an answer; others are passed over. Raises ValueError if there is no list."""
        for part in self.results:
            answer = answer.get(part) if isinstance(answer, dict) else None
        if not isinstance(answer, list):
            raise ValueError(f"its answer has no list {'.'.join(self.results)}")
        found = (self._result(one) for one in answer if isinstance(one, dict))
        unique = {one.url: one for one in reversed(list(found)) if one.url.startswith(("http://", "https://"))}
        return tuple(reversed(unique.values()))[:limit]

    def _result(self, one: dict[str, Any]) -> SearchResult:
        return SearchResult(
            title=_text(one, (self.title,), MAX_TITLE_CHARS), url=_text(one, (self.url,), 2_000),
            snippet=_text(one, self.snippet, MAX_SNIPPET_CHARS), date=_text(one, self.date, 40),
        )  # fmt: skip


def _text(one: dict[str, Any], names: tuple[str, ...], max_chars: int) -> str:
    for name in names:
        value = one.get(name)
        if isinstance(value, list):
            value = " … ".join(str(part) for part in value[:5])
        if isinstance(value, str) and value.strip():
            return " ".join(value.split())[:max_chars]
    return ""


def _searxng(query: SearchQuery, _key: str) -> ProviderRequest:
    language = {"language": query.language} if query.language else {}
    return ProviderRequest("/search", {"q": query.text, "format": "json", **language})


def _tavily(query: SearchQuery, key: str) -> ProviderRequest:
    body = {"query": query.text, "max_results": query.limit, "search_depth": "basic"}
    return ProviderRequest("/search", json=body, headers={"Authorization": f"Bearer {key}"})


def _exa(query: SearchQuery, key: str) -> ProviderRequest:
    body = {"query": query.text, "numResults": query.limit, "contents": {"highlights": True}}
    return ProviderRequest("/search", json=body, headers={"x-api-key": key})


def _brave(query: SearchQuery, key: str) -> ProviderRequest:
    language = {"search_lang": query.language} if query.language else {}
    params = {"q": query.text, "count": str(query.limit), **language}
    return ProviderRequest("/res/v1/web/search", params, headers={"X-Subscription-Token": key})


def _serper(query: SearchQuery, key: str) -> ProviderRequest:
    language = {"hl": query.language} if query.language else {}
    return ProviderRequest(
        "/search", json={"q": query.text, "num": query.limit, **language}, headers={"X-API-KEY": key}
    )


PROVIDERS: dict[SearchProvider, Provider] = {  # in the order in which they are asked
    "searxng": Provider("", _searxng, ("results",), date=("publishedDate",)),
    "tavily": Provider("https://api.tavily.com", _tavily, ("results",), date=("published_date",)),
    "exa": Provider(
        "https://api.exa.ai", _exa, ("results",), snippet=("highlights", "summary", "text"), date=("publishedDate",)
    ),
    "brave": Provider(
        "https://api.search.brave.com", _brave, ("web", "results"), snippet=("description",), date=("page_age", "age")
    ),
    "serper": Provider(
        "https://google.serper.dev", _serper, ("organic",), url="link", snippet=("snippet",), date=("date",)
    ),
}
PUBLIC_PAGES_ANSWER = Provider("", _searxng, (), url="href", snippet=("body",))  # as `ddgs` gives it
