"""What an agent is told about a task, section by section, from a real ledger."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agents.context import dependants, dependencies, earlier_work, messages, trail
from agents.context.earlier_work import MAX_EARLIER_TASKS
from agents.context.token_budget import CHARS_PER_TOKEN, LINE_CHARS, MAX_SUMMARY_CHARS, TokenBudget
from damascus.core.events import EventKind
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.work import event_log
from damascus.work.outbox import Outbox
from tests.fixtures.story import claim, finish, planned, running_mission, task_of


async def done(outbox: Outbox, *keys: str) -> Mission:
    """A running mission in which these tasks are completed, in order; its task `now` is not."""
    mission = await running_mission(outbox, *[planned(key) for key in (*keys, "now")])
    for key in keys:
        await finish(outbox, mission, key)
    return mission


async def earlier(outbox: Outbox, task: Task) -> list[str]:
    async with outbox.reading() as tx:
        return [other.key for other in await earlier_work.gather(tx, task, TokenBudget())]


async def test_work_on_other_missions_is_told_newest_first(outbox: Outbox) -> None:
    await done(outbox, "a", "b")
    assert await earlier(outbox, await task_of(outbox, await done(outbox), "now")) == ["b", "a"]


async def test_the_work_of_this_mission_takes_no_place_of_that_on_others(outbox: Outbox) -> None:
    await done(outbox, "a", "b")
    mission = await done(outbox, *(f"own{n}" for n in range(MAX_EARLIER_TASKS)))
    assert await earlier(outbox, await task_of(outbox, mission, "now")) == ["b", "a"]


async def test_only_the_newest_of_it_is_told(outbox: Outbox) -> None:
    await done(outbox, *(f"a{n}" for n in range(MAX_EARLIER_TASKS + 2)))
    told = await earlier(outbox, await task_of(outbox, await done(outbox), "now"))
    assert told == [f"a{n}" for n in reversed(range(2, MAX_EARLIER_TASKS + 2))]


async def test_what_a_subtask_was_asked_and_said_ends_with_its_mission(outbox: Outbox) -> None:
    mission = await done(outbox, "a")
    own = await task_of(outbox, mission, "a")
    asked = replace(own, id=new_id("task"), key="sub", parent_id=own.id)
    async with outbox.transaction() as tx:
        await tx.tasks.add(asked)
    assert await earlier(outbox, await task_of(outbox, await done(outbox), "now")) == ["a"]


async def depended_on(outbox: Outbox, task: Task) -> list[str]:
    async with outbox.reading() as tx:
        return [each.key for each in await dependencies.gather(tx, task, TokenBudget())]


async def test_a_task_builds_on_what_it_waited_for_and_a_summary_on_everything(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"), planned("b"), planned("c", needs=("b",)))
    for key in ("a", "b"):
        await finish(outbox, mission, key)
    assert await depended_on(outbox, await task_of(outbox, mission, "c")) == ["b"]
    await finish(outbox, mission, "c")
    assert await depended_on(outbox, await task_of(outbox, mission, "synthesis")) == ["a", "b", "c"]


def tokens_for(*chars: int) -> int:
    """A budget that just takes entries of so many characters."""
    return -(-sum(each + LINE_CHARS for each in chars) // CHARS_PER_TOKEN)


@pytest.mark.parametrize(("fitting", "shown"), [(0, []), (1, ["c"]), (2, ["b", "c"]), (3, ["a", "b", "c"])])
async def test_a_trail_that_does_not_fit_keeps_its_newest_entries(
    outbox: Outbox, fitting: int, shown: list[str]
) -> None:
    mission = await running_mission(outbox, planned("a"))
    task = await claim(outbox, await task_of(outbox, mission, "a"))
    async with outbox.transaction() as tx:
        for letter in "abc":
            await event_log.append_trail_entry(tx, task, EventKind.FINDING, letter * 100)
    budget = TokenBudget(tokens_for(*[100] * fitting))
    async with outbox.reading() as tx:
        told, untold = await trail.gather(tx, task, (), budget)
    assert untold == 3 - fitting
    assert [entry.payload["text"][0] for entry in told] == shown
    assert budget.is_exceeded == (fitting < 3)


async def test_one_budget_is_shared_by_all_sections(outbox: Outbox) -> None:
    """What the task builds on takes what the messages then do not get."""
    mission = await running_mission(outbox, planned("a"), planned("b", needs=("a",)))
    await finish(outbox, mission, "a")
    task = await task_of(outbox, mission, "b")
    async with outbox.transaction() as tx:
        for words in ("an old word " * 10, "a new word"):
            note = {"sender": "vp", "to": "pm", "type": MessageType.CONVERSATION, "content": words}
            await tx.messages.post(Message(**note, context={"mission_id": mission.id}))
    told = len("Do a") + len("a is done")
    budget = TokenBudget(tokens_for(told, len("a new word")))
    async with outbox.reading() as tx:
        assert [each.summary for each in await dependencies.gather(tx, task, budget)] == ["a is done"]
        assert not budget.is_exceeded
        assert [each.content for each in await messages.gather(tx, task, budget)] == ["a new word"]
    assert budget.is_exceeded


@given(st.lists(st.integers(0, 2 * MAX_SUMMARY_CHARS), max_size=20), st.integers(0, 5_000))
def test_what_is_told_fits_and_has_no_gaps(sizes: list[int], tokens: int) -> None:
    budget = TokenBudget(tokens)
    told = budget.newest(sizes, lambda size: size)
    assert list(told) == sizes[len(sizes) - len(told) :]
    assert sum(told) <= tokens * CHARS_PER_TOKEN
    assert budget.is_exceeded == (len(told) < len(sizes))


async def test_who_writes_a_specification_sees_by_what_its_builder_is_measured(outbox: Outbox) -> None:
    builder = {**planned("mvp", "engineer", ("prd",)), "acceptance": ["every requirement has a test", "it starts"]}
    late = {**planned("launch", "sales", ("mvp",)), "acceptance": ["a plan by weeks"]}
    mission = await running_mission(outbox, planned("prd"), builder, late)
    async with outbox.reading() as tx:
        prd = await tx.tasks.by_key(mission.id, "prd")
        assert prd is not None
        found = await dependants.gather(tx, prd, TokenBudget())
        assert [(one.role, one.title, one.lines) for one in found] == [
            ("engineer", "Do mvp", ("every requirement has a test", "it starts"))
        ]
        launch = await tx.tasks.by_key(mission.id, "launch")
        assert launch is not None
        assert await dependants.gather(tx, launch, TokenBudget()) == ()
        assert await dependants.gather(tx, replace(prd, kind="answer"), TokenBudget()) == ()
