"""Tasks and what they wait for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Task:
    """kind: plan | work | synthesis | answer; status: see work/tasks/tasks.py.

    `deliverable` is {kind: plan|report|code|note, name, test_command?}. `parent_id` and `parent_turn_id` name the
    task and the tool call that wait for this one's result.
    """

    id: str
    mission_id: str
    key: str
    kind: str
    role: str
    title: str
    description: str
    deliverable: dict[str, Any]
    acceptance: list[str]
    parent_id: str | None
    parent_turn_id: str | None
    hops: int
    status: str
    attempt: int
    lease_owner: str | None
    lease_until: datetime | None
    reason: str | None
    summary: str | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
