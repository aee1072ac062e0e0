"""Grants a task the tools that its kind and its deliverable can use: each is paid for with every request."""

from agents.hooks.hook import Hook
from damascus.core.records.tasks import DeliverableKind, Task, TaskKind

CODE = frozenset({"create_repository", "write_file", "edit_file", "restore", "commit", "push"})
REPORT = frozenset({"write_report"})
REPORTS = REPORT | {"list_reports"}  # what a program is built from stands in its task
DELEGATE = frozenset({"delegate"})


class TaskTools(Hook):
    """Takes away what a task has no use for; a note may be about anything."""

    def grant_tools(self, task: Task, tools: frozenset[str]) -> frozenset[str]:
        """Return the tools without those of another deliverable than the task's, or of another kind of task."""
        return tools - _useless(task)


def _useless(task: Task) -> frozenset[str]:
    if task.kind == TaskKind.ANSWER:
        return CODE | REPORT | DELEGATE
    if task.deliverable.kind == DeliverableKind.CODE:
        return REPORTS
    return CODE if task.deliverable.kind == DeliverableKind.REPORT else frozenset()
