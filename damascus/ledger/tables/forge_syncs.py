"""What has to reach the forge: one row per repository that is published elsewhere."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from damascus.core.records.forge_syncs import ForgeSyncStatus
from damascus.ledger.tables.columns import Named, Utc, created_at, data, key, metadata

forge_syncs = Table(
    "outgoing",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("remote", String(64)),
    Column("wanted", String(64)),
    Column("there", String(64)),
    Column("status", Named(ForgeSyncStatus, 16), nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Utc, nullable=False),
    data("issues"),
    Column("approval_id", String(64)),
    created_at(),
    Column("settled_at", Utc),
    Index("ix_outgoing_settled_at_next_at", "settled_at", "next_at"),
)
