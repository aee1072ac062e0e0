"""The outbox and the inbox in one: a message is a row from the moment it is meant."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from damascus.core.messages import MessageType


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message and how far it got: `sent_at` on Redis, `handled_at` by the receiver."""

    id: str
    sender: str
    recipient: str
    type: MessageType
    parent: str | None
    content: str
    context: dict[str, Any]
    mission_id: str | None
    created_at: datetime
    sent_at: datetime | None
    handled_at: datetime | None
    handled_by: str | None
