"""Money: no limit is ever passed, whatever the workers do at once; what was lost is counted."""

import asyncio

import pytest

from damascus.core.clock import FixedClock, SystemClock
from damascus.core.errors import Invalid, LeaseLost
from damascus.core.messages import MessageType
from damascus.core.records.budgets import Budget
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.core.records.usage import CallCost
from damascus.ledger.transaction import Transaction
from damascus.work import desk
from damascus.work.budget import limits, settlement
from damascus.work.budget.meter import BudgetMeter
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import recovery, tasks
from tests.fixtures.story import SETTINGS, claim, planned, running_mission, task_of


@pytest.fixture(autouse=True)
async def company(outbox: Outbox) -> None:
    async with outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, SETTINGS)


async def working(outbox: Outbox, limit: int) -> tuple[Mission, Task]:
    mission = await running_mission(outbox, planned("a"), budget=limit)
    return mission, await claim(outbox, await task_of(outbox, mission, "a"))


def meter(outbox: Outbox, task: Task) -> BudgetMeter:
    clock = SystemClock()
    return BudgetMeter(outbox, TaskLease(outbox, task, SETTINGS, clock), SETTINGS, clock)


async def account(outbox: Outbox, mission: Mission) -> Budget:
    async with outbox.reading() as tx:
        return await tx.budgets.get(limits.mission_scope(mission.id))


async def settle(outbox: Outbox, task: Task, reservation: str, cost: int) -> bool:
    async with outbox.transaction() as tx:
        return await settlement.settle(tx, reservation, task, CallCost("m", 1, 1, cost, True), SETTINGS)


