"""The HTTP side of the way out: reads pages and searches for every process that can reach it, and holds nothing.

It has no secret, no ledger and no files. Not promised: order, or that a page is read once.
"""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar

from pydantic import BaseModel, ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from damascus.core.validation import explain
from damascus.web.fetcher import PageFetcher
from damascus.web.port import Page, SearchQuery, Validators, WebError, WebErrorKind
from damascus.web.protocol import (
    MAX_REQUEST_BYTES,
    SEARCH_RESPONSE,
    STATUS_INVALID,
    STATUS_REFUSED,
    PageAnswer,
    PageRequest,
    Refusal,
    SearchRequest,
)
from damascus.web.search.searcher import Searcher

log = logging.getLogger(__name__)

MessageT = TypeVar("MessageT", bound=BaseModel)


class WebService:
    """Pages and searches over HTTP."""

    def __init__(self, fetcher: PageFetcher, searcher: Searcher) -> None:
        self._fetcher = fetcher
        self._searcher = searcher

    def application(self) -> Starlette:
        """Return the service as an ASGI application."""

        @asynccontextmanager
        async def closing(_app: Starlette) -> AsyncIterator[None]:
            yield
            await self._fetcher.close()
            await self._searcher.close()

        return Starlette(
            lifespan=closing,
            routes=[
                Route("/health", _health, methods=["GET"]),
                Route("/pages", self.page, methods=["POST"]),
                Route("/searches", self.search, methods=["POST"]),
            ],
        )

    async def page(self, request: Request) -> Response:
        """Read a page."""

        async def answer(wanted: PageRequest) -> Response:
            known = Validators(wanted.etag, wanted.last_modified)
            found = await self._fetcher.fetch(wanted.url, known if known != Validators() else None)
            page = found if isinstance(found, Page) else None
            return Response(PageAnswer(page=page).model_dump_json(), media_type="application/json")

        return await _answer(request, PageRequest, answer)

    async def search(self, request: Request) -> Response:
        """Search."""

        async def answer(wanted: SearchRequest) -> Response:
            keys = {name: key.get_secret_value() for name, key in wanted.keys.items()}
            found = await self._searcher.search(SearchQuery(wanted.text, wanted.limit, wanted.language), keys)
            return Response(SEARCH_RESPONSE.dump_json(found), media_type="application/json")

        return await _answer(request, SearchRequest, answer)


async def _health(_request: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _answer(
    request: Request, message: type[MessageT], answer: Callable[[MessageT], Awaitable[Response]]
) -> Response:
    """Answer a request. A page of a browser cannot make one: it would have to ask first, and is not answered."""
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
        return _refusal(WebErrorKind.INVALID, "expected application/json", STATUS_INVALID)
    try:
        return await answer(message.model_validate_json(await _body(request)))
    except ClientDisconnect:
        return Response(status_code=499)
    except ValidationError as error:
        return _refusal(WebErrorKind.INVALID, f"invalid request: {explain(error)}", STATUS_INVALID)
    except WebError as error:
        log.info("%s: %s", error.kind, error)
        return _refusal(error.kind, str(error), STATUS_REFUSED, error.billed)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_REQUEST_BYTES:
            raise WebError(WebErrorKind.INVALID, f"the request has over {MAX_REQUEST_BYTES} bytes")
    return bytes(body)


def _refusal(kind: WebErrorKind, why: str, status: int, billed: tuple[str, ...] = ()) -> Response:
    return JSONResponse(Refusal(kind=kind, error=why, billed=billed).model_dump(), status)
