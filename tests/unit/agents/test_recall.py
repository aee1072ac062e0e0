"""What a task is told of earlier missions: looked up once, noted, and told from the notes."""

from dataclasses import replace

import pytest

from agents.context import memories
from agents.context.token_budget import TokenBudget
from agents.hooks.recall import MAX_FOUND, Recall
from damascus.core.errors import LeaseLost
from damascus.core.records.memories import CEO, Memory, MemoryKind, Visibility
from damascus.core.records.tasks import Task, TaskKind
from damascus.knowledge.memory import versions
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.port import NewMemory
from damascus.knowledge.memory.relevance import MAX_TOLD_CHARS
from damascus.work import policies
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import tasks, transcript
from tests.fixtures.clock import FixedClock
from tests.fixtures.rows import WHEN
from tests.fixtures.story import SETTINGS, claim, give, planned, running_mission, task_of

LESSON = "The sourdough oven needs two hours before bread is baked in it"


async def claimed(outbox: Outbox, **changes: str) -> Task:
    """A task about bread, claimed."""
    item = planned("a") | {"title": "Bake sourdough bread", "description": "Use the oven for bread."} | changes
    return await claim(outbox, await task_of(outbox, await running_mission(outbox, item), "a"))


async def remember(outbox: Outbox, content: str = LESSON, **changes: object) -> Memory:
    new = NewMemory(MemoryKind.LESSON, content, "engineer", content[:100])
    kept = (await CompanyMemory(outbox).remember(replace(new, **changes))).memory
    assert kept is not None
    return kept


async def rule(outbox: Outbox, content: str) -> Memory:
    return await remember(outbox, content, kind=MemoryKind.PREFERENCE, owner=CEO)


async def run(outbox: Outbox, task: Task) -> None:
    """The hook around a run that does nothing."""

    async def nothing() -> None:
        return

    lease = TaskLease(outbox, task, SETTINGS, FixedClock(WHEN))
    await Recall(outbox, CompanyMemory(outbox), lambda _: None).around_run(lease, nothing)


async def told(outbox: Outbox, task: Task) -> tuple[list[str], list[str]]:
    """The rules and the memories in the task's prompt."""
    async with outbox.reading() as tx:
        rules, learnt = await memories.gather(tx, task, TokenBudget())
    return [row.content for row in rules], [row.content for row in learnt]


async def test_a_task_is_told_what_is_like_it_and_nothing_else(outbox: Outbox) -> None:
    await remember(outbox)
    await remember(outbox, "Invoices of Norwegian customers carry a number of their own")
    task = await claimed(outbox)
    await run(outbox, task)
    assert await told(outbox, task) == ([], [LESSON])


async def test_a_planning_task_looks_for_what_the_directive_says(outbox: Outbox) -> None:
    await remember(outbox)
    await remember(outbox, "A plan is a task that the mission plans and submits")
    task = await claim(outbox, await give(outbox, "Bake sourdough bread for the village"))
    await run(outbox, task)
    assert await told(outbox, task) == ([], [LESSON])


async def test_only_who_plans_is_told_what_became_of_whole_missions(outbox: Outbox) -> None:
    told_to_vp = "Asked: Bake sourdough bread for the village. Tried: nothing. The mission failed"
    mission = await running_mission(outbox, planned("z"))
    await remember(outbox, told_to_vp, owner="vp", mission_id=mission.id)
    task = await claimed(outbox)
    await run(outbox, task)
    assert await told(outbox, task) == ([], [])
    plan = await claim(outbox, await give(outbox, "Bake sourdough bread for the village"))
    await run(outbox, plan)
    assert await told(outbox, plan) == ([], [told_to_vp])


async def test_the_summary_of_a_mission_looks_nothing_up_but_knows_the_rules(outbox: Outbox) -> None:
    await remember(outbox)
    await rule(outbox, "Never name customers")
    task = await claimed(outbox)
    async with outbox.transaction() as tx:
        last = replace(
            tasks.new_task(task.mission_id, "vp", tx.now), kind=TaskKind.SYNTHESIS, title=task.title, key="s"
        )
        await tasks.add(tx, last)
    last = await claim(outbox, last)
    await run(outbox, last)
    assert await told(outbox, last) == (["Never name customers"], [])


async def test_the_rules_of_the_ceo_are_told_to_every_task_oldest_first_and_are_no_lessons(outbox: Outbox) -> None:
    await rule(outbox, "I prefer Python")
    await rule(outbox, "Never name customers")
    await remember(outbox, "A preference of an agent is only proposed", kind=MemoryKind.PREFERENCE)
    for task in (await claimed(outbox, title="Tax forms", description="Fill in."), await claimed(outbox)):
        await run(outbox, task)
        assert await told(outbox, task) == (["I prefer Python", "Never name customers"], [])


async def test_a_task_that_is_continued_is_told_the_same_and_the_rules_of_now(outbox: Outbox) -> None:
    await remember(outbox)
    task = await claimed(outbox)
    await run(outbox, task)
    async with outbox.transaction() as tx:
        await transcript.say(tx, task, 1, "a turn")
    await remember(outbox, "Sourdough bread sells best on Saturdays before noon")
    await rule(outbox, "Never name customers")
    await run(outbox, task)
    assert await told(outbox, task) == (["Never name customers"], [LESSON])


async def test_a_run_that_died_before_its_first_turn_tells_nothing_twice(outbox: Outbox) -> None:
    await remember(outbox)
    task = await claimed(outbox)
    for _ in range(2):
        await run(outbox, task)
    assert await told(outbox, task) == ([], [LESSON])


async def test_what_was_forgotten_is_told_no_more(outbox: Outbox) -> None:
    memory, no_name = await remember(outbox), await rule(outbox, "Never name customers")
    task = await claimed(outbox)
    await run(outbox, task)
    async with outbox.transaction() as tx:
        await versions.forget(tx, memory.id)
        await versions.forget(tx, no_name.id)
    await run(outbox, task)
    assert await told(outbox, task) == ([], [])


async def test_nobody_is_told_what_another_keeps_for_itself(outbox: Outbox) -> None:
    await remember(outbox, visibility=Visibility.OWN)
    task = await claimed(outbox)
    await run(outbox, task)
    assert await told(outbox, task) == ([], [])


async def test_the_policy_leaves_only_the_rules(outbox: Outbox) -> None:
    await remember(outbox)
    await rule(outbox, "Never name customers")
    async with outbox.transaction() as tx:
        await policies.write(tx, "memory", {"use": False})
    task = await claimed(outbox)
    await run(outbox, task)
    assert await told(outbox, task) == (["Never name customers"], [])


async def test_no_more_is_told_than_the_tokens_are_enough_for(outbox: Outbox) -> None:
    words = "sourdough bread oven "
    for number in range(MAX_FOUND):
        await remember(outbox, f"{words}{chr(97 + number) * 9} {number * 7 + 3} " + f"filler{number} " * 90)
    task = await claimed(outbox)
    await run(outbox, task)
    _, learnt = await told(outbox, task)
    assert 2 <= len(learnt) < MAX_FOUND
    assert sum(map(len, learnt)) <= MAX_TOLD_CHARS


async def test_a_worker_that_lost_its_task_notes_nothing(outbox: Outbox) -> None:
    await remember(outbox)
    task = await claimed(outbox)
    with pytest.raises(LeaseLost):
        await run(outbox, replace(task, lease_owner="w-2/run"))
    assert await told(outbox, task) == ([], [])
