"""When to try again, and after how long: short and bounded, so that a task fails while its lease still holds."""

from collections.abc import Callable
from dataclasses import dataclass

from damascus.core.backoff import Backoff
from damascus.llm.failures import AttemptFailure

BACKOFF = Backoff(first_seconds=0.5, max_seconds=8.0)
UNREACHABLE_BACKOFF = Backoff(first_seconds=0.1, max_seconds=8.0)
MAX_RETRY_AFTER_SECONDS = 5.0  # more is waited for outside of a worker
MAX_RETRY_AFTER_JITTER_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """At most `max_retries` retries per model; `jitter` gives numbers in 0..1."""

    max_retries: int
    jitter: Callable[[], float]

    def pause(self, retries: int, failure: AttemptFailure) -> float | None:
        """Return the seconds to wait before another attempt, after `retries` retries; None if there is to be none."""
        most = self.max_retries if failure.max_retries is None else min(self.max_retries, failure.max_retries)
        if not failure.retryable or retries >= most:
            return None
        if failure.retry_after_seconds is not None:
            if failure.retry_after_seconds > MAX_RETRY_AFTER_SECONDS:
                return None
            return float(failure.retry_after_seconds) + MAX_RETRY_AFTER_JITTER_SECONDS * self.jitter()
        backoff = UNREACHABLE_BACKOFF if failure.unreachable else BACKOFF
        return backoff.pause(retries, self.jitter())
