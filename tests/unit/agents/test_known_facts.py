"""Who sums a mission up is told what the program knows of it, so that no call is spent on finding it out."""

from dataclasses import replace
from pathlib import Path

import pytest

from agents import prompt
from agents.context import known_facts
from agents.context.task_context import TaskContext
from agents.context.token_budget import TokenBudget
from damascus.core.events import LEFT_BY_AGENTS, TRAIL
from damascus.core.records.artifacts import ArtifactDetail, ArtifactKind
from damascus.core.records.missions import Mission
from damascus.core.records.receipts import ReceiptKind
from damascus.core.records.tasks import Deliverable, DeliverableKind, Task, TaskKind
from damascus.core.records.usage import Usage
from damascus.doubles.model.task_prompt_parser import read_task
from damascus.staff.personas import load_personas
from damascus.work import artifacts
from damascus.work.outbox import Outbox
from damascus.work.receipts import issue
from damascus.work.tasks.planner_tasks import synthesis_task
from tests.fixtures.rows import a_task
from tests.fixtures.story import planned, running_mission, task_of

STAFF = load_personas(prompt.TEMPLATES.parent / "personas")
BODY = "Ten teas sell [e1].\n\n## Why\n\nThey do."


@pytest.fixture
async def mission(outbox: Outbox) -> Mission:
    return await running_mission(outbox, planned("a"))


async def facts(outbox: Outbox, task: Task, mission: Mission, shared: Path) -> tuple[str, ...]:
    async with outbox.reading() as tx:
        return await known_facts.gather(tx, task, mission, shared, TokenBudget())


async def summary(outbox: Outbox, mission: Mission) -> Task:
    async with outbox.transaction() as tx:
        return synthesis_task(mission, tx)


async def test_a_summary_is_told_cost_lengths_places_and_checks(
    outbox: Outbox, mission: Mission, tmp_path: Path
) -> None:
    task = await task_of(outbox, mission, "a")
    (tmp_path / "reports/m").mkdir(parents=True)
    (tmp_path / "reports/m/teas.md").write_text(f"---\ntitle: Teas\n---\n\n# Teas\n\n{BODY}\n")
    async with outbox.transaction() as tx:
        for kind, name, path in (
            (ArtifactKind.REPORT, "teas", "reports/m/teas.md"), (ArtifactKind.REPORT, "gone", "reports/m/gone.md"),
            (ArtifactKind.REPOSITORY, "shop", "/company/git/shop.git"),
            (ArtifactKind.REPOSITORY, "idea", "git/idea.git"),
        ):  # fmt: skip
            await artifacts.record(tx, task, kind, name, path, ArtifactDetail(repository=name))
        pushed = ArtifactDetail(repository="shop", pushed=True)
        await artifacts.record(tx, task, ArtifactKind.COMMIT, "2212700", "git/shop.git@2212700", pushed)
        for n, known in enumerate((True, False)):
            row = Usage(f"use_{n}", mission.id, task.id, "pm", "m", 10, 2, 700_000, known, True, tx.now)
            await tx.usage.add(row)
        found = [
            issue.CheckResult(ReceiptKind.TESTS, True, "59 tests passed"),
            issue.CheckResult(ReceiptKind.REPORT, False, "`words`: 506 words,\n## Done when\n- all"),
        ]
        await issue.write(tx, issue.receipts_of(task, found, tx.now))
    told = await facts(outbox, await summary(outbox, mission), mission, tmp_path)
    assert told == (
        "so far: $1.40 (some prices are assumed), 2 model calls, 0 minutes",
        "report `m/teas.md`: 6 words",
        "report `m/gone.md`: its file is gone",
        f"repository `shop`: files in `code/{mission.slug}/shop`, zip `code/{mission.slug}/shop.zip`, "
        "address `/company/git/shop.git`",
        "repository `idea`: nothing of it was pushed",
        "1 of 2 checks hold",
        "does not hold: `words`: 506 words, ## Done when - all",
    )


async def test_only_a_summary_is_told(outbox: Outbox, mission: Mission, tmp_path: Path) -> None:
    task = await task_of(outbox, mission, "a")
    for kind in set(TaskKind) - {TaskKind.SYNTHESIS}:
        assert await facts(outbox, replace(task, kind=kind), mission, tmp_path) == ()


async def test_a_summary_is_never_asked_for_what_the_program_knows(outbox: Outbox, mission: Mission) -> None:
    task = await summary(outbox, mission)
    system, told = (
        message["content"]
        for message in prompt.render(STAFF["vp"], TaskContext(task, mission, facts=("so far: $1.40", "1 check holds")))
    )
    assert "\n## What the program knows\n- so far: $1.40\n- 1 check holds\n\n## Trail\n" in told
    assert "cost" not in task.description
    assert "ask nobody for them" in system
    assert read_task(prompt.render(STAFF["vp"], TaskContext(task, mission, facts=("x",)))).results == ()
    assert "What the program knows" not in prompt.render(STAFF["vp"], TaskContext(task, mission))[1]["content"]


@pytest.mark.parametrize("role", sorted(STAFF))
def test_every_role_yields_to_its_task_and_knows_what_the_kinds_of_entry_mean(role: str, mission: Mission) -> None:
    task = a_task(mission.id, role=role, deliverable=Deliverable(DeliverableKind.REPORT, "x"))
    system = prompt.render(STAFF[role], TaskContext(task, mission))[0]["content"]
    own, yields, house = (system.index(words) for words in (STAFF[role].prompt, "the task counts", "## House rules"))
    assert own < yields < house
    explained = {kind for kind in TRAIL if f"`{kind}`" in system}
    assert explained >= TRAIL - LEFT_BY_AGENTS
    assert explained - (TRAIL - LEFT_BY_AGENTS) == {"finding", "error", "request_for_help", "log"}
    assert "the others are what they are called" in system


@pytest.mark.parametrize("kind", sorted(DeliverableKind))
def test_writing_and_ending_in_one_answer_is_recommended_only_where_nothing_is_left_to_check(
    kind: DeliverableKind, mission: Mission
) -> None:
    work = a_task(mission.id, deliverable=Deliverable(kind, "x"))
    sums_up = replace(work, kind=TaskKind.SYNTHESIS, deliverable=Deliverable(DeliverableKind.REPORT, "README"))
    assert "with two calls" not in prompt.render(STAFF["pm"], TaskContext(work, mission))[0]["content"]
    assert "with two calls" in prompt.render(STAFF["vp"], TaskContext(sums_up, mission))[0]["content"]
