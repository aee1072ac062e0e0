"""How the conversations of tasks began."""

from sqlalchemy import Column, ForeignKey, Table, Text

from damascus.core.records.openings import ToldSoFar
from damascus.ledger.tables.columns import JsonObject, metadata

openings = Table(
    "openings",
    metadata,
    Column("id", ForeignKey("tasks.id"), primary_key=True),
    Column("system", Text, nullable=False),
    Column("assignment", Text, nullable=False),
    Column("told", JsonObject(ToldSoFar), nullable=False),
)
