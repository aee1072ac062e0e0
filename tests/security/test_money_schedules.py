"""Fifty callers race for money in ten thousand random orders: no limit is passed, and nobody asks without need.

Class: a gate on money that leaks (races for the last cent, deaths, reports below the worst case) or starves (worst
cases that block a budget nobody spent). SQLite carries out one writing transaction after the other, so each schedule
of them is an order of the steps that the meter takes; here they are taken in one transaction, on the real statements.
`test_budget_schedules.py` plays the meter, the desk and recovery beside each other on both databases.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from hypothesis import settings

from damascus.ledger.engine import Ledger
from damascus.ledger.transaction import Transaction
from damascus.work.budget import limits

CALLERS = 50
MISSIONS = 4
# `make fuzz` plays ten times as many
SCHEDULES = 10_000 if settings().max_examples <= 100 else 100_000
BATCH = 250


@dataclass
class Caller:
    """One call: its worst case, what it needs at least, and what it will have cost."""

    scopes: tuple[str, str, str]
    worst: int
    least: int
    share: float
    amount: int = 0
    at: str = "waiting"


@dataclass
class Schedule:
    """One race; `limit`, `spent` and `reserved` are what the ledger must say of each scope."""

    tx: Transaction
    rng: random.Random
    limit: dict[str, int]
    callers: list[Caller]
    spent: dict[str, int] = field(default_factory=dict)
    reserved: dict[str, int] = field(default_factory=dict)

    async def play(self) -> None:
        for scope, limit in self.limit.items():
            await self.tx.budgets.ensure(scope, limit, self.tx.now)
        active = list(self.callers)
        while active:
            at = self.rng.randrange(len(active))
            caller = active[at]
            await (self._settle(caller) if caller.at == "in flight" else self._try(caller))
            if caller.at in ("done", "parked"):
                active[at] = active[-1]
                active.pop()
        await self._audit()

    async def _try(self, caller: Caller) -> None:
        got = await limits.reserve(self.tx, caller.scopes, caller.worst, caller.least)
        if isinstance(got, limits.LimitReached):
            caller.at = "waiting" if got.passes else "parked"
            assert any(other.at == "in flight" for other in self.callers) or not got.passes, "it waits for nobody"
            return
        assert caller.least <= got <= caller.worst
        caller.amount, caller.at = got, "in flight"
        for scope in caller.scopes:
            self.reserved[scope] = self.reserved.get(scope, 0) + got
            assert self.spent.get(scope, 0) + self.reserved[scope] <= self.limit[scope], "a limit is passed"

    async def _settle(self, caller: Caller) -> None:
        cost = int(caller.amount * caller.share)
        for budget in await self.tx.budgets.settle(caller.scopes, caller.amount, cost):
            scope = budget.scope
            self.reserved[scope] -= caller.amount
            self.spent[scope] = self.spent.get(scope, 0) + cost
            assert (budget.spent, budget.reserved) == (self.spent[scope], self.reserved[scope])
        caller.at = "done"

    async def _audit(self) -> None:
        """Nothing is reserved any more, no limit was passed, and who is parked has too little for its next call."""
        for row in await self.tx.budgets.list(*self.limit):
            assert (row.spent, row.reserved) == (self.spent.get(row.scope, 0), 0)
            assert row.spent <= row.limit
        for caller in self.callers:
            if caller.at == "parked":
                unspent = min(self.limit[scope] - self.spent.get(scope, 0) for scope in caller.scopes)
                assert unspent < caller.least, "parked at the desk though its next call could be paid"


def a_schedule(tx: Transaction, seed: int) -> Schedule:
    rng = random.Random(seed)
    worst = [rng.choice((1, 2, 17, 100, 400)) * rng.randint(1, 5) for _ in range(CALLERS)]
    total = sum(worst)
    limit = {
        f"{name}:{seed}": max(1, int(total * rng.uniform(0.02, 1.2) / part))
        for name, part in (("company", 1), ("day", 1), *((f"m{n}", MISSIONS) for n in range(MISSIONS)))
    }
    callers = [
        Caller(
            (f"company:{seed}", f"day:{seed}", f"m{rng.randrange(MISSIONS)}:{seed}"), most,
            max(1, int(most * rng.choice((0.1, 0.25, 1.0)))), rng.choice((0.0, 0.1, 0.3, 0.9, 1.0, 1.0)),
        )
        for most in worst
    ]  # fmt: skip
    return Schedule(tx, rng, limit, callers)


@pytest.fixture
async def ledger(sqlite_ledger_url: str) -> AsyncIterator[Ledger]:
    ledger = Ledger(sqlite_ledger_url)
    yield ledger
    await ledger.close()


@pytest.mark.long
@pytest.mark.timeout(1_200)
@pytest.mark.attack("fifty callers in ten thousand orders", "leaking or starving gate on money")
async def test_in_no_order_a_limit_is_passed_or_a_task_parked_whose_next_call_could_be_paid(ledger: Ledger) -> None:
    for first in range(0, SCHEDULES, BATCH):
        async with ledger.transaction() as tx:
            for seed in range(first, first + BATCH):
                await a_schedule(tx, seed).play()
