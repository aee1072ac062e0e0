"""The processes that carry the staff's roles; each heartbeat refreshes their rows."""

from sqlalchemy import Column, String, Table

from damascus.core.records.workers import WorkerMove
from damascus.ledger.tables.columns import Named, Utc, created_at, metadata

workers = Table(
    "workers",
    metadata,
    Column("id", String(240), primary_key=True),
    Column("role", String(64), nullable=False),
    Column("name", String(160), nullable=False),
    Column("seen_at", Utc, nullable=False),
    created_at(),
    Column("move", Named(WorkerMove, 16)),
    Column("moved_at", Utc),
)
