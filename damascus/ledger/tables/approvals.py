"""What waits at the CEO's desk: questions, permissions, budget raises."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from damascus.ledger.tables.base import Utc, created_at, data, key, metadata, money

approvals = Table(
    "approvals",
    metadata,
    key(),
    Column("kind", String(32), nullable=False),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", ForeignKey("tasks.id")),
    Column("turn_id", String(64)),
    Column("text", Text, nullable=False),
    money("amount"),
    data("detail"),
    Column("status", String(16), nullable=False),
    Column("answer", Text),
    created_at(),
    Column("decided_at", Utc),
    Index("ix_approvals_status", "status"),
)


@dataclass(frozen=True, slots=True)
class Approval:
    """kind: question | permission | budget; status: open | granted | denied | expired; amount in micro-USD.

    `detail` of a budget request names its scope; of a permission the tool and its arguments.
    """

    id: str
    kind: str
    mission_id: str
    task_id: str | None
    turn_id: str | None
    text: str
    amount: int
    detail: dict[str, Any]
    status: str
    answer: str | None
    created_at: datetime
    decided_at: datetime | None
