"""The HTTP side of the workshop: one request, one command, and nothing of it left when the request is over.

It takes orders from whoever can open its socket; what it holds them to is that a workspace lies below one of the
folders it was given, links followed. What is not promised: an answer to a caller that left.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from damascus.core.cancellation import run_to_completion
from damascus.core.errors import Invalid, Unavailable, WorkshopRefused
from damascus.workshop.port import CommandResult, Workshop
from damascus.workshop.protocol import INVALID, LONGEST_ORDER, LOST, REFUSED, RunError, RunRequest

log = logging.getLogger(__name__)

_QUOTED = 200  # characters of what a caller sent, in the words that refuse it
_REMEMBERED = 1024  # orders called off before they came


class Service:
    """The commands that run now, by their order's id."""

    def __init__(self, workshop: Workshop, roots: Sequence[Path]) -> None:
        self._workshop = workshop
        self._roots = [root.resolve() for root in roots]
        self._running: dict[str, asyncio.Task[CommandResult]] = {}
        self._called_off: deque[str] = deque(maxlen=_REMEMBERED)
        self._stopping = False

    def application(self) -> Starlette:
        """The service as an ASGI application."""
        return Starlette(
            routes=[
                Route("/health", self.health, methods=["GET"]),
                Route("/runs", self.run, methods=["POST"]),
                Route("/runs/{id}", self.call_off, methods=["DELETE"]),
            ]
        )

    async def health(self, _request: Request) -> Response:
        """Whether commands can be jailed here."""
        try:
            await asyncio.to_thread(self._workshop.check)
        except WorkshopRefused as error:
            return _problem(error)
        return JSONResponse({"status": "ok", "running": len(self._running)})

    async def run(self, request: Request) -> Response:
        """Run a command; when its caller leaves, end it."""
        try:
            order = await _read(request)
            result = await self._carry(order, request)
        except (Invalid, Unavailable) as error:
            return _problem(error)
        except ClientDisconnect:
            return Response(status_code=499)  # to nobody
        log.info("run %s ended with %d after %.1f s", order.id[:8], result.exit_code, result.seconds)
        return JSONResponse(asdict(result))

    async def call_off(self, request: Request) -> Response:
        """End a command; the answer means that nothing of it is left, and that it will not begin any more."""
        order = request.path_params["id"]
        self._called_off.append(order)
        if order in self._running:
            await _end(self._running[order])
        return Response(status_code=204)

    async def stop(self) -> None:
        """End every command and take no more."""
        self._stopping = True
        await asyncio.gather(*(_end(running) for running in self._running.values()))

    async def _carry(self, order: RunRequest, request: Request) -> CommandResult:
        place = await asyncio.to_thread(self._place, order.workspace)
        if self._stopping:
            raise WorkshopRefused("the workshop is being stopped; try again when it is back")
        if order.id in self._called_off or order.id in self._running:
            raise Invalid(f"the command's order {order.id} was taken or called off before; make a new one")
        running = asyncio.create_task(self._workshop.run(order.command, place, seconds=order.seconds))
        leaving = asyncio.create_task(_leave(request))
        self._running[order.id] = running
        try:
            await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            await run_to_completion(_end(running))
            del self._running[order.id]
        if running.cancelled() and self._stopping:
            raise Unavailable(
                "the workshop was stopped and has ended the command: look at the files before you repeat it"
            )
        if running.cancelled():
            log.info("run %s was ended: its caller left", order.id[:8])
            raise ClientDisconnect
        return running.result()

    def _place(self, workspace: str) -> Path:
        """The workspace, links followed; raises Invalid unless it lies below a root."""
        try:
            place = Path(workspace).resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise Invalid(
                f"{workspace[:_QUOTED]!r} is no directory in the workshop; is its volume mounted there?"
            ) from error
        if not any(root in place.parents for root in self._roots):
            roots = ", ".join(map(str, self._roots))
            raise Invalid(f"{workspace[:_QUOTED]!r} is not below {roots}, where the workshop's workspaces are")
        return place


async def _read(request: Request) -> RunRequest:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > LONGEST_ORDER:
            raise Invalid(f"the command's order is longer than {LONGEST_ORDER} bytes; write it to a file, run that")
    try:
        return RunRequest.model_validate_json(bytes(body))
    except ValidationError as error:
        first = error.errors()[0]
        where = repr(".".join(str(part) for part in first["loc"])[:_QUOTED]) if first["loc"] else "the body"
        raise Invalid(f"this is no order for the workshop: {where}: {first['msg']}") from None


async def _leave(request: Request) -> None:
    """Returns when the caller has gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _end(running: "asyncio.Task[Any]") -> None:
    running.cancel()
    await asyncio.wait([running])


def _problem(error: Invalid | Unavailable) -> Response:
    status = INVALID if isinstance(error, Invalid) else REFUSED if isinstance(error, WorkshopRefused) else LOST
    return JSONResponse(RunError(error=str(error)).model_dump(), status)
