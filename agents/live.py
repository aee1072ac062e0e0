"""Partial model output on `damascus:live:<task>` while it streams; it may be lost."""

import logging

from damascus.composition.agents import AgentServices
from damascus.core.errors import Unavailable

log = logging.getLogger(__name__)
EVERY = 0.1


class Live:
    """Publishes what was said so far in bursts of at most one per `EVERY` seconds."""

    def __init__(self, staff: AgentServices, task_id: str) -> None:
        self._staff = staff
        self._task_id = task_id
        self._text = ""
        self._last = staff.clock.monotonic()

    async def say(self, text: str) -> None:
        self._text += text
        now = self._staff.clock.monotonic()
        if now - self._last < EVERY:
            return
        text, self._text, self._last = self._text, "", now
        try:
            await self._staff.bus.publish_live(self._task_id, text)
        except Unavailable as error:
            log.debug("live text of %s was lost: %s", self._task_id, error)
