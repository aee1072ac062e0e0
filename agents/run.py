"""One run of one task by one worker."""

from dataclasses import dataclass
from typing import Any

from agents.journal import Journal
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.work.task_lease import TaskLease


@dataclass(slots=True)
class Run:
    """What a run works with: `prompt` is the system and the task message, `journal` what was said and done since.

    `began` is the monotonic time in seconds, later by as much as the model was waited for; `granted` are the
    tools of the task.
    """

    lease: TaskLease
    mission: Mission
    prompt: list[dict[str, Any]]
    journal: Journal
    began: float
    granted: frozenset[str] = frozenset()

    @property
    def task(self) -> Task:
        """The task, as it was claimed."""
        return self.lease.task
