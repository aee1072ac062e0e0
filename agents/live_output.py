"""Partial model output on `damascus:live:<task>` while it streams; it may be lost."""

import logging

from damascus.composition.agents import AgentServices
from damascus.core.errors import Unavailable
from damascus.core.live_output import OutputPart, OutputPiece
from damascus.core.redaction import redact

log = logging.getLogger(__name__)
FLUSH_SECONDS = 0.1
MAX_WORD_CHARS = 1_000  # without a space; a longer one cannot be a secret, and is shown in parts


class LiveOutput:
    """Publishes a response while it arrives, at most once per FLUSH_SECONDS.

    The last word is held back until it is whole: only so is a secret of this process known as one and left out.
    """

    def __init__(self, services: AgentServices, task_id: str) -> None:
        self._services = services
        self._task_id = task_id
        self._last = services.clock.monotonic()
        self._waiting: dict[tuple[str, OutputPart, str], str] = {}
        self._said: dict[tuple[str, OutputPart, str], int] = {}

    async def say(self, piece: OutputPiece) -> None:
        """Add the next piece of the response."""
        key = (piece.attempt, piece.part, piece.tool)
        self._waiting[key] = self._waiting.get(key, "") + piece.text
        now = self._services.clock.monotonic()
        if now - self._last < FLUSH_SECONDS:
            return
        self._last = now
        for each in list(self._waiting):
            await self._publish(each)

    async def _publish(self, key: tuple[str, OutputPart, str]) -> None:
        waiting = self._waiting[key]
        end = max(waiting.rfind(space) for space in " \n\t") + 1
        end = end if len(waiting) - end <= MAX_WORD_CHARS else len(waiting)
        text, self._waiting[key] = redact(waiting[:end]), waiting[end:]
        if not text:
            return
        attempt, part, tool = key
        piece = OutputPiece(part, text, tool, attempt, self._said.get(key, 0))
        self._said[key] = piece.offset + len(text)
        try:
            await self._services.bus.publish_live(self._task_id, piece.to_json())
        except Unavailable as error:
            log.debug("task %s: live output was lost: %s", self._task_id, error)
