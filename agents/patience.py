"""Waiting for a service that is away: it costs nothing, where telling a model would cost a call and might end the task.

How long is `limits.service_wait`. What may not be done twice is not tried again here; that is the caller's to know.
"""

from collections.abc import AsyncIterator

from damascus.core.clock import Clock

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 5.0


async def tries(clock: Clock, seconds: float) -> AsyncIterator[bool]:
    """One try after another, with growing pauses between; False with the last, at the latest after `seconds`."""
    until, pause = clock.monotonic() + seconds, FIRST_PAUSE
    while clock.monotonic() + pause <= until:
        yield True
        await clock.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE)
    yield False
