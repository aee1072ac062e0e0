"""Partial model output on `damascus:live:<task>` while it streams; it may be lost."""

import logging

from damascus.composition.agents import AgentServices
from damascus.core.errors import Unavailable

log = logging.getLogger(__name__)
FLUSH_SECONDS = 0.1


class LiveOutput:
    """Publishes a response while it arrives, at most once per FLUSH_SECONDS."""

    def __init__(self, services: AgentServices, task_id: str) -> None:
        self._services = services
        self._task_id = task_id
        self._text = ""
        self._last = services.clock.monotonic()

    async def say(self, text: str) -> None:
        """Add the next piece of the response."""
        self._text += text
        now = self._services.clock.monotonic()
        if now - self._last < FLUSH_SECONDS:
            return
        text, self._text, self._last = self._text, "", now
        try:
            await self._services.bus.publish_live(self._task_id, text)
        except Unavailable as error:
            log.debug("task %s: live output was lost: %s", self._task_id, error)
