"""The log as server-sent events, by `seq`, with resume."""

import json
import re
from collections.abc import AsyncIterator
from typing import Annotated, Any

from fastapi import APIRouter, Header, Query
from fastapi.responses import StreamingResponse

from damascus.composition.company import Company
from damascus.office import missions_view, views
from damascus.office.deps import CompanyDep
from damascus.office.live import Follower

router = APIRouter(prefix="/api/events", tags=["events"])
KEEP_ALIVE_SECONDS = 15
LAST = 10**15 - 1
_SEQ = re.compile(r"[0-9]{1,15}")
STREAM: dict[int | str, dict[str, Any]] = {
    200: {"description": "Events", "content": {"text/event-stream": {"schema": {"type": "string"}}}}
}


@router.get("", response_class=StreamingResponse, responses=STREAM)
async def stream(
    company: CompanyDep,
    after: Annotated[
        int | None, Query(ge=0, le=LAST, description="events after this seq; default: only new ones")
    ] = None,
    mission: str | None = None,
    live: bool = False,
    last_event_id: Annotated[str | None, Header()] = None,
) -> StreamingResponse:
    """Events as they commit, each with its seq as id; `Last-Event-ID` resumes. `live` adds partial model output."""
    since = int(last_event_id) if last_event_id and _SEQ.fullmatch(last_event_id) else after
    async with company.outbox.reading() as tx:
        of = (await missions_view.find(tx, mission)).id if mission is not None else None
        since = await tx.events.last() if since is None else since
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_lines(company, since, of, live), media_type="text/event-stream", headers=headers)


async def _lines(company: Company, since: int, mission: str | None, live: bool) -> AsyncIterator[str]:
    yield ": the company's log\n\n"
    spoke = company.clock.monotonic()
    async with Follower(company, live=live) as follower:
        while True:
            async with company.outbox.reading() as tx:
                rows = await tx.events.since(since, mission_id=mission)
            for row in rows:
                since = row.seq
                data = views.EventView.model_validate(row).model_dump_json()
                yield f"id: {row.seq}\nevent: {row.kind}\ndata: {data}\n\n"
            if rows:
                spoke = company.clock.monotonic()
                continue
            for task_id, text in await follower.wait():
                yield f"event: live\ndata: {json.dumps({'task_id': task_id, 'text': text})}\n\n"
            if company.clock.monotonic() - spoke >= KEEP_ALIVE_SECONDS:
                spoke = company.clock.monotonic()
                yield ": still here\n\n"
