"""Missions: what became of a directive."""

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from damascus.core.records.missions import MissionStatus
from damascus.ledger.tables.columns import Named, Utc, created_at, key, metadata

missions = Table(
    "missions",
    metadata,
    key(),
    Column("directive_id", ForeignKey("directives.id"), nullable=False),
    Column("proposal_id", ForeignKey("proposals.id"), nullable=False, unique=True),
    Column("slug", String(80), nullable=False, unique=True),
    Column("directive_text", Text, nullable=False),
    Column("playbook", String(64), nullable=False),
    Column("status", Named(MissionStatus, 32), nullable=False),
    Column("reason", Text),
    Column("summary", Text),
    Column("replans", Integer, nullable=False, default=0),
    created_at(),
    Column("finished_at", Utc),
    Column("rehearsal", Boolean),
    Index("ix_missions_status", "status"),
)
