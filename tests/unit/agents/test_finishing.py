"""A task that its author calls done is looked at by a colleague, at most twice, whoever dies in between."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents import finishing, outcomes
from agents.context import offered_tools
from agents.hooks.reviewing import REVIEW_TOOLS, Reviewing
from agents.journal import Journal
from agents.run import Run
from damascus.bus.streams import Bus
from damascus.composition.agents import AgentServices
from damascus.core.records.acceptance import AcceptanceCheck, CheckKind
from damascus.core.records.gates import Gate
from damascus.core.records.missions import MissionStatus
from damascus.core.records.reviews import LineVerdict, Review
from damascus.core.records.tasks import Task, TaskKind, TaskStatus
from damascus.core.records.turns import Turn, TurnStatus
from damascus.ledger.engine import Ledger
from damascus.tools.tool import TaskEffect, ToolResult
from damascus.work import policies
from damascus.work.tasks import missions
from tests.fixtures.rows import UNTOLD, a_task
from tests.fixtures.story import SETTINGS, claim
from tests.fixtures.workbench import BODY, Workbench, open_workbench

GATE = Gate("Is it worth it?", "buyers", 300, None)
LINES = ["three prices are compared", "the sum is worked out"]
TRUE, OTHER = "What the market pays for is plain", "and was found by asking"


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        yield workbench


async def written(workbench: Workbench, **more: Any) -> Task:
    """A task whose report is there; another task builds on it."""
    columns: dict[str, Any] = {"acceptance": LINES, "role": "pm", "deliverable": {"kind": "report", "name": "x"}}
    task = await workbench.task(**{**columns, **more})
    ref = await workbench.cite(task)
    await workbench.call(task, "write_report", name="x", title="X", body=BODY, sources=[ref])
    async with workbench.outbox.transaction() as tx:
        other = (await tx.tasks.of_mission(workbench.mission.id))[1]
        await tx.tasks.add_dependencies(other.id, [task.id])
    return task


async def policy(workbench: Workbench, **value: Any) -> None:
    async with workbench.outbox.transaction() as tx:
        await policies.write(tx, "review", value)


async def finish(workbench: Workbench, task: Task, turn: Turn | None = None, **more: Any) -> tuple[Any, Turn]:
    """What becomes of a `finish`, by its outcome or by what its model reads; and the call."""
    arguments = {"summary": "it is written and this is how", **more}
    turn = turn or (await workbench.context(task, "finish", arguments)).turn
    async with workbench.outbox.reading() as tx:
        journal = await Journal.read(tx, workbench.outbox, task, SETTINGS)
    run = Run(workbench.lease(task), workbench.mission, UNTOLD, journal, 0.0)
    made = SimpleNamespace(
        outbox=workbench.outbox, receipts=workbench.receipts, roles=workbench.services.roles
    )  # fmt: skip
    result = ToolResult(str(arguments["summary"]), TaskEffect.FINISHED)
    try:
        return (await finishing.finish(run, turn, result, cast("AgentServices", made))).text, turn
    except outcomes.RunOutcome as outcome:
        return type(outcome), turn


async def review_of(workbench: Workbench, task: Task) -> tuple[Review, Task]:
    """The newest review of a task, claimed by a worker of its role."""
    async with workbench.outbox.reading() as tx:
        review = (await tx.reviews.of_task(task.id))[-1]
        row = await tx.tasks.get(review.id)
    return review, await claim(workbench.outbox, row, f"reviewer/{row.id}")


async def resumed(workbench: Workbench, task: Task) -> Task:
    async with workbench.outbox.reading() as tx:
        row = await tx.tasks.get(task.id)
    assert row.status == TaskStatus.QUEUED
    return await claim(workbench.outbox, row, "w/again")


async def submit(workbench: Workbench, row: Task, *lines: tuple[int, str, str]) -> ToolResult:
    given = [{"line": n, "verdict": verdict, "quote": quote, "why": "as I see it"} for n, verdict, quote in lines]
    return await workbench.call(row, "submit_review", lines=given)


async def reviewed(workbench: Workbench, task: Task, *verdicts: str) -> Review:
    review, row = await review_of(workbench, task)
    await workbench.call(row, "read_report", path="x")
    result = await submit(workbench, row, *[(n, verdict, TRUE) for n, verdict in enumerate(verdicts, start=1)])
    assert result.effect == TaskEffect.REVIEWED, result.text
    async with workbench.outbox.reading() as tx:
        return await tx.reviews.get(review.id)


async def state(workbench: Workbench, task: Task) -> Task:
    async with workbench.outbox.reading() as tx:
        return await tx.tasks.get(task.id)


async def test_what_holds_is_complete_without_another_word_of_its_author(workbench: Workbench) -> None:
    task = await written(workbench)
    outcome, turn = await finish(workbench, task, shown_in=["line 1: in the table"])
    assert outcome is outcomes.Parked
    parked = await state(workbench, task)
    review, row = await review_of(workbench, task)
    assert (parked.status, parked.reason) == (TaskStatus.PARKED, "vp reviews it")
    assert (row.kind, row.role, review.author, review.reviewer) == (TaskKind.REVIEW, "vp", "pm", "vp")
    assert "> 1. three prices are compared\n> 2. the sum is worked out" in row.description
    assert "in the table" in row.description
    await workbench.call(row, "read_report", path="x")
    await submit(workbench, row, (1, "holds", TRUE), (2, "holds", OTHER))
    again = await resumed(workbench, task)
    assert (await finish(workbench, again, turn))[0] is outcomes.Finished
    assert (await state(workbench, task)).status == TaskStatus.COMPLETED
    async with workbench.outbox.reading() as tx:
        receipts = await tx.receipts.of_task(task.id)
        assert [line.quote for line in (await tx.reviews.get(review.id)).findings.lines] == [TRUE, OTHER]
    assert len(receipts) == 2  # they were checked once: before the review


async def test_what_does_not_hold_is_revised_once_and_then_said(workbench: Workbench) -> None:
    task = await written(workbench)
    _, turn = await finish(workbench, task)
    await reviewed(workbench, task, "does_not_hold", "holds")
    task = await resumed(workbench, task)
    said, _ = await finish(workbench, task, turn)
    assert said.startswith("Not done yet: vp has reviewed it")
    assert "line 1, three prices are compared: as I see it (“What the market pays" in said
    assert "line 2" not in said
    async with workbench.outbox.transaction() as tx:
        await tx.turns.finish(turn.id, said, tx.now)
    outcome, turn = await finish(workbench, task)
    assert outcome is outcomes.Parked
    review = await reviewed(workbench, task, "does_not_hold", "cannot_tell")
    assert review.round == 2
    task = await resumed(workbench, task)
    assert (await finish(workbench, task, turn))[0] is outcomes.Finished
    async with workbench.outbox.reading() as tx:
        assert len(await tx.reviews.of_task(task.id)) == 2


async def test_what_nobody_can_tell_is_no_reason_to_revise(workbench: Workbench) -> None:
    task = await written(workbench)
    _, turn = await finish(workbench, task)
    await reviewed(workbench, task, "cannot_tell", "holds")
    assert (await finish(workbench, await resumed(workbench, task), turn))[0] is outcomes.Finished


async def test_a_reviewer_that_fails_leaves_lines_of_which_nobody_can_tell(workbench: Workbench) -> None:
    task = await written(workbench)
    _, turn = await finish(workbench, task)
    review, row = await review_of(workbench, task)
    async with workbench.outbox.transaction() as tx:
        await missions.fail_task(tx, row, "not done after 12 turns")
        assert (await tx.missions.get(task.mission_id)).status == MissionStatus.RUNNING
        assert not [other for other in await tx.tasks.of_mission(task.mission_id) if other.key == "replan"]
        ended = await tx.reviews.get(review.id)
    assert ended.finished_at is not None
    assert {line.verdict for line in ended.findings.lines} == {LineVerdict.CANNOT_TELL}
    assert (await finish(workbench, await resumed(workbench, task), turn))[0] is outcomes.Finished


async def test_a_worker_that_wakes_too_early_waits_for_the_same_review(workbench: Workbench) -> None:
    task = await written(workbench)
    _, turn = await finish(workbench, task)
    async with workbench.outbox.transaction() as tx:
        await tx.tasks.transition(task.id, [TaskStatus.PARKED], TaskStatus.QUEUED)
    task = await resumed(workbench, task)
    assert (await finish(workbench, task, turn))[0] is outcomes.Parked
    async with workbench.outbox.reading() as tx:
        assert len(await tx.reviews.of_task(task.id)) == 1
        (call,) = [one for one in await tx.turns.of_task(task.id) if one.id == turn.id]
    assert call.status == TurnStatus.WAITING


@pytest.mark.parametrize(
    ("value", "more", "due"),
    [
        ({"when": "never"}, {}, False),
        ({"when": "risky"}, {}, True),
        ({"when": "risky"}, {"kind": "answer"}, False),
        ({"when": "risky"}, {"acceptance": []}, False),
        ({"when": "risky"}, {"deliverable": {"kind": "note", "name": "x"}}, False),  # whoever builds on it
    ],
)
async def test_the_policy_says_what_is_reviewed(
    workbench: Workbench, value: dict[str, Any], more: dict[str, Any], due: bool
) -> None:
    await policy(workbench, **value)
    task = await written(workbench, **more)
    outcome, _ = await finish(workbench, task)
    assert (outcome is outcomes.Parked) is due, outcome


async def test_a_report_that_nobody_builds_on_is_risky_to_nobody(workbench: Workbench) -> None:
    task = await workbench.task(acceptance=LINES, role="pm", deliverable={"kind": "report", "name": "x"})
    ref = await workbench.cite(task)
    await workbench.call(task, "write_report", name="x", title="X", body=BODY, sources=[ref])
    assert (await finish(workbench, task))[0] is outcomes.Finished
    await policy(workbench, when="always")
    note = await workbench.task(acceptance=LINES, role="pm")
    assert (await finish(workbench, note))[0] is outcomes.Parked


async def test_what_the_program_checks_no_colleague_checks_again(workbench: Workbench) -> None:
    checks = (AcceptanceCheck(1, CheckKind.WORDS, at_least=5),)
    task = await written(workbench, deliverable={"kind": "report", "name": "x", "checks": checks})
    await finish(workbench, task)
    review, _ = await review_of(workbench, task)
    assert [(line.number, line.text) for line in review.findings.lines] == [(2, LINES[1])]
    whole = (*checks, AcceptanceCheck(2, CheckKind.WORDS, at_most=5_000))
    other = await workbench.task(
        acceptance=LINES, role="sales", deliverable={"kind": "report", "name": "y", "checks": whole}
    )
    ref = await workbench.cite(other)
    await policy(workbench, when="always")
    await workbench.call(other, "write_report", name="y", title="Y", body=BODY, sources=[ref])
    assert (await finish(workbench, other))[0] is outcomes.Finished


@pytest.mark.parametrize(
    ("by", "author", "reviewer"),
    [("", "pm", "vp"), ("sales", "pm", "sales"), ("pm", "pm", "vp"), ("", "vp", "engineer"), ("nobody", "pm", "vp")],
)
async def test_nobody_reviews_their_own_work(workbench: Workbench, by: str, author: str, reviewer: str) -> None:
    await policy(workbench, when="always", by=by)
    task = await written(workbench, role=author)
    await finish(workbench, task)
    assert (await review_of(workbench, task))[0].reviewer == reviewer


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ([(1, "holds", TRUE)], "line 2 is missing"),
        ([(1, "holds", TRUE), (1, "holds", TRUE), (2, "holds", TRUE)], "line 1 is given 2 times"),
        ([(1, "holds", TRUE), (2, "holds", TRUE), (3, "holds", TRUE)], "there is no line 3"),
        ([(1, "holds", TRUE), (2, "holds", "The sum is 340 USD a month")], "line 2: the quote is in nothing that you"),
        ([(1, "holds", TRUE), (2, "does_not_hold", "")], "line 2: the quote is in nothing that you"),
        ([(1, "holds", TRUE), (2, "holds", "market")], "line 2: the quote is in nothing that you"),
        ([(1, "holds", TRUE), (2, "holds", "no such report by this name")], "line 2: the quote is in nothing"),
        ([(1, "holds", TRUE), (2, "perhaps", TRUE)], "lines.1.verdict"),
    ],
)
async def test_a_review_that_is_not_whole_or_quotes_what_is_not_there_goes_back(
    workbench: Workbench, lines: list[tuple[int, str, str]], says: str
) -> None:
    task = await written(workbench)
    await finish(workbench, task)
    review, row = await review_of(workbench, task)
    await workbench.call(row, "read_report", path="x")
    await workbench.call(row, "read_report", path="no such report by this name")  # an error is nothing to quote
    result = await submit(workbench, row, *lines)
    assert result.effect is None
    assert says in result.text
    refused = await submit(workbench, row, *lines)  # nor is a refused review's own quote
    assert refused.effect is None
    async with workbench.outbox.reading() as tx:
        assert (await tx.reviews.get(review.id)).finished_at is None


async def test_who_has_read_nothing_can_only_say_so(workbench: Workbench) -> None:
    task = await written(workbench)
    await finish(workbench, task)
    _, row = await review_of(workbench, task)
    said = await submit(workbench, row, (1, "holds", TRUE), (2, "holds", TRUE))
    assert "you have read nothing yet" in said.text
    said = await workbench.call(row, "submit_review", lines=[{"line": n, "verdict": "cannot_tell"} for n in (1, 2)])
    assert "say in `why`" in said.text
    said = await submit(workbench, row, (1, "cannot_tell", "made up and never read"), (2, "cannot_tell", ""))
    assert said.effect == TaskEffect.REVIEWED
    async with workbench.outbox.reading() as tx:
        (review,) = await tx.reviews.of_task(task.id)
    assert [line.quote for line in review.findings.lines] == ["", ""]


async def test_only_a_review_is_submitted(workbench: Workbench) -> None:
    task = await workbench.task(role="pm")
    said = await submit(workbench, task, (1, "holds", TRUE))
    assert said.text.startswith("submit_review: only a review")


async def test_a_reviewer_has_tools_that_read_whoever_it_is(workbench: Workbench) -> None:
    task = await written(workbench)
    await finish(workbench, task)
    _, row = await review_of(workbench, task)
    hook = Reviewing()
    assert hook.grant_tools(row, frozenset({"write_file", "push", "leave_trail"})) == REVIEW_TOOLS
    assert hook.grant_tools(task, frozenset({"finish", "submit_review"})) == {"finish"}


async def test_a_command_of_a_review_changes_nothing(workbench: Workbench) -> None:
    workbench.needs_jail()
    task = await written(workbench)
    await finish(workbench, task)
    _, row = await review_of(workbench, task)
    said = await workbench.call(row, "run_command", command="wc -w < x.md; echo gone > x.md; ls")
    assert said.text.startswith("exit 0")
    assert "x.md" in said.text
    assert "e1" not in said.text  # it leaves no entry on the trail
    again = await workbench.call(row, "run_command", command="cat x.md")
    assert TRUE in again.text
    assert TRUE in (await workbench.call(row, "read_file", path="x.md")).text
    assert "x.md" in (await workbench.call(row, "list_files")).text
    assert "x.md:" in (await workbench.call(row, "search_files", pattern="found by asking")).text
    assert TRUE in workbench.report("x").read_text()
    result = await submit(workbench, row, (1, "holds", again.text.splitlines()[0]), (2, "holds", TRUE))
    assert result.effect == TaskEffect.REVIEWED


async def test_code_is_reviewed_as_it_is_at_the_proven_commit(workbench: Workbench) -> None:
    deliverable = {"kind": "code", "name": "app", "test_command": "python3 -m unittest discover -s tests"}
    task = await workbench.task(deliverable=deliverable, acceptance=["it prints the total"])
    await workbench.call(task, "create_repository", name="app", description="x")
    await workbench.tested(task)
    await workbench.call(task, "write_file", path="app.py", content="print('the total is 42')\n")
    await workbench.call(task, "commit", message="first")
    await workbench.call(task, "push")
    outcome, _ = await finish(workbench, task)
    assert outcome is outcomes.Parked
    (workbench.workspace("app") / "app.py").write_text("print('the total is 43')\n")
    _, row = await review_of(workbench, task)
    assert (await workbench.call(row, "run_command", command="python3 app.py")).text.endswith("the total is 42\n")
    assert "1\tprint('the total is 42')" in (await workbench.call(row, "read_file", path="app.py")).text
    assert (await submit(workbench, row, (1, "holds", "print('the total is 42')"))).effect == TaskEffect.REVIEWED


@pytest.mark.parametrize(
    ("changes", "arguments"),
    [
        ({}, set()), ({"gate": replace(GATE, at_least=None)}, {"verdict"}), ({"gate": GATE}, {"verdict", "number"}),
        ({"kind": TaskKind.SYNTHESIS}, {"decisions"}),
    ],
)  # fmt: skip
def test_a_task_is_shown_only_the_arguments_of_finish_that_it_can_use(
    workbench: Workbench, changes: dict[str, Any], arguments: set[str]
) -> None:
    task = a_task("mis_1", **changes)
    ask, finish = offered_tools.specs(workbench.registry, ["ask", "finish"], task)
    assert set(finish.parameters["properties"]) == {"summary", "shown_in"} | arguments
    assert (ask, finish.name) == (workbench.registry.specs(["ask"])[0], "finish")
