"""The append-only log: numbers are dense because the counter row is taken inside the appending transaction."""

from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, insert, select, update

from damascus.core.events import PAYLOADS, TRAIL, EventKind, Payload
from damascus.core.records.events import Event
from damascus.core.redaction import redact_value
from damascus.ledger.queries.base import ReadQueries
from damascus.ledger.session import Session
from damascus.ledger.tables.events import counters, events

_BUMP = (
    update(counters)
    .where(counters.c.name == "events")
    .values(value=counters.c.value + bindparam("count"))
    .returning(counters.c.value)
)
_APPEND = insert(events)
_LAST = select(func.coalesce(func.max(events.c.seq), 0))
_TRAIL = [kind.value for kind in TRAIL]


class EventReads(ReadQueries[Event]):
    table = events
    row = Event

    async def since(self, seq: int, limit: int = 500, mission_id: str | None = None) -> list[Event]:
        """Return events after `seq`, oldest first."""
        of = {"mission_id": mission_id} if mission_id else {}
        return await self._select({"seq >": seq, **of}, "seq", limit)

    async def trail(
        self, mission_id: str, task_id: str | None = None, kind: str | None = None, limit: int = 200
    ) -> list[Event]:
        """Return the newest `limit` trail entries of a mission, oldest of them first."""
        where: dict[str, Any] = {"mission_id": mission_id, "kind": kind or _TRAIL}
        if task_id:
            where["task_id"] = task_id
        return (await self._select(where, "-seq", limit))[::-1]

    async def at(self, seq: int) -> Event | None:
        """Return the event with this number, or None."""
        return await self._one({"seq": seq})

    async def last(self) -> int:
        """Return the number of the newest event, 0 if there is none."""
        ((last,),) = await self._session.rows(_LAST)
        return int(last)


class EventQueries(EventReads):
    """`append` buffers; `flush` numbers and writes what was buffered (the transaction calls it before commit)."""

    def __init__(self, session: Session, now: datetime) -> None:
        super().__init__(session, now)
        self._buffer: list[dict[str, Any]] = []
        self.last_seq: int | None = None

    def append(
        self,
        kind: EventKind,
        author: str,
        payload: Payload,
        mission_id: str | None = None,
        task_id: str | None = None,
    ) -> None:
        """Append an event at the end of this transaction; raises TypeError if the payload is another kind's."""
        if type(payload) is not PAYLOADS[kind]:
            raise TypeError(f"a {kind} event carries a {PAYLOADS[kind].__name__}, not a {type(payload).__name__}")
        self._buffer.append(
            {
                "kind": kind.value,
                "author": author,
                "mission_id": mission_id,
                "task_id": task_id,
                "payload": redact_value(payload.model_dump(mode="json", exclude_none=True)),
                "created_at": self._now,
            }
        )

    async def flush(self) -> int | None:
        """Write the buffer; returns the `seq` of the last event of this transaction, None if there is none."""
        if self._buffer:
            count = len(self._buffer)
            ((last,),) = await self._session.rows(_BUMP, {"count": count})
            rows = [{"seq": last - count + 1 + i, **event} for i, event in enumerate(self._buffer)]
            await self._session.change(_APPEND, rows if count > 1 else rows[0])
            self._buffer.clear()
            self.last_seq = last
        return self.last_seq
