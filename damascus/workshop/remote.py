"""A workshop in another process, usually in a container without any network, behind a Unix socket.

The socket is the only way in, and the workspace has the same path on both sides. What is not promised: that a command
did nothing when the connection to the workshop was lost. A command is sent once and never again by itself, and none is
ever run on this side instead.
"""

import asyncio
import logging
from contextlib import suppress
from pathlib import Path

import httpx

from damascus.core.backoff import Backoff, retry
from damascus.core.cancellation import run_to_completion
from damascus.core.clock import Clock
from damascus.core.errors import Invalid, Unavailable, WorkshopRefused
from damascus.core.settings import WorkshopSettings
from damascus.workshop.background import BackgroundCommand
from damascus.workshop.port import CommandResult, WorkshopFacts
from damascus.workshop.protocol import (
    COMMAND_RESULT,
    STATUS_INVALID,
    STATUS_REFUSED,
    STATUS_UNKNOWN,
    WORKSHOP_FACTS,
    RunError,
    RunOutput,
    RunRequest,
)

log = logging.getLogger(__name__)

_HOST = "http://workshop"
_SERVER_WAIT_SECONDS = 30
_CONNECT_SECONDS = 5
_FACTS_SECONDS = 30  # a command is tried for them
_ASKING_SECONDS = 0.05
_MAX_REASON_CHARS = 1_000
_RETRIES = Backoff(first_seconds=0.5, max_seconds=0.5)
_FIX = "see `docker compose logs workshop`, or leave WORKSHOP_SOCKET empty to run commands on this machine"


class _NotBegun(Exception):
    """The server does not know the command, or does not run it any more."""


class _NotConnected(Exception):
    """The request was not sent: there is no connection to the workshop."""


