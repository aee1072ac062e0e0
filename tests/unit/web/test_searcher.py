"""Each provider is asked as its documentation says, its answer read, and a failure hands over to the next."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from damascus.core.settings import SearchSettings
from damascus.web.port import SearchQuery, SearchResult, WebError, WebErrorKind
from damascus.web.search.searcher import Searcher

QUERY = SearchQuery("bread prices 2026", limit=3, language="de")
HIT = SearchResult("Bread in figures", "https://example.org/bread", "It grew by nine percent.", "2026-03-04")
ANSWERS: dict[str, Any] = {
    "searxng": {"results": [{"title": HIT.title, "url": HIT.url, "content": HIT.snippet, "publishedDate": HIT.date,
                             "engine": "a", "score": 1.0}], "suggestions": [], "unresponsive_engines": []},
    "tavily": {"query": "q", "results": [{"title": HIT.title, "url": HIT.url, "content": HIT.snippet, "score": 0.9,
                                          "published_date": HIT.date}], "response_time": 1.1},
    "exa": {"requestId": "r", "results": [{"id": "i", "title": HIT.title, "url": HIT.url, "publishedDate": HIT.date,
                                           "highlights": [HIT.snippet]}], "costDollars": {"total": 0.005}},
    "brave": {"type": "search", "web": {"type": "search", "results": [
        {"title": HIT.title, "url": HIT.url, "description": HIT.snippet, "page_age": HIT.date}]}},
    "serper": {"searchParameters": {}, "organic": [
        {"title": HIT.title, "link": HIT.url, "snippet": HIT.snippet, "date": HIT.date, "position": 1}]},
}  # fmt: skip
SENT = {
    "searxng": ("GET", "/searxng/search?q=bread+prices+2026&format=json&language=de", None, {}),
    "tavily": ("POST", "/tavily/search", {"query": QUERY.text, "max_results": 3, "search_depth": "basic"},
               {"authorization": "Bearer key-of-tavily"}),
    "exa": ("POST", "/exa/search", {"query": QUERY.text, "numResults": 3, "contents": {"highlights": True}},
            {"x-api-key": "key-of-exa"}),
    "brave": ("GET", "/brave/res/v1/web/search?q=bread+prices+2026&count=3&search_lang=de", None,
              {"x-subscription-token": "key-of-brave"}),
    "serper": ("POST", "/serper/search", {"q": QUERY.text, "num": 3, "hl": "de"}, {"x-api-key": "key-of-serper"}),
}  # fmt: skip
KEYS = {name: f"key-of-{name}" for name in ("tavily", "exa", "brave", "serper")}


class Providers:
    """All providers behind one address; `answers` by the first part of the path."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.answers: dict[str, tuple[int, bytes]] = {
            name: (200, json.dumps(one).encode()) for name, one in ANSWERS.items()
        }
        self.asked: list[tuple[str, str, Any, dict[str, str]]] = []

    def settings(self, **changed: Any) -> SearchSettings:
        return SearchSettings(**({"addresses": {name: f"{self.url}/{name}" for name in SENT}} | changed))


@pytest.fixture
def providers() -> Iterator[Providers]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(length)) if length else None
            headers = {name.lower(): value for name, value in self.headers.items()}
            served.asked.append((self.command, self.path, body, headers))
            status, answer = served.answers[self.path.split("/")[1]]
            self.send_response(status)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = Providers(f"http://127.0.0.1:{server.server_port}")
    Thread(target=server.serve_forever, daemon=True).start()
    yield served
    server.shutdown()
    server.server_close()


