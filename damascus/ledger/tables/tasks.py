"""Tasks and what they wait for."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint

from damascus.core.records.gates import Gate
from damascus.core.records.tasks import Deliverable, TaskKind, TaskStatus
from damascus.ledger.tables.columns import JsonObject, Named, Utc, created_at, data, key, metadata

tasks = Table(
    "tasks",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("key", String(80), nullable=False),
    Column("kind", Named(TaskKind, 16), nullable=False),
    Column("role", String(64), nullable=False),
    Column("title", String(300), nullable=False),
    Column("description", Text, nullable=False),
    Column("deliverable", JsonObject(Deliverable), nullable=False),
    data("acceptance"),
    Column("parent_id", String(64)),
    Column("parent_turn_id", String(64)),
    Column("hops", Integer, nullable=False, default=0),
    Column("status", Named(TaskStatus, 16), nullable=False),
    Column("lease_owner", String(200)),
    Column("lease_until", Utc),
    Column("reason", Text),
    Column("summary", Text),
    created_at(),
    Column("started_at", Utc),
    Column("finished_at", Utc),
    Column("recoveries", Integer, nullable=False, default=0, server_default="0"),
    Column("wake_at", Utc),
    Column("waits_for", String(200)),
    Column("gate", JsonObject(Gate)),
    UniqueConstraint("mission_id", "key"),
    Index("ix_tasks_status_lease_until", "status", "lease_until"),
    Index("ix_tasks_role_status", "role", "status"),
    Index("uq_tasks_id_role", "id", "role", unique=True),  # so that a row may name a task together with its role
)

task_dependencies = Table(
    "task_dependencies",
    metadata,
    Column("task_id", ForeignKey("tasks.id"), primary_key=True),
    Column("needs_id", ForeignKey("tasks.id"), primary_key=True),
    Index("ix_task_dependencies_needs_id", "needs_id"),
)
