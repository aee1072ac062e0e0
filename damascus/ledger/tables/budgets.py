"""Limits and what is spent and reserved under each; money is in micro-USD."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, String, Table

from damascus.core.records.budgets import PriceKind
from damascus.ledger.tables.columns import Named, created_at, metadata, money

budgets = Table(
    "budgets",
    metadata,
    Column("scope", String(80), primary_key=True),
    money("limit"),
    money("spent"),
    money("reserved"),
    Column("warned", Boolean, nullable=False, default=False),
    created_at(),
    Column("configured", BigInteger),
)

reservations = Table(
    "reservations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("lease_owner", String(200), nullable=False),
    Column("day", String(10), nullable=False),
    Column("model", String(200), nullable=False),
    money("amount"),
    created_at(),
    Column("tokens", BigInteger, nullable=False, default=0, server_default="0"),
    Column("price", Named(PriceKind, 16), nullable=False, default=PriceKind.KNOWN, server_default="known"),
    Index("ix_reservations_task_id", "task_id"),
)
