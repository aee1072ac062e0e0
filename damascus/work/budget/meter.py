"""Every model call is paid through this module: its worst case is reserved here before the call is made.

A call is reserved under three limits together (the mission's, the day's, the company's) in one transaction, by
compare-and-swap, so that no number of workers can pass a limit together. What it cost is counted when its answer is
recorded (`settlement`).
"""

import asyncio
from collections.abc import Awaitable, Callable

from damascus.core.backoff import Backoff
from damascus.core.clock import Clock
from damascus.core.failpoints import failpoint
from damascus.core.ids import new_id
from damascus.core.records.budgets import PriceKind, Reservation
from damascus.core.records.model_paces import Told
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.llm.port import ModelBusy, Reserved
from damascus.work.budget import limits, settlement
from damascus.work.budget.limits import LimitReached, day_scope, scopes_of, today
from damascus.work.budget.pace import MustWait, Paces
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
        self._paces = Paces(settings.models)

    async def reserve(
        self, model: str, worst_microusd: int, least_microusd: int, tokens: int = 0, price: PriceKind = PriceKind.KNOWN
    ) -> Reserved:
        """Reserve the worst case of one model call, in micro-USD, under all three limits, and its turn at the model.

        Waits while it does not fit only because of what is reserved for calls in flight, and for its turn if that comes
        soon. If it will never fit, what is left is reserved, at least `least_microusd`. For a free model the call and
        its tokens are reserved.

        Raises:
            LimitReached: if not even that will fit.
            ModelBusy: if its turn does not come soon; nothing is reserved.
            LeaseLost: if another worker has the task.
        """
        retries = 0
        while True:
            try:
                reserved, seconds = await self._reserve(model, worst_microusd, least_microusd, tokens, price)
            except LimitReached as reached:
                if not reached.passes:
                    raise
                await self._clock.sleep(WAIT.pause(retries))
                retries += 1
                continue
            await self._wait_for_turn(reserved, seconds)
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

    async def put_off(self, reservation: str, model: str, told: Told) -> None:
        """Release what was reserved for a call that the model's server refused for now, and close the model so long."""
        async with self._outbox.transaction() as tx:
            await settlement.release(tx, reservation, self._settings)
            await self._paces.put_off(tx, model, told)

    async def lost(self, reservation: str) -> None:
        """Charge a call whose response did not arrive at its worst case."""
        async with self._outbox.transaction() as tx:
            await settlement.charge_lost_call(tx, reservation, self._lease.task.role, self._settings)

    async def _wait_for_turn(self, reserved: Reserved, seconds: float) -> None:
        """Wait for a turn that is taken already; nothing stays reserved if the wait is broken off."""
        if seconds <= 0:
            return
        try:
            await self._clock.sleep(seconds)
        except BaseException:
            await asyncio.shield(self.release(reserved.id))
            raise

    async def _reserve(
        self, model: str, worst: int, least: int, tokens: int, price: PriceKind
    ) -> tuple[Reserved, float]:
        """Reserve money and the next turn together, or nothing. Returns the seconds until the turn comes, too."""
        async with self._lease.renewed() as tx:
            await self._write_first(tx)
            found = await self._reserve_in(tx, model, worst, least, (tokens, price))
        if not isinstance(found, tuple):
            raise found  # only now: the day whose first call is refused has its row all the same
        failpoint("after-reserve")
        return found

    async def _reserve_in(
        self, tx: Transaction, model: str, worst: int, least: int, call: tuple[int, PriceKind]
    ) -> tuple[Reserved, float] | LimitReached | ModelBusy:
        task, (tokens, price) = self._lease.task, call
        day = today(tx.now, self._settings).isoformat()
        amount = await self._reserve_amount(tx, day, worst, least, call)
        if isinstance(amount, LimitReached):
            return amount
        turn = await self._paces.take_turn(tx, task, model, tokens)
        id, owner = new_id("res"), task.lease_owner or ""
        row = Reservation(id, task.id, task.mission_id, owner, day, model, amount, tx.now, tokens, price)
        if isinstance(turn, MustWait):
            await settlement.give_back(tx, row, self._settings)
            return ModelBusy(f"{model}: {turn.why}", (turn.until - tx.now).total_seconds(), model)
        await tx.reservations.add(row)
        return Reserved(id, amount), turn

    async def _reserve_amount(
        self, tx: Transaction, day: str, worst: int, least: int, call: tuple[int, PriceKind]
    ) -> int | LimitReached:
        """Reserve what a call may cost or, where it costs nothing, the call and its tokens. Returns the micro-USD."""
        mission_id, (tokens, price) = self._lease.task.mission_id, call
        scopes, of_day, zone = scopes_of(mission_id, day), day_scope(day), self._settings.budget.time_zone
        if price == PriceKind.FREE:
            await tx.budgets.ensure(of_day, limits.configured(of_day, self._settings), tx.now)  # it may cost, after all
            return await limits.reserve_free(tx, mission_id, day, tokens, self._settings) or 0
        amount = await limits.reserve(tx, scopes, worst, least, zone)
        if isinstance(amount, LimitReached):  # or it is the day's first call
            await tx.budgets.ensure(of_day, limits.configured(of_day, self._settings), tx.now)
            amount = await limits.reserve(tx, scopes, worst, least, zone)
        return amount
