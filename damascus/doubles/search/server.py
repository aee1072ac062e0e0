"""The HTTP side: SearXNG's `/search?format=json`, the pages that it finds, and what was asked of them.

Compared with SearXNG's documentation of its search API: the names and kinds of the parts of its answer, 403 for a
format that its settings do not name, 400 without a query. What it does not do: engines, pages of results, languages.
"""

from collections import Counter
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from damascus.core.clock import SystemClock
from damascus.doubles.search.pages import FACTS, HUGE, NOWHERE, StandInPage, all_pages

FORMATS = ("html", "json")


class _Asked(Counter[str]):
    """How often each path was asked for, but for the stand-in's own."""


def application(base: str) -> Starlette:
    """Return search and pages as one ASGI application; results lead to pages at the address `base`."""
    pages, asked, clock = all_pages(), _Asked(), SystemClock()
    times: list[tuple[str, float]] = []

    async def search(request: Request) -> Response:
        wanted = request.query_params.get("format", "html")
        if wanted not in FORMATS:
            return PlainTextResponse("Forbidden", 403)
        query = request.query_params.get("q", "").strip()
        if not query:
            return PlainTextResponse("No query", 400)
        return JSONResponse(_answer(query, base))

    async def page(request: Request) -> Response:
        path = request.url.path
        asked[path] += 1
        times.append((path, clock.now().timestamp()))
        found = pages.get(path)
        if found is None:
            return PlainTextResponse("not here", 404)
        if found.once and asked[path] > 1:
            return PlainTextResponse("gone", 410)
        return _response(found)

    async def asked_for(request: Request) -> JSONResponse:
        return JSONResponse(times if "times" in request.query_params else asked)

    return Starlette(
        routes=[Route("/search", search), Route("/asked", asked_for), Route("/healthz", _health),
                Route("/{path:path}", page)]
    )  # fmt: skip


async def _health(_: Request) -> PlainTextResponse:
    return PlainTextResponse("OK")


def _response(page: StandInPage) -> Response:
    return Response(page.body, page.status, {"Content-Type": page.media_type, **page.headers})


def _answer(query: str, base: str) -> dict[str, Any]:
    results = [
        {
            "title": path.strip("/"), "url": f"{base}{path}", "content": "about bread", "engine": "stand-in",
            "engines": ["stand-in"], "score": 1.0 / number, "category": "general", "publishedDate": None,
        }
        for number, path in enumerate((*FACTS, HUGE, NOWHERE), 1)
    ]  # fmt: skip
    return {
        "query": query, "number_of_results": len(results), "results": results, "answers": [], "corrections": [],
        "infoboxes": [], "suggestions": [], "unresponsive_engines": [],
    }  # fmt: skip
