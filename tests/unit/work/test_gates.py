"""Gates: a verdict that the plan names decides whether what builds on a task begins."""

import asyncio
from pathlib import Path

import pytest

from damascus.core.errors import Conflict, Invalid
from damascus.core.records.desk_items import DeskItem
from damascus.core.records.gates import Gate, GivenVerdict, StopDecision, VerdictWord
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.work import desk
from damascus.work.delivery.summary_footer import summary_footer
from damascus.work.outbox import Outbox
from damascus.work.tasks import gates, missions, stopped_gates
from tests.fixtures.story import claim, finish, make_plan, planned, running_mission, task_of

GATE = {"question": "Is it worth building?"}
STOP, GO = GivenVerdict(VerdictWord.STOP), GivenVerdict(VerdictWord.GO)
BUYERS = Gate("Are there enough?", "buyers", at_least=300)


async def statuses(outbox: Outbox, mission: Mission) -> dict[str, str]:
    async with outbox.reading() as tx:
        return {task.key: str(task.status) for task in await tx.tasks.of_mission(mission.id) if task.key != "plan"}


async def stopped(outbox: Outbox, **more: bool) -> Mission:
    """`market` said stop; `mvp` and `launch` build on it, `names` does not."""
    mission = await running_mission(
        outbox, planned("market", gate=GATE), planned("mvp", needs=("market",)), planned("launch", needs=("mvp",)),
        planned("names"), **more,
    )  # fmt: skip
    await finish(outbox, mission, "market", STOP)
    return mission


async def referred(outbox: Outbox, mission: Mission) -> DeskItem | None:
    """The planner leaves it to the CEO; the question on the desk."""
    planning = await claim(outbox, await task_of(outbox, mission, "replan:market"), "vp-1/run")
    async with outbox.transaction() as tx:
        await desk.refer_gate(tx, planning, await task_of(outbox, mission, "market"), "I would end it.")
    async with outbox.reading() as tx:
        return next(iter(await tx.desk_items.of_mission(mission.id)), None)


async def decided(outbox: Outbox, mission: Mission) -> tuple[str, str | None]:
    async with outbox.reading() as tx:
        (row,) = await tx.verdicts.of_mission(mission.id)
        return row.decision, row.decided_by


async def readme(outbox: Outbox, mission: Mission) -> str:
    async with outbox.reading() as tx:
        return await summary_footer(tx, mission, Path("shared"))


@pytest.mark.parametrize(
    ("gate", "word", "number", "given"),
    [
        (None, None, None, None),
        (Gate("?"), "go", None, GO),
        (Gate("?"), "stop", None, STOP),
        (BUYERS, "go", 300, GivenVerdict(VerdictWord.GO, 300)),
        (BUYERS, "stop", 299.5, GivenVerdict(VerdictWord.STOP, 299.5)),
        (Gate("?", "days", at_most=5), "go", 5, GivenVerdict(VerdictWord.GO, 5)),
        (Gate("?", "days", at_most=5), "stop", 6, GivenVerdict(VerdictWord.STOP, 6)),
        (Gate("?", "days", 2, 5), "stop", 1, GivenVerdict(VerdictWord.STOP, 1)),
    ],
)
def test_a_verdict_that_fits_its_gate_is_taken(
    gate: Gate | None, word: str | None, number: float | None, given: GivenVerdict | None
) -> None:
    assert gates.judge(gate, word, number) == given


@pytest.mark.parametrize(
    ("gate", "word", "number", "told"),
    [
        (None, "go", None, "no gate"),
        (None, None, 3, "no gate"),
        (Gate("Worth it?"), None, None, "the verdict is missing.*go, stop.*Worth it"),
        (Gate("?"), "maybe", None, "'maybe' is not one that the plan names"),
        (Gate("?"), "GO", None, "not one that the plan names"),
        (Gate("?"), "go", 400, "without `number`"),
        (BUYERS, "go", None, "give it as `number` .buyers: at least 300"),
        (BUYERS, "go", float("nan"), "give it as `number`"),
        (BUYERS, "go", float("inf"), "give it as `number`"),
        (BUYERS, "go", 120, "120 means 'stop', not 'go'"),
        (BUYERS, "stop", 301, "301 means 'go', not 'stop'"),
        (Gate("?", "days", at_most=5), "go", 6, "6 means 'stop'"),
    ],
)
def test_a_verdict_that_does_not_fit_goes_back_with_what_to_do(
    gate: Gate | None, word: str | None, number: float | None, told: str
) -> None:
    with pytest.raises(Invalid, match=told):
        gates.judge(gate, word, number)


