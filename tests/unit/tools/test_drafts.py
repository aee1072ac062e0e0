"""A refused call keeps its draft: the next one gives only what changes, whichever worker makes it."""

from typing import Any

import pytest

from damascus.core.records.tasks import Deliverable, DeliverableKind, Task
from damascus.tools.tool import TaskEffect
from tests.fixtures.workbench import BODY, Workbench

PRD = {"kind": "report", "name": "prd"}
PLANNING = {"kind": "plan", "name": "plan"}


def planned(key: str, **more: Any) -> dict[str, Any]:
    deliverable = {"kind": "report", "name": key}
    task = {"key": key, "title": key, "role": "pm", "description": "do it", "deliverable": deliverable}
    return {**task, "acceptance": ["it is there"], "depends_on": [], **more}


async def write(workbench: Workbench, task: Task, **given: Any) -> str:
    return (await workbench.call(task, "write_report", name="prd", **given)).text


@pytest.fixture
async def refused(workbench: Workbench) -> Task:
    """A task whose report cites one entry that does not exist."""
    task = await workbench.task(role="pm", deliverable=PRD)
    await workbench.cite(task)
    said = await write(workbench, task, title="Bread", body=f"It grew [e9]. {BODY}", sources=["e1"])
    assert "not in the trail" in said
    assert "Your draft is kept" in said
    return task


async def test_a_refused_report_is_corrected_by_a_passage(workbench: Workbench, refused: Task) -> None:
    said = await write(workbench, refused, edits=[{"old": "[e9]", "new": "[e1]"}])
    assert said.startswith("wrote ")
    text = workbench.report("prd").read_text()
    assert "It grew [e1" in text
    assert "# Bread" in text
    assert BODY.strip() in text


async def test_a_passage_that_is_not_there_changes_nothing_and_keeps_the_draft(
    workbench: Workbench, refused: Task
) -> None:
    for old, count in (("It shrank", 0), ("What the market", 8)):
        said = await write(workbench, refused, edits=[{"old": old, "new": "x"}])
        assert f"`old` occurs {count} times" in said
    assert (await write(workbench, refused, edits=[{"old": "[e9]", "new": "[e1]"}])).startswith("wrote ")
    assert BODY.strip() in workbench.report("prd").read_text()


async def test_a_written_report_is_changed_by_a_passage_though_its_citations_bear_marks(
    workbench: Workbench, refused: Task
) -> None:
    await write(workbench, refused, title="Bread", body=f"It grew [e1]. {BODY}")
    said = await write(workbench, refused, title="Cake", edits=[{"old": "grew [e1]", "new": "fell [e1]"}])
    assert said.startswith("wrote ")
    text = workbench.report("prd").read_text()
    assert "It fell [e1" in text
    assert "# Cake" in text


async def test_without_a_draft_a_report_needs_its_title_and_its_body(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    said = await write(workbench, task, sources=["e1"])
    assert "`title`" in said
    assert "`body`" in said
    assert not workbench.report("prd").exists()


async def test_a_new_body_forgets_the_sources_of_the_one_before(workbench: Workbench, refused: Task) -> None:
    await write(workbench, refused, sources=["e77"])
    assert (await write(workbench, refused, body=f"It grew [e1]. {BODY}")).startswith("wrote ")


async def test_a_plan_that_was_sent_back_is_corrected_by_a_field(workbench: Workbench) -> None:
    task = await workbench.task("plan", "vp", deliverable=PLANNING)
    tasks = [planned("one"), planned("two", role="nobody"), planned("three")]
    said = (await workbench.call(task, "submit_plan", summary="All of it", tasks=tasks)).text
    assert "nobody" in said
    assert "Your draft is kept" in said
    unknown = await workbench.call(task, "submit_plan", changes=[{"key": "four", "role": "pm"}])
    assert "no task 'four' to change; it has one, two, three" in unknown.text
    changes = [{"key": "two", "role": "sales", "depends_on": ["one"]}, {"key": "three", "remove": True}]
    assert (await workbench.call(task, "submit_plan", changes=changes)).effect == TaskEffect.PLANNED
    async with workbench.outbox.reading() as tx:
        made = {row.key: row for row in await tx.tasks.of_mission(workbench.mission.id)}
    assert (made["two"].role, made["two"].title) == ("sales", "two")
    assert made["one"].deliverable == Deliverable(DeliverableKind.REPORT, "one")
    assert "three" not in made


async def test_a_plan_without_a_draft_has_nothing_to_change(workbench: Workbench) -> None:
    task = await workbench.task("plan", "vp", deliverable=PLANNING)
    said = (await workbench.call(task, "submit_plan", changes=[{"key": "one", "role": "pm"}])).text
    assert "there is no plan to change yet" in said


async def test_of_two_reports_each_has_its_own_draft(workbench: Workbench, refused: Task) -> None:
    other = {"title": "Cake", "body": f"Cake fell [e1]. {BODY}", "sources": ["e1"]}
    assert (await workbench.call(refused, "write_report", name="cake", **other)).text.startswith("wrote ")
    assert (await write(workbench, refused, edits=[{"old": "[e9]", "new": "[e1]"}])).startswith("wrote ")
    assert "# Bread" in workbench.report("prd").read_text()
    assert "Cake fell" not in workbench.report("prd").read_text()
    assert "# Cake" in workbench.report("cake").read_text()


async def test_a_report_whose_name_was_refused_is_written_by_giving_another(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    ref = await workbench.cite(task)
    given = {"title": "Bread", "body": BODY, "sources": [ref]}
    assert "kept for the VP" in (await workbench.call(task, "write_report", name="README", **given)).text
    assert (await write(workbench, task)).startswith("wrote ")
    assert "# Bread" in workbench.report("prd").read_text()
