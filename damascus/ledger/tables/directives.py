"""What the CEO said."""

from sqlalchemy import Column, String, Table, Text

from damascus.ledger.tables.columns import created_at, data, key, metadata

directives = Table(
    "directives",
    metadata,
    key(),
    Column("sender", String(64), nullable=False),
    Column("text", Text, nullable=False),
    data("options"),
    created_at(),
)
