"""A quote before the work: the plan waits for the CEO's signature, and what is new waits for another."""

import asyncio
import contextlib
from datetime import timedelta
from pathlib import Path

import pytest

from damascus.core.errors import Conflict, Invalid
from damascus.core.records.desk_items import DeskItem
from damascus.core.records.missions import Mission
from damascus.core.records.quotes import Estimate, Quote, QuotedTask
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.records.usage import Usage
from damascus.work import desk, policies, quoting
from damascus.work.budget.limits import mission_scope
from damascus.work.delivery.summary_footer import summary_footer
from damascus.work.outbox import Outbox
from damascus.work.tasks import missions, quotes, tasks
from tests.fixtures.story import SETTINGS, claim, finish, give, make_plan, planned, running_mission, status, task_of

LIMIT = 1_000_000
PLAN = make_plan(planned("a"), planned("b", needs=("a",)))


async def quoted(outbox: Outbox, **more: bool) -> Mission:
    planning = await claim(outbox, await give(outbox, budget=LIMIT, **({"quote": True} | more)), "vp-1/run")
    async with outbox.transaction() as tx:
        await quoting.start(tx, planning, PLAN, SETTINGS.limits)
        return await tx.missions.get(planning.mission_id)


async def on_desk(outbox: Outbox, mission: Mission) -> tuple[DeskItem, Quote]:
    async with outbox.reading() as tx:
        item = (await tx.desk_items.of_mission(mission.id))[-1]
        return item, await tx.quotes.get(item.id)


async def limit_of(outbox: Outbox, mission: Mission) -> int:
    async with outbox.reading() as tx:
        return (await tx.budgets.get(mission_scope(mission.id))).limit


async def test_nothing_begins_before_it_is_signed_and_the_desk_shows_it_whole(outbox: Outbox) -> None:
    mission = await quoted(outbox)
    assert mission.status == "quoted"
    assert (await task_of(outbox, mission, "a")).status == TaskStatus.WAITING
    item, quote = await on_desk(outbox, mission)
    assert "a (pm): $0.00, $0.50, $0.50; 0 s, 3600 s, 3600 s; none was done here: from the limits" in item.text
    assert "together: $0.00, $1.00, $1.00; 0 s, 7200 s, 7200 s" in item.text
    assert (quote.status, quote.ceiling, item.amount) == ("open", LIMIT, LIMIT)


async def test_it_begins_when_it_is_signed_and_the_ceiling_is_the_limit(outbox: Outbox) -> None:
    mission = await quoted(outbox)
    item, _ = await on_desk(outbox, mission)
    async with outbox.transaction() as tx:
        await desk.approve(tx, item.id, 700_000)
    assert await status(outbox, mission) == "running"
    assert (await task_of(outbox, mission, "a")).status == TaskStatus.QUEUED
    assert (await task_of(outbox, mission, "b")).status == TaskStatus.WAITING
    assert await limit_of(outbox, mission) == 700_000
    _, quote = await on_desk(outbox, mission)
    assert (quote.status, quote.ceiling) == ("signed", 700_000)
    async with outbox.reading() as tx:
        assert "| signed | 0.0000 / 1.0000 / 1.0000 | 0.7000 |" in await summary_footer(tx, mission, Path("shared"))


async def test_a_plan_that_is_not_signed_ends_its_mission(outbox: Outbox) -> None:
    mission = await quoted(outbox)
    item, _ = await on_desk(outbox, mission)
    async with outbox.transaction() as tx:
        await desk.deny(tx, item.id)
    assert await status(outbox, mission) == "cancelled"
    assert (await task_of(outbox, mission, "a")).status == TaskStatus.CANCELLED
    assert (await on_desk(outbox, mission))[1].status == "denied"


async def test_a_quote_of_a_cancelled_mission_expires_and_cannot_be_signed(outbox: Outbox) -> None:
    mission = await quoted(outbox)
    item, _ = await on_desk(outbox, mission)
    async with outbox.transaction() as tx:
        await missions.cancel(tx, mission.id, "ceo")
    assert (await on_desk(outbox, mission))[1].status == "expired"
    async with outbox.transaction() as tx:
        with pytest.raises(Conflict):
            await desk.approve(tx, item.id)
    assert await status(outbox, mission) == "cancelled"


