"""Follows the event log once for all readers: `damascus:changes` wakes it, a timer covers what Redis lost.

What was read is kept for a while, as the bytes that each reader is sent, within a bound. A reader is a place in the
log and no more: one that is slow, or comes back, reads from the ledger what is not kept any more. So it neither costs
memory nor slows others.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import takewhile

from fastapi.sse import format_sse_event
from pydantic import BaseModel

from damascus.api import schemas
from damascus.composition.company import Company
from damascus.core.errors import Unavailable
from damascus.core.records.events import Event
from damascus.office import doing, serializers
from damascus.office.live_output import read_live

log = logging.getLogger(__name__)
LOOK_AGAIN_SECONDS = 1.0
MAX_BATCH_EVENTS = 500
MAX_KEPT_EVENTS = 2_000
MAX_KEPT_BYTES = 4_000_000
MAX_KEPT_PIECES = 64  # of live output, which may be lost: a reader that is further behind misses some


@dataclass(frozen=True, slots=True)
class EventLine:
    """An event as it is sent, and what readers choose by."""

    seq: int
    mission_id: str | None
    frame: bytes

    @classmethod
    def of(cls, row: Event) -> "EventLine":
        return cls(row.seq, row.mission_id, frame(row.kind, serializers.event(row), row.seq))


@dataclass(frozen=True, slots=True)
class LivePiece:
    """A piece of live output as it is sent, and the task that it is of."""

    task_id: str
    frame: bytes


def frame(kind: str, data: BaseModel, seq: int | None = None) -> bytes:
    """Return what a reader is sent of one thing: made once, however many read."""
    return format_sse_event(event=kind, data_str=data.model_dump_json(), id=None if seq is None else str(seq))


class LogFeed:
    """The newest events of the log; follows it while there is a reader."""

    def __init__(self, company: Company, on_readers: Callable[[int], object] = int) -> None:
        self._company = company
        self._on_readers = on_readers
        self._lines: deque[EventLine] = deque()
        self._bytes = 0
        self._floor: int | None = None  # every event after this one is kept, up to `_last`
        self._last = 0
        self._pieces: deque[LivePiece] = deque(maxlen=MAX_KEPT_PIECES)
        self._heard = 0  # pieces in all
        self._now: tuple[list[schemas.Doing], bytes] | None = None
        self._looked = 0.0
        self._looking = asyncio.Lock()
        self._woken = asyncio.Event()
        self._readers: set[Reader] = set()
        self._following: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def reader(self, seq: int, mission_id: str | None) -> AsyncIterator["Reader"]:
        """Open a reader of the events after `seq`, of one mission or of all."""
        reader = Reader(self, seq, mission_id)
        self._readers.add(reader)
        self._on_readers(len(self._readers))
        self._begin()
        try:
            yield reader
        finally:
            self._readers.discard(reader)
            self._on_readers(len(self._readers))
            if not self._readers and self._following is not None:
                following, self._following = self._following, None
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)

    async def lines_after(self, seq: int, mission_id: str | None) -> list[EventLine]:
        """Return the next events after `seq`, at most MAX_BATCH_EVENTS, from what is kept or from the ledger."""
        self._begin()
        if self._floor is None or seq < self._floor:
            async with self._company.outbox.reading() as tx:
                rows = await tx.events.since(seq, MAX_BATCH_EVENTS, mission_id)
            return [EventLine.of(row) for row in rows]
        newer = [*takewhile(lambda line: line.seq > seq, reversed(self._lines))]  # from the end: most readers are there
        return [line for line in reversed(newer) if mission_id in (None, line.mission_id)][:MAX_BATCH_EVENTS]

    def pieces_after(self, heard: int) -> tuple[int, list[LivePiece]]:
        """Return how many pieces of live output there were, and those of them after the first `heard` that are kept."""
        missed = min(self._heard - heard, len(self._pieces))
        return self._heard, list(self._pieces)[len(self._pieces) - missed :]

    def _begin(self) -> None:
        """Follow the log, unless that is done; also where it broke off, as at an error that nobody expected."""
        if self._following is None or self._following.done():
            self._bytes, self._floor = 0, None
            self._lines.clear()
            self._following = asyncio.create_task(self._follow())

    async def now(self) -> bytes:
        """Return who does what, looked up at most once in LOOK_AGAIN_SECONDS for all readers together.

        It is the same object as long as nothing of it changes.
        """
        async with self._looking:
            moment = self._company.clock.monotonic()
            if self._now is None or moment - self._looked >= LOOK_AGAIN_SECONDS:
                async with self._company.outbox.reading() as tx:
                    found = await doing.look(tx)
                self._looked = moment
                if self._now is None or found.doing != self._now[0]:
                    self._now = found.doing, frame("now", found)
            return self._now[1]

    async def _follow(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self._listen())
            group.create_task(self._read_on())

    async def _listen(self) -> None:
        keys = self._company.bus.keys
        prefix = keys.live("")
        async for channel, text in self._company.bus.subscribe(keys.changes, keys.live("*")):
            if channel.startswith(prefix):
                piece = read_live(channel.removeprefix(prefix), text)
                self._pieces.append(LivePiece(piece.task_id, frame("live", piece)))
                self._heard += 1
                self._wake_readers()
            else:
                self._woken.set()

    async def _read_on(self) -> None:
        while True:
            self._woken.clear()
            try:
                if await self._read():
                    self._wake_readers()
            except Unavailable as error:
                log.warning("the event log cannot be followed now: %s", error)
            try:
                async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                    await self._woken.wait()
            except TimeoutError:
                continue

    async def _read(self) -> bool:
        """Read what is new; returns whether there is anything."""
        async with self._company.outbox.reading() as tx:
            if self._floor is None:
                self._floor = self._last = await tx.events.last()
                return True
            rows = await tx.events.since(self._last, MAX_BATCH_EVENTS)
        for row in rows:
            line = EventLine.of(row)
            self._lines.append(line)
            self._bytes += len(line.frame)
            self._last = row.seq
        while len(self._lines) > MAX_KEPT_EVENTS or self._bytes > MAX_KEPT_BYTES:
            oldest = self._lines.popleft()
            self._bytes -= len(oldest.frame)
            self._floor = oldest.seq
        if len(rows) == MAX_BATCH_EVENTS:
            self._woken.set()
        return bool(rows)

    def _wake_readers(self) -> None:
        for reader in self._readers:
            reader.wake()


class Reader:
    """A place in the log, and one in the live output."""

    def __init__(self, feed: LogFeed, seq: int, mission_id: str | None) -> None:
        self._feed = feed
        self.seq = seq
        self._mission_id = mission_id
        self._woken = asyncio.Event()
        self._heard, _ = feed.pieces_after(0)

    def wake(self) -> None:
        """Let a reader that waits look again."""
        self._woken.set()

    async def next_lines(self) -> list[EventLine]:
        """Return the events after the place, and move it behind them; none if there are no more now."""
        self._woken.clear()
        lines = await self._feed.lines_after(self.seq, self._mission_id)
        if lines:
            self.seq = lines[-1].seq
        return lines

    def next_pieces(self, task_id: str | None = None) -> list[LivePiece]:
        """Return the live output since the last time, of a task or of all, as far as it is kept."""
        self._heard, pieces = self._feed.pieces_after(self._heard)
        return [piece for piece in pieces if task_id in (None, piece.task_id)]

    async def wait(self, seconds: float) -> None:
        """Wait until there may be something new, at most so long."""
        try:
            async with asyncio.timeout(seconds):
                await self._woken.wait()
        except TimeoutError:
            return
