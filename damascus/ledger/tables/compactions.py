"""What stands for the older parts of conversations."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, UniqueConstraint

from damascus.ledger.tables.columns import created_at, key, metadata

compactions = Table(
    "compactions",
    metadata,
    key(),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("until", Integer, nullable=False),
    Column("text", Text, nullable=False),
    created_at(),
    UniqueConstraint("task_id", "until"),
)
