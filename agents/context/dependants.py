"""The section "Who builds on it": what is asked of the tasks that wait for this one, so that it serves them."""

from dataclasses import dataclass

from agents.context.token_budget import TokenBudget
from damascus.core.records.tasks import Task, TaskKind, TaskStatus
from damascus.ledger.transaction import ReadTransaction

MAX_DEPENDANTS = 6
MAX_LINES = 8
MAX_LINE_CHARS = 160


@dataclass(frozen=True, slots=True)
class Dependant:
    """A task that waits for this one, and the first lines of its acceptance."""

    role: str
    title: str
    lines: tuple[str, ...]


async def gather(tx: ReadTransaction, task: Task, budget: TokenBudget) -> tuple[Dependant, ...]:
    """Return the tasks that were planned on the result of this one."""
    if task.kind != TaskKind.WORK:
        return ()
    graph = await tx.tasks.dependencies(task.mission_id)
    if not any(task.id in needs for needs in graph.values()):
        return ()
    others = [other for other in await tx.tasks.of_mission(task.mission_id) if task.id in graph.get(other.id, ())]
    waiting = [other for other in others if other.status not in TaskStatus.UNSUCCESSFUL]
    found = tuple(Dependant(o.role, o.title, tuple(o.acceptance[:MAX_LINES])) for o in waiting[:MAX_DEPENDANTS])
    budget.spend(*(line[:MAX_LINE_CHARS] for one in found for line in (one.title, *one.lines)))
    return found
