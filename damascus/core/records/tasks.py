"""Tasks and what they wait for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar


class TaskKind(StrEnum):
    """Who a task comes from: the planner's own two, a plan, a subtask's question."""

    PLAN = "plan"
    WORK = "work"
    SYNTHESIS = "synthesis"
    ANSWER = "answer"


class TaskStatus(StrEnum):
    """How far a task is; work/tasks/tasks.py has the moves between them."""

    WAITING = "waiting"
    QUEUED = "queued"
    CLAIMED = "claimed"
    WORKING = "working"
    CHECKING = "checking"
    PARKED = "parked"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    ACTIVE: ClassVar[frozenset["TaskStatus"]]
    UNSUCCESSFUL: ClassVar[frozenset["TaskStatus"]]
    ENDED: ClassVar[frozenset["TaskStatus"]]
    OPEN: ClassVar[frozenset["TaskStatus"]]


TaskStatus.ACTIVE = frozenset({TaskStatus.CLAIMED, TaskStatus.WORKING, TaskStatus.CHECKING})
TaskStatus.UNSUCCESSFUL = frozenset({TaskStatus.FAILED, TaskStatus.CANCELLED})
TaskStatus.ENDED = TaskStatus.UNSUCCESSFUL | {TaskStatus.COMPLETED}
TaskStatus.OPEN = frozenset(TaskStatus) - TaskStatus.ENDED


@dataclass(frozen=True, slots=True)
class Task:
    """kind: plan | work | synthesis | answer; status: see work/tasks/tasks.py.

    `deliverable` is {kind: plan|report|code|note, name, test_command?}. `parent_id` and `parent_turn_id` name the
    task and the tool call that wait for this one's result. `recoveries` is how often a worker died with it since its
    last turn.
    """

    id: str
    mission_id: str
    key: str
    kind: TaskKind
    role: str
    title: str
    description: str
    deliverable: dict[str, Any]
    acceptance: list[str]
    parent_id: str | None
    parent_turn_id: str | None
    hops: int
    status: TaskStatus
    lease_owner: str | None
    lease_until: datetime | None
    reason: str | None
    summary: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    recoveries: int = 0
