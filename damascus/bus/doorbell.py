"""Wakes many inboxes over one connection.

Every message is also published on the channel of its stream's name: hearing it there means that the stream has grown.

Not promised: that there is a message for each ring. The message itself is read from the stream.
"""

import asyncio
from collections.abc import Iterable

from damascus.bus.streams import Bus


class Doorbell:
    """Listens for messages to `roles`; `listen` must be running."""

    def __init__(self, bus: Bus, roles: Iterable[str]) -> None:
        self._bus = bus
        # rung at the start: what was sent before the channels are listened to is in the stream
        self._rung = {bus.keys.channel(role): _set_event() for role in roles}

    async def listen(self) -> None:
        """Ring until cancelled; also for each inbox that may have missed something while the connection was lost."""
        async for channel, _ in self._bus.subscribe(*self._rung, on_subscribed=self._ring):
            self._ring(channel)

    async def wait(self, role: str, seconds: float) -> None:
        """Wait until there may be a message for the role, at most `seconds`."""
        bell = self._rung[self._bus.keys.channel(role)]
        try:
            async with asyncio.timeout(seconds):
                await bell.wait()
        except TimeoutError:
            return
        bell.clear()

    def _ring(self, channel: str) -> None:
        if channel in self._rung:
            self._rung[channel].set()


def _set_event() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event
