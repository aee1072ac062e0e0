"""What each model call used and cost."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table

from damascus.ledger.tables.base import created_at, key, metadata, money

usage = Table(
    "usage",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("task_id", ForeignKey("tasks.id"), nullable=False),
    Column("agent", String(64), nullable=False),
    Column("model", String(200), nullable=False),
    Column("input_tokens", Integer, nullable=False),
    Column("output_tokens", Integer, nullable=False),
    money("cost"),
    Column("price_known", Boolean, nullable=False),
    Column("answered", Boolean, nullable=False),
    created_at(),
    Index("ix_usage_mission_id", "mission_id"),
    Index("ix_usage_task_id", "task_id"),
)


@dataclass(frozen=True, slots=True)
class Usage:
    """`answered` is false for a call whose answer was lost: it is counted at its worst case."""

    id: str
    mission_id: str
    task_id: str
    agent: str
    model: str
    input_tokens: int
    output_tokens: int
    cost: int
    price_known: bool
    answered: bool
    created_at: datetime
