"""Staff that ever worked here; a row is refreshed when its worker starts or shows life."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Column, String, Table

from damascus.ledger.tables.base import Utc, created_at, key, metadata

agents = Table(
    "agents",
    metadata,
    key(),
    Column("name", String(120), nullable=False),
    Column("title", String(120), nullable=False),
    Column("role", String(64), nullable=False),
    Column("worker", String(160)),
    Column("seen_at", Utc),
    created_at(),
)


@dataclass(frozen=True, slots=True)
class Agent:
    """A persona on the staff; `id` is the persona's, `worker` the process that last carried it."""

    id: str
    name: str
    title: str
    role: str
    worker: str | None
    seen_at: datetime | None
    created_at: datetime
