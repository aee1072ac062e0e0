"""Queries on what was used and spent."""

import builtins
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, extract, func, select

from damascus.core.records.usage import Usage
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables.columns import Utc
from damascus.ledger.tables.usage import usage

SLICE_SECONDS = 900  # midnight of every time zone is at one of these


@dataclass(frozen=True, slots=True)
class Spend:
    """A sum: `of` is a mission's or task's id, a role or a model; cost in micro-USD.

    Of the input, `cached_tokens` were in the provider's cache, as far as it said so.
    """

    of: str
    calls: int
    input_tokens: int
    output_tokens: int
    cost: int
    unknown_prices: int
    cached_tokens: int = 0


@dataclass(frozen=True, slots=True)
class SpendAt:
    """A sum of what was spent in the slice of time that begins at `at`; `lost` counts calls without an answer."""

    at: datetime
    sum: Spend
    lost: int


class UsageReads(ReadQueries[Usage]):
    table = usage
    row = Usage

    async def by(self, noun: str, mission_id: str | None = None) -> list[Spend]:
        """Return the spend per `mission_id`, `task_id`, `role` or `model`, of one mission or of all."""
        rows = await self._session.rows(_spend(noun, mission_id is not None), {"of": mission_id} if mission_id else {})
        return [Spend(row[0], *(int(value) for value in row[1:])) for row in rows]

    async def over_time(self, noun: str, begin: datetime, end: datetime) -> list[SpendAt]:
        """Return the spend per `mission_id`, `role` or `model` of each quarter of an hour in a span of time."""
        rows = await self._session.rows(_over_time(noun), {"begin": begin, "end": end})
        return [
            SpendAt(
                datetime.fromtimestamp(int(second), UTC), Spend(of, *(int(value) for value in sums)), int(lost)
            )
            for second, of, *sums, lost in rows
        ]  # fmt: skip

    async def list(
        self, after: str | None = None, limit: int = 100, *, mission_id: str | None = None, task_id: str | None = None
    ) -> "builtins.list[Usage]":
        """Return a page of calls, newest first, of a mission, a task or all."""
        where = {"mission_id": mission_id, "task_id": task_id}
        return await self._page({name: value for name, value in where.items() if value is not None}, after, limit)

    async def of_task(self, task_id: str) -> "builtins.list[Usage]":
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


def _sums() -> "builtins.list[ColumnElement[Any]]":
    c = usage.c
    unknown = func.sum(func.coalesce((~c.price_known).cast(c.input_tokens.type), 0))
    tokens = (func.sum(c.input_tokens), func.sum(c.output_tokens))
    return [func.count(), *tokens, func.sum(c.cost), unknown, func.sum(c.cached_tokens)]


@cache
def _spend(noun: str, of_mission: bool) -> Select[Any]:
    c = usage.c
    column = c[noun]
    statement = select(column, *_sums()).group_by(column).order_by(column)
    return statement.where(c.mission_id == bindparam("of")) if of_mission else statement


@cache
def _over_time(noun: str) -> Select[Any]:
    c = usage.c
    second = extract("epoch", c.created_at)
    at = second - second % SLICE_SECONDS
    lost = func.sum((~c.answered).cast(c.input_tokens.type))
    since, until = bindparam("begin", type_=Utc), bindparam("end", type_=Utc)
    statement = select(at.cast(BigInteger), c[noun], *_sums(), lost)
    return statement.where(c.created_at >= since, c.created_at < until).group_by(at, c[noun]).order_by(at, c[noun])
