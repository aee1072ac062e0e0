"""The verdicts of gates."""

from sqlalchemy import Column, Float, ForeignKey, Index, String, Table

from damascus.core.records.gates import StopDecision, VerdictWord
from damascus.ledger.tables.columns import Named, Utc, created_at, metadata

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", ForeignKey("tasks.id"), primary_key=True),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("word", Named(VerdictWord, 16), nullable=False),
    Column("number", Float),
    Column("decision", Named(StopDecision, 16), nullable=False),
    Column("decided_by", String(64)),
    created_at(),
    Column("decided_at", Utc),
    Index("ix_verdicts_mission_id", "mission_id"),
)
