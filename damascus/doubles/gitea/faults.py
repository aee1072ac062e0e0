"""Faults on demand: `POST /_double/faults` a list of {kind, times, where, seconds}; only where `--faults` allows it."""

import json
from dataclasses import dataclass
from typing import Literal

from pydantic import TypeAdapter, ValidationError, dataclasses
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from damascus.core.clock import Clock

FAULTS_PATH = "/_double/faults"
HTML_PAGE = "<html><body><h1>{}</h1></body></html>"


@dataclasses.dataclass
class GiteaFault:
    """A fault of the next `times` responses of the API, of git, or of both (`where`).

    `down`: a proxy without a server behind it; `html`: another program; `slow`: `seconds` late, then as usual.
    `seconds` of `rate` is its Retry-After.
    """

    kind: Literal["down", "rate", "expired", "forbidden", "broken", "html", "slow"]
    times: int = 1
    where: Literal["api", "git", "all"] = "all"
    seconds: float = 0


@dataclass
class Faulty:
    """An application with faults in its next responses."""

    app: ASGIApp
    clock: Clock
    allowed: bool
    faults: list[GiteaFault]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request = Request(scope, receive)
        if request.url.path == FAULTS_PATH and self.allowed:
            await (await self._set(request))(scope, receive, send)
            return
        failure = await self._play(request)
        await (failure or self.app)(scope, receive, send)

    async def _set(self, request: Request) -> Response:
        try:
            self.faults = TypeAdapter(list[GiteaFault]).validate_python(json.loads(await request.body() or b"[]"))
        except (ValueError, ValidationError) as error:
            return JSONResponse({"message": str(error)}, 422)
        return JSONResponse({"faults": len(self.faults)})

    async def _play(self, request: Request) -> Response | None:
        where = "git" if ".git/" in request.url.path else "api" if request.url.path.startswith("/api/v1") else ""
        fault = next((f for f in self.faults if where and f.times > 0 and f.where in (where, "all")), None)
        if fault is None:
            return None
        fault.times -= 1
        if fault.kind == "slow":
            await self.clock.sleep(fault.seconds)
            return None
        return _response(fault)


def _response(fault: GiteaFault) -> Response:
    plain: dict[str, tuple[int, str]] = {
        "rate": (429, "too many requests"),
        "expired": (401, "token has expired"),
        "forbidden": (403, "token does not have at least one of required scope(s): [write:repository]"),
        "broken": (500, "database is locked"),
    }
    if fault.kind == "down":
        return HTMLResponse(HTML_PAGE.format("502 Bad Gateway"), 502)
    if fault.kind == "html":
        return HTMLResponse(HTML_PAGE.format("It works!"))
    status, message = plain[fault.kind]
    headers = {"Retry-After": f"{fault.seconds:.0f}"} if fault.kind == "rate" and fault.seconds else None
    return JSONResponse({"message": message, "url": ""}, status, headers)
