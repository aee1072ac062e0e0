"""A plan as a door: accepted whole, or refused in words and nothing of it written; so with every tool's arguments."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from damascus.core.records.missions import MissionStatus
from tests.fixtures.desk import ALL, Desk
from tests.fixtures.fuzz import ANYTHING, door, spoilt

GOOD = {
    "summary": "two tasks",
    "tasks": [
        {"key": "a", "title": "A", "role": "pm", "description": "do a", "deliverable": {"kind": "report", "name": "a"},
         "acceptance": ["done"], "depends_on": []},
        {"key": "b", "title": "B", "role": "engineer", "description": "do b",
         "deliverable": {"kind": "code", "name": "b", "test_command": "pytest -q"}, "acceptance": ["done"],
         "depends_on": ["a"]},
    ],
}  # fmt: skip


async def tasks_of(desk: Desk) -> int:
    async with desk.outbox.reading() as tx:
        assert (await tx.missions.get(desk.mission.id)).status in MissionStatus.OPEN
        return len(await tx.tasks.of_mission(desk.mission.id))


@door(5)
@given(spoilt(GOOD))
async def test_a_spoilt_plan_is_accepted_whole_or_leaves_nothing(desk: Desk, data: Any) -> None:
    task = await desk.task("plan", "vp", deliverable={"kind": "plan", "name": "plan"})
    before = await tasks_of(desk)
    result = await desk.call(task, "submit_plan", **data) if isinstance(data, dict) else None
    if result is None:
        return
    assert "error inside the company" not in result.text
    assert "Traceback" not in result.text
    assert result.text.strip()
    assert await tasks_of(desk) == before + (len(data["tasks"]) if result.ending == "planned" else 0)


@pytest.mark.parametrize("tool", sorted(ALL - {"run_command"}))
@door(5)
@given(
    arguments=ANYTHING | st.dictionaries(st.sampled_from(["name", "path", "content", "to", "text", "body"]), ANYTHING)
)
async def test_any_arguments_get_an_answer_that_a_model_can_read(desk: Desk, tool: str, arguments: Any) -> None:
    task = await desk.task()
    context = await desk.context(task, tool, arguments)
    result = await desk.registry.run(context, ALL, tool, arguments)
    assert "error inside the company" not in result.text, (tool, arguments)
    assert result.text.strip()
