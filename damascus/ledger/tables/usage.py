"""What each model call used and cost."""

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table

from damascus.ledger.tables.columns import Utc, created_at, key, metadata, money

usage = Table(
    "usage",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("role", String(64), nullable=False),
    Column("model", String(200), nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    money("cost"),
    Column("price_known", Boolean, nullable=False),
    Column("answered", Boolean, nullable=False),
    created_at(),
    Column("disbelieved", BigInteger),
    Column("asked_at", Utc),
    Column("cached_tokens", Integer, nullable=False, server_default="0"),
    Index("ix_usage_created_at", "created_at"),
    Index("ix_usage_mission_id", "mission_id"),
    Index("ix_usage_task_id", "task_id"),
)
