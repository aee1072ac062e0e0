"""Parks a task that has become dearer or longer than the CEO signed, and asks for the difference."""

from agents.hooks.hook import Hook
from agents.outcomes import Parked
from agents.run import Run
from damascus.core.records.tasks import TaskKind
from damascus.work import desk
from damascus.work.outbox import Outbox
from damascus.work.tasks import quotes


class SignedQuote(Hook):
    """Holds a task to the worst that was signed for it; missions without a quote are left alone."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def after_act(self, run: Run) -> None:
        """Raise Parked if the next call would begin above what was signed."""
        if run.task.kind != TaskKind.WORK:
            return
        async with self._outbox.reading() as tx:
            if await quotes.exceeded(tx, run.task) is None:
                return
        await run.journal.flush()
        async with self._outbox.transaction() as tx:
            exceeded = await quotes.exceeded(tx, run.task)
            if exceeded is None:
                return  # signed meanwhile
            await desk.ask_difference(tx, run.task, exceeded)
        raise Parked("dearer or longer than was signed")
