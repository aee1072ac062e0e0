"""The append-only log: numbers are dense because the counter row is taken inside the appending transaction."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import String, bindparam, func, insert, select, update

from damascus.core.events import PAYLOADS, TRAIL, EventKind, Payload
from damascus.core.records.events import Event
from damascus.core.redaction import redact_value
from damascus.ledger.queries.base import ReadQueries, Where
from damascus.ledger.session import Session
from damascus.ledger.tables.events import counters, events

_BUMP = (
    update(counters)
    .where(counters.c.name == "events")
    .values(value=counters.c.value + bindparam("count"))
    .returning(counters.c.value)
)
_APPEND = insert(events)
_ENTRIES = select(func.coalesce(func.max(events.c.entry), 0)).where(
    events.c.mission_id == bindparam("of", type_=String)
)
_CORRECTED = select(events.c.replaces, events.c.entry).where(
    events.c.mission_id == bindparam("of", type_=String), events.c.replaces.is_not(None)
)
_LAST = select(func.coalesce(func.max(events.c.seq), 0))
ALL_KINDS = tuple(sorted(kind.value for kind in TRAIL))
_TOLD = tuple(kind for kind in ALL_KINDS if kind != EventKind.COMMAND)


class EventReads(ReadQueries[Event]):
    table = events
    row = Event

    async def since(self, seq: int, limit: int = 500, mission_id: str | None = None) -> list[Event]:
        """Return events after `seq`, oldest first."""
        of = {"mission_id": mission_id} if mission_id else {}
        return await self._select({"seq >": seq, **of}, "seq", limit)

    async def page(
        self, where: Where, *, before: int | None = None, after: int | None = None, limit: int
    ) -> list[Event]:
        """Return `limit` events that fit, oldest first: the first behind `after`, else the last ahead of `before`."""
        if after is not None:
            return await self._select({**where, "seq >": after}, "seq", limit)
        until = {} if before is None else {"seq <": before}
        return (await self._select({**where, **until}, "-seq", limit))[::-1]

    async def find_seq(self, seq: int) -> Event | None:
        """Return the event with this number, or None."""
        return await self._one({"seq": seq})

    async def trail(
        self, mission_id: str, task_id: str | None = None, kind: str | Sequence[str] | None = None, limit: int = 200
    ) -> list[Event]:
        """Return the newest `limit` trail entries of a mission, oldest of them first.

        By default what commands came to is not among them: of these there are many, and their own task knows them.
        """
        where: dict[str, Any] = {
            "mission_id": mission_id,
            "kind": kind if isinstance(kind, str) else [*(kind or _TOLD)],
        }
        if task_id:
            where["task_id"] = task_id
        return (await self._select(where, "-seq", limit))[::-1]

    async def entry(self, mission_id: str, number: int) -> Event | None:
        """Return the trail entry of a mission that has this number, or None."""
        return await self._one({"mission_id": mission_id, "entry": number})

    async def entries(self, mission_id: str, numbers: Sequence[int]) -> list[Event]:
        """Return the trail entries of a mission that have these numbers, in their order."""
        return await self._select({"mission_id": mission_id, "entry": [*numbers]}, "seq") if numbers else []

    async def corrections(self, mission_id: str) -> dict[int, int]:
        """Return which entries of a mission's trail were corrected, each with the entry that replaces it."""
        rows = await self._session.rows(_CORRECTED, {"of": mission_id})
        return {int(old): int(new) for old, new in rows}

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
        self.last_entry: int | None = None

    def append(
        self,
        kind: EventKind,
        author: str,
        payload: Payload,
        mission_id: str | None = None,
        task_id: str | None = None,
        *,
        replaces: int | None = None,
    ) -> None:
        """Append an event at the end of this transaction; raises TypeError if the payload is another kind's.

        `replaces` is the entry of the mission's trail that this one corrects.
        """
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
                "entry": None,
                "replaces": replaces,
            }
        )

    async def flush(self) -> int | None:
        """Write the buffer; returns the `seq` of the last event of this transaction, None if there is none."""
        if self._buffer:
            count = len(self._buffer)
            ((last,),) = await self._session.rows(_BUMP, {"count": count})
            await self._number_entries()
            rows = [{"seq": last - count + 1 + i, **event} for i, event in enumerate(self._buffer)]
            await self._session.change(_APPEND, rows if count > 1 else rows[0])
            self._buffer.clear()
            self.last_seq = last
        return self.last_seq

    async def _number_entries(self) -> None:
        """Number the trail entries of each mission; the log's counter is held, so no other does so now."""
        entries = [event for event in self._buffer if event["kind"] in TRAIL and event["mission_id"]]
        for mission_id in dict.fromkeys(event["mission_id"] for event in entries):
            ((last,),) = await self._session.rows(_ENTRIES, {"of": mission_id})
            for number, event in enumerate((e for e in entries if e["mission_id"] == mission_id), start=last + 1):
                event["entry"] = number
        if entries:
            self.last_entry = entries[-1]["entry"]
