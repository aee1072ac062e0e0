"""Named leases: one leader for the office's daemon."""

from sqlalchemy import Column, String, Table

from damascus.ledger.tables.columns import Utc, metadata

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("owner", String(200), nullable=False),
    Column("until", Utc, nullable=False),
)