async def test_two_who_sign_at_once_sign_once(outbox: Outbox) -> None:
    mission = await quoted(outbox)
    item, _ = await on_desk(outbox, mission)

    async def say(ceiling: int | None) -> None:
        async with outbox.transaction() as tx:
            await (desk.approve(tx, item.id, ceiling) if ceiling else desk.deny(tx, item.id))

    results = await asyncio.gather(say(600_000), say(800_000), say(None), return_exceptions=True)
    assert [type(result) for result in results if result] == [Conflict, Conflict]
    _, quote = await on_desk(outbox, mission)
    assert (await status(outbox, mission) == "running") == (quote.status == "signed")
    assert await limit_of(outbox, mission) == (quote.ceiling if quote.status == "signed" else LIMIT)


async def test_a_signature_that_breaks_off_signs_nothing(outbox: Outbox) -> None:
    mission = await quoted(outbox)
    item, _ = await on_desk(outbox, mission)
    with contextlib.suppress(ZeroDivisionError):
        async with outbox.transaction() as tx:
            await desk.approve(tx, item.id)
            _ = 1 // 0
    assert await status(outbox, mission) == "quoted"
    async with outbox.transaction() as tx:
        await desk.approve(tx, item.id)
    assert await status(outbox, mission) == "running"


async def test_a_ceiling_above_the_maximum_is_refused_and_signs_nothing(outbox: Outbox) -> None:
    mission = await quoted(outbox)
    item, _ = await on_desk(outbox, mission)
    with pytest.raises(Invalid, match="at most"):
        async with outbox.transaction() as tx:
            await desk.approve(tx, item.id, 10**18)
    assert (await on_desk(outbox, mission))[1].status == "open"


async def replanned(outbox: Outbox, **more: bool) -> Mission:
    """The plan was signed; one task failed, and a second plan has a new one."""
    mission = await quoted(outbox, **more)
    item, _ = await on_desk(outbox, mission)
    async with outbox.transaction() as tx:
        await desk.approve(tx, item.id, 400_000)
    failing = await claim(outbox, await task_of(outbox, mission, "a"), "w/a")
    async with outbox.transaction() as tx:
        await missions.fail_task(tx, failing, "could not")
    planning = await claim(outbox, await task_of(outbox, mission, "replan"), "vp-1/again")
    async with outbox.transaction() as tx:
        await quoting.start(tx, planning, make_plan(planned("c")), SETTINGS.limits)
    return mission


async def test_what_is_new_after_the_signature_waits_with_the_difference(outbox: Outbox) -> None:
    mission = await replanned(outbox)
    new = await task_of(outbox, mission, "c")
    assert (new.status, new.reason) == ("stopped", "not in the plan that was signed")
    item, quote = await on_desk(outbox, mission)
    assert (quote.status, quote.lines.tasks[0].key, quote.ceiling) == ("open", "c", 400_000)
    async with outbox.transaction() as tx:
        await desk.approve(tx, item.id, 900_000)
    assert (await task_of(outbox, mission, "c")).status == TaskStatus.QUEUED
    assert await limit_of(outbox, mission) == 900_000


async def test_what_is_new_in_a_signed_mission_waits_also_where_its_limit_alone_asks_for_no_signature(
    outbox: Outbox,
) -> None:
    async with outbox.transaction() as tx:
        await policies.write(tx, "quote", {"above_usd": 0.9})
    mission = await replanned(outbox, quote=False)
    assert await limit_of(outbox, mission) == 400_000
    assert (await task_of(outbox, mission, "c")).status == "stopped"


async def test_what_is_new_and_not_signed_is_left_out_and_the_rest_is_summed_up(outbox: Outbox) -> None:
    mission = await replanned(outbox)
    item, _ = await on_desk(outbox, mission)
    async with outbox.transaction() as tx:
        await desk.deny(tx, item.id)
    assert (await task_of(outbox, mission, "c")).status == TaskStatus.CANCELLED
    assert await status(outbox, mission) == "synthesizing"


