"""Parks a task whose model cannot be asked soon: its server asks to come back later, or others are before it.

A wait costs nothing and holds no worker. What may be asked when is decided where a call's money is reserved
(work/budget/pace.py); the office wakes the task when it is its turn (work/tasks/model_queue.py).
"""

from agents.hooks.hook import Hook, Operation
from agents.outcomes import Parked
from agents.run import Run
from damascus.llm.port import ModelBusy, ModelResponse
from damascus.work.budget.pace import Paces
from damascus.work.outbox import Outbox
from damascus.work.tasks import model_queue


class WaitForModel(Hook):
    """Lets a task wait for its model outside of any worker."""

    def __init__(self, outbox: Outbox, paces: Paces) -> None:
        self._outbox = outbox
        self._paces = paces

    async def around_think(self, run: Run, think: Operation[ModelResponse]) -> ModelResponse:
        """Carry out one model call; raise Parked if it has to wait."""
        try:
            return await think()
        except ModelBusy as busy:
            async with self._outbox.transaction() as tx:
                await run.journal.write_pending(tx)
                reason = await model_queue.park(tx, run.task, busy.model, self._paces)
            raise Parked(reason) from busy
