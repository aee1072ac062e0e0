"""The outbox and the inbox in one: a message is a row from the moment it is meant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, String, Table, Text

from damascus.ledger.tables.base import Utc, created_at, data, key, metadata

messages = Table(
    "messages",
    metadata,
    key(),
    Column("sender", String(64), nullable=False),
    Column("recipient", String(64), nullable=False),
    Column("type", String(32), nullable=False),
    Column("parent", String(64)),
    Column("content", Text, nullable=False),
    data("context"),
    Column("mission_id", String(64)),
    created_at(),
    Column("sent_at", Utc),
    Column("handled_at", Utc),
    Column("handled_by", String(200)),
    Index("ix_messages_sent_at", "sent_at"),
    Index("ix_messages_handled_at_sent_at", "handled_at", "sent_at"),
    Index("ix_messages_mission_id_recipient", "mission_id", "recipient"),
)


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message and how far it got: `sent_at` on Redis, `handled_at` by the receiver."""

    id: str
    sender: str
    recipient: str
    type: str
    parent: str | None
    content: str
    context: dict[str, Any]
    mission_id: str | None
    created_at: datetime
    sent_at: datetime | None
    handled_at: datetime | None
    handled_by: str | None
