"""Sums up the older part of a conversation that no longer fits its model's context, and asks again.

The cheap tier sums up, from the steps as lines; the call is paid for as any other. Where it cannot, or says nothing,
the program lists the steps instead: a compaction always comes about, and each reaches further than the one before, so
this ends. What is written is what later requests begin with, whichever worker sends them (`agents/conversation.py`).
"""

import logging
import math
from functools import partial

from agents import compaction, prompt
from agents.hooks.hook import Hook, Operation
from agents.hooks.wait_for_services import BACKOFF
from agents.run import Run
from damascus.composition.agents import AgentServices
from damascus.core.backoff import retry
from damascus.core.errors import ModelRefused, ModelUnavailable, Unavailable
from damascus.core.failpoints import failpoint
from damascus.core.ids import new_id
from damascus.core.records.compactions import Compaction
from damascus.core.records.turns import Turn
from damascus.llm.port import ContextFull, ModelBusy, ModelRequest, ModelResponse, Unreachable
from damascus.work.budget.meter import BudgetMeter

log = logging.getLogger(__name__)

SUMMARY_TOKENS = 1_200
MAX_ASKED_CHARS = 48_000
MIN_ASKED_CHARS = 1_500
ROLE = "summary"


class Compactor(Hook):
    """Makes a compaction wherever the client says that a request does not fit; the innermost of an agent's hooks."""

    def __init__(self, services: AgentServices) -> None:
        self._services = services

    async def around_think(self, run: Run, think: Operation[ModelResponse]) -> ModelResponse:
        """Carry out one model call, of a shorter conversation if need be. Raises what the summary's call raises."""
        while True:
            try:
                return await think()
            except ContextFull as full:
                if not run.journal.sent_turns():
                    raise
                await self._compact(run, full)

    async def _compact(self, run: Run, full: ContextFull) -> None:
        sent, before = run.journal.sent_turns(), run.journal.compaction
        taken = compaction.bytes_of(sent) + (len(before.text.encode()) if before else 0)
        room = max(full.most - (full.size - taken), 0)
        until = compaction.summed_until(sent, room)
        chars = compaction.text_chars(room) // 2  # for each of the two parts
        older = [turn for turn in sent if turn.n <= until]
        paid = await self._summary(run, older)
        said = paid.text.strip()[:chars] if paid else ""
        kept = compaction.kept_words(run.journal.turns, until, chars)
        words = said or compaction.outline(before.text if before else "", older, chars)
        text = prompt.render_compaction(words, until, kept)
        row = Compaction(new_id("cmp"), run.task.id, until, text, self._services.clock.now())
        log.info("task %s: its turns up to %d are summed up: %s", run.task.id, until, full)
        failpoint("after-answer")
        write = partial(run.journal.compact, row, paid, summed_up=bool(said))
        await retry(write, Unavailable, partial(_tell, run), self._services.clock, BACKOFF, math.inf)

    async def _summary(self, run: Run, older: list[Turn]) -> ModelResponse | None:
        """Ask for a summary of turns, of shorter lines where they do not fit; None if no model makes one."""
        services, chars = self._services, MAX_ASKED_CHARS
        meter = BudgetMeter(services.outbox, run.lease, services.settings, services.clock, run.journal.write_pending)
        while chars >= MIN_ASKED_CHARS:
            shown = compaction.steps(older, chars)
            try:
                return await services.model.complete(_request(run, shown), meter)
            except ContextFull as full:
                chars = min(len(shown) // 2, full.most - (full.size - len(shown.encode())))
            except (ModelBusy, Unreachable):
                raise  # waiting costs nothing
            except (ModelRefused, ModelUnavailable) as error:
                log.warning("task %s: no model sums up its conversation: %s", run.task.id, error)
                return None
        return None


def _request(run: Run, shown: str) -> ModelRequest:
    before = run.journal.compaction
    messages = prompt.render_summing_up(run.task, before.text if before else "", shown)
    return ModelRequest(
        tier="cheap", messages=messages, max_tokens=SUMMARY_TOKENS, role=ROLE, compactable=True,
        task_id=run.task.id, mission_id=run.task.mission_id,
    )  # fmt: skip


def _tell(run: Run, error: Unavailable) -> None:
    log.warning("task %s: its compaction is kept until the ledger accepts it: %s", run.task.id, error)
