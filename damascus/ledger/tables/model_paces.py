"""How fast each model is asked, by all processes together."""

from sqlalchemy import BigInteger, Column, Integer, String, Table, Text

from damascus.ledger.tables.columns import Utc, metadata

model_paces = Table(
    "model_paces",
    metadata,
    Column("model", String(200), primary_key=True),
    Column("next_at", Utc, nullable=False),
    Column("closed_until", Utc, nullable=False),
    Column("told_at", Utc, nullable=False),
    Column("refusals", Integer, nullable=False, default=0),
    Column("why", Text, nullable=False, default=""),
    Column("requests_per_minute", BigInteger),
    Column("tokens_per_minute", BigInteger),
)
