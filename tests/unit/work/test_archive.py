"""What an ended mission leaves for later ones."""

from damascus.core.events import EventKind
from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind, Citation
from damascus.core.records.memories import Memory, MemoryKind
from damascus.core.records.missions import Mission
from damascus.core.records.receipts import ReceiptKind
from damascus.core.records.tasks import Task
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.port import NewMemory
from damascus.work import event_log, policies
from damascus.work.outbox import Outbox
from damascus.work.receipts import issue
from damascus.work.receipts.issue import CheckResult
from damascus.work.tasks import missions
from damascus.work.tasks.archive import MAX_LESSONS, archive
from tests.fixtures.story import claim, finish, give, make_plan, planned, running_mission, task_of

SAID = "The bread sells best on Saturdays, and twelve bakers want it."


async def kept(outbox: Outbox) -> list[Memory]:
    """What the company knows, oldest first."""
    async with outbox.reading() as tx:
        return sorted(await tx.memories.list({}), key=lambda memory: memory.number)


async def succeeded(outbox: Outbox, *keys: str, said: str = SAID) -> Mission:
    mission = await running_mission(outbox, *(planned(key) for key in keys))
    for key in keys:
        await finish(outbox, mission, key)
    await complete(outbox, await task_of(outbox, mission, "synthesis"), said)
    return mission


async def complete(outbox: Outbox, task: Task, said: str) -> None:
    done = await claim(outbox, task, f"w/{task.key}")
    async with outbox.transaction() as tx:
        await missions.complete(tx, done, said)


async def refused(outbox: Outbox, task: Task, text: str) -> None:
    async with outbox.transaction() as tx:
        found = [CheckResult(ReceiptKind.TESTS, False, text), CheckResult(ReceiptKind.COMMIT, True, "pushed")]
        await issue.write(tx, issue.receipts_of(task, found, tx.now))


async def fail(outbox: Outbox, mission: Mission, key: str, reason: str, *, replan: bool = False) -> None:
    task = await claim(outbox, await task_of(outbox, mission, key), f"w/{key}")
    async with outbox.transaction() as tx:
        await missions.fail_task(tx, task, reason, replan=replan)


