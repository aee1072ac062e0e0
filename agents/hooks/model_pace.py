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

MAX_WAIT = timedelta(days=8)  # a week's quota
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
            others = [task for task in await tx.tasks.parked_for(self._waiting) if task.wake_at]
            until = max((task.wake_at for task in others if task.wake_at), default=None)
            now = tx.now
        if until is not None and until > now:
            await self._park(run, until, "as others do")
        try:
            return await think()
        except ModelBusy as busy:
            wait = min(timedelta(seconds=busy.seconds), MAX_WAIT)
            await self._park(run, None, one_line(str(busy), SHOWN_CHARS), wait)
            raise AssertionError("unreachable") from busy

    async def _park(self, run: Run, until: datetime | None, why: str, wait: timedelta = timedelta()) -> None:
        async with self._outbox.transaction() as tx:
            await run.journal.write_pending(tx)
            at = until or tx.now + wait
            reason = f"{self._waiting}{at:%Y-%m-%d %H:%M:%S} UTC: {why}"
            await tasks.park(tx, run.task, reason, wake_at=at)
        raise Parked(reason)
