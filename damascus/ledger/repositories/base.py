"""What every repository can do: add a row, get one, find some, change some.

Building a statement costs three times as much as running it, so those that every step of an agent runs are built once:
`find`, `add` and `_change` keep theirs by shape, and the counters that money passes through are constants.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from functools import cache
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Insert, Select, Table, Update, bindparam, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from damascus.core.errors import NotFound

Row = TypeVar("Row")


class Repository(Generic[Row]):
    """Rows of one table as frozen dataclasses of the same fields."""

    table: ClassVar[Table]
    row: ClassVar[type]

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def add(self, *rows: Row) -> None:
        """Insert rows; a duplicate key raises the database's integrity error."""
        if rows:
            values = [_values(row) for row in rows]
            await self._connection.execute(_insertion(self.table), values if len(values) > 1 else values[0])

    async def _put(self, row: Row, key: Sequence[str], changing: Sequence[str]) -> None:
        """Insert the row, or change those columns of the one that has the same `key`; two at once make one."""
        insertion = upsert(self._connection, self.table).values(_values(row))
        changes = {name: insertion.excluded[name] for name in changing}
        await self._connection.execute(insertion.on_conflict_do_update(index_elements=key, set_=changes))

    async def find(self, id: str) -> Row | None:
        """The row with this key, or None."""
        found = (await self._connection.execute(_by_key(self.table), {"id": id})).first()
        return self.row(*found) if found else None

    async def get(self, id: str) -> Row:
        """The row with this key; raises NotFound."""
        row = await self.find(id)
        if row is None:
            raise NotFound(f"there is no {self.row.__name__.lower()} {id!r}")
        return row

    def _select(self, *where: ColumnElement[bool]) -> Select[Any]:
        return select(self.table).where(*where)

    async def _all(self, statement: Select[Any]) -> list[Row]:
        result = await self._connection.execute(statement)
        return [self.row(*values) for values in result.all()]

    async def _change(self, where: Mapping[str, Any], **values: Any) -> int:
        """Set columns of the rows that fit; how many did.

        `where` maps a column to a value, to a list of which it is one, or to None (null).
        """
        shape = tuple((name, _kind(value)) for name, value in where.items())
        given = {f"if_{name}": value for name, value in where.items() if value is not None}
        given |= {f"to_{name}": value for name, value in values.items()}
        return await self._run(_change_of(self.table, shape, tuple(values)), given)

    async def _run(self, change: Update, given: Mapping[str, Any]) -> int:
        return (await self._connection.execute(change, given)).rowcount

    async def _scalar(self, statement: Select[Any]) -> Any:
        return (await self._connection.execute(statement)).scalar()


def upsert(connection: AsyncConnection, table: Table) -> postgresql.Insert | sqlite.Insert:
    """An INSERT that knows ON CONFLICT, which each database spells in its own dialect."""
    return postgresql.insert(table) if connection.dialect.name == "postgresql" else sqlite.insert(table)


@cache
def _insertion(table: Table) -> Insert:
    return insert(table)


@cache
def _by_key(table: Table) -> Select[Any]:
    return select(table).where(next(iter(table.primary_key)) == bindparam("id"))


def _kind(value: Any) -> str:
    if value is None:
        return "null"
    return "any" if isinstance(value, list) else "one"


@cache
def _change_of(table: Table, where: Sequence[tuple[str, str]], names: Sequence[str]) -> Update:
    conditions = [_condition(table.c[name], kind) for name, kind in where]
    return update(table).where(*conditions).values({name: bindparam(f"to_{name}") for name in names})


def _condition(column: ColumnElement[Any], kind: str) -> ColumnElement[bool]:
    if kind == "null":
        return column.is_(None)
    given: Any = bindparam(f"if_{column.key}", expanding=kind == "any")
    return column.in_(given) if kind == "any" else column == given


def _values(row: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def page(statement: Select[Any], key: ColumnElement[str], after: str | None, limit: int) -> Select[Any]:
    """Newest first, `limit` rows, those older than the cursor `after` (a key; ULIDs sort by time)."""
    if after:
        statement = statement.where(key < after)
    return statement.order_by(key.desc()).limit(limit)


def any_of(column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    return column.in_(list(values))
