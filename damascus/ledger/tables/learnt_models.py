"""What was learnt of models at their address."""

from sqlalchemy import Column, Table, Text

from damascus.core.records.learnt_models import LearntModel
from damascus.ledger.tables.columns import JsonObject, Utc, created_at, key, metadata

learnt_models = Table(
    "learnt_models",
    metadata,
    key(),
    Column("url", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("known", JsonObject(LearntModel), nullable=False),
    created_at(),
    Column("updated_at", Utc, nullable=False),
)
