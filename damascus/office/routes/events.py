"""The event log: as server-sent events, by `seq`, with resume; and as JSON, in pages that go both ways."""

import math
import re
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import StreamingResponse
from fastapi.sse import KEEPALIVE_COMMENT, format_sse_event

from damascus import __version__
from damascus.api import schemas
from damascus.core.errors import Conflict, NotFound
from damascus.core.events import EventKind
from damascus.ledger.queries.base import Where
from damascus.office import serializers
from damascus.office.browsers import Browsers
from damascus.office.citations import cited_by
from damascus.office.dependencies import CompanyDep, Limit, Reading, get_company
from damascus.office.log_feed import LOOK_AGAIN_SECONDS, LogFeed, frame

router = APIRouter(tags=["events"])
log = APIRouter(tags=["log"])
MAX_SEQ = 10**15 - 1
DEFAULT_LOG_EVENTS = 200
LOOK_AT_SESSION_SECONDS = 20.0
KEEP_ALIVE_SECONDS = 15.0
MAX_PIECE_BYTES = 64 * 1024
BEGINNING = format_sse_event(comment="the company's log") + format_sse_event(retry=500)  # ms to connect again
UNBUFFERED = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_SEQ = re.compile(r"[0-9]{1,15}")
Seq = Annotated[int | None, Query(ge=0, le=MAX_SEQ)]


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the log a reader begins, and the one mission it reads about (None: all)."""

    seq: int
    mission_id: str | None


async def _place(
    company: CompanyDep,
    after: Annotated[
        int | None, Query(ge=0, le=MAX_SEQ, description="events after this seq; default: only new ones")
    ] = None,
    mission: str | None = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Place:
    """Return the place, before the stream begins: only then can an unknown mission be a 404."""
    seq = int(last_event_id) if last_event_id and _SEQ.fullmatch(last_event_id) else after
    async with company.outbox.reading() as tx:
        mission_id = (await serializers.find_mission(tx, mission)).id if mission is not None else None
        return Place(await tx.events.last() if seq is None else seq, mission_id)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a stream carries besides events; `task` is the one whose live output it is (None: of all)."""

    live: bool
    hello: bool
    now: bool
    task: str | None


def _wanted(
    live: bool = False,
    hello: bool = False,
    now: bool = False,
    task: Annotated[str | None, Query(description="live output of this task only")] = None,
) -> Wanted:
    return Wanted(live, hello, now, task)


class EventStream(StreamingResponse):
    """Bytes as they are; the framework's own class makes each event again for each reader, and tasks besides."""

    media_type = "text/event-stream"


@router.get("", response_class=EventStream)
async def stream(
    request: Request,
    place: Annotated[Place, Depends(_place)],
    wanted: Annotated[Wanted, Depends(_wanted)],
) -> EventStream:
    """Events as they commit, each with its seq as id; `Last-Event-ID` resumes.

    `hello` begins with where the stream starts, the office's time and version; `live` adds partial model output (of one
    `task` or of all), `now` who does what, whenever that changes. The stream of a browser ends when its session does.
    """
    return EventStream(_frames(request, place, wanted), headers=UNBUFFERED)


async def _frames(request: Request, place: Place, wanted: Wanted) -> AsyncIterator[bytes]:
    """Yield what one reader is sent; all that many are sent is bytes that the feed made once."""
    company = get_company(request)
    feed: LogFeed = request.app.state.feed
    yield BEGINNING
    if wanted.hello:
        yield frame("hello", schemas.Hello(seq=place.seq, at=company.clock.now(), version=__version__))
    patience = LOOK_AGAIN_SECONDS if wanted.now else math.inf
    said = looked = company.clock.monotonic()
    told = b""
    async with feed.reader(place.seq, place.mission_id) as reader:
        while True:
            frames = [line.frame for line in await reader.next_lines()]
            caught_up = not frames
            if wanted.live:
                frames += [piece.frame for piece in reader.next_pieces(wanted.task)]
            if wanted.now and (doing := await feed.now()) is not told:
                told = doing
                frames.append(doing)
            moment = company.clock.monotonic()
            if not frames and moment - said >= KEEP_ALIVE_SECONDS:
                frames.append(KEEPALIVE_COMMENT)
            for some in _joined(frames):
                said = moment
                yield some
            if moment - looked >= LOOK_AT_SESSION_SECONDS:
                looked = moment
                if not await _is_still_known(request):
                    return
            if caught_up:
                await reader.wait(min(patience, said + KEEP_ALIVE_SECONDS - moment))


