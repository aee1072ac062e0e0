"""Free models: where no money limits a mission, calls and tokens do, at the same place and at the same desk."""

import asyncio
from datetime import timedelta

import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import Invalid
from damascus.core.records.budgets import Budget, PriceKind
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.core.records.usage import CallCost
from damascus.core.settings import BudgetSettings, NamedModel
from damascus.llm.port import ModelBusy
from damascus.work import desk
from damascus.work.budget import limits, settlement
from damascus.work.budget.meter import BudgetMeter
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import recovery
from tests.fixtures.story import SETTINGS as DEFAULTS
from tests.fixtures.story import claim, planned, running_mission, task_of

SETTINGS = DEFAULTS.model_copy(update={"budget": BudgetSettings(mission_calls=3, mission_tokens=1000)})


@pytest.fixture(autouse=True)
async def company(outbox: Outbox) -> None:
    async with outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, SETTINGS)


@pytest.fixture
async def mission(outbox: Outbox) -> Mission:
    return await running_mission(outbox, planned("a"), planned("b"))


@pytest.fixture
async def task(outbox: Outbox, mission: Mission) -> Task:
    return await claim(outbox, await task_of(outbox, mission, "a"))


def meter(outbox: Outbox, task: Task) -> BudgetMeter:
    clock = SystemClock()
    return BudgetMeter(outbox, TaskLease(outbox, task, SETTINGS, clock), SETTINGS, clock)


async def reserve(outbox: Outbox, task: Task, tokens: int = 100) -> str:
    return (await meter(outbox, task).reserve("m", 0, 0, tokens, PriceKind.FREE)).id


async def answer(outbox: Outbox, task: Task, reservation: str, tokens: int = 60, cost: int = 0) -> None:
    async with outbox.transaction() as tx:
        used = CallCost("m", tokens - 10, 10, cost, True)
        assert await settlement.settle(tx, reservation, task, used, SETTINGS)


async def rows(outbox: Outbox, mission: Mission) -> dict[str, tuple[int, int]]:
    async with outbox.reading() as tx:
        found: list[Budget] = await tx.budgets.list()
    return {row.scope.replace(mission.id, "M"): (row.spent, row.reserved) for row in found}


async def test_a_free_call_holds_one_call_and_its_tokens_and_counts_what_it_used(
    outbox: Outbox, mission: Mission, task: Task
) -> None:
    reserved = await reserve(outbox, task)
    found = await rows(outbox, mission)
    assert (found["calls:mission:M"], found["tokens:mission:M"]) == ((0, 1), (0, 100))
    await answer(outbox, task, reserved)
    found = await rows(outbox, mission)
    assert (found["calls:mission:M"], found["tokens:mission:M"]) == ((1, 0), (60, 0))
    assert [found[scope] for scope in found if scope.startswith(("calls:day", "tokens:day"))] == [(1, 0), (60, 0)]
    assert (found["company"], found["mission:M"]) == ((0, 0), (0, 0))


async def test_a_lost_call_of_a_free_model_costs_nothing_and_counts(
    outbox: Outbox, mission: Mission, task: Task
) -> None:
    await meter(outbox, task).lost(await reserve(outbox, task))
    await reserve(outbox, task)
    async with outbox.transaction() as tx:  # its worker died
        await recovery.recover_tasks_of(tx, "w-1", SETTINGS)
    found = await rows(outbox, mission)
    assert (found["calls:mission:M"], found["tokens:mission:M"]) == ((2, 0), (200, 0))
    assert (found["company"], found["mission:M"]) == ((0, 0), (0, 0))
    async with outbox.reading() as tx:
        assert {(row.cost, row.price_known, row.answered) for row in await tx.usage.of_task(task.id)} == {
            (0, True, False)
        }


async def test_a_call_that_was_not_made_counts_nothing(outbox: Outbox, mission: Mission, task: Task) -> None:
    await meter(outbox, task).release(await reserve(outbox, task))
    found = await rows(outbox, mission)
    assert (found["calls:mission:M"], found["tokens:mission:M"]) == ((0, 0), (0, 0))


