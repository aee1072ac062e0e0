"""What waits at the CEO's desk: questions, permissions, budget raises."""

from sqlalchemy import Column, ForeignKey, Index, String, Table, Text

from damascus.core.records.desk_items import DeskItemDetail, DeskItemKind, DeskItemStatus
from damascus.ledger.tables.columns import JsonObject, Named, Utc, created_at, key, metadata, money

desk_items = Table(
    "desk_items",
    metadata,
    key(),
    Column("kind", Named(DeskItemKind, 32), nullable=False),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", ForeignKey("tasks.id")),
    Column("turn_id", String(64)),
    Column("text", Text, nullable=False),
    money("amount"),
    Column("detail", JsonObject(DeskItemDetail), nullable=False),
    Column("status", Named(DeskItemStatus, 16), nullable=False),
    Column("answer", Text),
    created_at(),
    Column("decided_at", Utc),
    Index("ix_desk_items_status", "status"),
)
