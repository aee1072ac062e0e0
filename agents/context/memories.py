"""The sections "The CEO's rules" and "What earlier missions taught".

What a task is shown is noted before (agents/hooks/recall.py) and read here, so that another worker shows the same. What
was forgotten, or is another's own, is not shown.
"""

from agents.context.token_budget import TokenBudget
from damascus.core.records.memories import Memory
from damascus.core.records.tasks import Task
from damascus.knowledge.memory.relevance import fitting, is_rule
from damascus.ledger.transaction import ReadTransaction


async def gather(tx: ReadTransaction, task: Task, budget: TokenBudget) -> tuple[tuple[Memory, ...], tuple[Memory, ...]]:
    """Return the CEO's rules, and what else the task was shown first and is not too much; both oldest first."""
    shown = sorted(await tx.memory_uses.of_task(task.id), key=lambda use: use.created_at)
    found = await tx.memories.among([use.memory_id for use in shown], task.role)
    known = [found[use.memory_id] for use in shown if use.memory_id in found]
    rules = tuple(sorted((memory for memory in known if is_rule(memory)), key=lambda memory: memory.id))
    budget.spend(*(rule.content for rule in rules))
    learnt = fitting(memory for memory in known if not is_rule(memory))
    return rules, budget.newest(sorted(learnt, key=lambda memory: memory.id), _chars)


def _chars(memory: Memory) -> int:
    return len(memory.content)
