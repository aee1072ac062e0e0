"""The only reader of the wall clock, so that tests can hold it still."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

# Linux's monotonic clock stands still while the machine is suspended; macOS's does not.
_SINCE_BOOT: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Time as the company sees it: `now` in UTC, `sleep` in seconds, `monotonic` in seconds, never set back.

    `monotonic` goes on while the machine sleeps: others' clocks do too.
    """

    def now(self) -> datetime: ...
    def monotonic(self) -> float: ...
    async def sleep(self, seconds: float) -> None: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.clock_gettime(_SINCE_BOOT)

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


def pause(seconds: float) -> None:
    """Block for `seconds` between two looks at something that cannot tell when it changed."""
    time.sleep(seconds)


class FixedClock:
    """A clock that moves only when told to (`advance`) or slept on; sleeping returns at once."""

    def __init__(self, start: datetime = datetime(2026, 1, 1, tzinfo=UTC)) -> None:
        self._start = start
        self._elapsed = 0.0

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        return self._elapsed

    async def sleep(self, seconds: float) -> None:
        self.advance(seconds)
        await asyncio.sleep(0)

    def advance(self, seconds: float) -> None:
        """Move the clock on by `seconds`."""
        self._elapsed += seconds
