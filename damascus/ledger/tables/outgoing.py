"""What has to reach the forge: one row per repository that is published elsewhere."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, String, Table, Text

from damascus.ledger.tables.base import Utc, created_at, data, key, metadata

outgoing = Table(
    "outgoing",
    metadata,
    key(),
    Column("mission_id", ForeignKey("missions.id"), nullable=False),
    Column("name", String(200), nullable=False),
    Column("remote", String(64)),
    Column("wanted", String(64)),
    Column("there", String(64)),
    Column("status", String(16), nullable=False),
    Column("reason", Text),
    Column("attempts", Integer, nullable=False, default=0),
    Column("next_at", Utc, nullable=False),
    data("issues"),
    Column("approval_id", String(64)),
    created_at(),
    Column("settled_at", Utc),
    Index("ix_outgoing_settled_at_next_at", "settled_at", "next_at"),
)


@dataclass(frozen=True, slots=True)
class OutgoingRow:
    """`id` is that of the repository's artifact; status: waiting | out | refused (see work/outgoing.py).

    `remote` is the forge's id of the repository, `wanted` and `there` the head of main here and there, `issues` maps a
    task to its issue's number and whether that is open; `approval_id` is the question at the CEO's desk when refused.
    """

    id: str
    mission_id: str
    name: str
    remote: str | None
    wanted: str | None
    there: str | None
    status: str
    reason: str | None
    attempts: int
    next_at: datetime
    issues: dict[str, tuple[int, bool]]
    approval_id: str | None
    created_at: datetime
    settled_at: datetime | None
