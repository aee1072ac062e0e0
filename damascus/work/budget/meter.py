"""Every model call is paid through this module: its worst case is reserved here before the call is made.

A call is reserved under three limits together (the mission's, the day's, the company's) in one transaction, by
compare-and-swap, so that no number of workers can pass a limit together. What it cost is counted when its answer is
recorded (`settlement`).
"""

from collections.abc import Awaitable, Callable

from damascus.core.backoff import Backoff
from damascus.core.clock import Clock
from damascus.core.failpoints import failpoint
from damascus.core.ids import new_id
from damascus.core.money import to_microusd
from damascus.core.records.budgets import Reservation
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.llm.port import Reserved
from damascus.work.budget import limits, settlement
from damascus.work.budget.limits import LimitReached, day_scope, scopes_of, today
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease

WAIT = Backoff(first_seconds=0.1, max_seconds=1.0)

WriteInSameTransaction = Callable[[Transaction], Awaitable[None]]


async def _write_nothing(_: Transaction) -> None:
    pass


class BudgetMeter:
    """Reserves and releases money for the calls of one task run (the model client's port).

    `write_first` writes what must be in the ledger before the call, in the reservation's own transaction.
    """

    def __init__(
        self,
        outbox: Outbox,
        lease: TaskLease,
        settings: Settings,
        clock: Clock,
        write_first: WriteInSameTransaction = _write_nothing,
    ) -> None:
        self._outbox = outbox
        self._lease = lease
        self._settings = settings
        self._clock = clock
        self._write_first = write_first

    async def reserve(self, model: str, worst_microusd: int, least_microusd: int) -> Reserved:
        """Reserve the worst case of one model call, in micro-USD, under all three limits.

        Waits while it does not fit only because of what is reserved for calls in flight. If it will never fit, what is
        left is reserved, at least `least_microusd`.

        Raises:
            LimitReached: if not even that will fit.
            LeaseLost: if another worker has the task.
        """
        retries = 0
        while True:
            try:
                reserved = await self._reserve(model, worst_microusd, least_microusd)
            except LimitReached as reached:
                if not reached.passes:
                    raise
                await self._clock.sleep(WAIT.pause(retries))
                retries += 1
                continue
            if self.may_send():
                return reserved
            await self.release(reserved.id)

    def may_send(self) -> bool:
        """Return True if the call is certainly still this worker's to make.

        If it is not, this worker was suspended, and another worker may already have made the call.
        """
        return self._lease.holds()

    async def release(self, reservation: str) -> None:
        """Release what was reserved for a call that certainly cost nothing."""
        async with self._outbox.transaction() as tx:
            await settlement.release(tx, reservation, self._settings)

    async def lost(self, reservation: str) -> None:
        """Charge a call whose response did not arrive at its worst case."""
        async with self._outbox.transaction() as tx:
            await settlement.charge_lost_call(tx, reservation, self._lease.task.role, self._settings)

    async def _reserve(self, model: str, worst: int, least: int) -> Reserved:
        task, id = self._lease.task, new_id("res")
        async with self._lease.renewed() as tx:
            await self._write_first(tx)
            day = today(tx.now, self._settings).isoformat()
            scopes = scopes_of(task.mission_id, day)
            amount = await limits.reserve(tx, scopes, worst, least)
            if isinstance(amount, LimitReached):  # or it is the day's first call
                await tx.budgets.ensure(day_scope(day), to_microusd(self._settings.budget.day), tx.now)
                amount = await limits.reserve(tx, scopes, worst, least)
            if not isinstance(amount, LimitReached):
                owner = task.lease_owner or ""
                row = Reservation(id, task.id, task.mission_id, owner, day, model, amount, tx.now)
                await tx.reservations.add(row)
        if isinstance(amount, LimitReached):
            raise amount  # only now: the day whose first call is refused has its row all the same
        failpoint("after-reserve")
        return Reserved(id, amount)
