"""A failed change of a file stops what depends on it, in the same answer only."""

from dataclasses import replace
from typing import Any, cast

from agents.hooks.failed_edits import FailedEdits
from agents.run import Run
from damascus.core.records.turns import Turn
from damascus.tools.tool import AnyTool
from tests.fixtures.rows import WHEN

MISSED = "edit_file: `old` does not occur in a.py"
TOOL = cast("AnyTool", object())


class Said:
    """As much of a run as a transcript is."""

    def __init__(self, *turns: Turn) -> None:
        self.journal, self.turns = self, list(turns)


def call(n: int, tool: str | None, content: str = "", state: str = "done", **arguments: Any) -> Turn:
    return Turn(f"t{n}", "task", n, "tool" if tool else "assistant", content, "c", tool, arguments, state, WHEN, None)


async def stopped(*turns: Turn, tool: AnyTool | None = TOOL) -> str | None:
    """What the last call is answered instead of being made."""
    result = await FailedEdits().before_call(cast("Run", Said(*turns)), turns[-1], tool)
    return result.text if result else None


async def test_what_depends_on_a_failed_edit_is_not_done() -> None:
    failed, fine = call(2, "edit_file", MISSED, path="a.py"), call(3, "write_file", "created b (1 bytes)")
    for tool in ("run_command", "commit", "push", "finish"):
        said = await stopped(call(1, None), failed, fine, call(4, tool, state="pending"))
        assert said is not None
        assert said.startswith(f"{tool}: not done, since `edit_file` of a.py before it")


async def test_other_calls_and_other_answers_go_their_way() -> None:
    failed = call(2, "edit_file", MISSED, path="a.py")
    for tool in ("edit_file", "read_file", "leave_trail"):
        assert await stopped(failed, call(3, tool, state="pending")) is None
    assert await stopped(failed, call(3, None), call(4, "run_command", state="pending")) is None
    assert await stopped(failed, call(3, "run_command", state="pending"), tool=None) is None


async def test_only_a_change_that_failed_counts() -> None:
    run = call(3, "run_command", state="pending")
    assert await stopped(call(2, "edit_file", "changed a.py\n1\tedit_file: x"), run) is None
    assert await stopped(call(2, "read_file", "read_file: there is no a.py"), run) is None
    assert await stopped(replace(call(2, "edit_file", MISSED), status="pending"), run) is None
    assert await stopped(call(2, "write_file", "write_file failed because of an internal error."), run) is not None
    assert await stopped(run, call(4, "edit_file", MISSED)) is None
