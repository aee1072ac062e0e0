"""Tasks and what they wait for."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from damascus.ledger.tables.base import Utc, created_at, data, key, metadata

tasks = Table(
    "tasks",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("key", String(80), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("role", String(64), nullable=False),
    Column("title", String(300), nullable=False),
    Column("description", Text, nullable=False),
    data("deliverable"),
    data("acceptance"),
    Column("parent_id", String(64)),
    Column("parent_turn_id", String(64)),
    Column("hops", Integer, nullable=False, default=0),
    Column("status", String(16), nullable=False),
    Column("attempt", Integer, nullable=False, default=1),
    Column("lease_owner", String(200)),
    Column("lease_until", Utc),
    Column("reason", Text),
    Column("summary", Text),
    created_at(),
    Column("started_at", Utc),
    Column("finished_at", Utc),
    UniqueConstraint("mission_id", "key"),
    Index("ix_tasks_status_lease_until", "status", "lease_until"),
    Index("ix_tasks_role_status", "role", "status"),
)

task_dependencies = Table(
    "task_dependencies",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("needs_id", ForeignKey("tasks.id"), primary_key=True),
    Index("ix_task_dependencies_needs_id", "needs_id"),
)


@dataclass(frozen=True, slots=True)
class Task:
    """kind: plan | work | synthesis | answer; status: see work/tasks.py.

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
