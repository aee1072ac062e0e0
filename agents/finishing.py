"""What becomes of a `finish`: the receipts are checked, a colleague may have to look, then the task is complete.

Made again after a crash or after its review, a call comes to the same end: what was decided is in the ledger.
"""

from agents import outcomes
from agents.run import Run
from damascus.composition.agents import AgentServices
from damascus.core.failpoints import failpoint
from damascus.core.records.receipts import Receipt
from damascus.core.records.tasks import DeliverableKind, TaskStatus
from damascus.core.records.turns import Turn
from damascus.ledger.transaction import Transaction
from damascus.tools.tool import ToolResult
from damascus.work import desk
from damascus.work.receipts import issue
from damascus.work.tasks import missions, reviews


async def finish(run: Run, turn: Turn, result: ToolResult, services: AgentServices) -> ToolResult:
    """Complete a task that its agent calls done, and raise Finished; return what is missing if it is not done.

    Raises Parked if it waits for a review.
    """
    found = await _receipts(run, turn, result, services)
    missing = issue.unmet(found)
    waits = False
    async with run.journal.fenced() as tx:
        await issue.write(tx, found)
        if missing is None:
            missing, waits = await _reviewed(tx, run, turn, result, services)
        if missing is None and not waits:
            await tx.turns.finish(turn.id, "done", tx.now)
            await desk.post_decisions(tx, run.task, result.decisions)
            await missions.complete(tx, run.task, result.text, result.verdict)
            failpoint("before-completed")
    if waits:
        raise outcomes.Parked("a colleague reviews it")
    if missing is None:
        raise outcomes.Finished(result.text)
    return ToolResult(missing)


async def _receipts(run: Run, turn: Turn, result: ToolResult, services: AgentServices) -> list[Receipt]:
    """Check what the task must leave behind; nothing if that was done before this very call asked for a review."""
    async with services.outbox.reading() as tx:
        if await tx.reviews.of_turn(turn.id) is not None:
            return []
    if run.task.deliverable.kind == DeliverableKind.CODE:
        async with run.journal.fenced(TaskStatus.CHECKING):
            pass  # its tests take a while, and people see that it is checked
    return await services.receipts.check(run.task, run.mission, result.text)


async def _reviewed(
    tx: Transaction, run: Run, turn: Turn, result: ToolResult, services: AgentServices
) -> tuple[str | None, bool]:
    """Return what a review wants to have corrected, None if nothing, and whether the task waits for one."""
    review = await tx.reviews.of_turn(turn.id)
    if review is not None and review.finished_at is not None:
        return reviews.faults(review), False
    if review is not None:
        await reviews.wait_for(tx, run.task, review)
        return None, True
    given = turn.arguments.get("shown_in") if isinstance(turn.arguments, dict) else None
    shown = [str(each) for each in given] if isinstance(given, list) else []
    claim = reviews.Claim(turn, result.text, shown)
    return None, await reviews.begin_if_due(tx, run.task, claim, services.roles) is not None
