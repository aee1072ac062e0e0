"""Runs a task alone that a worker died with: if it kills this one, too, nobody else's calls are lost with it.

One for all agents of a process. It is alone until it got past where it stood when its worker died: a response, the
calls of that response, and the response to these. A worker that carries such a task takes no other meanwhile.
"""

import asyncio
from collections.abc import Callable

from agents.hooks.hook import Hook, Operation
from agents.run import Run
from damascus.core.records.tasks import Task
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import tasks

RESPONSES_ALONE = 2


def _nothing() -> None:
    pass


def _name_of(task: Task) -> str:
    return task.lease_owner or task.id  # of each run its own


class Isolation(Hook):
    """Lets tasks run beside each other, except those that were recovered without a new turn: one by one.

    `on_change` is called whenever `is_needed` may have changed.
    """

    def __init__(self, on_change: Callable[[], None] = _nothing) -> None:
        self.on_change = on_change
        self._beside: set[str] = set()
        self._suspects: dict[str, int] = {}  # and the responses that each still makes alone; the first of them runs
        self._changed = asyncio.Event()

    @property
    def is_needed(self) -> bool:
        """True while a task runs alone, or waits for the others to end."""
        return bool(self._suspects)

    async def around_run(self, lease: TaskLease, run: Operation[None]) -> None:
        """Carry out a run when it may begin; it holds its lease while it waits."""
        id = _name_of(lease.task)
        if lease.task.recoveries:
            self._suspects[id] = RESPONSES_ALONE
        try:
            self._notify()
            while not self._may_begin(id):
                self._changed.clear()
                await self._changed.wait()
            if id not in self._suspects:
                self._beside.add(id)
            else:
                async with lease.renewed() as tx:  # recovery must know that it has begun, and did not only wait
                    await tasks.fence(tx, lease.task)
            await run()
        finally:
            self._beside.discard(id)
            self._suspects.pop(id, None)
            self._notify()

    async def around_record(self, run: Run, record: Operation[None]) -> None:
        """Write a response; the task is one among others when it has made enough of them alone."""
        await record()
        id = _name_of(run.task)
        if id not in self._suspects:
            return
        self._suspects[id] -= 1
        if not self._suspects[id]:
            del self._suspects[id]
            self._beside.add(id)
            self._notify()

    def _may_begin(self, id: str) -> bool:
        if id in self._suspects:
            return not self._beside and next(iter(self._suspects)) == id
        return not self._suspects

    def _notify(self) -> None:
        self._changed.set()
        self.on_change()