async def test_go_lets_begin_what_builds_on_it(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("market", gate=GATE), planned("mvp", needs=("market",)))
    await finish(outbox, mission, "market", GO)
    assert await statuses(outbox, mission) == {"market": "completed", "mvp": "queued"}
    assert await decided(outbox, mission) == (StopDecision.NONE, None)
    assert (await task_of(outbox, mission, "market")).summary == "Verdict: go. market is done"


async def test_stop_stops_all_that_builds_on_it_and_asks_the_planner(outbox: Outbox) -> None:
    mission = await stopped(outbox)
    assert await statuses(outbox, mission) == {
        "market": "completed", "mvp": "stopped", "launch": "stopped", "names": "queued", "replan:market": "queued",
    }  # fmt: skip
    assert (await task_of(outbox, mission, "launch")).reason == "the gate 'market' said stop"
    planning = await task_of(outbox, mission, "replan:market")
    assert "`mvp`, `launch`" in planning.description
    assert "> Verdict: stop. market is done" in planning.description
    async with outbox.reading() as tx:
        told = [event.payload for event in await tx.events.since(0, 500, mission.id) if event.kind == "verdict"]
    assert [(payload["verdict"], payload["text"]) for payload in told] == [("stop", "stop")]


async def test_held_tasks_do_not_begin_when_their_other_needs_are_done(outbox: Outbox) -> None:
    mission = await running_mission(
        outbox, planned("market", gate=GATE), planned("names"), planned("mvp", needs=("market", "names"))
    )
    await finish(outbox, mission, "market", STOP)
    await finish(outbox, mission, "names")
    assert (await statuses(outbox, mission))["mvp"] == "stopped"


async def test_a_new_plan_takes_the_place_of_what_is_held(outbox: Outbox) -> None:
    mission = await stopped(outbox)
    planning = await claim(outbox, await task_of(outbox, mission, "replan:market"), "vp-1/run")
    async with outbox.transaction() as tx:
        await stopped_gates.decide(tx, await task_of(outbox, mission, "market"), StopDecision.REPLANNED, "vp")
        await missions.start(tx, planning, make_plan(planned("smaller", needs=("market",))))
    now = await statuses(outbox, mission)
    assert (now["mvp"], now["launch"], now["smaller"], now["names"]) == ("cancelled", "cancelled", "queued", "queued")
    reason = (await task_of(outbox, mission, "mvp")).reason
    assert reason == "the gate 'market' said stop, superseded by a new plan"
    assert "it was planned again (decided by vp)" in await readme(outbox, mission)


async def test_the_ceo_says_continue_anyway_and_it_does(outbox: Outbox) -> None:
    mission = await stopped(outbox)
    item = await referred(outbox, mission)
    assert item is not None
    assert "market is done" in item.text
    assert "I would end it." in item.text
    assert "1. continue anyway" in item.text
    async with outbox.transaction() as tx:
        await desk.answer(tx, item.id, "1")
    now = await statuses(outbox, mission)
    assert (now["mvp"], now["launch"]) == ("queued", "waiting")
    assert await decided(outbox, mission) == (StopDecision.CONTINUED, "ceo")
    assert "**stop**. Is it worth building?" in await readme(outbox, mission)
    assert "the mission continued anyway (decided by you)" in await readme(outbox, mission)
    async with outbox.reading() as tx:
        assert (await tx.events.trail(mission.id))[-1].kind == "answer"


