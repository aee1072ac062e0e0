"""What was spent: over time, and call by call."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime

from damascus.api import schemas
from damascus.core.errors import Invalid
from damascus.core.records.missions import Mission
from damascus.core.records.usage import Usage
from damascus.ledger.queries.usage import Spend, SpendAt
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, PagingDep, Reading
from damascus.work.budget.limits import begin_of_day

router = APIRouter(tags=["money"])
COLUMNS = {"agent": "role", "model": "model", "mission": "mission_id"}
MAX_SLICES = 750  # a month in hours, two years in days
SPAN = {"hour": timedelta(hours=1), "day": timedelta(days=1)}
DEFAULT_SLICES = {"hour": 24, "day": 30}
YEARS = (1970, 9000)  # beyond them there are no calls, and time zones come to no date


@router.get("/series")
async def series(
    company: CompanyDep,
    tx: Reading,
    by: Literal["hour", "day"] = "hour",
    of: Literal["agent", "model", "mission"] = "agent",
    begin: Annotated[AwareDatetime | None, Query(alias="from", description="default: a day, or 30 days, ago")] = None,
    end: Annotated[AwareDatetime | None, Query(alias="to", description="calls before this; default: now")] = None,
) -> schemas.MoneySeries:
    """Return what was spent in each hour or day, per role (`agent`), model or mission."""
    end = _plain(end) if end else tx.now + timedelta(microseconds=1)
    begin = _plain(begin) if begin else end - DEFAULT_SLICES[by] * SPAN[by]
    if not begin < end <= begin + MAX_SLICES * SPAN[by]:
        raise Invalid(f"`from` comes before `to`, by at most {MAX_SLICES} {by}s; ask for a shorter time")
    sums: dict[tuple[datetime, str], SpendAt] = {}
    for part in await tx.usage.over_time(COLUMNS[of], begin, end):
        at = part.at.replace(minute=0) if by == "hour" else begin_of_day(part.at, company.settings)
        key = (at, part.sum.of)
        sums[key] = _sum(sums[key], part) if key in sums else part
    names = {id: (await tx.missions.get(id)).slug for _, id in sums} if of == "mission" else {}
    items = [
        schemas.MoneySlice(at=at, name=names.get(id, id), lost=part.lost, **serializers.spend(part.sum).model_dump())
        for (at, id), part in sorted(sums.items())
    ]
    return schemas.MoneySeries(
        by=by, of=of, begin=begin, end=end, time_zone=company.settings.budget.time_zone, items=items
    )


@router.get("/calls")
async def calls(
    company: CompanyDep, tx: Reading, paging: PagingDep, mission: str | None = None, task: str | None = None
) -> schemas.Page[schemas.Call]:
    """Return the model calls that are settled, newest first, of a mission, a task or all."""
    mission_id = (await serializers.find_mission(tx, mission)).id if mission is not None else None
    rows = await tx.usage.list(paging.after, paging.fetched, mission_id=mission_id, task_id=task)
    shown = paging.cut(rows)
    missions = {id: await tx.missions.get(id) for id in {row.mission_id for row in shown}}
    titles = {id: (await tx.tasks.get(id)).title for id in {row.task_id for row in shown}}
    rehearsed = company.settings.model.rehearsal
    items = [_call(row, missions[row.mission_id], titles[row.task_id], rehearsed) for row in shown]
    return schemas.Page(items=items, next=paging.next([row.id for row in rows]))


def _plain(given: datetime) -> datetime:
    if not YEARS[0] <= given.year <= YEARS[1]:
        raise Invalid(f"there are no calls in the year {given.year}; give a time such as 2026-01-31T12:00:00Z")
    return given.astimezone(UTC)


def _sum(one: SpendAt, other: SpendAt) -> SpendAt:
    a, b = one.sum, other.sum
    whole = Spend(
        a.of, a.calls + b.calls, a.input_tokens + b.input_tokens, a.output_tokens + b.output_tokens,
        a.cost + b.cost, a.unknown_prices + b.unknown_prices, a.cached_tokens + b.cached_tokens,
    )  # fmt: skip
    return SpendAt(one.at, whole, one.lost + other.lost)


def _call(row: Usage, mission: Mission, title: str, rehearsed: bool) -> schemas.Call:
    return schemas.Call(
        id=row.id, mission_id=row.mission_id, mission_slug=mission.slug, task_id=row.task_id, task_title=title,
        role=row.role, model=row.model, asked_at=row.asked_at, created_at=row.created_at,
        input_tokens=row.input_tokens, cached_tokens=row.cached_tokens, output_tokens=row.output_tokens,
        cost_microusd=row.cost,
        price_known=row.price_known, lost=not row.answered, disbelieved_microusd=row.disbelieved,
        rehearsal=rehearsed if mission.rehearsal is None else mission.rehearsal,
    )  # fmt: skip
