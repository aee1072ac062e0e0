"""What has to reach the forge: one row per repository that is published elsewhere, and per mission's board."""

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from damascus.core.records.forge_syncs import BoardState, ForgeSyncKind, ForgeSyncStatus
from damascus.ledger.tables.columns import JsonObject, Named, Utc, created_at, data, key, metadata

forge_syncs = Table(
    "forge_syncs",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("remote_id", String(64)),
    Column("target_sha", String(64)),
    Column("remote_sha", String(64)),
    Column("status", Named(ForgeSyncStatus, 16), nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("retry_at", Utc, nullable=False),
    data("issues"),
    Column("desk_item_id", String(64)),
    created_at(),
    Column("settled_at", Utc),
    Column("kind", Named(ForgeSyncKind, 16), nullable=False, server_default="code"),
    Column("board", JsonObject(BoardState), nullable=False, server_default="{}"),
    Index("ix_forge_syncs_settled_at_retry_at", "settled_at", "retry_at"),
)
