"""What every repository can do: add a row, get one, find some, change some."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from typing import Any, ClassVar, Generic, TypeVar

from sqlalchemy import ColumnElement, Select, Table, insert, select, update
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
            await self._connection.execute(insert(self.table), [_values(row) for row in rows])

    async def find(self, id: str) -> Row | None:
        """The row with this key, or None."""
        key = next(iter(self.table.primary_key))
        found = await self._all(self._select().where(key == id))
        return found[0] if found else None

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

    async def _update(self, where: Sequence[ColumnElement[bool]], **values: Any) -> int:
        result = await self._connection.execute(update(self.table).where(*where).values(**values))
        return result.rowcount

    async def _scalar(self, statement: Select[Any]) -> Any:
        return (await self._connection.execute(statement)).scalar()


def _values(row: Any) -> dict[str, Any]:
    return {field.name: getattr(row, field.name) for field in fields(row)}


def page(statement: Select[Any], key: ColumnElement[str], after: str | None, limit: int) -> Select[Any]:
    """Newest first, `limit` rows, those older than the cursor `after` (a key; ULIDs sort by time)."""
    if after:
        statement = statement.where(key < after)
    return statement.order_by(key.desc()).limit(limit)


def any_of(column: ColumnElement[str], values: Iterable[str]) -> ColumnElement[bool]:
    return column.in_(list(values))
