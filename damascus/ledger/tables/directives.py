"""What the CEO said."""

from sqlalchemy import Column, String, Table, Text

from damascus.core.records.directives import DirectiveOptions
from damascus.ledger.tables.columns import JsonObject, created_at, key, metadata

directives = Table(
    "directives",
    metadata,
    key(),
    Column("sender", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("options", JsonObject(DirectiveOptions), nullable=False),
    created_at(),
)
