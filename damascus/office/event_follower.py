"""Tells a reader of the event log when to look again: `damascus:changes` wakes it, a timer covers what Redis lost."""

import asyncio
from collections import deque
from types import TracebackType

from damascus.api.schemas import LiveOutput
from damascus.composition.company import Company

LOOK_AGAIN_SECONDS = 1.0
# live output may be lost: of what a stalled reader does not take only so much is kept
MAX_KEPT_PIECES = 64
MAX_PIECE_CHARS = 20_000


class EventFollower:
    """While open, listens for changes (and, with `live`, for partial model output)."""

    def __init__(self, company: Company, *, live: bool) -> None:
        self._company = company
        self._live = live
        self._woken = asyncio.Event()
        self._heard: deque[LiveOutput] = deque(maxlen=MAX_KEPT_PIECES)
        self._listening: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "EventFollower":
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._listening is not None:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)

    async def wait(self) -> list[LiveOutput]:
        """Wait until there may be something new. Returns the live output since the last time."""
        try:
            async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                await self._woken.wait()
        except TimeoutError:
            return []
        self._woken.clear()
        heard = list(self._heard)
        self._heard.clear()
        return heard

    async def _listen(self) -> None:
        bus = self._company.bus
        live_prefix = bus.keys.live("")
        channels = [bus.keys.changes, *([bus.keys.live("*")] if self._live else [])]
        async for channel, text in bus.subscribe(*channels):
            if channel.startswith(live_prefix):
                self._heard.append(LiveOutput(task_id=channel.removeprefix(live_prefix), text=text[:MAX_PIECE_CHARS]))
            self._woken.set()
