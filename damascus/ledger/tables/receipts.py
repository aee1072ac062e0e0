"""Receipts: what the program itself checked before it called a task done."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Table, Text

from damascus.core.records.receipts import ReceiptDetail, ReceiptKind
from damascus.ledger.tables.columns import JsonObject, Named, created_at, key, metadata

receipts = Table(
    "receipts",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("kind", Named(ReceiptKind, 32), nullable=False),
    Column("ok", Boolean, nullable=False),
    Column("text", Text, nullable=False),
    Column("detail", JsonObject(ReceiptDetail), nullable=False),
    created_at(),
    Index("ix_receipts_mission_id", "mission_id"),
    Index("ix_receipts_task_id", "task_id"),
)
