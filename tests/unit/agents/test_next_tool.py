"""The nudge after plain text names the tool that comes next on the way to the deliverable."""

from dataclasses import replace

import pytest

from agents.hooks.next_tool import next_tool
from damascus.core.records.tasks import Deliverable, DeliverableKind, TaskKind
from damascus.core.records.turns import Speaker, Turn, TurnStatus
from damascus.work.tasks.tasks import new_task
from tests.fixtures.rows import WHEN

CODE = ["create_repository", "write_file", "commit", "push"]


@pytest.mark.parametrize(
    ("kind", "called", "expected"),
    [
        (DeliverableKind.REPORT, ["leave_trail"], "write_report"),
        (DeliverableKind.REPORT, ["write_report"], "finish"),
        (DeliverableKind.NOTE, [], "finish"),
        *((DeliverableKind.CODE, CODE[:count], [*CODE, "finish"][count]) for count in range(len(CODE) + 1)),
    ],
)
def test_the_first_tool_that_was_not_called_comes_next(kind: DeliverableKind, called: list[str], expected: str) -> None:
    task = replace(new_task("mis_1", "pm", WHEN), kind=TaskKind.WORK, deliverable=Deliverable(kind, "x"))
    turns = [
        Turn("t", task.id, n, Speaker.TOOL, "", "c", tool, {}, TurnStatus.DONE, WHEN, WHEN)
        for n, tool in enumerate(called)
    ]
    assert next_tool(task, turns) == expected


def test_a_planning_task_submits_its_plan_also_again() -> None:
    task = replace(new_task("mis_1", "vp", WHEN), kind=TaskKind.PLAN)
    turn = Turn("t", task.id, 1, Speaker.TOOL, "", "c", "submit_plan", {}, TurnStatus.DONE, WHEN, WHEN)
    assert [next_tool(task, turns) for turns in ([], [turn])] == ["submit_plan", "submit_plan"]