@pytest.mark.parametrize("name", SENT)
async def test_a_provider_is_asked_in_its_own_words(providers: Providers, name: str) -> None:
    changed = {"searxng_url": f"{providers.url}/searxng"} if name == "searxng" else {}
    searcher = Searcher(providers.settings(**changed))
    found = await searcher.search(QUERY, {name: KEYS[name]} if name in KEYS else {})  # type: ignore[dict-item]
    await searcher.close()
    method, path, body, headers = SENT[name]
    assert found.provider == name
    assert found.results == (HIT,)
    sent_method, sent_path, sent_body, sent_headers = providers.asked[0]
    assert (sent_method, sent_path, sent_body) == (method, path, body)
    assert {key: sent_headers[key] for key in headers} == headers
    others = {key for key in KEYS.values() if key != KEYS.get(name)}
    assert not [key for key in others if key in str(providers.asked)]


async def test_a_failure_hands_over_to_the_next_and_is_said(providers: Providers) -> None:
    providers.answers |= {"searxng": (403, b"no"), "tavily": (401, b"key-of-tavily is wrong"), "exa": (200, b"<html>")}
    searcher = Searcher(providers.settings(searxng_url=f"{providers.url}/searxng"))
    found = await searcher.search(QUERY, KEYS)  # type: ignore[arg-type]
    await searcher.close()
    assert found.provider == "brave"
    assert found.results == (HIT,)
    assert [failure.partition(":")[0] for failure in found.failures] == ["searxng", "tavily", "exa"]
    assert "search.formats" in found.failures[0]
    assert "key-of" not in str(found.failures)


async def test_if_nobody_answers_every_reason_is_said(providers: Providers) -> None:
    providers.answers |= {name: (500, b"") for name in SENT}
    providers.answers["serper"] = (429, b"")
    searcher = Searcher(providers.settings())
    with pytest.raises(WebError) as error:
        await searcher.search(QUERY, KEYS)  # type: ignore[arg-type]
    await searcher.close()
    assert error.value.kind == WebErrorKind.OFFLINE
    assert all(name in str(error.value) for name in KEYS)
    assert "asked too often" in str(error.value)


async def test_without_a_provider_the_public_pages_are_asked_if_they_may_be() -> None:
    asked: list[SearchQuery] = []

    def public_pages(query: SearchQuery) -> list[dict[str, Any]]:
        asked.append(query)
        return [{"title": HIT.title, "href": HIT.url, "body": HIT.snippet}, {"title": "x", "href": "javascript:x"}]

    searcher = Searcher(SearchSettings(), public_pages)
    found = await searcher.search(QUERY, {})
    await searcher.close()
    assert (found.provider, [one.url for one in found.results]) == ("ddgs", [HIT.url])
    searcher = Searcher(SearchSettings(without_key=False), public_pages)
    with pytest.raises(WebError) as error:
        await searcher.search(QUERY, {})
    await searcher.close()
    assert error.value.kind == WebErrorKind.NO_PROVIDER
    assert asked == [QUERY]


async def test_what_the_scraping_library_raises_is_a_failure() -> None:
    def broken(_query: SearchQuery) -> list[dict[str, Any]]:
        raise RuntimeError("changed again")

    searcher = Searcher(SearchSettings(), broken)
    with pytest.raises(WebError) as error:
        await searcher.search(QUERY, {})
    await searcher.close()
    assert error.value.kind == WebErrorKind.OFFLINE


async def test_odd_answers_yield_what_is_a_result_in_them(providers: Providers) -> None:
    rows = [None, "text", {}, {"url": "ftp://x", "title": "x"}, {"url": HIT.url}, {"url": HIT.url, "title": "again"},
            {"url": "https://example.org/2", "title": ["not", "a", "text"], "content": None},
            {"url": "https://example.org/3", "title": "a\nb\x00" + "c" * 900},
            {"url": "https://example.org/4"}]  # fmt: skip
    providers.answers["tavily"] = (200, json.dumps({"results": rows}).encode())
    searcher = Searcher(providers.settings())
    found = await searcher.search(QUERY, {"tavily": "k"})
    await searcher.close()
    assert [one.url for one in found.results] == [HIT.url, "https://example.org/2", "https://example.org/3"]
    assert "\n" not in found.results[2].title
    assert len(found.results[2].title) <= 300
