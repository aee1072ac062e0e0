"""Receipts: what the program itself checked before it called a task done."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Column, ForeignKey, Index, String, Table, Text

from damascus.ledger.tables.base import created_at, data, key, metadata

receipts = Table(
    "receipts",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("kind", String(32), nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    data("detail"),
    created_at(),
    Index("ix_receipts_mission_id", "mission_id"),
    Index("ix_receipts_task_id", "task_id"),
)


@dataclass(frozen=True, slots=True)
class Receipt:
    """kind: report | sources | tests | commit; `text` says what was checked and found."""

    id: str
    mission_id: str
    task_id: str
    kind: str
    ok: bool
    text: str
    detail: dict[str, Any]
    created_at: datetime