async def test_estimates_come_from_what_such_tasks_cost_and_took(outbox: Outbox) -> None:
    for number, cost in enumerate((10, 30, 90)):
        before = await running_mission(outbox, planned("x"), planned("y", role="sales"))
        task = await task_of(outbox, before, "x")
        async with outbox.transaction() as tx:
            use = Usage(
                f"use_{number}", before.id, task.id, "pm", "m", 1, 1, cost, True, True, tx.now,
            )  # fmt: skip
            await tx.usage.add(use)
        await finish(outbox, before, "x")
    mission = await quoted(outbox)
    _, quote = await on_desk(outbox, mission)
    first = quote.lines.tasks[0]
    assert (first.cost, first.based_on) == (Estimate(10, 30, 180), 3)
    assert first.seconds == Estimate(30, 30, 60)
    assert quote.ceiling == 360


async def test_a_plan_is_quoted_above_the_policys_sum_and_otherwise_begins_at_once(outbox: Outbox) -> None:
    assert (await quoted(outbox, quote=False)).status == "running"
    for above, expected in ((1.0, "running"), (0.99, "quoted")):
        async with outbox.transaction() as tx:
            await policies.write(tx, "quote", {"above_usd": above})
        assert (await quoted(outbox, quote=False)).status == expected


async def at_work(outbox: Outbox) -> tuple[Mission, Task]:
    """A mission whose quote was signed, and its first task, which a worker has."""
    mission = await quoted(outbox)
    item, _ = await on_desk(outbox, mission)
    async with outbox.transaction() as tx:
        await desk.approve(tx, item.id)
    return mission, await claim(outbox, await task_of(outbox, mission, "a"), "w/a")


async def dearer(outbox: Outbox) -> Mission:
    """The signed task spent twice what was signed for it, and is parked with the difference."""
    mission, task = await at_work(outbox)
    async with outbox.transaction() as tx:
        assert await quotes.exceeded(tx, task) is None
        await tx.usage.add(Usage("use_1", mission.id, task.id, "pm", "m", 1, 1, 500_001, True, True, tx.now))
    async with outbox.transaction() as tx:
        line = await quotes.exceeded(tx, task)
        assert line is not None
        assert line.cost == Estimate(500_001, 500_001, 1_000_002)
        await desk.ask_difference(tx, task, line)
    return mission


async def test_a_task_that_is_dearer_than_signed_parks_until_the_difference_is(outbox: Outbox) -> None:
    mission = await dearer(outbox)
    task = await task_of(outbox, mission, "a")
    item, quote = await on_desk(outbox, mission)
    assert (task.status, quote.status, item.kind) == ("parked", "open", "permission")
    assert "came to $0.50" in item.text
    async with outbox.transaction() as tx:
        await desk.approve(tx, item.id)
        task = await tx.tasks.get(task.id)
        assert (task.status, await quotes.exceeded(tx, task)) == ("queued", None)


async def test_a_task_whose_difference_is_refused_fails_and_the_vp_plans_again(outbox: Outbox) -> None:
    mission = await dearer(outbox)
    item, _ = await on_desk(outbox, mission)
    async with outbox.transaction() as tx:
        await desk.deny(tx, item.id)
    failed = await task_of(outbox, mission, "a")
    assert (failed.status, failed.reason) == ("failed", "the CEO did not sign what it would cost")
    assert (await task_of(outbox, mission, "replan")).status == "queued"


async def test_a_task_that_takes_longer_than_signed_is_noticed(outbox: Outbox) -> None:
    _, task = await at_work(outbox)
    for hours, expected in ((0.9, None), (1.1, Estimate(3960, 3960, 7920))):
        line = await exceeded_after(outbox, task, hours)
        assert (line and line.seconds) == expected


async def exceeded_after(outbox: Outbox, task: Task, hours: float) -> QuotedTask | None:
    async with outbox.reading() as tx:
        tx.now += timedelta(hours=hours)
        return await quotes.exceeded(tx, task)


async def test_the_time_that_a_task_waits_is_not_the_time_that_it_takes(outbox: Outbox) -> None:
    """A CEO who signs the difference the day after is not asked for the night."""
    mission, task = await at_work(outbox)
    async with outbox.transaction() as tx:
        await tasks.park(tx, task, "the CEO sleeps")
    assert await exceeded_after(outbox, task, 50) is None
    async with outbox.transaction() as tx:
        await tasks.wake(tx, task.id)
    assert await exceeded_after(outbox, task, 50) is None
    again = await claim(outbox, await task_of(outbox, mission, "a"), "w/b")
    assert await exceeded_after(outbox, again, 0.9) is None
    assert await exceeded_after(outbox, again, 1.1) is not None
