"""Proposals: no mission starts without one that was accepted."""

from sqlalchemy import Column, ForeignKey, String, Table, Text

from damascus.core.records.proposals import ProposalStatus
from damascus.ledger.tables.columns import Named, Utc, created_at, key, metadata

proposals = Table(
    "proposals",
    metadata,
    key(),
    Column("directive_id", ForeignKey("directives.id"), nullable=False),
    Column("sender", String(64), nullable=False),
    Column("status", Named(ProposalStatus, 16), nullable=False),
    Column("reason", Text),
    created_at(),
    Column("decided_at", Utc),
)