class RemoteWorkshop:
    """Runs commands in the workshop that listens at `socket`.

    `wait_seconds` is how long it waits for a server that is down, and for the response after the command's own time is
    over. The limits are the server's own; of those in `settings` only the seconds count.
    """

    def __init__(
        self, socket: Path, settings: WorkshopSettings, clock: Clock, *, wait_seconds: float = _SERVER_WAIT_SECONDS
    ) -> None:
        self._socket = socket
        self._settings = settings
        self._clock = clock
        self._wait_seconds = wait_seconds

    def check(self) -> None:
        """See Workshop.check; asks the server."""
        try:
            with httpx.Client(
                transport=httpx.HTTPTransport(uds=str(self._socket), verify=False), trust_env=False
            ) as client:
                response = client.get(f"{_HOST}/health", timeout=_CONNECT_SECONDS)
        except httpx.HTTPError as error:
            raise self._unreachable(error) from error
        _raise_for(response)

    async def facts(self) -> WorkshopFacts:
        """See Workshop.facts; asks the server."""
        try:
            async with asyncio.timeout(_FACTS_SECONDS), self._client() as client:
                response = await client.get(f"{_HOST}/facts")
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._unreachable(error) from error
        _raise_for(response)
        try:
            return WORKSHOP_FACTS.validate_json(response.content)
        except ValueError:
            raise Unavailable(f"unexpected response from the workshop at {self._socket}; {_FIX}") from None

    async def run(self, command: str, workspace: Path, *, seconds: float | None = None) -> CommandResult:
        """See Workshop.run. Raises WorkshopRefused if there is no connection, Unavailable if it was lost on the way."""
        allowed = min(self._settings.seconds if seconds is None else seconds, self._settings.seconds)
        return await self._run(_request(command, workspace, allowed), allowed)

    async def start(self, command: str, workspace: Path) -> BackgroundCommand:
        """See Workshop.start; the command ends with the connection that this process has to the server."""
        request = _request(command, workspace, None)
        running = asyncio.create_task(self._run(request, self._settings.background_seconds))
        begun = asyncio.create_task(self._wait_until_begun(request))
        try:
            await asyncio.wait([running, begun], return_when=asyncio.FIRST_COMPLETED)
            if not running.done() or not running.exception():
                return BackgroundCommand(running, lambda: self._output(request))
            raise running.exception() or AssertionError
        except asyncio.CancelledError:
            running.cancel()
            await run_to_completion(asyncio.wait([running]))
            raise
        finally:
            begun.cancel()

    async def _wait_until_begun(self, request: RunRequest) -> None:
        """Wait until the server knows a command, however long that takes: it ends with its request, or begins."""
        while True:
            with suppress(_NotBegun, Unavailable):
                await self._output(request)
                return
            await self._clock.sleep(_ASKING_SECONDS)

    async def _output(self, request: RunRequest) -> str:
        try:
            async with asyncio.timeout(_CONNECT_SECONDS), self._client() as client:
                response = await client.get(f"{_HOST}/runs/{request.id}/output")
        except (httpx.HTTPError, TimeoutError) as error:
            raise self._unreachable(error) from error
        if response.status_code == STATUS_UNKNOWN:
            raise _NotBegun
        _raise_for(response)
        return RunOutput.model_validate_json(response.content).output

    async def _run(self, request: RunRequest, allowed: float) -> CommandResult:
        sending = asyncio.create_task(self._send(request, allowed + self._wait_seconds))
        try:
            response = await asyncio.shield(sending)
        except asyncio.CancelledError:
            await run_to_completion(self._cancel(request, sending))
            raise
        _raise_for(response)
        return _result(response)

    async def _send(self, request: RunRequest, seconds: float) -> httpx.Response:
        """Send the request and return the response; only a connection that was never made is tried again."""

        async def post() -> httpx.Response:
            return await self._post(request, seconds)

        def note(error: _NotConnected) -> None:
            log.info("waiting for the workshop at %s: %s", self._socket, error)

        try:
            return await retry(post, _NotConnected, note, self._clock, _RETRIES, self._wait_seconds)
        except _NotConnected as error:
            raise self._unreachable(error) from error

    async def _post(self, request: RunRequest, seconds: float) -> httpx.Response:
        try:
            async with asyncio.timeout(seconds), self._client() as client:
                return await client.post(f"{_HOST}/runs", content=request.model_dump_json())
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise _NotConnected(_reason(error)) from error
        except (httpx.HTTPError, TimeoutError) as error:
            raise Unavailable(
                "lost the connection to the workshop while the command ran; it may or may not have taken effect, "
                f"so check the files before you repeat it ({_reason(error)}); {_FIX}"
            ) from error

    async def _cancel(self, request: RunRequest, sending: "asyncio.Task[httpx.Response]") -> None:
        """Have the command ended and wait until it is; a server that died has ended it by that."""
        try:
            async with asyncio.timeout(self._wait_seconds), self._client() as client:
                await client.delete(f"{_HOST}/runs/{request.id}")
        except (httpx.HTTPError, TimeoutError) as error:
            log.warning(
                "run %s: the workshop did not confirm that it was cancelled: %s", request.id[:8], _reason(error)
            )
        sending.cancel()
        await asyncio.wait([sending])

    def _client(self) -> httpx.AsyncClient:
        """Return a connection for one request: one that was kept could be to a server that has died."""
        transport = httpx.AsyncHTTPTransport(uds=str(self._socket), verify=False)
        return httpx.AsyncClient(
            transport=transport, trust_env=False, timeout=httpx.Timeout(None, connect=_CONNECT_SECONDS)
        )

    def _unreachable(self, error: Exception) -> WorkshopRefused:
        return WorkshopRefused(f"cannot connect to the workshop at {self._socket} ({_reason(error)}); {_FIX}")


def _request(command: str, workspace: Path, seconds: float | None) -> RunRequest:
    """Return the request for a command of so many seconds, None: one in the background."""
    place = str(workspace.absolute())
    try:
        request = RunRequest(command=command, workspace=place, seconds=seconds, background=seconds is None)
        request.model_dump_json().encode()
    except ValueError as error:
        raise Invalid("the command or its workspace is not text that a shell can take") from error
    return request


def _raise_for(response: httpx.Response) -> None:
    if response.is_success:
        return
    try:
        why = " ".join(RunError.model_validate_json(response.content).error.split())[:_MAX_REASON_CHARS]
    except ValueError:
        why = f"the workshop failed with an internal error (HTTP {response.status_code}); see its log"
    if response.status_code == STATUS_INVALID:
        raise Invalid(why)
    raise WorkshopRefused(why) if response.status_code == STATUS_REFUSED else Unavailable(why)


def _result(response: httpx.Response) -> CommandResult:
    try:
        return COMMAND_RESULT.validate_json(response.content)
    except ValueError:
        raise Unavailable(
            f"unexpected response from the workshop; the command may or may not have run, so check the files; {_FIX}"
        ) from None


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__
