"""How long to wait before another attempt: often at first, seldom later, never beyond a maximum.

`Backoff` is the schedule alone, for callers that count attempts themselves (in a row of the ledger, over restarts of a
process). `retry` runs an operation by such a schedule.

Not promised: that an operation may be repeated without harm. That is the caller's to know.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from damascus.core.clock import Clock

T = TypeVar("T")
E = TypeVar("E", bound=Exception)

MAX_DOUBLINGS = 64  # a count that never ends must not become a number too large for a float


@dataclass(frozen=True, slots=True)
class Backoff:
    """Pauses that double from `first_seconds` up to `max_seconds`."""

    first_seconds: float
    max_seconds: float

    def pause(self, retries: int, jitter: float = 1.0) -> float:
        """Return the seconds to wait after a failure that `retries` retries came before (0: the first attempt).

        `jitter`, a number in 0..1, spreads callers over the second half of the pause; 1 is the whole of it.
        """
        whole = min(self.first_seconds * 2.0 ** min(retries, MAX_DOUBLINGS), self.max_seconds)
        return whole * (0.5 + 0.5 * jitter)


async def retry(
    operation: Callable[[], Awaitable[T]],
    on: type[E],
    before_pause: Callable[[E], None],
    clock: Clock,
    backoff: Backoff,
    max_seconds: float,
) -> T:
    """Run `operation` until it does not raise `on`, and return what it returns.

    Another attempt follows if, when the failed one began, a pause still fitted into `max_seconds` from the start. So
    an attempt that takes long to fail is repeated at least once, unless `max_seconds` is shorter than the first pause.
    `before_pause` is called with the error before each pause.

    Raises what `operation` raises: any other error at once, `on` after the last attempt.
    """
    deadline, retries = clock.monotonic() + max_seconds, 0
    while True:
        pause = backoff.pause(retries)
        is_last = clock.monotonic() + pause > deadline
        try:
            return await operation()
        except on as error:
            if is_last:
                raise
            before_pause(error)
        await clock.sleep(pause)
        retries += 1
