"""Pages that a mission read, kept as they were."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, String, Table, Text, UniqueConstraint

from damascus.core.records.sources import SourceFacts
from damascus.ledger.tables.columns import JsonObject, created_at, key, metadata

sources = Table(
    "sources",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("entry", BigInteger, nullable=False),
    Column("url", Text, nullable=False),
    Column("final_url", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("text_sha256", String(64), nullable=False),
    Column("facts", JsonObject(SourceFacts), nullable=False),
    created_at(),
    UniqueConstraint("mission_id", "url"),
    Index("ix_sources_task_id", "task_id"),
    UniqueConstraint("mission_id", "entry"),
)
