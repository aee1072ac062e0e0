"""The transcript of a task run."""

from sqlalchemy import Column, ForeignKey, Integer, String, Table, Text, UniqueConstraint

from damascus.core.records.turns import Picture, ProviderFields, Speaker, TurnStatus
from damascus.ledger.tables.columns import JsonObject, Named, Utc, created_at, data, key, metadata

turns = Table(
    "turns",
    metadata,
    key(),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("n", Integer, nullable=False),
    Column("speaker", Named(Speaker, 16), nullable=False),
    Column("content", Text, nullable=False),
    Column("call_id", Text),
    Column("tool", String(64)),
    data("arguments", nullable=True),
    Column("status", Named(TurnStatus, 16), nullable=False),
    created_at(),
    Column("done_at", Utc),
    Column("provider", JsonObject(ProviderFields)),
    Column("picture", JsonObject(Picture)),
    UniqueConstraint("task_id", "n"),
)
