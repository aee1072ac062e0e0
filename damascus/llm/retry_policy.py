"""When to try again, and after how long: short and bounded, so that a task fails while its lease still holds."""

from collections.abc import Callable
from dataclasses import dataclass

from damascus.llm.failures import AttemptFailure

FIRST = 0.5
LONGEST = 8.0
LONGEST_ASKED = 30.0
REFUSED_FIRST = 0.1
REFUSED_MOST = 2


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `most` further attempts per model; `jitter` gives numbers in 0..1."""

    most: int
    jitter: Callable[[], float]

    def wait(self, done: int, failure: AttemptFailure) -> float | None:
        """Seconds to sleep after `done` retries before the next; None when there shall be no next."""
        most = min(self.most, REFUSED_MOST) if failure.unreachable else self.most
        if not failure.again or done >= most:
            return None
        if failure.retry_after is not None:
            return float(min(failure.retry_after, LONGEST_ASKED)) + 0.25 * self.jitter()
        first = REFUSED_FIRST if failure.unreachable else FIRST
        return float(min(first * 2**done, LONGEST)) * (0.5 + 0.5 * self.jitter())
