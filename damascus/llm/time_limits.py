"""How long an attempt may take: silence is limited, not length.

A slow model may write for an hour. What is given up is a server that says nothing, and one that keeps a response going
more slowly than any model writes. Comments, pings and empty pieces say nothing: some servers send them without end.
"""

import asyncio
from dataclasses import dataclass
from typing import Any, Self

from damascus.llm.failures import AttemptFailure
from damascus.llm.partial_response import PartialResponse

MIN_TOKENS_PER_SECOND = 1  # a model that writes more slowly cannot be worked with
OWN_NETWORK_START_TIMES = 6  # as long as silence: such a server reads slowly, and serves one request at a time
MIN_WHOLE_TOKENS_PER_SECOND = 5  # of a response that is not streamed: how far it is cannot be seen
MAX_SILENT_RETRIES = 1  # such a server may have lost the request, but hardly twice


@dataclass(frozen=True, slots=True)
class TimeLimits:
    """Seconds of one attempt: until its answer begins, of silence within it, and until its end."""

    start: float
    silence: float
    total: float


def limits_for(start: float, silence: float, max_tokens: int, *, whole: bool) -> TimeLimits:
    """Return the limits of a request for so many tokens; a `whole` response begins when it ends."""
    if whole:
        total = start + max_tokens / MIN_WHOLE_TOKENS_PER_SECOND
        return TimeLimits(total, silence, total)
    return TimeLimits(start, silence, start + max_tokens / MIN_TOKENS_PER_SECOND)


class Patience:
    """Raises TimeoutError within its block when the server is silent for too long, or its answer too slow to be one."""

    def __init__(self, limits: TimeLimits, partial: PartialResponse) -> None:
        self._limits = limits
        self._partial = partial
        self._loop = asyncio.get_running_loop()
        self._end = self._loop.time() + limits.total
        self._arrived = 0
        self._timeout = asyncio.timeout_at(min(self._loop.time() + limits.start, self._end))

    async def __aenter__(self) -> Self:
        await self._timeout.__aenter__()
        return self

    async def __aexit__(self, *raised: Any) -> None:
        await self._timeout.__aexit__(*raised)

    def look(self) -> None:
        """Wait longer if more of the answer has arrived."""
        if self._partial.arrived > self._arrived:
            self._arrived = self._partial.arrived
            self._timeout.reschedule(min(self._loop.time() + self._limits.silence, self._end))

    def failure(self) -> AttemptFailure:
        """Return why no more was waited for."""
        limits = self._limits
        if self._loop.time() >= self._end:
            why, retries = f"no complete response within {limits.total:.0f} s, too slow for a model", 0
        elif self._arrived:
            why, retries = f"silent for {limits.silence:g} s in the middle of its response", MAX_SILENT_RETRIES
        else:
            why, retries = f"no response began within {limits.start:g} s", MAX_SILENT_RETRIES
        return AttemptFailure(why, not_billed=False, retryable=True, max_retries=retries)
