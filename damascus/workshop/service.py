"""The HTTP side of the workshop: one request, one command, and nothing of it left when the request is over.

It serves every process that can open its socket, and checks that a workspace is below one of the folders it was given,
links followed. What is not promised: a response to a caller that has disconnected.
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
from damascus.core.validation import explain
from damascus.workshop.background import BackgroundCommand
from damascus.workshop.port import CommandResult, Workshop
from damascus.workshop.protocol import (
    MAX_REQUEST_BYTES,
    STATUS_INVALID,
    STATUS_LOST,
    STATUS_REFUSED,
    STATUS_UNKNOWN,
    RunError,
    RunOutput,
    RunRequest,
)

log = logging.getLogger(__name__)

_MAX_QUOTED_CHARS = 200  # of what a caller sent, in the error that refuses it
_MAX_CANCELLED = 1024  # remembered, for requests that are cancelled before they arrive


class Service:
    """The commands that run now, by their request's id."""

    def __init__(self, workshop: Workshop, roots: Sequence[Path]) -> None:
        self._workshop = workshop
        self._roots = [root.resolve() for root in roots]
        self._running: dict[str, asyncio.Task[CommandResult]] = {}
        self._background: dict[str, BackgroundCommand] = {}
        self._cancelled: deque[str] = deque(maxlen=_MAX_CANCELLED)
        self._stopping = False

    def application(self) -> Starlette:
        """Return the service as an ASGI application."""
        return Starlette(
            routes=[
                Route("/health", self.health, methods=["GET"]),
                Route("/facts", self.facts, methods=["GET"]),
                Route("/runs", self.run, methods=["POST"]),
                Route("/runs/{id}", self.cancel, methods=["DELETE"]),
                Route("/runs/{id}/output", self.output, methods=["GET"]),
            ]
        )

    async def health(self, _request: Request) -> Response:
        """Respond whether commands can be jailed here."""
        try:
            await asyncio.to_thread(self._workshop.check)
        except WorkshopRefused as error:
            return _error_response(error)
        return JSONResponse({"status": "ok", "running": len(self._running)})

    async def facts(self, _request: Request) -> Response:
        """Respond with what commands find here."""
        return JSONResponse(asdict(await self._workshop.facts()))

    async def run(self, request: Request) -> Response:
        """Run a command; end it if its caller disconnects."""
        try:
            wanted = await _read(request)
            result = await self._run_for(wanted, request)
        except (Invalid, Unavailable) as error:
            return _error_response(error)
        except ClientDisconnect:
            return Response(status_code=499)  # to nobody
        log.info("run %s: exit code %d after %.1f s", wanted.id[:8], result.exit_code, result.seconds)
        return JSONResponse(asdict(result))

    async def cancel(self, request: Request) -> Response:
        """End a command; the response means that nothing of it is left, and that it will not start any more."""
        id = request.path_params["id"]
        self._cancelled.append(id)
        if id in self._running:
            await _end(self._running[id])
        return Response(status_code=204)

    async def output(self, request: Request) -> Response:
        """Respond with what a command in the background has printed so far."""
        command = self._background.get(request.path_params["id"])
        if command is None:
            return Response(status_code=STATUS_UNKNOWN)
        try:
            return JSONResponse(RunOutput(output=await command.output()).model_dump())
        except (Invalid, Unavailable) as error:
            return _error_response(error)

    async def stop(self) -> None:
        """End every command and accept no more."""
        self._stopping = True
        await asyncio.gather(*(_end(running) for running in self._running.values()))

    async def _run_for(self, wanted: RunRequest, request: Request) -> CommandResult:
        workspace = await asyncio.to_thread(self._resolve, wanted.workspace)
        if self._stopping:
            raise WorkshopRefused("the workshop is being stopped; try again when it is back")
        if wanted.id in self._cancelled or wanted.id in self._running:
            raise Invalid(f"run request {wanted.id} was already accepted or cancelled; send a new one")
        run = self._run_in_background if wanted.background else self._run_at_once
        running = asyncio.create_task(run(wanted, workspace))
        leaving = asyncio.create_task(_disconnect(request))
        self._running[wanted.id] = running
        try:
            await asyncio.wait({running, leaving}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            leaving.cancel()
            await run_to_completion(_end(running))
            del self._running[wanted.id]
        if running.cancelled() and self._stopping:
            raise Unavailable(
                "the workshop was stopped and has ended the command; check the files before you repeat it"
            )
        if running.cancelled():
            log.info("run %s: cancelled, its caller has disconnected", wanted.id[:8])
            raise ClientDisconnect
        return running.result()

    async def _run_at_once(self, wanted: RunRequest, workspace: Path) -> CommandResult:
        return await self._workshop.run(wanted.command, workspace, seconds=wanted.seconds)

    async def _run_in_background(self, wanted: RunRequest, workspace: Path) -> CommandResult:
        command = await self._workshop.start(wanted.command, workspace)
        self._background[wanted.id] = command
        try:
            await command.wait()
        finally:
            del self._background[wanted.id]
            await run_to_completion(command.stop())
        if command.result is None:
            raise Unavailable("the workshop has ended the command")
        return command.result

    def _resolve(self, workspace: str) -> Path:
        """Return the workspace, links followed. Raises Invalid if it is not below a root."""
        try:
            folder = Path(workspace).resolve(strict=True)
        except (OSError, ValueError, RuntimeError) as error:
            raise Invalid(
                f"{workspace[:_MAX_QUOTED_CHARS]!r} is not a directory in the workshop; mount its volume there"
            ) from error
        if not any(root in folder.parents for root in self._roots):
            roots = ", ".join(map(str, self._roots))
            raise Invalid(
                f"{workspace[:_MAX_QUOTED_CHARS]!r} is not below {roots}, where the workshop's workspaces are"
            )
        return folder


async def _read(request: Request) -> RunRequest:
    body = bytearray()
    async for part in request.stream():
        body += part
        if len(body) > MAX_REQUEST_BYTES:
            raise Invalid(
                f"the run request has over {MAX_REQUEST_BYTES} bytes; write the command to a file and run that"
            )
    try:
        return RunRequest.model_validate_json(bytes(body))
    except ValidationError as error:
        raise Invalid(f"invalid run request: {explain(error)}") from None


async def _disconnect(request: Request) -> None:
    """Wait until the caller has disconnected."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


async def _end(running: "asyncio.Task[Any]") -> None:
    running.cancel()
    await asyncio.wait([running])


def _error_response(error: Invalid | Unavailable) -> Response:
    refused = STATUS_REFUSED if isinstance(error, WorkshopRefused) else STATUS_LOST
    status = STATUS_INVALID if isinstance(error, Invalid) else refused
    return JSONResponse(RunError(error=str(error)).model_dump(), status)
