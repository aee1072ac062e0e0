"""What of the trail, of reports and of its tools a task is told: what it cannot do without."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents import prompt
from agents.context import dependencies, offered_tools, specification, task_context, trail
from agents.context.token_budget import MAX_CITED_CHARS, TokenBudget
from agents.hooks.task_tools import TaskTools
from damascus.core.events import EventKind, TrailNote
from damascus.core.records.artifacts import ArtifactDetail, ArtifactKind, Citation
from damascus.core.records.tasks import Deliverable, DeliverableKind, Task, TaskKind
from damascus.core.settings import CompanySettings, Settings
from damascus.staff.personas import load_personas
from damascus.tools.tool import Danger
from damascus.work import artifacts, policies
from damascus.work.delivery.report_files import as_read
from damascus.work.outbox import Outbox
from damascus.work.tasks import tasks
from damascus.workshop.jail.job import Loopback
from damascus.workshop.port import WorkshopFacts
from tests.fixtures.rows import a_task
from tests.fixtures.story import finish, planned, running_mission, task_of

STAFF = load_personas(prompt.TEMPLATES.parent / "personas")
CODE = Deliverable(DeliverableKind.CODE, "tool")


class Story:
    """A task `build` that needs `prd`, which has left a report that cites its first entry."""

    def __init__(self, outbox: Outbox, shared: Path, mission_id: str, build: Task) -> None:
        self.outbox, self.shared, self.mission_id, self.build = outbox, shared, mission_id, build

    async def leave(self, kind: EventKind, text: str, task: Task, replaces: int | None = None) -> None:
        async with self.outbox.transaction() as tx:
            tx.events.append(kind, task.role, TrailNote(text=text), self.mission_id, task.id, replaces=replaces)

    async def trail(self, task: Task, whole: tuple[str, ...] = ()) -> tuple[list[str], int]:
        async with self.outbox.reading() as tx:
            needed = await dependencies.gather(tx, task, TokenBudget())
            told, untold = await trail.gather(tx, task, needed, TokenBudget(), whole)
        return [str(event.payload["text"]) for event in told], untold

    async def specifications(self, task: Task) -> list[str]:
        async with self.outbox.reading() as tx:
            needed = await dependencies.gather(tx, task, TokenBudget())
        return [one.text for one in await specification.gather(task, needed, self.shared, TokenBudget())]

    async def report(self, task: Task, name: str, text: str, *refs: str) -> None:
        path = f"reports/m/{name}.md"
        (self.shared / path).parent.mkdir(parents=True, exist_ok=True)
        (self.shared / path).write_text(f"---\ntitle: x\ncost_usd: 1\n---\n\n{text}\n")
        detail = ArtifactDetail(sources=tuple(Citation(ref, "pm", "") for ref in refs))
        async with self.outbox.transaction() as tx:
            await artifacts.record(tx, task, ArtifactKind.REPORT, name, path, detail)


@pytest.fixture
async def story(outbox: Outbox, tmp_path: Path) -> Story:
    mission = await running_mission(
        outbox, planned("prd"), planned("market", "sales"), planned("build", "engineer", ("prd", "market"))
    )
    prd = await task_of(outbox, mission, "prd")
    found = Story(outbox, tmp_path, mission.id, replace(await task_of(outbox, mission, "build"), deliverable=CODE))
    await found.leave(EventKind.FINDING, "cited", prd)
    await found.leave(EventKind.FINDING, "not cited", prd)
    await found.leave(EventKind.ERROR, "it broke", prd)
    await found.leave(EventKind.REQUEST_FOR_HELP, "somebody must", prd)
    await found.report(prd, "prd", "# What to build\n\nA tool [e1].", "e1")
    await found.report(await task_of(outbox, mission, "market"), "market", "Who pays.")
    for key in ("prd", "market"):
        await finish(outbox, mission, key)
    return found


async def test_a_task_is_told_what_its_reports_cite_what_went_wrong_and_what_is_asked(story: Story) -> None:
    told, untold = await story.trail(story.build)
    assert told == ["cited", "it broke", "somebody must"]
    assert untold == 1


async def test_what_a_report_cites_that_stands_whole_is_not_told_again(story: Story) -> None:
    told, untold = await story.trail(story.build, ("reports/m/prd.md",))
    assert told == ["it broke", "somebody must"]
    assert untold == 2


async def test_the_entry_that_corrects_a_cited_one_is_told_with_it(story: Story) -> None:
    await story.leave(EventKind.FINDING, "right", story.build, replaces=1)
    other = replace(story.build, id="task_other")
    async with story.outbox.transaction() as tx:
        await tasks.add(tx, replace(other, key="other"))
        needed = [task.id for task in await tx.tasks.dependencies_of(story.build.id)]
        await tx.tasks.add_dependencies(other.id, needed)
    told, _ = await story.trail(other)
    assert told == ["cited", "it broke", "somebody must", "right"]


async def test_an_own_entry_is_told_and_who_answers_a_question_is_told_all(story: Story) -> None:
    await story.leave(EventKind.LOG, "my own", story.build)
    assert "my own" in (await story.trail(story.build))[0]
    asked = a_task(story.mission_id, kind=TaskKind.ANSWER)
    assert await story.trail(asked) == (["cited", "not cited", "it broke", "somebody must", "my own"], 0)


async def test_a_cited_entry_is_told_in_short_and_an_error_whole(story: Story) -> None:
    long = "word " * 80
    await story.leave(EventKind.ERROR, f"error {long}", story.build)
    await story.leave(EventKind.LOG, f"log {long}", story.build)
    async with story.outbox.reading() as tx:
        told, _ = await trail.gather(tx, story.build, (), TokenBudget())
    error, log = (prompt.entry(event, None) for event in told[-2:])
    assert len(error) > len(long) > MAX_CITED_CHARS >= len(log)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("Build what `prd` says.", ["prd"]),
        ("Build it for the Market of the PRD.", ["prd", "market"]),
        ("Build it.", []),
    ],
)
async def test_a_program_is_built_from_the_reports_that_its_task_names(
    story: Story, words: str, shown: list[str]
) -> None:
    texts = {"prd": "# What to build\n\nA tool [e1].\n", "market": "Who pays.\n"}
    assert await story.specifications(replace(story.build, description=words)) == [texts[name] for name in shown]


async def test_only_a_program_is_built_from_a_report_that_stands_whole(story: Story) -> None:
    report = replace(story.build, description="Use `prd`.", deliverable=Deliverable(DeliverableKind.REPORT, "x"))
    assert await story.specifications(report) == []


async def test_a_specification_that_is_gone_or_too_long_is_left_to_be_read(story: Story) -> None:
    build = replace(story.build, description="Build what `prd` says.")
    (story.shared / "reports/m/prd.md").write_text("---\na: b\n---\n" + "x" * 20_000)
    assert await story.specifications(build) == []
    (story.shared / "reports/m/prd.md").unlink()
    assert await story.specifications(build) == []


def services(shared: Path, *, web: bool) -> Any:
    dangers = {"push": Danger.PUBLISH, "run_command": Danger.EXECUTE}
    registry = SimpleNamespace(get=lambda name: SimpleNamespace(danger=dangers.get(name, Danger.WRITE)))
    settings = Settings(company=CompanySettings(shared=shared))
    settings = settings.model_copy(update={"web": settings.web.model_copy(update={"enabled": web})})
    coders = frozenset({"engineer"})
    parts = {"registry": registry, "settings": settings, "roles": ("pm",), "coders": coders, "workshop_facts": None}
    return cast(Any, SimpleNamespace(**parts))


@pytest.mark.parametrize(
    ("browser", "loopback", "is_shown"),
    [("140.0", Loopback.OWN, True), ("140.0", Loopback.SHARED, False), ("140.0", Loopback.NONE, False),
     ("", Loopback.OWN, False)],
)  # fmt: skip
async def test_no_task_is_shown_a_browser_that_the_workshop_does_not_have(
    story: Story, browser: str, loopback: Loopback, is_shown: bool
) -> None:
    staff = services(story.shared, web=True)
    staff.workshop_facts = WorkshopFacts("sh", "3.13", "", "none", 60, 100, 10, loopback, browser)
    async with story.outbox.reading() as tx:
        shown = await offered_tools.gather(tx, story.build, frozenset({"screenshot", "finish"}), staff)
    assert ("screenshot" in shown) is is_shown


async def test_tools_that_would_only_refuse_are_not_shown(story: Story) -> None:
    granted = frozenset({"push", "run_command", "web_search", "remember", "recall", "finish"})

    async def shown(*, web: bool = True) -> set[str]:
        async with story.outbox.reading() as tx:
            return set(await offered_tools.gather(tx, story.build, granted, services(story.shared, web=web)))

    assert await shown() == granted - {"recall"}  # nothing is remembered yet
    assert await shown(web=False) == granted - {"recall", "web_search"}
    async with story.outbox.transaction() as tx:
        await policies.write(tx, "autonomy", {"publish": "deny", "execute": "ask"})
        await policies.write(tx, "memory", {"use": False})
    assert await shown() == {"run_command", "web_search", "finish"}


OPEN_CODE = {"read_file", "list_files", "search_files", "background_command", "screenshot"}


async def test_who_writes_no_code_is_shown_what_opens_it_once_the_mission_has_finished_some(story: Story) -> None:
    granted = frozenset({*OPEN_CODE, "run_command", "finish"})

    async def shown(task: Task) -> set[str]:
        async with story.outbox.reading() as tx:
            return set(await offered_tools.gather(tx, task, granted, services(story.shared, web=False)))

    reviewer = replace(story.build, role="pm", kind=TaskKind.REVIEW)
    describer = replace(story.build, role="pm")
    assert await shown(story.build) == await shown(reviewer) == granted
    assert await shown(describer) == {"run_command", "finish"}
    async with story.outbox.transaction() as tx:
        repository = ArtifactDetail(repository="tool")
        await artifacts.record(tx, story.build, ArtifactKind.REPOSITORY, "tool", "git/tool.git", repository)
    assert await shown(describer) == {"run_command", "finish"}  # nothing of it is pushed
    async with story.outbox.transaction() as tx:
        commit = ArtifactDetail(repository="tool", pushed=True)
        await artifacts.record(tx, story.build, ArtifactKind.COMMIT, "2212700", "git/tool.git@2212700", commit)
    assert await shown(describer) == granted


async def test_who_can_run_commands_is_not_shown_a_second_way_to_calculate(story: Story) -> None:
    async with story.outbox.reading() as tx:
        of = {
            name: await offered_tools.gather(tx, story.build, granted, services(story.shared, web=False))
            for name, granted in (("pm", frozenset({"calculate", "run_command"})), ("sales", frozenset({"calculate"})))
        }
    assert of == {"pm": ("run_command",), "sales": ("calculate",)}
    async with story.outbox.transaction() as tx:
        await policies.write(tx, "autonomy", {"execute": "deny"})
    async with story.outbox.reading() as tx:
        staff = services(story.shared, web=False)
        shown = await offered_tools.gather(tx, story.build, frozenset({"calculate", "run_command"}), staff)
    assert shown == ("calculate",)


@pytest.mark.parametrize(
    ("kind", "deliverable", "without"),
    [
        (TaskKind.WORK, DeliverableKind.CODE, {"write_report", "list_reports"}),
        (TaskKind.WORK, DeliverableKind.REPORT, {"write_file", "push", "create_repository"}),
        (TaskKind.WORK, DeliverableKind.NOTE, set()),
        (
            TaskKind.ANSWER,
            DeliverableKind.NOTE,
            {"write_file", "push", "create_repository", "write_report", "delegate"},
        ),
        (TaskKind.SYNTHESIS, DeliverableKind.REPORT, {"write_file", "push", "create_repository"}),
    ],
)
def test_a_task_has_the_tools_of_its_kind_and_its_deliverable(
    kind: TaskKind, deliverable: DeliverableKind, without: set[str]
) -> None:
    tools = frozenset({"write_report", "list_reports", "write_file", "push", "create_repository", "delegate", "finish"})
    task = a_task("mis_1", kind=kind, deliverable=Deliverable(deliverable, "x"))
    assert tools - TaskTools().grant_tools(task, tools) == without


async def test_a_specification_stands_in_the_prompt_quoted_under_its_own_heading(story: Story) -> None:
    await story.report(story.build, "x", "y")
    (story.shared / "reports/m/prd.md").write_text("---\na: b\n---\n## Done when\n- nothing")
    build = replace(story.build, description="Build what `prd` says.")
    async with story.outbox.reading() as tx:
        context = await task_context.gather(tx, build, services(story.shared, web=False))
    task = prompt.render(STAFF["engineer"], context)[1]["content"]
    assert "## Specification\nThe report `m/prd.md`, whole:\n\n> ## Done when\n> - nothing\n" in task
    assert task.count("\n## Done when\n") == 1
    assert "`read_trail` shows the others, 2 of them." in task


def test_a_report_is_read_without_what_its_file_says_of_itself() -> None:
    file = (
        "---\ntitle: T\ncost_usd: 1\n---\n\n# T\n\nIt pays [e1, verified](#e1), see [us](#x).\n\n"
        "## Sources\n\n*Listed by the program, from the mission's trail.*\n\n#### e1\n\nno claim, by pm: It pays\n"
    )
    assert as_read(file) == "# T\n\nIt pays [e1, verified], see [us](#x).\n"
    assert as_read("No front matter\n---\nat all") == "No front matter\n---\nat all"
    assert as_read("---\n{broken: [\n---\nbody").startswith("---")
