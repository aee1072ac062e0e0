"""A `finish` beside calls whose results its model has not seen is put back; what the program checks needs no look."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any, cast

import pytest

from agents.hooks.unseen_results import MAX_PUT_BACK, UnseenResults
from agents.run import Run
from damascus.core.records.acceptance import AcceptanceCheck, CheckKind
from damascus.core.records.tasks import Deliverable, DeliverableKind, Task, TaskKind
from damascus.core.records.turns import Turn
from damascus.tools.tool import AnyTool
from damascus.work.tasks.tasks import new_task
from tests.fixtures.rows import WHEN

TOOL = cast("AnyTool", object())
CHECKED = AcceptanceCheck(1, CheckKind.WORDS, at_most=450)
TASK = replace(
    new_task("m", "pm", WHEN), acceptance=["at most 450 words"], deliverable=Deliverable(DeliverableKind.REPORT, "x")
)


def call(n: int, tool: str | None, content: str = "", status: str = "done") -> Turn:
    return Turn(f"t{n}", "task", n, "tool" if tool else "assistant", content, "c", tool, {}, status, WHEN, None)


def finish(n: int) -> Turn:
    return call(n, "finish", status="pending")


async def put_back(*turns: Turn, task: Task = TASK, tool: AnyTool | None = TOOL) -> str | None:
    """What the last call is answered instead of being made."""
    run = SimpleNamespace(task=task, journal=SimpleNamespace(turns=list(turns)))
    result = await UnseenResults().before_call(cast("Run", run), turns[-1], tool)
    return result.text if result else None


@pytest.mark.parametrize("tool", ["run_command", "write_report", "read_file", "edit_file", "a_tool_of_tomorrow"])
async def test_a_result_must_be_seen_before_the_task_ends(tool: str) -> None:
    said = await put_back(call(1, None), call(2, tool, "anything"), finish(3))
    assert said is not None
    assert said.startswith("finish: put back")
    assert f"`{tool}`" in said
    assert "Done when" in said


@pytest.mark.parametrize("tool", ["leave_trail", "remember", "send_message", "commit", "push"])
async def test_what_the_program_checks_by_itself_needs_no_look(tool: str) -> None:
    assert await put_back(call(1, None), call(2, tool, "fine"), finish(3)) is None


async def test_a_refusal_must_be_seen_whatever_it_is_of() -> None:
    said = await put_back(call(1, None), call(2, "leave_trail", "leave_trail: `source` is unknown"), finish(3))
    assert said is not None
    assert "`leave_trail`" in said


async def test_what_an_earlier_answer_did_was_seen() -> None:
    assert await put_back(call(1, None), call(2, "run_command"), call(3, None), finish(4)) is None
    assert await put_back(finish(1)) is None


async def test_a_report_whose_every_line_the_program_checks_may_be_finished_at_once() -> None:
    turns = call(1, None), call(2, "write_report", "wrote x.md: 400 words"), finish(3)
    whole = replace(TASK, deliverable=replace(TASK.deliverable, checks=(CHECKED, replace(CHECKED, at_most=9))))
    assert await put_back(*turns, task=whole) is None
    assert await put_back(*turns, task=replace(whole, acceptance=["one", "two"])) is not None
    assert await put_back(*turns, task=replace(TASK, kind=TaskKind.SYNTHESIS)) is None
    refused = call(1, None), call(2, "write_report", "write_report: not in the trail: e9"), finish(3)
    assert await put_back(*refused, task=whole) is not None


async def test_a_model_that_insists_has_its_way_after_being_told_twice() -> None:
    turns: list[Any] = []
    for n in range(1, 3 * MAX_PUT_BACK + 1, 3):
        turns += [call(n, None), call(n + 1, "run_command")]
        said = await put_back(*turns, finish(n + 2))
        assert said is not None
        turns.append(call(n + 2, "finish", said))
    assert await put_back(*turns, call(10, None), call(11, "run_command"), finish(12)) is None


async def test_other_calls_and_unknown_tools_are_not_its_business() -> None:
    turns = call(1, None), call(2, "run_command"), call(3, "commit", status="pending")
    assert await put_back(*turns) is None
    assert await put_back(call(1, None), call(2, "run_command"), finish(3), tool=None) is None