async def test_a_mission_that_succeeded_leaves_problem_way_and_outcome(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"), planned("b", "sales"))
    for key in "ab":
        await finish(outbox, mission, key)
    async with outbox.transaction() as tx:
        synthesis = await tx.tasks.by_key(mission.id, "synthesis")
        assert synthesis is not None
        seq = await event_log.append_trail_entry(tx, synthesis, EventKind.FINDING, "bread sells")
        cited = ArtifactDetail(sources=(Citation(f"e{seq}", "pm", "bread"),))
        await tx.artifacts.add(
            Artifact("art_1", mission.id, synthesis.id, ArtifactKind.REPORT, "README", "p", cited, tx.now)
        )
    await complete(outbox, synthesis, SAID)
    (memory,) = await kept(outbox)
    assert memory.content == (
        "Asked: Build something. Tried: Do a (pm); Do b (sales). The mission succeeded. " + SAID.removesuffix(".")
    )
    assert (memory.kind, memory.owner, memory.mission_id) == (MemoryKind.PATTERN, "vp", mission.id)
    assert (memory.evidence, memory.tags) == ([f"{memory.mission_id}/e{seq}"], ["succeeded"])


async def test_a_failed_mission_is_a_lesson_and_so_is_the_task_that_failed(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"))
    await fail(outbox, mission, "a", "the oven\nis broken.")
    outcome, lesson = await kept(outbox)
    assert outcome.kind == lesson.kind == MemoryKind.LESSON
    assert outcome.content.endswith("The mission failed. Do a (pm): the oven is broken")
    assert (lesson.content, lesson.owner) == ("Do a (pm, note) could not be done: the oven is broken", "pm")


async def test_what_the_checks_refused_at_first_is_a_lesson_with_what_put_it_right(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"), planned("b"))
    await refused(outbox, await task_of(outbox, mission, "a"), "the tests fail: no module named bread")
    await finish(outbox, mission, "a")
    await finish(outbox, mission, "b")
    assert await kept(outbox) == []  # the mission has not ended
    await complete(outbox, await task_of(outbox, mission, "synthesis"), SAID)
    _, lesson = await kept(outbox)
    assert lesson.content == (
        "Do a (pm, note) was refused at first: the tests fail: no module named bread. Put right, it passed: a is done"
    )


async def test_a_planning_task_that_failed_is_no_lesson_of_its_own(outbox: Outbox) -> None:
    task = await claim(outbox, await give(outbox))
    async with outbox.transaction() as tx:
        await missions.fail_task(tx, task, "no plan")
    assert [memory.content for memory in await kept(outbox)] == [
        "Asked: Build something. Tried: nothing. The mission failed. Plan the mission (vp): no plan"
    ]


async def test_a_new_plan_that_worked_leaves_the_lesson_of_the_first(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"))
    await fail(outbox, mission, "a", "the oven is broken", replan=True)
    replan = await claim(outbox, await task_of(outbox, mission, "replan"), "vp-1/again")
    async with outbox.transaction() as tx:
        await missions.start(tx, replan, make_plan(planned("b")))
    await finish(outbox, mission, "b")
    await complete(outbox, await task_of(outbox, mission, "synthesis"), SAID)
    assert [memory.content for memory in await kept(outbox)][1:] == [
        "Do a (pm, note) could not be done: the oven is broken"
    ]


async def test_no_mission_leaves_more_than_a_few_lessons(outbox: Outbox) -> None:
    keys = [f"{chr(97 + n) * 4}{n}" for n in range(MAX_LESSONS + 2)]
    mission = await running_mission(outbox, *map(planned, keys))
    for key in keys:
        await refused(outbox, await task_of(outbox, mission, key), f"{key} {key}x {key}y {key}z")
        await finish(outbox, mission, key)
    await complete(outbox, await task_of(outbox, mission, "synthesis"), SAID)
    assert len(await kept(outbox)) == 1 + MAX_LESSONS


async def test_a_mission_that_the_ceo_cancelled_teaches_nothing(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"))
    async with outbox.transaction() as tx:
        await missions.cancel(tx, mission.id, "ceo")
    assert await kept(outbox) == []


async def test_the_policy_keeps_nothing(outbox: Outbox) -> None:
    async with outbox.transaction() as tx:
        await policies.write(tx, "memory", {"use": False})
    await succeeded(outbox, "a")
    assert await kept(outbox) == []


async def test_the_same_outcome_is_kept_once(outbox: Outbox) -> None:
    mission = await succeeded(outbox, "a")
    async with outbox.transaction() as tx:
        await archive(tx, await tx.missions.get(mission.id))
    assert len(await kept(outbox)) == 1


async def test_the_vps_words_are_left_out_where_they_repeat_what_it_was_told(outbox: Outbox) -> None:
    memory = CompanyMemory(outbox)
    said = (await memory.remember(NewMemory(MemoryKind.INSIGHT, SAID, "sales", "s"))).memory
    assert said is not None
    mission = await running_mission(outbox, planned("a"))
    async with outbox.transaction() as tx:
        await memory.note_shown(tx, (await tx.tasks.of_mission(mission.id))[0].id, [said])
    await finish(outbox, mission, "a")
    await complete(outbox, await task_of(outbox, mission, "synthesis"), f"As known: {SAID}")
    assert [row.content for row in await kept(outbox)][1:] == [
        "Asked: Build something. Tried: Do a (pm). The mission succeeded."
    ]


async def test_a_secret_in_the_directive_costs_the_memory_and_not_the_mission(outbox: Outbox) -> None:
    task = await claim(outbox, await give(outbox, "Log in with password: hunter2hunter and build something"))
    async with outbox.transaction() as tx:
        await missions.fail_task(tx, task, "no plan")
        mission = await tx.missions.get(task.mission_id)
    assert mission.status == "failed"
    assert await kept(outbox) == []
