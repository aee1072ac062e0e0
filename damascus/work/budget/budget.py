"""The one door for money: every model call holds its worst case here before it is made.

A call is held against three limits at once (the mission's, the day's, the company's) in one transaction, by
compare-and-swap, so that no number of workers can pass a limit together. What a call cost is counted when its
answer is recorded. A call whose answer was lost is counted at its worst case: the provider may have billed it. No call
is counted at more than was held for it, whatever its server says: one lie must not use up the company's money.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date

from damascus.core.clock import Clock
from damascus.core.errors import OverBudget
from damascus.core.events import BudgetMoved, EventKind
from damascus.core.failpoints import failpoint
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.records.budgets import Budget, BudgetChange, Reservation
from damascus.core.records.tasks import Task
from damascus.core.records.usage import Usage
from damascus.core.settings import Settings
from damascus.ledger.transaction import Transaction
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease

log = logging.getLogger(__name__)

COMPANY = "company"
A_DAY = "day:"
MICRO = 1_000_000
WAIT_SECONDS = 0.1
MAX_LIMIT_MICROUSD = 1_000_000 * MICRO  # of any limit: a slip of the hand, and more than the ledger could count up to

WriteInSameTransaction = Callable[[Transaction], Awaitable[None]]


def micro(usd: float) -> int:
    """US dollars as micro-USD, rounded to the nearest."""
    return round(usd * MICRO)


def dollars(limit: int) -> str:
    """A limit of so many micro-USD for people: in cents, or finer where it has fractions of them."""
    return f"${limit / MICRO:.4f}" if limit % 10_000 else f"${limit / MICRO:.2f}"


def day_scope(day: date | str) -> str:
    return f"{A_DAY}{day}"


def mission_scope(mission_id: str) -> str:
    return f"mission:{mission_id}"


@dataclass(frozen=True, slots=True)
class Cost:
    """What an answered call used: tokens and micro-USD; `price_known` is false where a default price was taken."""

    model: str
    input_tokens: int
    output_tokens: int
    cost: int
    price_known: bool


class LimitReached(OverBudget):
    """A limit is reached; `scope` says which, `need` how much a call would have to be able to spend (micro-USD)."""

    def __init__(self, scope: str, limit: int, spent: int, need: int) -> None:
        name = "mission" if scope.startswith("mission:") else scope
        super().__init__(
            f"the {name} budget of {dollars(limit)} is used up (${spent / MICRO:.4f} spent; "
            f"the next call may cost ${need / MICRO:.4f})"
        )
        self.scope, self.limit, self.spent, self.need = scope, limit, spent, need


class BudgetMeter:
    """Holds and gives back money for the calls of one task run (the model client's port).

    `along` writes what must be in the ledger before the call, in the reservation's own transaction.
    """

    def __init__(
        self,
        outbox: Outbox,
        lease: TaskLease,
        settings: Settings,
        clock: Clock,
        along: WriteInSameTransaction = lambda _: _nothing(),
    ) -> None:
        self._outbox = outbox
        self._lease = lease
        self._settings = settings
        self._clock = clock
        self._along = along

    async def reserve(self, model: str, worst_microusd: int) -> str:
        """Hold the worst case of one call; the reservation's id.

        Raises LimitReached when it cannot fit, LeaseLost when the task is no longer this worker's. While it does
        not fit only because other calls are under way, waits for them.
        """
        while True:
            try:
                held = await self._try(model, worst_microusd)
            except LimitReached as reached:
                if reached.spent + worst_microusd > reached.limit:
                    raise
                await self._clock.sleep(WAIT_SECONDS)
                continue
            if self.may_send():
                return held
            await self.release(held)

    def may_send(self) -> bool:
        """Whether the call is still this worker's to make; if it stood still, whoever took over may have made it."""
        return self._lease.holds()

    async def release(self, reservation: str) -> None:
        """Give back what was held: the call surely cost nothing."""
        async with self._outbox.transaction() as tx:
            held = await tx.reservations.take(reservation)
            if held is not None:
                await _settle(tx, held, 0, self._settings)

    async def lost(self, reservation: str) -> None:
        """Count a call whose answer did not arrive at its worst case."""
        async with self._outbox.transaction() as tx:
            held = await tx.reservations.take(reservation)
            if held is not None:
                await charge_lost_call(tx, held, self._lease.task.role, self._settings)

    async def _try(self, model: str, amount: int) -> str:
        task = self._lease.task
        async with self._lease.renewed() as tx:
            await self._along(tx)
            day = tx.now.date().isoformat()
            scopes = _scopes(task.mission_id, day)
            if not await tx.budgets.reserve(scopes, amount):
                await tx.budgets.ensure(day_scope(day), micro(self._settings.budget.day), tx.now)
                if not await tx.budgets.reserve(scopes, amount):
                    raise await _reached(tx, scopes, amount)
            owner = task.lease_owner or ""
            held = Reservation(new_id("res"), task.id, task.mission_id, owner, day, model, amount, tx.now)
            await tx.reservations.add(held)
        failpoint("after-reserve")
        return held.id


async def _nothing() -> None:
    pass


async def _reached(tx: Transaction, scopes: Sequence[str], amount: int) -> LimitReached:
    """The first limit that does not take the amount."""
    rows = await tx.budgets.list(*scopes)
    full = next(row for row in rows if row.spent + row.reserved + amount > row.limit)
    return LimitReached(full.scope, full.limit, full.spent, amount)


async def ensure_company_limit(tx: Transaction, settings: Settings) -> None:
    """Make the company's limit, or raise it to what config.yaml says now."""
    limit = micro(settings.budget.company)
    await tx.budgets.ensure(COMPANY, limit, tx.now)
    if (await tx.budgets.get(COMPANY)).limit < limit:
        await tx.budgets.set_limit(COMPANY, limit)


async def settle(tx: Transaction, reservation: str, task: Task, cost: Cost, settings: Settings) -> bool:
    """Count an answered call; False when it was counted before (by whoever took the task over).

    Nothing above the worst case is counted, whatever the server says: it would contradict the price, and pass limits.
    """
    held = await tx.reservations.take(reservation)
    if held is None:
        return False
    cost = _credible(cost, held)
    await tx.usage.add(
        Usage(
            id=new_id("use"), mission_id=task.mission_id, task_id=task.id, role=task.role, model=cost.model,
            input_tokens=cost.input_tokens, output_tokens=cost.output_tokens, cost=cost.cost,
            price_known=cost.price_known, answered=True, created_at=tx.now,
        )
    )  # fmt: skip
    await _settle(tx, held, cost.cost, settings)
    return True


def _credible(cost: Cost, held: Reservation) -> Cost:
    if cost.cost <= held.amount:
        return cost
    said, most = cost.cost / MICRO, held.amount / MICRO
    log.warning(
        "%s says that a call cost $%.4f; it can have cost $%.4f at most: see model.prices", cost.model, said, most
    )
    return replace(cost, cost=held.amount, price_known=False)


async def charge_lost_call(tx: Transaction, held: Reservation, agent: str, settings: Settings) -> None:
    """Count a reservation, already taken, whose call was lost."""
    await tx.usage.add(
        Usage(
            id=new_id("use"), mission_id=held.mission_id, task_id=held.task_id, role=agent, model=held.model,
            input_tokens=0, output_tokens=0, cost=held.amount, price_known=True, answered=False, created_at=tx.now,
        )
    )  # fmt: skip
    await _settle(tx, held, held.amount, settings)


async def charge_lost_calls_of(tx: Transaction, task: Task, settings: Settings) -> None:
    """Count what a dead worker left in flight for a task."""
    for row in await tx.reservations.of_task(task.id):
        held = await tx.reservations.take(row.id)
        if held is not None:
            await charge_lost_call(tx, held, task.role, settings)


async def _settle(tx: Transaction, held: Reservation, cost: int, settings: Settings) -> None:
    for budget in await tx.budgets.settle(_scopes(held.mission_id, held.day), held.amount, cost):
        if cost and not budget.warned and budget.spent >= budget.limit * settings.budget.warn_at:
            await _warn(tx, budget, held.mission_id)


async def _warn(tx: Transaction, budget: Budget, mission_id: str) -> None:
    if not await tx.budgets.warn(budget.scope):
        return
    moved = BudgetMoved(scope=budget.scope, spent=budget.spent, limit=budget.limit, what=BudgetChange.WARNED)
    tx.events.append(EventKind.BUDGET, "office", moved, mission_id)
    text = f"${budget.spent / MICRO:.4f} of {dollars(budget.limit)} is spent."
    context = {"mission_id": mission_id}
    await tx.messages.post(Message(sender="office", to="ceo", type=MessageType.STATUS, content=text, context=context))


def _scopes(mission_id: str, day: str) -> tuple[str, str, str]:
    return (COMPANY, day_scope(day), mission_scope(mission_id))