async def test_a_call_holds_its_worst_case_and_counts_its_cost(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    held = (await meter(outbox, task).reserve("m", 700, 700)).id
    assert ((await account(outbox, mission)).reserved, (await account(outbox, mission)).spent) == (700, 0)
    assert await settle(outbox, task, held, 40)
    assert ((await account(outbox, mission)).reserved, (await account(outbox, mission)).spent) == (0, 40)


async def test_what_a_provider_had_cached_of_a_call_is_kept(outbox: Outbox) -> None:
    _, task = await working(outbox, 1000)
    held = (await meter(outbox, task).reserve("m", 700, 700)).id
    async with outbox.transaction() as tx:
        await settlement.settle(tx, held, task, CallCost("m", 90, 1, 40, True, cached_tokens=80), SETTINGS)
    async with outbox.reading() as tx:
        assert [(row.input_tokens, row.cached_tokens) for row in await tx.usage.of_task(task.id)] == [(90, 80)]


async def test_settling_twice_counts_once(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    held = (await meter(outbox, task).reserve("m", 700, 700)).id
    assert [await settle(outbox, task, held, 40), await settle(outbox, task, held, 40)] == [True, False]
    assert (await account(outbox, mission)).spent == 40


async def test_a_call_that_cost_more_than_was_reserved_is_counted_in_full_and_stops_what_comes_after(
    outbox: Outbox,
) -> None:
    mission, task = await working(outbox, 1000)
    reserved = (await meter(outbox, task).reserve("m", 700, 700)).id
    assert await settle(outbox, task, reserved, 1_200)
    account_ = await account(outbox, mission)
    assert (account_.spent, account_.reserved) == (1_200, 0)
    with pytest.raises(limits.LimitReached):
        await meter(outbox, task).reserve("m", 1, 1)
    async with outbox.reading() as tx:
        assert (await tx.budgets.get(limits.COMPANY)).spent == 1_200
        events = [e.payload["what"] for e in await tx.events.since(0, mission_id=mission.id) if e.kind == "budget"]
        assert events == ["reached"]


async def test_a_figure_that_is_not_believed_is_told_to_the_ceo_once(outbox: Outbox) -> None:
    mission, task = await working(outbox, 10_000)
    for _ in range(3):
        reserved = await meter(outbox, task).reserve("m", 700, 700)
        async with outbox.transaction() as tx:
            cost = CallCost("m", 1, 1, reserved.microusd, False, disbelieved=10**9)
            await settlement.settle(tx, reserved.id, task, cost, SETTINGS)
    async with outbox.reading() as tx:
        told = await tx.messages.to_role(mission.id, "ceo", [MessageType.STATUS])
        assert [row.content for row in told if "cannot be" in row.content] == [
            "m reports that a call cost $1000.00, which cannot be: it is counted at its worst case, $0.0007. If it is "
            "true, set its price under `models` in config.yaml."
        ]


async def test_a_call_that_cannot_fit_is_refused_and_holds_nothing_anywhere(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    with pytest.raises(
        limits.LimitReached,
        match=r"budget reached: \$0\.00 of \$0\.0010 spent for this mission; .* may cost up to \$0\.0010$",
    ):
        await meter(outbox, task).reserve("m", 1001, 1001)
    async with outbox.reading() as tx:
        assert {row.reserved for row in await tx.budgets.list()} == {0}
    assert (await account(outbox, mission)).spent == 0


async def test_a_call_waits_for_others_that_may_cost_less_than_they_hold(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    first = (await meter(outbox, task).reserve("m", 900, 900)).id
    second = asyncio.create_task(meter(outbox, task).reserve("m", 900, 900))
    await asyncio.sleep(0)
    assert await settle(outbox, task, first, 10)
    assert await settle(outbox, task, (await second).id, 10)
    assert (await account(outbox, mission)).spent == 20


async def test_fifty_at_once_never_pass_the_limit(outbox: Outbox) -> None:
    mission, task = await working(outbox, 500)

    async def spend(worst: int) -> int:
        try:
            held = (await meter(outbox, task).reserve("m", worst, worst)).id
        except limits.LimitReached:
            return 0
        account_now = await account(outbox, mission)
        assert account_now.spent + account_now.reserved <= 500
        await settle(outbox, task, held, worst)
        return worst

    spent = sum(await asyncio.gather(*(spend(40 + i % 13) for i in range(50))))
    assert (await account(outbox, mission)).spent == spent <= 500
    assert (await account(outbox, mission)).reserved == 0


async def test_a_lost_call_counts_at_its_worst_case(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    meter_ = meter(outbox, task)
    await meter_.lost((await meter_.reserve("m", 300, 300)).id)
    await meter_.release((await meter_.reserve("m", 300, 300)).id)
    assert (await account(outbox, mission)).spent == 300
    async with outbox.reading() as tx:
        assert [(row.cost, row.answered) for row in await tx.usage.of_task(task.id)] == [(300, False)]


async def test_what_a_dead_worker_held_is_counted_and_its_zombie_cannot_count_again(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    held = (await meter(outbox, task).reserve("m", 300, 300)).id
    async with outbox.transaction() as tx:
        assert await recovery.recover_tasks_of(tx, "w-1", SETTINGS) == 1
    assert not await settle(outbox, task, held, 20)
    with pytest.raises(LeaseLost):
        await meter(outbox, task).reserve("m", 1, 1)
    account_now = await account(outbox, mission)
    assert (account_now.spent, account_now.reserved) == (300, 0)


async def test_a_parked_task_goes_on_when_the_limit_is_raised(outbox: Outbox) -> None:
    mission, task = await working(outbox, 100)
    with pytest.raises(limits.LimitReached) as reached:
        await meter(outbox, task).reserve("m", 150, 150)
    async with outbox.transaction() as tx:
        await desk.request_budget(tx, task, reached.value)
    assert (await task_of(outbox, mission, "a")).status == "parked"
    async with outbox.transaction() as tx:
        [request] = await tx.desk_items.open()
        await desk.approve(tx, request.id)
    again = await claim(outbox, await task_of(outbox, mission, "a"), "w-2/run")
    assert (await meter(outbox, again).reserve("m", 150, 150)).id


async def test_a_warning_goes_out_once_at_80_percent(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    for cost in (700, 150, 10):
        await settle(outbox, task, (await meter(outbox, task).reserve("m", cost, cost)).id, cost)
    async with outbox.reading() as tx:
        events = [e for e in await tx.events.since(0, mission_id=mission.id) if e.kind == "budget"]
    assert [event.payload["what"] for event in events] == ["warned"]


async def test_a_limit_cannot_be_set_below_what_is_spent(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    await settle(outbox, task, (await meter(outbox, task).reserve("m", 500, 500)).id, 500)
    with pytest.raises(Invalid, match="already spent"):
        async with outbox.transaction() as tx:
            await desk.set_limit(tx, limits.mission_scope(mission.id), 400)


async def test_a_cancelled_missions_calls_in_flight_are_counted_by_the_daemon(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    await meter(outbox, task).reserve("m", 300, 300)
    async with outbox.transaction() as tx:
        await tasks.end(tx, task, "cancelled", "ceo")
    impatient = SETTINGS.model_copy(update={"model": SETTINGS.model.model_copy(update={"timeout": -1.0})})
    async with outbox.transaction() as tx:
        assert await recovery.charge_orphaned_calls(tx, impatient) == 1
    account_now = await account(outbox, mission)
    assert (account_now.spent, account_now.reserved) == (300, 0)


async def test_a_process_that_stood_still_after_it_held_money_holds_it_anew(outbox: Outbox) -> None:
    """Its lease may have run out meanwhile; if so the call is another's to make."""
    mission, task = await working(outbox, 1000)
    clock, tries = FixedClock(), []

    async def stand_still(tx: Transaction) -> None:
        tries.append(1)
        if len(tries) == 1:
            clock.advance(2 * SETTINGS.limits.lease)

    lease = TaskLease(outbox, task, SETTINGS, clock)
    assert (await BudgetMeter(outbox, lease, SETTINGS, clock, stand_still).reserve("m", 300, 300)).id
    assert len(tries) == 2
    assert ((await account(outbox, mission)).reserved, (await account(outbox, mission)).spent) == (300, 0)


async def test_a_zombie_that_held_money_makes_no_call_and_gives_it_back(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    clock = FixedClock()

    async def stand_still(tx: Transaction) -> None:
        clock.advance(2 * SETTINGS.limits.lease)
        await tasks.requeue(tx, await tx.tasks.get(task.id), "its lease ran out")

    with pytest.raises(LeaseLost):
        await BudgetMeter(outbox, TaskLease(outbox, task, SETTINGS, clock), SETTINGS, clock, stand_still).reserve(
            "m", 300, 300
        )
    assert ((await account(outbox, mission)).reserved, (await account(outbox, mission)).spent) == (0, 0)


async def test_a_limit_raised_after_a_denial_wakes_just_who_waited_for_that_money(outbox: Outbox) -> None:
    (mission, task), (_, other) = await working(outbox, 100), await working(outbox, 100)
    for parked in (task, other):
        await refused(outbox, parked, 500)
    async with outbox.transaction() as tx:
        (request,) = await tx.desk_items.open_of_kind("budget", mission.id)
        await desk.deny(tx, request.id, "too dear")
        await desk.set_limit(tx, limits.mission_scope(mission.id), 1000, mission.id)
        states = [(await tx.tasks.get(parked.id)).status for parked in (task, other)]
        assert states == ["queued", "parked"]
        assert [row.task_id for row in await tx.desk_items.open_of_kind("budget")] == [other.id]


async def test_who_waits_for_the_money_of_a_day_that_is_over_wakes_with_todays(outbox: Outbox) -> None:
    _, task = await working(outbox, 10_000)
    yesterday = "day:2020-01-31"
    async with outbox.transaction() as tx:
        await tx.budgets.ensure(yesterday, 10, tx.now)
        await desk.request_budget(tx, task, limits.LimitReached(await tx.budgets.get(yesterday), 500))
    async with outbox.transaction() as tx:
        today = limits.day_scope(tx.now)
        await tx.budgets.ensure(today, 10, tx.now)
        await desk.set_limit(tx, today, 1000)
        assert (await tx.tasks.get(task.id)).status == "queued"
        assert await tx.desk_items.open_of_kind("budget") == []


async def test_a_raise_closes_its_request_however_much_lies_on_the_desk_above_it(outbox: Outbox) -> None:
    mission, task = await working(outbox, 100)
    await refused(outbox, task, 500)
    async with outbox.transaction() as tx:
        for n in range(101):
            await desk.post_question(tx, task, f"question {n}?")
        await desk.set_limit(tx, limits.mission_scope(mission.id), 1000, mission.id)
        assert await tx.desk_items.open_of_kind("budget") == []


async def refused(outbox: Outbox, task: Task, amount: int) -> None:
    with pytest.raises(limits.LimitReached) as reached:
        await meter(outbox, task).reserve("m", amount, amount)
    async with outbox.transaction() as tx:
        await desk.request_budget(tx, task, reached.value)


async def test_a_call_that_never_fits_whole_gets_what_is_left_if_that_is_enough(outbox: Outbox) -> None:
    mission, task = await working(outbox, 1000)
    await settle(outbox, task, (await meter(outbox, task).reserve("m", 500, 500)).id, 500)
    assert (await meter(outbox, task).reserve("m", 800, 200)).microusd == 500
    assert (await account(outbox, mission)).reserved == 500


async def test_a_call_that_fits_once_others_are_settled_waits_and_asks_nobody(outbox: Outbox) -> None:
    """Of $10 all is reserved and nothing spent: nothing is the CEO's to decide."""
    mission, task = await working(outbox, 1000)
    first = await meter(outbox, task).reserve("m", 1000, 1000)
    second = asyncio.create_task(meter(outbox, task).reserve("m", 1000, 1000))
    third = asyncio.create_task(meter(outbox, task).reserve("m", 2000, 100))
    await asyncio.sleep(0.3)
    assert not second.done()
    assert not third.done()
    await settle(outbox, task, first.id, 10)
    assert (await third).microusd + (await account(outbox, mission)).spent <= 1000
    second.cancel()


async def test_a_days_first_call_that_does_not_fit_is_asked_for_like_any_other(outbox: Outbox) -> None:
    _, task = await working(outbox, 10**9)
    await refused(outbox, task, 10**8)
    async with outbox.reading() as tx:
        assert [item.detail.scope for item in await tx.desk_items.open()] == [limits.day_scope(tx.now.date())]
