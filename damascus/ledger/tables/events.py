"""The append-only log, and the counter that makes its numbers dense."""

from sqlalchemy import BigInteger, Column, Index, String, Table

from damascus.ledger.tables.columns import created_at, data, metadata

events = Table(
    "events",
    metadata,
    Column("seq", BigInteger, primary_key=True, autoincrement=False),
    Column("kind", String(32), nullable=False),
    Column("author", String(64), nullable=False),
    Column("mission_id", String(64)),
    Column("task_id", String(64)),
    data("payload"),
    created_at(),
    Column("entry", BigInteger),
    Column("replaces", BigInteger),
    Index("uq_events_mission_id_entry", "mission_id", "entry", unique=True),
    Index("uq_events_mission_id_replaces", "mission_id", "replaces", unique=True),
    Index("ix_events_mission_id_seq", "mission_id", "seq"),
    Index("ix_events_task_id_seq", "task_id", "seq"),
)

counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
