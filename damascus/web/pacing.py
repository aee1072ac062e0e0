"""One request to a host at a time, with a pause between two."""

import asyncio

from damascus.core.clock import Clock

MAX_HOSTS = 1_000


class Pacing:
    """When each host was asked last."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._seconds = seconds
        self._free_at: dict[str, float] = {}

    async def wait(self, origin: str, wanted_seconds: float = 0.0) -> None:
        """Wait for this caller's turn at `origin`; turns are given in the order of the calls."""
        now = self._clock.monotonic()
        turn = max(self._free_at.get(origin, now), now)
        for passed in [host for host, free_at in self._free_at.items() if free_at < now][: MAX_HOSTS // 10]:
            del self._free_at[passed]
        self._free_at[origin] = turn + max(self._seconds, wanted_seconds)
        if turn > now:
            await self._clock.sleep(turn - now)
        else:
            await asyncio.sleep(0)
