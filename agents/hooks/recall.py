"""Looks up what the company knows that a task should be told, before its first step.

What is found is noted with the task, and its prompt is made of the notes (agents/context/memories.py): so a run that
takes the task over tells it the same, and people see what it was told. The CEO's rules are looked up before every run.
"""

from collections.abc import Callable

from agents.hooks.hook import Hook, Operation
from damascus.core.failpoints import failpoint
from damascus.core.records.memories import Memory
from damascus.core.records.tasks import TaskKind
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.port import Embedder
from damascus.knowledge.memory.relevance import fitting, is_outcome, query_of, relevant
from damascus.work import policies
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import tasks

MAX_FOUND = 8
NEEDS_NOTHING = (TaskKind.SYNTHESIS, TaskKind.REVIEW)  # they look at what this mission did


class Recall(Hook):
    """Has each task told the CEO's rules, and what earlier missions taught that is like it."""

    def __init__(
        self,
        outbox: Outbox,
        memory: CompanyMemory,
        embedder_for: Callable[[TaskLease], Embedder | None],
    ) -> None:
        self._outbox = outbox
        self._memory = memory
        self._embedder_for = embedder_for

    async def around_run(self, lease: TaskLease, run: Operation[None]) -> None:
        """Note what the task is to be told, then carry out the run. Raises LeaseLost if it is another worker's."""
        await self._note(lease)
        await run()

    async def _note(self, lease: TaskLease) -> None:
        task = lease.task
        async with self._outbox.reading() as tx:
            rules = await tx.memories.rules()
            noted = {use.memory_id for use in await tx.memory_uses.of_task(task.id)}
            directive = (await tx.missions.get(task.mission_id)).directive_text
            is_to_recall = (
                task.kind not in NEEDS_NOTHING
                and not await tx.turns.has_any(task.id)
                and (await policies.memory(tx)).use
                and await tx.memories.has_any()
            )
        found = await self._found(lease, directive) if is_to_recall else []
        new = [memory for memory in [*rules, *found] if memory.id not in noted]
        if not new:
            return
        async with self._outbox.transaction() as tx:
            await tasks.fence(tx, task)
            await self._memory.note_shown(tx, task.id, new)
            failpoint("before-told")
        failpoint("after-told")

    async def _found(self, lease: TaskLease, directive: str) -> list[Memory]:
        task = lease.task
        query = query_of(task, directive)
        recalled = await self._memory.recall(query, task.role, MAX_FOUND, self._embedder_for(lease))
        found = [one.memory for one in recalled if task.kind == TaskKind.PLAN or not is_outcome(one.memory)]
        return fitting(relevant(query, found))
