"""A workshop in another process, usually in a container without any network, behind a Unix socket.

The socket is the only way in, and the workspace has the same path on both sides. What is not promised: that a command
did nothing when the workshop went away beneath it. A command is sent once and never again by itself, and none is
ever run on this side instead.
"""

import asyncio
import logging
from pathlib import Path

import httpx

from damascus.core.cancellation import run_to_completion
from damascus.core.clock import Clock
from damascus.core.errors import Invalid, Unavailable, WorkshopRefused
from damascus.core.settings import WorkshopSettings as Limits
from damascus.workshop.port import CommandResult
from damascus.workshop.protocol import INVALID, REFUSED, RESULT, RunError, RunRequest

log = logging.getLogger(__name__)

_HOST = "http://workshop"
_PATIENCE = 30  # seconds
_PAUSE = 0.5
_CONNECT = 5
_QUOTED = 1_000  # characters of why it refuses
_MEND = "see `docker compose logs workshop`, or leave WORKSHOP_SOCKET empty to run commands on this machine"


class RemoteWorkshop:
    """Runs commands in the workshop that listens at `socket`.

    `patience` is how many seconds it is waited for: one that is gone and may come back, and one that owes an answer
    when the command's own time is over. The limits are the server's own; of those here only `seconds` counts.
    """

    def __init__(self, socket: Path, limits: Limits, clock: Clock, *, patience: float = _PATIENCE) -> None:
        self._socket = socket
        self._limits = limits
        self._clock = clock
        self._patience = patience

    def check(self) -> None:
        """See Workshop.check; asks the server."""
        try:
            with httpx.Client(transport=httpx.HTTPTransport(uds=str(self._socket)), trust_env=False) as client:
                answer = client.get(f"{_HOST}/health", timeout=_CONNECT)
        except httpx.HTTPError as error:
            raise self._gone(error) from error
        _raise_for(answer)

    async def run(self, command: str, workspace: Path, *, seconds: float | None = None) -> CommandResult:
        """See Workshop.run; raises WorkshopRefused when nobody answers, Unavailable when the answer was lost."""
        allowed = min(self._limits.seconds if seconds is None else seconds, self._limits.seconds)
        order = _order(command, workspace, allowed)
        asking = asyncio.create_task(self._ask(order, allowed + self._patience))
        try:
            answer = await asyncio.shield(asking)
        except asyncio.CancelledError:
            await run_to_completion(self._call_off(order, asking))
            raise
        _raise_for(answer)
        return _result(answer)

    async def _ask(self, order: RunRequest, seconds: float) -> httpx.Response:
        """Send the order once it can be; only a connection that never came about is tried again."""
        until = self._clock.monotonic() + self._patience
        while True:
            try:
                async with asyncio.timeout(seconds), self._client() as client:
                    return await client.post(f"{_HOST}/runs", content=order.model_dump_json())
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                if self._clock.monotonic() + _PAUSE > until:
                    raise self._gone(error) from error
                log.info("waiting for the workshop at %s: %s", self._socket, error)
            except (httpx.HTTPError, TimeoutError) as error:
                raise Unavailable(
                    "the workshop went away while the command ran, and whether it took effect is not known: look at the"
                    f" files before you repeat it ({_said(error)}); {_MEND}"
                ) from error
            await self._clock.sleep(_PAUSE)

    async def _call_off(self, order: RunRequest, asking: "asyncio.Task[httpx.Response]") -> None:
        """Have the command ended and wait until it is; a server that is gone has ended it by going."""
        try:
            async with asyncio.timeout(self._patience), self._client() as client:
                await client.delete(f"{_HOST}/runs/{order.id}")
        except (httpx.HTTPError, TimeoutError) as error:
            log.warning("the workshop did not say that a command was ended: %s", _said(error))
        asking.cancel()
        await asyncio.wait([asking])

    def _client(self) -> httpx.AsyncClient:
        """A connection for one request: one that was kept could be to a server that is no more."""
        transport = httpx.AsyncHTTPTransport(uds=str(self._socket), verify=False)
        return httpx.AsyncClient(transport=transport, trust_env=False, timeout=httpx.Timeout(None, connect=_CONNECT))

    def _gone(self, error: Exception) -> WorkshopRefused:
        return WorkshopRefused(f"no workshop answers at {self._socket} ({_said(error)}); {_MEND}")


def _order(command: str, workspace: Path, seconds: float) -> RunRequest:
    try:
        order = RunRequest(command=command, workspace=str(workspace.absolute()), seconds=seconds)
        order.model_dump_json().encode()
    except ValueError as error:
        raise Invalid("the command or its workspace is no text that a shell can take") from error
    return order


def _raise_for(answer: httpx.Response) -> None:
    if answer.is_success:
        return
    try:
        why = " ".join(RunError.model_validate_json(answer.content).error.split())[:_QUOTED]
    except ValueError:
        why = f"the workshop failed by an error of its own (HTTP {answer.status_code}); see its log"
    if answer.status_code == INVALID:
        raise Invalid(why)
    raise WorkshopRefused(why) if answer.status_code == REFUSED else Unavailable(why)


def _result(answer: httpx.Response) -> CommandResult:
    try:
        return RESULT.validate_json(answer.content)
    except ValueError:
        raise Unavailable(
            f"what answers in the workshop's place is no workshop, and whether the command ran is not known; {_MEND}"
        ) from None


def _said(error: Exception) -> str:
    return str(error) or type(error).__name__
