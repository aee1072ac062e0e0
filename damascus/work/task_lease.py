"""A worker's lease on a task, as far as its own clock can tell.

Others take a task over only when the time that `renewed` wrote has passed. That time was counted from after `renewed`
began, so for the lease's length from then on nobody else can have the task. A process that was suspended (stopped,
swapped out, behind a closed lid) sees by `holds` that this is over, without asking anybody: it can look last, right
before something that cannot be undone.

Not promised: the microseconds between that look and the system call, and a wall clock that was set forward for others
only.
"""

import math
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta

from damascus.core.clock import Clock
from damascus.core.errors import LeaseLost
from damascus.core.records.tasks import Task
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.work.outbox import Outbox


class TaskLease:
    """The lease on a claimed task; one per run."""

    def __init__(self, outbox: Outbox, task: Task, settings: Settings, clock: Clock) -> None:
        self.task = task
        self._outbox = outbox
        self._clock = clock
        self._seconds = settings.limits.lease
        self._until = -math.inf

    def holds(self) -> bool:
        """Return True while this worker certainly holds the lease, judged by the local clock alone.

        False means "unknown", not "lost": call `ensure` to ask the ledger.
        """
        return self._clock.monotonic() < self._until

    @asynccontextmanager
    async def renewed(self) -> AsyncIterator[Transaction]:
        """Open a transaction that begins by renewing the lease. Raises LeaseLost if another worker has the task."""
        began, task = self._clock.monotonic(), self.task
        async with self._outbox.transaction() as tx:
            if not await tx.tasks.renew(task.id, task.lease_owner or "", tx.now + timedelta(seconds=self._seconds)):
                raise LeaseLost(f"the task {task.id} is no longer {task.lease_owner}'s")
            yield tx
        self._until = max(self._until, began + self._seconds)

    async def ensure(self) -> None:
        """Return once the lease certainly holds, renewing it if need be.

        If it holds already, nothing else runs before this returns. Raises LeaseLost if another worker has the task.
        """
        while not self.holds():
            async with self.renewed():
                pass
