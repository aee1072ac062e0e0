"""Which tool comes next in a task, judged by what it must deliver and what it has called."""

from collections.abc import Sequence

from damascus.core.records.tasks import DeliverableKind, Task, TaskKind
from damascus.core.records.turns import Speaker, Turn

_STEPS = {
    DeliverableKind.REPORT: ("write_report",),
    DeliverableKind.CODE: ("create_repository", "write_file", "commit", "push"),
}
_ENDS = {TaskKind.PLAN: "submit_plan", TaskKind.REVIEW: "submit_review"}


def next_tool(task: Task, turns: Sequence[Turn]) -> str:
    """Return the name of the first tool on the way to the deliverable that was not called yet, else `finish`."""
    if task.kind in _ENDS:
        return _ENDS[task.kind]
    called = {turn.tool for turn in turns if turn.speaker == Speaker.TOOL}
    return next((tool for tool in _STEPS.get(task.deliverable.kind, ()) if tool not in called), "finish")
