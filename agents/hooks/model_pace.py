"""Parks a task whose model asks to come back later, and with it every other one that is about to ask that model.

A wait costs nothing and holds no worker. Until when it lasts is the task's `wake_at`; the office wakes it then
(office/jobs/wake_waiting.py). The parked tasks are the shared word on a model's pace: each looks there before it asks.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from agents.hooks.hook import Hook, Operation
from agents.outcomes import Parked
from agents.run import Run
from damascus.core.text import one_line
from damascus.llm.port import ModelBusy, ModelResponse
from damascus.work.outbox import Outbox
from damascus.work.tasks import tasks

SHOWN_CHARS = 200


class ModelPace(Hook):
    """Waits for the model that `name` returns, outside of any worker, for as long as its server asks."""

    def __init__(self, outbox: Outbox, name: Callable[[], str]) -> None:
        self._outbox = outbox
        self._name = name

    @property
    def _waiting(self) -> str:
        return f"waits for the model {self._name()} until "

    async def around_think(self, run: Run, think: Operation[ModelResponse]) -> ModelResponse:
        """Carry out one model call; raise Parked if it has to wait."""
        async with self._outbox.reading() as tx:
            until = max([tx.now, *(at for task in await tx.tasks.parked_for(self._waiting) if (at := task.wake_at))])
            others_wait = until > tx.now
        if others_wait:
            raise await self._parked(run, until, "as others do")
        try:
            return await think()
        except ModelBusy as busy:
            until = self._outbox.ledger.clock.now() + timedelta(seconds=busy.seconds)
            raise await self._parked(run, until, one_line(str(busy), SHOWN_CHARS)) from busy

    async def _parked(self, run: Run, until: datetime, why: str) -> Parked:
        """Park the task. Returns the outcome of its run."""
        reason = f"{self._waiting}{until:%Y-%m-%d %H:%M:%S} UTC: {why}"
        async with self._outbox.transaction() as tx:
            await run.journal.write_pending(tx)
            await tasks.park(tx, run.task, reason, wake_at=until)
        return Parked(reason)
