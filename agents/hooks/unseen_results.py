"""Puts `finish` back where its answer also makes calls whose results its model cannot have seen yet.

What the program checks by itself, as a push, needs no look. The third time the model has its way: the checks decide.
"""

from agents.hooks.hook import Hook
from agents.run import Run
from damascus.core.records.tasks import Task, TaskKind
from damascus.core.records.turns import Turn, calls_before
from damascus.tools.tool import AnyTool, ToolResult

MAX_PUT_BACK = 2
NOTHING_TO_SEE = frozenset({"leave_trail", "remember", "send_message", "commit", "push"})
_REPORT = "write_report"
_PUT_BACK = "finish: put back, since in the same answer you had not seen yet what came of "


class UnseenResults(Hook):
    """Reads from the transcript alone what an answer did before its `finish`."""

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:
        """Return what is to be looked at first; None if nothing is, or if the model was told MAX_PUT_BACK times."""
        if tool is None or turn.tool != "finish":
            return None
        turns = run.journal.turns
        told = sum(other.tool == "finish" and other.content.startswith(_PUT_BACK) for other in turns)
        unseen = dict.fromkeys(f"`{call.tool}`" for call in calls_before(turns, turn) if _is_to_be_seen(run.task, call))
        if not unseen or told >= MAX_PUT_BACK:
            return None
        return ToolResult(
            f"{_PUT_BACK}{', '.join(unseen)}. Compare it with each line of `Done when`, then call `finish` again, by "
            "itself, and say in `shown_in` where each line is seen to hold"
        )


def _is_to_be_seen(task: Task, call: Turn) -> bool:
    if call.tool == _REPORT and not call.was_refused:
        return not _is_checked_whole(task)
    return call.was_refused or call.tool not in NOTHING_TO_SEE


def _is_checked_whole(task: Task) -> bool:
    """Return whether the program checks every line of a task by itself, so that its agent need not."""
    return task.kind == TaskKind.SYNTHESIS or len(task.deliverable.checked_lines()) == len(task.acceptance)
