"""Tasks and what they wait for."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from damascus.core.records.acceptance import AcceptanceCheck
from damascus.core.records.gates import Gate


class TaskKind(StrEnum):
    """Who a task comes from: the planner's own two, a plan, a subtask's question, the check of a colleague's work."""

    PLAN = "plan"
    WORK = "work"
    SYNTHESIS = "synthesis"
    ANSWER = "answer"
    REVIEW = "review"


class TaskStatus(StrEnum):
    """How far a task is; work/tasks/tasks.py has the moves between them."""

    WAITING = "waiting"
    STOPPED = "stopped"
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


class DeliverableKind(StrEnum):
    """What a task leaves behind; a plan is the planner's alone."""

    REPORT = "report"
    CODE = "code"
    NOTE = "note"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Deliverable:
    """What a task must leave behind: a report or a repository of this name, or only its summary (a note).

    `test_command` proves code; `checks` are those of the task's acceptance that the program makes.
    """

    kind: DeliverableKind = DeliverableKind.NOTE
    name: str = ""
    test_command: str | None = None
    checks: tuple[AcceptanceCheck, ...] = ()

    def checked_lines(self) -> frozenset[int]:
        """Return the lines of the acceptance, from 1, that the program checks."""
        return frozenset(check.line for check in self.checks)


@dataclass(frozen=True, slots=True)
class Task:
    """kind: plan | work | synthesis | answer | review; status: see work/tasks/tasks.py.

    `parent_id` and `parent_turn_id` name the task and the tool call that wait for this one's result. `recoveries` is
    how often a worker died with it since its last turn. `waits_for` is the model that it is
    parked for, `wake_at` when it is expected to be its turn; both stay while it is woken for it, until it has asked.
    `gate`: what its verdict decides, if it ends with one.
    """

    id: str
    mission_id: str
    key: str
    kind: TaskKind
    role: str
    title: str
    description: str
    deliverable: Deliverable
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
    wake_at: datetime | None = None
    waits_for: str | None = None
    gate: Gate | None = None
