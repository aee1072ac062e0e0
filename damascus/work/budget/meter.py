"""Every model call is paid through this module: its worst case is reserved here before the call is made.

A call is reserved under three limits together (the mission's, the day's, the company's) in one transaction, by
compare-and-swap, so that no number of workers can pass a limit together. What it cost is counted when its answer is
recorded (`settlement`).
"""

from collections.abc import Awaitable, Callable

from damascus.core.clock import Clock
from damascus.core.failpoints import failpoint
from damascus.core.ids import new_id
from damascus.core.money import to_microusd
from damascus.core.records.budgets import Reservation
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.work.budget import settlement
from damascus.work.budget.limits import LimitReached, day_scope, limit_reached, scopes_of, today
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease

RETRY_SECONDS = 0.1

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

    async def reserve(self, model: str, worst_microusd: int) -> str:
        """Reserve the worst case of one model call, in micro-USD, under all three limits.

        Waits while it would fit once the calls in flight are settled.

        Returns the reservation's id.
        Raises:
            LimitReached: if it does not fit even then.
            LeaseLost: if another worker has the task.
        """
        while True:
            try:
                reservation = await self._reserve(model, worst_microusd)
            except LimitReached as reached:
                if reached.spent + worst_microusd > reached.limit:
                    raise
                await self._clock.sleep(RETRY_SECONDS)
                continue
            if self.may_send():
                return reservation
            await self.release(reservation)

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

    async def _reserve(self, model: str, amount: int) -> str:
        task = self._lease.task
        reservation, refusal = new_id("res"), None
        async with self._lease.renewed() as tx:
            await self._write_first(tx)
            day = today(tx.now, self._settings).isoformat()
            scopes = scopes_of(task.mission_id, day)
            if not await tx.budgets.reserve(scopes, amount):
                await tx.budgets.ensure(day_scope(day), to_microusd(self._settings.budget.day), tx.now)
                if not await tx.budgets.reserve(scopes, amount):
                    refusal = await limit_reached(tx, scopes, amount)
            if refusal is None:
                owner = task.lease_owner or ""
                row = Reservation(reservation, task.id, task.mission_id, owner, day, model, amount, tx.now)
                await tx.reservations.add(row)
        if refusal is not None:
            raise refusal  # only now: a day whose first call is refused has its row all the same
        failpoint("after-reserve")
        return reservation
