"""The outbox and the inbox in one: a message is a row from the moment it is meant."""

from sqlalchemy import Column, Index, String, Table, Text

from damascus.core.messages import MessageType
from damascus.ledger.tables.columns import Named, Utc, created_at, data, key, metadata

messages = Table(
    "messages",
    metadata,
    key(),
    Column("sender", String(64), nullable=False),
    Column("recipient", String(64), nullable=False),
    Column("type", Named(MessageType, 32), nullable=False),
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
