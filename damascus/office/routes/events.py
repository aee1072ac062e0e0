"""The event log as server-sent events, by `seq`, with resume."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Query
from fastapi.sse import EventSourceResponse, ServerSentEvent

from damascus.office import serializers
from damascus.office.dependencies import CompanyDep
from damascus.office.event_follower import EventFollower

router = APIRouter(tags=["events"])
MAX_SEQ = 10**15 - 1
_SEQ = re.compile(r"[0-9]{1,15}")


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


@router.get("", response_class=EventSourceResponse)
async def stream(
    company: CompanyDep, place: Annotated[Place, Depends(_place)], live: bool = False
) -> AsyncIterator[ServerSentEvent]:
    """Events as they commit, each with its seq as id; `Last-Event-ID` resumes. `live` adds partial model output."""
    yield ServerSentEvent(comment="the company's log")
    seq = place.seq
    async with EventFollower(company, live=live) as follower:
        while True:
            async with company.outbox.reading() as tx:
                rows = await tx.events.since(seq, mission_id=place.mission_id)
            for row in rows:
                seq = row.seq
                yield ServerSentEvent(id=str(seq), event=row.kind, data=serializers.event(row))
            if not rows:
                for output in await follower.wait():
                    yield ServerSentEvent(event="live", data=output)
