"""What the queries on every table can do: find rows, add some, change some.

Building and compiling a statement costs many times what running it does. So statements are made once and kept: by shape
(which columns are compared how), or as constants beside the queries that need more than that.
"""

import operator
from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Insert,
    Integer,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    select,
    update,
)
from sqlalchemy.dialects import sqlite

from damascus.core.errors import NotFound
from damascus.ledger.session import Session, SqlDialect

if TYPE_CHECKING:
    from sqlalchemy.dialects import postgresql

Row = TypeVar("Row")
Where = Mapping[str, Any]
_COMPARE = {"": operator.eq, "!=": operator.ne, "<": operator.lt, "<=": operator.le, ">": operator.gt}
_kept = lru_cache(maxsize=1024)


class ReadQueries(Generic[Row]):
    """Reads the rows of one table as frozen dataclasses, whose fields have the names of its columns.

    A `where` maps a column (with `!=`, `<`, `<=` or `>` behind it if it is not to be equal) to a value, to a list of
    which it is one, or to None (null). `now` is the time of the transaction.
    """

    table: ClassVar[Table]
    row: ClassVar[type]

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    async def find(self, id: str) -> Row | None:
        """Return the row with this key, or None."""
        return await self._one({next(iter(self.table.primary_key)).name: id})

    async def get(self, id: str) -> Row:
        """Return the row with this key; raises NotFound if there is none."""
        row = await self.find(id)
        if row is None:
            raise NotFound(f"there is no {self.row.__name__.lower()} {id!r}")
        return row

    async def _one(self, where: Where, order: str = "") -> Row | None:
        found = await self._select(where, order, limit=1)
        return found[0] if found else None

    async def _select(self, where: Where, order: str = "", limit: int | None = None) -> list[Row]:
        """Return the rows that fit, by the columns `order` (`-` before them: descending), at most `limit`."""
        shape, given = _shape(where)
        if limit is not None:
            given["limit"] = limit
        return await self._fetch(_selection(self.table, self.row, shape, order, limit is not None), given)

    async def _fetch(self, statement: Select[Any], given: Mapping[str, Any] | None = None) -> list[Row]:
        return [self.row(*values) for values in await self._session.rows(statement, given)]

    async def _page(self, where: Where, after: str | None, limit: int) -> list[Row]:
        """Return `limit` rows older than the cursor `after` (a key; ULIDs sort by time), newest first."""
        older = {"id <": after} if after else {}
        return await self._select({**where, **older}, "-id", limit)


class TableQueries(ReadQueries[Row]):
    """Reads and writes the rows of one table."""

    async def add(self, *rows: Row) -> None:
        """Insert rows; a duplicate key raises the database's integrity error."""
        if rows:
            values = [values_of(row) for row in rows]
            await self._session.change(_insertion(self.table), values if len(values) > 1 else values[0])

    async def _upsert(self, rows: Sequence[Row], key: tuple[str, ...], changing: tuple[str, ...]) -> None:
        """Insert each row, or change those columns of the one that has the same `key`; two at once make one."""
        insertion = _upsertion(self._session.dialect, self.table, key, changing)
        await self._session.change(insertion, [values_of(row) for row in rows])

    async def _update(self, where: Where, **values: Any) -> int:
        """Set columns of the rows that fit; returns how many did."""
        shape, given = _shape(where)
        given |= {f"to_{name}": value for name, value in values.items()}
        return await self._session.change(_change_of(self.table, shape, tuple(values)), given)


Condition = tuple[str, str, int | None]


def _shape(where: Where) -> tuple[tuple[Condition, ...], dict[str, Any]]:
    """Which columns are compared how (a list: with how many values; -1: with null), and the values."""
    conditions: list[Condition] = []
    given: dict[str, Any] = {}
    for key, value in where.items():
        name, _, sign = key.partition(" ")
        if isinstance(value, list):
            values = _padded(value)
            conditions.append((name, sign, len(values)))
            given |= {f"if_{name}_{index}": one for index, one in enumerate(values)}
        elif value is None:
            conditions.append((name, sign, -1))
        else:
            conditions.append((name, sign, None))
            given[f"if_{name}"] = value
    return tuple(conditions), given


def _padded(values: list[Any]) -> list[Any]:
    """The values, the last one repeated up to a power of two: lists of all lengths share few statements."""
    return values + values[-1:] * ((1 << (len(values) - 1).bit_length()) - len(values)) if values else values


def _condition(column: ColumnElement[Any], sign: str, kind: int | None) -> ColumnElement[bool]:
    name = f"if_{column.key}"
    if kind is None:
        return _COMPARE[sign](column, bindparam(name, type_=column.type))  # type: ignore[no-any-return]
    if kind < 0:
        return column.is_not(None) if sign else column.is_(None)
    among = [bindparam(f"{name}_{index}", type_=column.type) for index in range(kind)]
    return column.not_in(among) if sign else column.in_(among)


def _conditions(table: Table, shape: Sequence[Condition]) -> list[ColumnElement[bool]]:
    return [_condition(table.c[name], sign, kind) for name, sign, kind in shape]


def columns_of(table: FromClause, row: type) -> list[ColumnElement[Any]]:
    """Return the table's columns in the order of the row's fields, so that `row(*values)` reads them."""
    return [table.c[field.name] for field in fields(row)]


@_kept
def _selection(table: Table, row: type, shape: Sequence[Condition], order: str, limited: bool) -> Select[Any]:
    statement = select(*columns_of(table, row)).where(*_conditions(table, shape))
    if order:
        by = [table.c[name.lstrip("-")] for name in order.split()]
        statement = statement.order_by(*(by if not order.startswith("-") else [column.desc() for column in by]))
    return statement.limit(bindparam("limit", type_=Integer)) if limited else statement


@_kept
def _change_of(table: Table, shape: Sequence[Condition], names: Sequence[str]) -> Update:
    return update(table).where(*_conditions(table, shape)).values({name: bindparam(f"to_{name}") for name in names})


@_kept
def _insertion(table: Table) -> Insert:
    return insert(table)


@_kept
def _upsertion(dialect: SqlDialect, table: Table, key: Sequence[str], changing: Sequence[str]) -> Insert:
    insertion = upsert(dialect, table)
    changes = {name: insertion.excluded[name] for name in changing}
    return insertion.on_conflict_do_update(index_elements=key, set_=changes)


def upsert(dialect: SqlDialect, table: Table) -> "postgresql.Insert | sqlite.Insert":
    """Return an INSERT that knows ON CONFLICT, which each database spells in its own dialect."""
    if dialect == "postgresql":
        from sqlalchemy.dialects import postgresql  # noqa: PLC0415 (with its drivers: see engine.py)

        return postgresql.insert(table)
    return sqlite.insert(table)


def values_of(row: Any) -> dict[str, Any]:
    """Return a row's values by the names of its columns."""
    return {field.name: getattr(row, field.name) for field in fields(row)}
