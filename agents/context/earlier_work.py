"""The section "Earlier work of yours": what the role has completed on other missions."""

from agents.context.token_budget import MAX_ENTRY_CHARS, TokenBudget
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import ReadTransaction

MAX_EARLIER_TASKS = 5


async def gather(tx: ReadTransaction, task: Task, budget: TokenBudget) -> tuple[Task, ...]:
    """Return the role's newest MAX_EARLIER_TASKS completed tasks of other missions, newest first."""
    done = await tx.tasks.done_by_role(task.role, besides=task.mission_id, limit=MAX_EARLIER_TASKS)
    return budget.newest(done[::-1], _chars)[::-1]


def _chars(task: Task) -> int:
    return len(task.title) + min(len(task.summary or ""), MAX_ENTRY_CHARS)
