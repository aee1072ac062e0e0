"""Gives a reviewer of any role tools that read and try, and nobody else the one that ends a review."""

from agents.hooks.hook import Hook
from damascus.core.records.tasks import Task, TaskKind

REVIEW_ONLY = frozenset({"submit_review"})
REVIEW_TOOLS = REVIEW_ONLY | {
    "blocked", "list_files", "list_reports", "read_file", "read_report", "read_trail", "run_command", "search_files",
}  # fmt: skip


class Reviewing(Hook):
    """Nothing that a reviewer can call changes what it reviews, the trail, or anything else of the mission."""

    def grant_tools(self, task: Task, tools: frozenset[str]) -> frozenset[str]:
        """Return the tools of reviewing for a review, which other tasks do not have."""
        return REVIEW_TOOLS if task.kind == TaskKind.REVIEW else tools - REVIEW_ONLY