def _joined(frames: list[bytes]) -> Iterator[bytes]:
    """Yield frames in few pieces, none of which is much larger than MAX_PIECE_BYTES: a reader may be slow."""
    piece, size = [], 0
    for one in frames:
        piece.append(one)
        size += len(one)
        if size >= MAX_PIECE_BYTES:
            yield b"".join(piece)
            piece, size = [], 0
    if piece:
        yield b"".join(piece)


async def _is_still_known(request: Request) -> bool:
    cookie: str = request.scope["state"]["cookie"]
    browsers: Browsers = request.app.state.browsers
    return not cookie or await browsers.find(cookie) is not None


async def _chosen(
    tx: Reading,
    mission: Annotated[str | None, Query(description="id or slug")] = None,
    task: str | None = None,
    author: Annotated[str | None, Query(description="a role, or ceo")] = None,
    kind: Annotated[list[EventKind] | None, Query(description="may be given several times")] = None,
) -> Where:
    """Return which events are asked for."""
    chosen = {
        "mission_id": (await serializers.find_mission(tx, mission)).id if mission is not None else None,
        "task_id": task, "author": author, "kind": [one.value for one in kind] if kind else None,
    }  # fmt: skip
    return {name: value for name, value in chosen.items() if value is not None}


@log.get("", response_model=schemas.LogPage)
async def read_log(
    tx: Reading,
    chosen: Annotated[Where, Depends(_chosen)],
    limit: Limit = DEFAULT_LOG_EVENTS,
    before: Seq = None,
    after: Seq = None,
) -> Response:
    """Return events by their seq, the oldest of them first: those `before` one, those `after` one, or the newest.

    `prev` and `next` lead to the pages around it, as `before` and `after`; null where there is no more now.
    """
    if before is not None and after is not None:
        raise Conflict("`before` and `after` exclude each other; give one")
    if after is not None:
        rows = await tx.events.page(chosen, after=after, limit=limit + 1)
        later, rows = len(rows) > limit, rows[:limit]
        earlier = bool(rows) and bool(await tx.events.page(chosen, before=rows[0].seq, limit=1))
    else:
        rows = await tx.events.page(chosen, before=before, limit=limit + 1)
        earlier, rows = len(rows) > limit, rows[-limit:]
        later = before is not None and bool(rows) and bool(await tx.events.page(chosen, after=rows[-1].seq, limit=1))
    page = schemas.LogPage(
        items=[serializers.event(row) for row in rows], prev=rows[0].seq if earlier else None,
        next=rows[-1].seq if later else None, last=await tx.events.last(),
    )  # fmt: skip
    return Response(page.model_dump_json(), media_type="application/json")  # FastAPI would build all of it twice more


@log.get("/{seq}")
async def show(seq: int, tx: Reading) -> schemas.LogEntry:
    """Return one event, and what rests on it if it is an entry of a trail: reports, memories, its correction."""
    row = await tx.events.find_seq(seq) if 0 < seq <= MAX_SEQ else None
    if row is None:
        raise NotFound(f"there is no event {str(seq)[:20]}; `GET /api/log` shows the newest")
    source = await tx.sources.at(row.mission_id, row.entry) if row.mission_id and row.entry else None
    return schemas.LogEntry(
        **serializers.event(row).model_dump(), cited_by=await cited_by(tx, row), source_id=source.id if source else None
    )
