"""Tells the model of a running task what the CEO says to its role meanwhile, before its next step."""

import logging
from dataclasses import replace

from agents.hooks.hook import Hook
from agents.run import Run
from damascus.core.errors import Unavailable
from damascus.core.text import quote
from damascus.work.outbox import Outbox

log = logging.getLogger(__name__)
ORDER = (
    "The CEO says to you, while you work. It is an order, as your directive is, and newer: change what you do "
    "as it says."
)


class CeosWord(Hook):
    """Says each word of the CEO's once per task, whichever workers carry the task."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def after_act(self, run: Run) -> None:
        """Write what is new, and that the task was told it, in one step."""
        opening = run.beginning.opening
        try:
            async with self._outbox.reading() as tx:
                said = await tx.messages.of_ceo(run.task.mission_id, run.task.role)
        except Unavailable as error:
            log.debug("task %s: the CEO's words are looked up again at the next step: %s", run.task.id, error)
            return
        new = [message for message in said if message.id not in opening.told.words]
        if new:
            told = replace(opening.told, words=(*opening.told.words, *(message.id for message in new)))
            await run.journal.say("\n\n".join([ORDER, *(quote(message.content) for message in new)]), told)
            run.beginning = replace(run.beginning, opening=replace(opening, told=told))
