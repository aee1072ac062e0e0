"""Who writes to whom how often: never to oneself, to another only so often a minute, counted by the ledger."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import FixedClock
from damascus.core.records.messages import MessageRow
from damascus.ledger.engine import Ledger
from damascus.work.tasks import delegation, missions
from tests.fixtures.desk import Desk, open_desk
from tests.fixtures.story import claim, planned, under_way

MOST = 10
NOTE = {"kind": "note", "name": "n"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def desk(tmp_path: Path, ledger_url: str, bus: Bus, clock: FixedClock) -> AsyncIterator[Desk]:
    ledger = Ledger(ledger_url, clock)
    async with open_desk(tmp_path, ledger, bus) as desk:
        yield desk
    await ledger.close()


async def sent(desk: Desk, to: str) -> list[MessageRow]:
    async with desk.outbox.reading() as tx:
        return await tx.messages.to_role(desk.mission.id, to, ["conversation", "assignment"], limit=100)


async def test_the_eleventh_message_within_a_minute_is_refused_with_words_that_say_what_to_do(
    desk: Desk, clock: FixedClock
) -> None:
    tasks = [await desk.task(role="pm") for _ in range(2)]  # whichever task of the role it is
    for n in range(MOST):
        assert (
            await desk.call(tasks[n % 2], "send_message", to="sales", content=f"thanks {n}")
        ).text == "sent to sales"
    refused = await desk.call(tasks[0], "send_message", to="sales", content="thanks again")
    assert "10 times within a minute" in refused.text
    assert "summary of `finish`" in refused.text
    assert len(await sent(desk, "sales")) == MOST
    assert (await desk.call(tasks[0], "send_message", to="engineer", content="hello")).text == "sent to engineer"
    clock.advance(61)
    assert (await desk.call(tasks[0], "send_message", to="sales", content="thanks")).text == "sent to sales"


async def test_the_other_direction_and_another_mission_count_for_themselves(desk: Desk) -> None:
    pm, sales = await desk.task(role="pm"), await desk.task(role="sales")
    other = await under_way(desk.outbox, planned("x"))
    elsewhere = await desk.task(role="pm", mission=other)
    for n in range(MOST):
        await desk.call(pm, "send_message", to="sales", content=f"thanks {n}")
    assert (await desk.call(sales, "send_message", to="pm", content="no, thank you")).text == "sent to pm"
    assert (await desk.call(elsewhere, "send_message", to="sales", content="hello")).text == "sent to sales"


async def test_many_at_once_do_not_pass_the_limit_together(desk: Desk) -> None:
    tasks = [await desk.task(role="pm") for _ in range(4)]
    calls = [
        desk.call(task, "send_message", to="sales", content=f"thanks {n}") for n in range(4) for task in tasks
    ]  # 16 messages, four at a time
    results = []
    for at in range(0, len(calls), 4):
        results += await asyncio.gather(*calls[at : at + 4])
    assert sum(result.text == "sent to sales" for result in results) == MOST
    assert len(await sent(desk, "sales")) == MOST


async def test_a_call_that_is_made_again_after_a_crash_does_not_count_again(desk: Desk) -> None:
    task = await desk.task(role="pm")
    arguments = {"to": "sales", "content": "hello"}
    context = await desk.context(task, "send_message", arguments)
    for _ in range(MOST + 2):
        result = await desk.registry.run(context, {"send_message"}, "send_message", arguments)
        assert result.text == "sent to sales"


async def test_questions_and_delegated_work_count_too_so_two_who_thank_each_other_by_asking_come_to_an_end(
    desk: Desk,
) -> None:
    asked = 0
    for _ in range(MOST):  # new tasks each time: what a task may hand on is no bound here
        task = await desk.task(role="pm")
        asked += (await desk.call(task, "ask", to="sales", question=f"Thank you! {task.id}")).effect == "parked"
    assert asked == MOST
    late = await desk.task(role="pm")
    refused = await desk.call(late, "ask", to="sales", question="And thank you again!")
    assert (refused.effect, "within a minute" in refused.text) == (None, True)
    work = await desk.call(late, "delegate", role="sales", title="Thanks", description="d", deliverable=NOTE)
    assert "within a minute" in work.text


async def test_sub_tasks_of_a_mission_are_bounded_altogether(desk: Desk, clock: FixedClock) -> None:
    made = 0
    while made < delegation.MAX_IN_MISSION:
        clock.advance(61)
        task = await desk.task(role="pm")
        made += (await desk.call(task, "ask", to="sales", question=f"Question {made}?")).effect == "parked"
    clock.advance(61)
    refused = await desk.call(await desk.task(role="pm"), "ask", to="sales", question="One more?")
    assert "at most 32 sub-tasks" in refused.text


@pytest.mark.parametrize("role", ["vp", "pm", "sales", "engineer"])
async def test_no_agent_is_woken_by_what_it_does_itself(desk: Desk, role: str) -> None:
    task = await desk.task(role=role)
    before = {row.id for row in await sent(desk, role)}
    deliverable = {"kind": "note", "name": "mine"}
    for tool, arguments in {
        "send_message": {"to": role, "content": "wake up, me"},
        "ask": {"to": role, "question": "what do I think?"},
        "delegate": {"role": role, "title": "t", "description": "d", "deliverable": deliverable},
        "leave_trail": {"kind": "request_for_help", "text": "somebody, for instance me"},
    }.items():
        result = await desk.call(task, tool, **arguments)
        assert result.effect is None, f"{tool} handed {role} its own work"
    await desk.call(task, "send_message", to="all", content="hello everybody")
    assert {row.id for row in await sent(desk, role)} == before


async def test_who_delegated_is_woken_by_the_end_of_the_other_s_work_only(desk: Desk) -> None:
    task = await desk.task(role="pm")
    await desk.call(task, "ask", to="sales", question="What do they pay?")
    async with desk.outbox.reading() as tx:
        child = next(other for other in await tx.tasks.of_mission(task.mission_id) if other.parent_id == task.id)
    before = len(await sent(desk, "pm"))
    claimed = await claim(desk.outbox, child, "s/r")
    assert len(await sent(desk, "pm")) == before
    async with desk.outbox.transaction() as tx:
        await missions.complete(tx, claimed, "Nine dollars a month.")
    assert [row.type for row in (await sent(desk, "pm"))[before:]] == ["assignment"]
