"""Queries on what was used and spent."""

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, func, select

from damascus.core.records.usage import Usage
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.usage import usage


@dataclass(frozen=True, slots=True)
class Spend:
    """A sum: `of` is a mission's or task's id, a role or a model; cost in micro-USD."""

    of: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: int
    unknown_prices: int


class UsageReads(ReadQueries[Usage]):
    table = usage
    row = Usage

    async def by(self, noun: str, mission_id: str | None = None) -> list[Spend]:
        """Return the spend per `mission_id`, `task_id`, `role` or `model`, of one mission or of all."""
        rows = await self._session.rows(_spend(noun, mission_id is not None), {"of": mission_id} if mission_id else {})
        return [Spend(row[0], *(int(value) for value in row[1:])) for row in rows]

    async def of_task(self, task_id: str) -> list[Usage]:
        """Return the usage of each call of a task, oldest first."""
        return await self._select({"task_id": task_id}, "id")

    async def has_assumed(self, mission_id: str | None = None, since: datetime | None = None) -> bool:
        """Return True if the price of a call was assumed: in a mission or in all, since a time or ever."""
        where: dict[str, Any] = {"price_known": False}
        where |= {"mission_id": mission_id} if mission_id else {}
        where |= {"created_at >": since} if since else {}
        return await self._one(where) is not None

    async def has_disbelieved(self, mission_id: str, model: str) -> bool:
        """Return True if a figure of this model's server was not believed in this mission."""
        where = {"mission_id": mission_id, "model": model, "disbelieved !=": None}
        return await self._one(where) is not None


class UsageQueries(UsageReads, TableQueries[Usage]):
    """Reads and adds usage; it never changes."""


@cache
def _spend(noun: str, of_mission: bool) -> Select[Any]:
    c = usage.c
    column = c[noun]
    unknown = func.sum(func.coalesce((~c.price_known).cast(c.input_tokens.type), 0))
    sums = (func.count(), func.sum(c.input_tokens), func.sum(c.output_tokens), func.sum(c.cost), unknown)
    statement = select(column, *sums).group_by(column).order_by(column)
    return statement.where(c.mission_id == bindparam("of")) if of_mission else statement
