"""The only reader of the wall clock, so that tests can stop it or set it wrong."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

# Linux's monotonic clock stops while the machine is suspended; macOS's does not.
_SINCE_BOOT: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    """Time as the company sees it: `now` in UTC, `sleep` in seconds, `monotonic` in seconds, never set back.

    `monotonic` runs on while the machine is suspended, as the clocks of other machines do.
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
    """A clock that moves only by `advance` and `sleep`; sleeping takes no time."""

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
        """Move the clock forward by `seconds`."""
        self._elapsed += seconds


class SkewedClock(SystemClock):
    """The machine's clock, off by the seconds in the folder's file `clock`, while there is one; for the crash suite."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / "clock"

    def now(self) -> datetime:
        try:
            skew_seconds = float(self._file.read_text(encoding="utf-8"))
        except FileNotFoundError:
            skew_seconds = 0.0
        return super().now() + timedelta(seconds=skew_seconds)


def choose_clock(faults: Path | None) -> Clock:
    """Return the clock of a company with `company.faults` of that value; None: the machine's."""
    return SystemClock() if faults is None else SkewedClock(faults)
