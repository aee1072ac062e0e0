"""Queries on the outbox and the inbox."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from damascus.core.messages import Message, MessageType
from damascus.core.records.messages import MessageRow
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.session import Session
from damascus.ledger.tables.messages import messages

CEO, EVERYBODY = "ceo", "all"


class MessageReads(ReadQueries[MessageRow]):
    table = messages
    row = MessageRow

    async def unsent(self, before: datetime, limit: int = 500) -> list[MessageRow]:
        """Return committed messages that were never sent, oldest first, at most `limit`.

        Only rows created before `before`: younger ones are still being sent by the process that wrote them.
        Rows dated far in the future (written while a clock was ahead) count as old.
        """
        return await self._past({"sent_at": None}, "created_at", before, limit)

    async def unhandled(self, before: datetime, recipients: Sequence[str], limit: int = 500) -> list[MessageRow]:
        """Return messages to `recipients` sent before `before` (or by a clock that was ahead) and not handled."""
        return await self._past({"handled_at": None, "recipient": list(recipients)}, "sent_at", before, limit)

    async def _past(self, where: dict[str, Any], when: str, before: datetime, limit: int) -> list[MessageRow]:
        """Return rows whose time `when` is not after `before`, or so far ahead that the clock was put back since."""
        ahead = self._now + (self._now - before)
        rows = await self._select({**where, f"{when} <=": before}, "id", limit)
        return rows + await self._select({**where, f"{when} >": ahead}, "id", limit)

    async def count(self, mission_id: str, sender: str, recipient: str, since: datetime, most: int) -> int:
        """Return how many messages of a mission went from one to the other after `since`, counted up to `most`."""
        where = {"mission_id": mission_id, "sender": sender, "recipient": recipient, "created_at >": since}
        return len(await self._select(where, "", most))

    async def to_role(
        self, mission_id: str, role: str, kinds: Sequence[MessageType], limit: int = 10
    ) -> list[MessageRow]:
        """Return the newest messages of these types to a role in a mission, oldest of them first; not the CEO's."""
        where = {"mission_id": mission_id, "recipient": role, "type": list(kinds), "sender !=": CEO}
        return (await self._select(where, "-id", limit))[::-1]

    async def of_ceo(self, mission_id: str, role: str) -> list[MessageRow]:
        """Return what the CEO said to a role or to all of a mission, oldest first."""
        to = {"mission_id": mission_id, "recipient": [role, EVERYBODY]}
        return await self._select({**to, "sender": CEO, "type": MessageType.CONVERSATION}, "created_at id")


class MessageQueries(MessageReads, TableQueries[MessageRow]):
    """`post` writes a message to the outbox; `posted` is what the outbox sends after the commit."""

    def __init__(self, session: Session, now: datetime) -> None:
        super().__init__(session, now)
        self.posted: list[Message] = []

    async def post(self, message: Message, *, sent: bool = False) -> None:
        """Write the message; `sent`: it came from Redis and is not sent again."""
        await self.add(
            MessageRow(
                id=message.id,
                sender=message.sender,
                recipient=message.to,
                type=message.type,
                parent=message.parent,
                content=message.content,
                context=message.context,
                mission_id=message.context.get("mission_id"),
                created_at=self._now,
                sent_at=self._now if sent else None,
                handled_at=None,
                handled_by=None,
            )
        )
        if not sent:
            self.posted.append(message)

    async def mark_handled(self, id: str, by: str) -> bool:
        """Mark it handled; returns False if it was before: its effects must then not happen again."""
        return await self._update({"id": id, "handled_at": None}, handled_at=self._now, handled_by=by) == 1

    async def mark_sent(self, ids: Collection[str], now: datetime) -> None:
        """Note when messages went to Redis."""
        if ids:
            await self._update({"id": list(ids)}, sent_at=now)


def to_message(row: MessageRow) -> Message:
    """Return the wire form of a row."""
    return Message.model_validate(
        {
            "id": row.id,
            "from": row.sender,
            "to": row.recipient,
            "type": row.type,
            "parent": row.parent,
            "content": row.content,
            "context": row.context,
            "timestamp": row.created_at,
        }
    )
