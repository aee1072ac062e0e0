"""Faults on demand: `POST /_double/faults` a list of {kind, times, where, seconds}; only where `--faults` allows it.

`GET /_double/requests` lists what API and git were asked since then, so that a story can have a fault at each request.
"""

import asyncio
import json
import os
import signal
from dataclasses import dataclass, field
from typing import Literal

from pydantic import TypeAdapter, ValidationError, dataclasses
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from damascus.core.clock import Clock

FAULTS_PATH = "/_double/faults"
REQUESTS_PATH = "/_double/requests"
MAX_REQUESTS = 10_000
REFUSAL = "damascus.refusal"  # in the scope of a request: why its push is not taken
HTML_PAGE = "<html><body><h1>{}</h1></body></html>"


@dataclasses.dataclass
class GiteaFault:
    """A fault of the next `times` responses of the API, of git, of both, or of pages (`where`), to one `method` or
    all, where the path ends with `path`.

    `down`: a proxy without a server behind it; `html`: another program; `slow`: `seconds` late, then as usual.
    `seconds` of `rate` is its Retry-After. `lost`: the connection is cut, before the request was read, within it, after
    all was done and only the answer is missing, or in the middle of the answer (`at`); `killed`: so is the server, for
    good. `status`: a response with this `status` and `words`.
    `refused`: what a hook says about a push, in these `words`; without any the pack does not fit on the disk.
    """

    kind: Literal[
        "down", "rate", "expired", "forbidden", "broken", "html", "slow", "lost", "killed", "status", "refused"
    ]
    times: int = 1
    where: Literal["api", "git", "all", "page"] = "all"
    seconds: float = 0
    method: Literal["", "GET", "POST", "PUT", "PATCH"] = ""
    at: Literal["before", "within", "after", "answer"] = "after"
    status: int = 400
    words: str = ""
    path: str = ""


@dataclass
class Faulty:
    """An application with faults in its next responses."""

    app: ASGIApp
    clock: Clock
    allowed: bool
    faults: list[GiteaFault]
    requests: list[str] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        if self.allowed and request.url.path in (FAULTS_PATH, REQUESTS_PATH):
            asked = self._set(request) if request.url.path == FAULTS_PATH else self._tell()
            await (await asked)(scope, receive, send)
            return
        fault = self._due(request)
        if fault is not None and fault.kind in ("lost", "killed"):
            await self._lose(fault, scope, receive, send)
            return
        if fault is not None and fault.kind == "refused":
            scope[REFUSAL] = fault.words
        failure = await self._response(fault, request) if fault is not None else None
        await (failure or self.app)(scope, receive, send)

    async def _set(self, request: Request) -> Response:
        try:
            self.faults = TypeAdapter(list[GiteaFault]).validate_python(json.loads(await request.body() or b"[]"))
        except (ValueError, ValidationError) as error:
            return JSONResponse({"message": str(error)}, 422)
        self.requests.clear()
        return JSONResponse({"faults": len(self.faults)})

    async def _tell(self) -> Response:
        return JSONResponse(self.requests)

    def _due(self, request: Request) -> GiteaFault | None:
        where = _where(request.url.path)
        if self.allowed and where and len(self.requests) < MAX_REQUESTS:
            self.requests.append(f"{request.method} {request.url.path}")
        which = ("page",) if where == "page" else (where, "all")
        fitting = (
            f
            for f in self.faults
            if f.where in which and f.method in ("", request.method) and request.url.path.endswith(f.path)
        )
        fault = next((f for f in fitting if where and f.times > 0), None)
        if fault is not None:
            fault.times -= 1
        return fault

    async def _lose(self, fault: GiteaFault, scope: Scope, receive: Receive, send: Send) -> None:
        def end() -> None:
            if fault.kind == "killed":
                os.kill(os.getpid(), signal.SIGKILL)
            transport: asyncio.Transport = getattr(send, "__self__").transport  # noqa: B009 - uvicorn's, of this request
            transport.abort()

        async def half(message: Message) -> None:
            body = message.get("body", b"")
            if fault.at != "answer" or (message["type"] == "http.response.body" and not body):
                return
            await send({**message, "body": body[: len(body) // 2], "more_body": True} if body else message)
            if body:
                end()

        if fault.at == "within":
            await receive()
        if fault.at in ("after", "answer"):
            await self.app(scope, receive, half)
        end()

    async def _response(self, fault: GiteaFault, request: Request) -> Response | None:
        """Return the faulty response; None if the application gives its own, as it does late or for a refused push."""
        if fault.kind == "slow":
            await self.clock.sleep(fault.seconds)
        if fault.kind in ("slow", "refused"):
            return None
        if fault.kind == "status" and ".git/" in request.url.path:
            return PlainTextResponse(fault.words, fault.status)
        return _plain(fault)


def _where(path: str) -> str:
    if ".git/" in path:
        return "git"
    if path.startswith("/api/"):
        return "api" if path.startswith("/api/v1") else ""
    return "page"


def _plain(fault: GiteaFault) -> Response:
    plain: dict[str, tuple[int, str]] = {
        "rate": (429, "too many requests"),
        "expired": (401, "token has expired"),
        "forbidden": (403, "token does not have at least one of required scope(s): [write:repository]"),
        "broken": (500, "database is locked"),
        "status": (fault.status, fault.words),
    }
    if fault.kind == "down":
        return HTMLResponse(HTML_PAGE.format("502 Bad Gateway"), 502)
    if fault.kind == "html":
        return HTMLResponse(HTML_PAGE.format("It works!"))
    status, message = plain[fault.kind]
    headers = {"Retry-After": f"{fault.seconds:.0f}"} if fault.kind == "rate" and fault.seconds else None
    return JSONResponse({"message": message, "url": ""}, status, headers)
