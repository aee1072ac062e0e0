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
from tests.fixtures.story import claim, planned, running_mission
from tests.fixtures.workbench import Workbench, open_workbench

MAX_PER_MINUTE = 10
NOTE = {"kind": "note", "name": "n"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def workbench(tmp_path: Path, ledger_url: str, bus: Bus, clock: FixedClock) -> AsyncIterator[Workbench]:
    ledger = Ledger(ledger_url, clock)
    async with open_workbench(tmp_path, ledger, bus) as workbench:
        yield workbench
    await ledger.close()


async def sent(workbench: Workbench, to: str) -> list[MessageRow]:
    async with workbench.outbox.reading() as tx:
        return await tx.messages.to_role(workbench.mission.id, to, ["conversation", "assignment"], limit=100)


async def test_the_eleventh_message_within_a_minute_is_refused_with_words_that_say_what_to_do(
    workbench: Workbench, clock: FixedClock
) -> None:
    tasks = [await workbench.task(role="pm") for _ in range(2)]  # whichever task of the role it is
    for n in range(MAX_PER_MINUTE):
        assert (
            await workbench.call(tasks[n % 2], "send_message", to="sales", content=f"thanks {n}")
        ).text == "sent to sales"
    refused = await workbench.call(tasks[0], "send_message", to="sales", content="thanks again")
    assert "10 times within a minute" in refused.text
    assert "summary of `finish`" in refused.text
    assert len(await sent(workbench, "sales")) == MAX_PER_MINUTE
    assert (await workbench.call(tasks[0], "send_message", to="engineer", content="hello")).text == "sent to engineer"
    clock.advance(61)
    assert (await workbench.call(tasks[0], "send_message", to="sales", content="thanks")).text == "sent to sales"


async def test_the_other_direction_and_another_mission_count_for_themselves(workbench: Workbench) -> None:
    pm, sales = await workbench.task(role="pm"), await workbench.task(role="sales")
    other = await running_mission(workbench.outbox, planned("x"))
    elsewhere = await workbench.task(role="pm", mission=other)
    for n in range(MAX_PER_MINUTE):
        await workbench.call(pm, "send_message", to="sales", content=f"thanks {n}")
    assert (await workbench.call(sales, "send_message", to="pm", content="no, thank you")).text == "sent to pm"
    assert (await workbench.call(elsewhere, "send_message", to="sales", content="hello")).text == "sent to sales"


async def test_many_at_once_do_not_pass_the_limit_together(workbench: Workbench) -> None:
    tasks = [await workbench.task(role="pm") for _ in range(4)]
    calls = [
        workbench.call(task, "send_message", to="sales", content=f"thanks {n}") for n in range(4) for task in tasks
    ]  # 16 messages, four at a time
    results = []
    for at in range(0, len(calls), 4):
        results += await asyncio.gather(*calls[at : at + 4])
    assert sum(result.text == "sent to sales" for result in results) == MAX_PER_MINUTE
    assert len(await sent(workbench, "sales")) == MAX_PER_MINUTE


async def test_a_call_that_is_made_again_after_a_crash_does_not_count_again(workbench: Workbench) -> None:
    task = await workbench.task(role="pm")
    arguments = {"to": "sales", "content": "hello"}
    context = await workbench.context(task, "send_message", arguments)
    for _ in range(MAX_PER_MINUTE + 2):
        result = await workbench.registry.run(context, {"send_message"}, "send_message", arguments)
        assert result.text == "sent to sales"


async def test_questions_and_delegated_work_count_too_so_two_who_thank_each_other_by_asking_come_to_an_end(
    workbench: Workbench,
) -> None:
    asked = 0
    for _ in range(MAX_PER_MINUTE):  # new tasks each time: what a task may hand on is no bound here
        task = await workbench.task(role="pm")
        asked += (await workbench.call(task, "ask", to="sales", question=f"Thank you! {task.id}")).effect == "parked"
    assert asked == MAX_PER_MINUTE
    late = await workbench.task(role="pm")
    refused = await workbench.call(late, "ask", to="sales", question="And thank you again!")
    assert (refused.effect, "within a minute" in refused.text) == (None, True)
    work = await workbench.call(late, "delegate", role="sales", title="Thanks", description="d", deliverable=NOTE)
    assert "within a minute" in work.text


async def test_sub_tasks_of_a_mission_are_bounded_altogether(workbench: Workbench, clock: FixedClock) -> None:
    made = 0
    while made < delegation.MAX_SUBTASKS_OF_MISSION:
        clock.advance(61)
        task = await workbench.task(role="pm")
        made += (await workbench.call(task, "ask", to="sales", question=f"Question {made}?")).effect == "parked"
    clock.advance(61)
    refused = await workbench.call(await workbench.task(role="pm"), "ask", to="sales", question="One more?")
    assert "at most 32 subtasks" in refused.text


@pytest.mark.parametrize("role", ["vp", "pm", "sales", "engineer"])
async def test_no_agent_is_woken_by_what_it_does_itself(workbench: Workbench, role: str) -> None:
    task = await workbench.task(role=role)
    before = {row.id for row in await sent(workbench, role)}
    deliverable = {"kind": "note", "name": "mine"}
    for tool, arguments in {
        "send_message": {"to": role, "content": "wake up, me"},
        "ask": {"to": role, "question": "what do I think?"},
        "delegate": {"role": role, "title": "t", "description": "d", "deliverable": deliverable},
        "leave_trail": {"kind": "request_for_help", "text": "somebody, for instance me"},
    }.items():
        result = await workbench.call(task, tool, **arguments)
        assert result.effect is None, f"{tool} handed {role} its own work"
    await workbench.call(task, "send_message", to="all", content="hello everybody")
    assert {row.id for row in await sent(workbench, role)} == before


async def test_who_delegated_is_woken_by_the_end_of_the_other_s_work_only(workbench: Workbench) -> None:
    task = await workbench.task(role="pm")
    await workbench.call(task, "ask", to="sales", question="What do they pay?")
    async with workbench.outbox.reading() as tx:
        child = next(other for other in await tx.tasks.of_mission(task.mission_id) if other.parent_id == task.id)
    before = len(await sent(workbench, "pm"))
    claimed = await claim(workbench.outbox, child, "s/r")
    assert len(await sent(workbench, "pm")) == before
    async with workbench.outbox.transaction() as tx:
        await missions.complete(tx, claimed, "Nine dollars a month.")
    assert [row.type for row in (await sent(workbench, "pm"))[before:]] == ["assignment"]