async def test_the_ceo_says_end_here_and_the_rest_is_summed_up(outbox: Outbox) -> None:
    mission = await stopped(outbox)
    item = await referred(outbox, mission)
    assert item is not None
    async with outbox.transaction() as tx:
        await desk.answer(tx, item.id, "End here.")
    await finish(outbox, mission, "names")
    now = await statuses(outbox, mission)
    assert (now["mvp"], now["launch"], now["synthesis"]) == ("cancelled", "cancelled", "queued")
    said = await readme(outbox, mission)
    assert "the mission ended there (decided by you)" in said
    assert "not begun: Do mvp" in said
    assert "not begun: Do launch" in said


async def test_a_no_at_the_desk_ends_it_there(outbox: Outbox) -> None:
    mission = await stopped(outbox)
    item = await referred(outbox, mission)
    assert item is not None
    async with outbox.transaction() as tx:
        await desk.deny(tx, item.id)
    assert await decided(outbox, mission) == (StopDecision.ENDED, "ceo")


async def test_an_answer_that_is_neither_is_sent_back(outbox: Outbox) -> None:
    item = await referred(outbox, await stopped(outbox))
    assert item is not None
    async with outbox.transaction() as tx:
        with pytest.raises(Invalid, match=r"1\. continue anyway"):
            await desk.answer(tx, item.id, "3")


async def test_where_nobody_is_to_be_asked_the_mission_ends_there(outbox: Outbox) -> None:
    mission = await stopped(outbox, ask=False)
    assert await referred(outbox, mission) is None
    assert (await statuses(outbox, mission))["mvp"] == "cancelled"
    assert await decided(outbox, mission) == (StopDecision.ENDED, "office")


async def test_two_who_decide_at_once_decide_once(outbox: Outbox) -> None:
    mission = await stopped(outbox)
    item = await referred(outbox, mission)
    assert item is not None

    async def say(answer: str) -> None:
        async with outbox.transaction() as tx:
            await desk.answer(tx, item.id, answer)

    results = await asyncio.gather(say("1"), say("2"), return_exceptions=True)
    assert sorted(type(result) for result in results if result)[0:] == [Conflict]
    decision, _ = await decided(outbox, mission)
    assert ((await statuses(outbox, mission))["mvp"] == "queued") == (decision == StopDecision.CONTINUED)


async def test_what_two_gates_stop_begins_when_both_let_it(outbox: Outbox) -> None:
    mission = await running_mission(
        outbox, planned("market", gate=GATE), planned("law", gate=GATE), planned("mvp", needs=("market", "law"))
    )
    await finish(outbox, mission, "market", STOP)
    await finish(outbox, mission, "law", STOP)
    for key, expected in (("market", "stopped"), ("law", "queued")):
        async with outbox.transaction() as tx:
            gate: Task = await task_of(outbox, mission, key)
            await stopped_gates.decide(tx, gate, StopDecision.CONTINUED, "ceo")
        assert (await statuses(outbox, mission))["mvp"] == expected


async def test_a_mission_is_planned_again_after_its_gates_so_often_and_no_more(outbox: Outbox) -> None:
    keys = ("a", "b", "c")
    mission = await running_mission(
        outbox, *(planned(key, gate=GATE) for key in keys), *(planned(f"after-{key}", needs=(key,)) for key in keys)
    )
    for key, may in zip(keys, (True, True, False), strict=True):
        await finish(outbox, mission, key, STOP)
        async with outbox.transaction() as tx:
            assert await gates.may_plan_again(tx, mission.id) is may
            await stopped_gates.decide(tx, await task_of(outbox, mission, key), StopDecision.REPLANNED, "vp")


async def test_nothing_is_decided_about_a_mission_that_was_cancelled(outbox: Outbox) -> None:
    mission = await stopped(outbox)
    item = await referred(outbox, mission)
    assert item is not None
    async with outbox.transaction() as tx:
        await missions.cancel(tx, mission.id, "ceo")
    async with outbox.transaction() as tx:
        with pytest.raises(Conflict):
            await desk.answer(tx, item.id, "1")
    assert (await statuses(outbox, mission))["mvp"] == "cancelled"
