"""Staff that ever worked here; each heartbeat of its worker refreshes the row."""

from sqlalchemy import Column, String, Table, Text

from damascus.ledger.tables.columns import Utc, created_at, key, metadata

agents = Table(
    "agents",
    metadata,
    key(),
    Column("name", String(120), nullable=False),
    Column("title", String(120), nullable=False),
    Column("role", String(64), nullable=False),
    Column("worker", String(160)),
    Column("seen_at", Utc),
    created_at(),
    Column("problem", Text),
)
