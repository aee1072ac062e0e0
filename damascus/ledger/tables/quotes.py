"""What plans were quoted at."""

from sqlalchemy import Column, ForeignKey, Index, Table

from damascus.core.records.quotes import QuoteLines, QuoteStatus
from damascus.ledger.tables.columns import JsonObject, Named, Utc, created_at, metadata, money

quotes = Table(
    "quotes",
    metadata,
    Column("id", ForeignKey("desk_items.id"), primary_key=True),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("lines", JsonObject(QuoteLines), nullable=False),
    money("ceiling"),
    Column("status", Named(QuoteStatus, 16), nullable=False),
    created_at(),
    Column("decided_at", Utc),
    Index("ix_quotes_mission_id", "mission_id"),
)
