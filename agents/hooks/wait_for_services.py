"""Waits for a service that is away: waiting is free, where telling a model would cost a call and might end the task.

How long is `limits.service_wait`, and without end for the writing of a response, which is paid for. Only what may be
repeated is repeated: a model that cannot be reached, the writing of a response, a call of an idempotent tool.
"""

import logging
import math
from typing import TypeVar

from agents.hooks.hook import Hook, Operation
from agents.run import Run
from damascus.core.backoff import Backoff, retry
from damascus.core.clock import Clock
from damascus.core.errors import Unavailable
from damascus.llm.port import ModelResponse, Unreachable
from damascus.tools.tool import ToolResult

log = logging.getLogger(__name__)

T = TypeVar("T")
E = TypeVar("E", bound=Exception)

BACKOFF = Backoff(first_seconds=0.5, max_seconds=5.0)


class WaitForServices(Hook):
    """Repeats what failed because a service is away, for at most `max_seconds`."""

    def __init__(self, clock: Clock, max_seconds: float) -> None:
        self._clock = clock
        self._max_seconds = max_seconds

    async def around_think(self, run: Run, think: Operation[ModelResponse]) -> ModelResponse:
        """Carry out a model call; a model that cannot be reached may be on its way back."""
        return await self._retry(think, Unreachable, f"task {run.task.id}: waiting for the model")

    async def around_record(self, run: Run, record: Operation[None]) -> None:
        """Write a response; it is kept until the ledger accepts it, since it is paid for."""
        what = f"task {run.task.id}: response kept until the ledger accepts it"
        await self._retry(record, Unavailable, what, math.inf)

    async def around_call(self, run: Run, call: Operation[ToolResult]) -> ToolResult:
        """Carry out a tool call; return its last result if the service does not come back."""

        async def attempt() -> ToolResult:
            result = await call()
            if result.retryable:
                raise _ServiceAway(result)
            return result

        try:
            return await self._retry(attempt, _ServiceAway, f"task {run.task.id}: waiting for a service")
        except _ServiceAway as away:
            return away.result

    async def _retry(self, operation: Operation[T], on: type[E], what: str, max_seconds: float | None = None) -> T:
        def tell(error: E) -> None:
            log.warning("%s: %s", what, error)

        longest = self._max_seconds if max_seconds is None else max_seconds
        return await retry(operation, on, tell, self._clock, BACKOFF, longest)


class _ServiceAway(Exception):
    """The call may be made again."""

    def __init__(self, result: ToolResult) -> None:
        super().__init__(result.text)
        self.result = result
