"""One run of one task by one worker."""

from dataclasses import dataclass
from typing import Any

from agents.journal import Journal
from damascus.core.records.missions import Mission
from damascus.core.records.openings import Opening
from damascus.core.records.tasks import Task
from damascus.work.task_lease import TaskLease


@dataclass(frozen=True, slots=True)
class Beginning:
    """The opening of a task's conversation, and what to tell its model first: nothing if `news` is empty."""

    opening: Opening
    news: str = ""

    def messages(self) -> list[dict[str, Any]]:
        """Return the two messages that each request of the task begins with."""
        return [
            {"role": "system", "content": self.opening.system},
            {"role": "user", "content": self.opening.assignment},
        ]


@dataclass(slots=True)
class Run:
    """What a run works with: `beginning` is what its conversation opens with, `journal` what was said and done since.

    `began` is the monotonic time in seconds, later by as much as the model was waited for; `granted` are the
    tools of the task; `told` is what the prompt says of itself.
    """

    lease: TaskLease
    mission: Mission
    beginning: Beginning
    journal: Journal
    began: float
    granted: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()

    @property
    def shown(self) -> frozenset[str]:
        """The tools that its model is shown, the same in every run of the task."""
        return self.granted.intersection(self.beginning.opening.told.tools)

    @property
    def task(self) -> Task:
        """The task, as it was claimed."""
        return self.lease.task