async def test_a_call_that_has_to_wait_for_its_model_holds_nothing(
    outbox: Outbox, mission: Mission, task: Task
) -> None:
    clock = SystemClock()
    slow = SETTINGS.model_copy(update={"models": {"m": NamedModel(requests_per_minute=1)}})
    paced = BudgetMeter(outbox, TaskLease(outbox, task, slow, clock), slow, clock)
    await paced.reserve("m", 0, 0, 100, PriceKind.FREE)
    for price, worst in ((PriceKind.FREE, 0), (PriceKind.KNOWN, 700)):
        with pytest.raises(ModelBusy, match="m: it takes 1 requests a minute"):
            await paced.reserve("m", worst, worst, 100, price)
    found = await rows(outbox, mission)
    assert (found["calls:mission:M"], found["tokens:mission:M"], found["mission:M"]) == ((0, 1), (0, 100), (0, 0))


@pytest.mark.parametrize(("calls", "tokens", "reached"), [(3, 10, "3 of 3 calls"), (1, 950, "950 of 1,000 tokens")])
async def test_a_runaway_stops_at_the_limit_and_goes_on_when_the_ceo_raises_it(
    outbox: Outbox, mission: Mission, task: Task, calls: int, tokens: int, reached: str
) -> None:
    for _ in range(calls):
        await answer(outbox, task, await reserve(outbox, task, 60), tokens)
    with pytest.raises(limits.LimitReached) as refused:
        await reserve(outbox, task)
    said = str(refused.value).replace(" calls of ", " of ").replace(" tokens of ", " of ")
    assert reached in said
    assert "for this mission, at a free model" in said
    async with outbox.transaction() as tx:
        await desk.request_budget(tx, task, refused.value)
        [item] = await tx.desk_items.open()
        assert "$" not in item.text
        with pytest.raises(Invalid, match="not for money"):
            await desk.approve(tx, item.id, 5_000_000)
    assert (await task_of(outbox, mission, "a")).status == "parked"
    async with outbox.transaction() as tx:
        await desk.approve(tx, item.id)
    again = await claim(outbox, await task_of(outbox, mission, "a"), "w-2/run")
    assert await reserve(outbox, again)


async def test_fifty_at_once_never_pass_the_limit_of_calls(outbox: Outbox, mission: Mission, task: Task) -> None:
    async def call() -> bool:
        try:
            reserved = await reserve(outbox, task, 1)
        except limits.LimitReached:
            return False
        used, held = (await rows(outbox, mission))["calls:mission:M"]
        assert used + held <= 3
        await answer(outbox, task, reserved, 20)
        return True

    assert sum(await asyncio.gather(*(call() for _ in range(50)))) == 3
    assert (await rows(outbox, mission))["calls:mission:M"] == (3, 0)


async def test_what_was_thought_to_be_free_and_was_not_is_paid_for(
    outbox: Outbox, mission: Mission, task: Task
) -> None:
    await answer(outbox, task, await reserve(outbox, task), cost=900)
    found = await rows(outbox, mission)
    assert (found["company"], found["mission:M"]) == ((900, 0), (900, 0))
    assert [found[scope] for scope in found if scope.startswith("day:")] == [(900, 0)]


async def test_a_task_that_waits_for_the_days_calls_wakes_with_the_next_day(
    outbox: Outbox, mission: Mission, task: Task
) -> None:
    async with outbox.transaction() as tx:
        today = tx.now.date()
        scope = f"calls:{limits.day_scope(today)}"
        reached = limits.LimitReached(Budget(scope, 5, 5, 0, False, tx.now), 1)
        await tx.budgets.ensure(scope, 5, tx.now)
        await desk.request_budget(tx, task, reached)
    async with outbox.transaction() as tx:
        assert await desk.begin_day(tx, today) == 0
        assert await desk.begin_day(tx, today + timedelta(days=1)) == 1
        assert await tx.desk_items.open() == []
    assert (await task_of(outbox, mission, "a")).status == "queued"


async def test_the_warning_says_calls_and_not_money(outbox: Outbox, mission: Mission, task: Task) -> None:
    for _ in range(3):
        await answer(outbox, task, await reserve(outbox, task, 10), 20)
    async with outbox.reading() as tx:
        told = await tx.messages.to_role(mission.id, "ceo", ["status"])  # type: ignore[list-item]
    assert [row.content for row in told if "calls" in row.content] == ["3 calls of 3 calls are used."]


def test_every_limit_has_its_default_and_its_words() -> None:
    assert limits.configured("calls:day:2026-01-01", DEFAULTS) == 5_000
    assert limits.configured("tokens:mission:m", DEFAULTS) == 20_000_000
    assert limits.configured("mission:m", DEFAULTS) == 2_000_000
    assert limits.of_any_day("tokens:mission:day:x") is None
    assert limits.of_any_day("day:2026-01-01") == "day:"
