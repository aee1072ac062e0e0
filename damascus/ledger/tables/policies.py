"""Policies: a key with a JSON value."""

from sqlalchemy import Column, String, Table

from damascus.ledger.tables.columns import Utc, created_at, data, metadata

policies = Table(
    "policies",
    metadata,
    Column("key", String(64), primary_key=True),
    data("value"),
    Column("updated_at", Utc, nullable=False),
    created_at(),
)
