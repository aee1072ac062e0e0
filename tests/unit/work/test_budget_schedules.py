"""Money under any schedule: whoever reserves, answers or dies when, no limit is passed and no cent is lost."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.core.clock import Clock, FixedClock, SystemClock
from damascus.core.records.budgets import Budget
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.core.records.usage import CallCost
from damascus.llm.port import Reserved
from damascus.work import desk
from damascus.work.budget import limits, settlement
from damascus.work.budget.meter import BudgetMeter
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import recovery, tasks
from tests.fixtures.fuzz import door
from tests.fixtures.story import LEASE, SETTINGS, planned, running_mission

HALF_A_DOLLAR = 500_000
FATES = st.sampled_from(["settled", "settled", "lost", "released", "died"])
# the worst case of a call, what becomes of it, and what it costs as far as it may
CALL = st.tuples(st.integers(1, 400), FATES, st.integers(0, 1_200))
SHORTEST = 4  # part of a call's worst case that it needs at least
SCHEDULES = st.lists(st.lists(CALL, max_size=4), min_size=1, max_size=5)


def metered(outbox: Outbox, task: Task, clock: Clock) -> BudgetMeter:
    return BudgetMeter(outbox, TaskLease(outbox, task, SETTINGS, clock), SETTINGS, clock)


@pytest.fixture(autouse=True)
async def company(outbox: Outbox) -> None:
    async with outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, SETTINGS)


async def mission_of(outbox: Outbox, limit: int) -> Mission:
    return await running_mission(outbox, planned("a"), budget=limit)


async def a_task(outbox: Outbox, mission: Mission, n: int) -> Task:
    async with outbox.transaction() as tx:
        blank = replace(tasks.new_task(mission.id, "pm", tx.now), key=f"t{n}", title="t", description="d")
        return await tasks.add(tx, blank)


class Worker:
    """Makes its calls one after the other, parked while there is no money; `made` is what it got done, in order."""

    def __init__(self, outbox: Outbox, task: Task, calls: list[tuple[int, str, int]]) -> None:
        self.outbox, self.task, self.calls = outbox, task, calls
        self.made: list[int] = []
        self.parked = 0
        self.spent = 0

    async def work(self) -> None:
        for n, (worst, fate, claimed) in enumerate(self.calls):
            await self._call(n, worst, fate, claimed)

    async def _call(self, n: int, worst: int, fate: str, claimed: int) -> None:
        while True:
            held = await self._claim()
            meter = metered(self.outbox, held, FixedClock())
            try:
                reserved = await meter.reserve("m", worst, worst // SHORTEST + 1)
            except limits.LimitReached as reached:
                self.parked += 1
                async with self.outbox.transaction() as tx:
                    await desk.request_budget(tx, held, reached)
                continue
            await self._end(meter, held, reserved, fate, claimed)
            self.made.append(n)
            return

    async def _end(self, meter: BudgetMeter, held: Task, reserved: Reserved, fate: str, claimed: int) -> None:
        await asyncio.sleep(0)
        if fate == "lost":
            await meter.lost(reserved.id)
        elif fate == "released":
            await meter.release(reserved.id)
        cost = {"released": 0, "settled": min(reserved.microusd, claimed)}.get(fate, reserved.microusd)
        self.spent += cost
        async with self.outbox.transaction() as tx:
            if fate == "settled":
                paid = CallCost("m", 1, 1, cost, price_known=True)
                assert await settlement.settle(tx, reserved.id, held, paid, SETTINGS)
            # each call by a new process of the worker: the one before it is gone, whether it died or not
            await tasks.fence(tx, held, got_further=True)
            assert await recovery.recover_tasks_of(tx, str(held.lease_owner).split("/")[0], SETTINGS) == 1

    async def _claim(self) -> Task:
        """Take the task as soon as it is queued: at once, or when the CEO has raised the limit."""
        while True:
            async with self.outbox.transaction() as tx:
                claimed = await tasks.claim(tx, self.task.id, f"{self.task.key}-1/run", LEASE)
            if claimed is not None:
                return claimed
            await asyncio.sleep(0)


async def spend_under(outbox: Outbox, mission: Mission, workers: list[Worker], raises: list[int]) -> None:
    """All workers at once, a CEO who raises a limit whenever asked, and an auditor who looks all the time."""
    crowd = asyncio.gather(*(worker.work() for worker in workers))
    while not crowd.done():
        await audit(outbox, mission)
        async with outbox.transaction() as tx:
            for request in await tx.desk_items.open():
                if request.mission_id == mission.id:
                    await desk.approve(tx, request.id, request.amount + (raises.pop() if raises else 0))
        await asyncio.sleep(0)
    await crowd


async def audit(outbox: Outbox, mission: Mission) -> Budget:
    """What is spent and held is within the limit, and is what usage and reservations add up to."""
    async with outbox.reading() as tx:
        row = await tx.budgets.get(limits.mission_scope(mission.id))
        rows = await tx.tasks.of_mission(mission.id)
        used = sum([use.cost for task in rows for use in await tx.usage.of_task(task.id)])
        held = sum([res.amount for task in rows for res in await tx.reservations.of_task(task.id)])
    assert row.spent + row.reserved <= row.limit
    assert (row.spent, row.reserved) == (used, held)
    return row


@door(10)
@given(SCHEDULES, st.integers(1, 900), st.lists(st.integers(0, 500), max_size=3))
async def test_no_schedule_passes_a_limit_or_loses_money_or_work(
    outbox: Outbox, schedule: list[list[tuple[int, str, int]]], limit: int, raises: list[int]
) -> None:
    mission = await mission_of(outbox, limit)
    workers = [Worker(outbox, await a_task(outbox, mission, n), calls) for n, calls in enumerate(schedule)]
    await spend_under(outbox, mission, workers, raises)
    assert [worker.made for worker in workers] == [list(range(len(calls))) for calls in schedule]
    row = await audit(outbox, mission)
    assert row.reserved == 0
    assert row.spent == sum(worker.spent for worker in workers)


async def test_fifty_workers_never_spend_more_than_half_a_dollar_whatever_calls_cost(outbox: Outbox) -> None:
    """Prices made to hurt: as dear as can be, free, tiny, more than the limit."""
    mission = await mission_of(outbox, HALF_A_DOLLAR)
    hurting: list[tuple[int, int]] = [
        (40_000, 40_000), (30_000, 10**12), (499_999, 0), (1, 1), (250_000, 250_000), (17, 10**9), (600_000, 1),
    ]  # fmt: skip
    refused: list[Task] = []

    async def spend(n: int) -> None:
        task = await a_task(outbox, mission, n)
        async with outbox.transaction() as tx:
            held = await tasks.claim(tx, task.id, f"w{n}/run", LEASE)
        assert held is not None
        meter = metered(outbox, held, SystemClock())  # fifty who never paused would starve each other
        for worst, claimed in hurting[n % len(hurting) :] + hurting[: n % len(hurting)]:
            try:
                reservation = (await meter.reserve("m", worst, worst)).id
            except limits.LimitReached as reached:
                async with outbox.transaction() as tx:
                    await desk.request_budget(tx, held, reached)
                refused.append(task)
                return
            async with outbox.transaction() as tx:
                await settlement.settle(tx, reservation, held, CallCost("m", 1, 1, min(worst, claimed), True), SETTINGS)
            await audit(outbox, mission)

    await asyncio.gather(*(spend(n) for n in range(50)))
    row = await audit(outbox, mission)
    assert row.spent <= HALF_A_DOLLAR
    assert row.limit == HALF_A_DOLLAR
    assert len(refused) == 50  # each of them has one call that no money is left for, or never was
    await raised_they_go_on(outbox, mission, refused)


async def raised_they_go_on(outbox: Outbox, mission: Mission, parked: list[Task]) -> None:
    async with outbox.transaction() as tx:
        (request,) = [row for row in await tx.desk_items.open() if row.mission_id == mission.id]
        await desk.approve(tx, request.id, 100 * HALF_A_DOLLAR)
    async with outbox.reading() as tx:
        states: dict[str, Any] = {task.id: task.status for task in await tx.tasks.of_mission(mission.id)}
    assert {states[task.id] for task in parked} == {"queued"}
