"""The one question of direction, before the first plan."""

import pytest

from damascus.core.errors import Conflict
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.work import desk, direction
from damascus.work.outbox import Outbox
from tests.fixtures.story import claim, give, task_of

QUESTION = direction.DirectionQuestion("A licence?", ("a subscription", "a licence"), "a subscription")


async def asked(outbox: Outbox, planning: Task, turn: str = "turn_1") -> str | None:
    async with outbox.transaction() as tx:
        return await direction.ask(tx, planning, turn, QUESTION)


async def mission_of(outbox: Outbox, task: Task) -> Mission:
    async with outbox.reading() as tx:
        return await tx.missions.get(task.mission_id)


async def noted(outbox: Outbox, task: Task) -> str:
    async with outbox.reading() as tx:
        return await direction.readme_note(tx, await tx.missions.get(task.mission_id))


async def test_the_plan_waits_for_the_answer_and_the_readme_begins_with_it(outbox: Outbox) -> None:
    planning = await claim(outbox, await give(outbox))
    assert await asked(outbox, planning) is None
    mission = await mission_of(outbox, planning)
    assert (await task_of(outbox, mission, "plan")).status == "parked"
    async with outbox.transaction() as tx:
        (item,) = await tx.desk_items.of_mission(mission.id)
        await desk.answer(tx, item.id, "2")
    assert (await task_of(outbox, mission, "plan")).status == "queued"
    assert await noted(outbox, planning) == "> **You were asked:** A licence? **You answered:** a licence\n\n"
    async with outbox.reading() as tx:
        (entry,) = await tx.events.trail(mission.id)
    assert (entry.kind, entry.author) == ("answer", "ceo")


async def test_the_ceo_may_answer_in_words_of_their_own(outbox: Outbox) -> None:
    planning = await claim(outbox, await give(outbox))
    await asked(outbox, planning)
    async with outbox.transaction() as tx:
        (item,) = await tx.desk_items.of_mission(planning.mission_id)
        assert "\n  2. a licence\nIf you do not say: a subscription" in item.text
        await desk.answer(tx, item.id, "Both, a licence first")
    assert "**You answered:** Both, a licence first" in await noted(outbox, planning)


async def test_a_second_question_is_refused_whether_the_first_was_answered_or_not(outbox: Outbox) -> None:
    planning = await claim(outbox, await give(outbox))
    await asked(outbox, planning)
    with pytest.raises(Conflict, match="one question of direction"):
        await asked(outbox, planning, "turn_2")
    async with outbox.transaction() as tx:
        (item,) = await tx.desk_items.of_mission(planning.mission_id)
        await desk.answer(tx, item.id, "1")
    with pytest.raises(Conflict, match="one question of direction"):
        await asked(outbox, planning, "turn_3")


async def test_where_nobody_is_to_be_asked_it_is_assumed_and_noted_once(outbox: Outbox) -> None:
    """The call that a crash interrupted is made again, and is told the same."""
    planning = await claim(outbox, await give(outbox, ask=False))
    first = await asked(outbox, planning)
    assert first is not None
    assert "a subscription" in first
    assert await asked(outbox, planning) == first
    assert await noted(outbox, planning) == "> **Assumption:** A licence? Nobody said; assumed: a subscription\n\n"
    async with outbox.reading() as tx:
        (item,) = await tx.desk_items.of_mission(planning.mission_id)
        assert (item.status, item.answer) == ("expired", "a subscription")
        assert len(await tx.events.trail(planning.mission_id)) == 1
        assert (await tx.tasks.get(planning.id)).status == "claimed"


async def test_a_no_leaves_the_assumption(outbox: Outbox) -> None:
    planning = await claim(outbox, await give(outbox))
    await asked(outbox, planning)
    async with outbox.transaction() as tx:
        (item,) = await tx.desk_items.of_mission(planning.mission_id)
        await desk.deny(tx, item.id)
    assert "assumed: a subscription" in await noted(outbox, planning)


async def test_a_mission_that_asked_nothing_says_nothing(outbox: Outbox) -> None:
    assert await noted(outbox, await give(outbox)) == ""
