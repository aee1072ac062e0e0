"""Rows and tables agree, and a transaction that reads has nothing to write with."""

from dataclasses import is_dataclass
from enum import StrEnum
from types import NoneType
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from sqlalchemy.sql.schema import Column

from damascus.core.errors import NotFound
from damascus.ledger.engine import Ledger
from damascus.ledger.queries.base import ReadQueries, TableQueries
from damascus.ledger.tables import metadata
from damascus.ledger.transaction import ReadTransaction, Transaction

WRITERS = ("add", "put", "transition", "finish", "append", "post", "reserve", "take", "decide")
LINKS = {"counters", "leases", "relations", "task_dependencies"}  # tables that nobody reads as rows


def queries() -> list[type[ReadQueries[Any]]]:
    return [kind for kind in ReadQueries.__subclasses__() if kind is not TableQueries]


@pytest.mark.parametrize("kind", queries(), ids=lambda kind: kind.__name__)
def test_a_row_has_the_fields_of_its_table(kind: type[ReadQueries[Any]]) -> None:
    fields = get_type_hints(kind.row)

    assert list(fields) == [column.name for column in kind.table.columns]
    for column in kind.table.columns:
        _fits(fields[column.name], column)


def _fits(hint: Any, column: Column[Any]) -> None:
    optional = NoneType in get_args(hint)
    assert hint is Any or optional == column.nullable, column
    kinds = [kind for kind in get_args(hint) or [hint] if isinstance(kind, type) and kind is not NoneType]
    if get_origin(hint) is None and kinds and issubclass(kinds[0], StrEnum):
        assert getattr(column.type, "members", None) is kinds[0], column
    if kinds and is_dataclass(kinds[0]):
        assert getattr(column.type, "of", None) is kinds[0], column


def test_every_table_is_read_by_one_kind_of_queries() -> None:
    assert {kind.table.name for kind in queries()} == set(metadata.tables) - LINKS


async def test_a_reading_transaction_has_no_writers(sqlite_ledger: Ledger) -> None:
    async with sqlite_ledger.reading() as tx:
        assert type(tx) is ReadTransaction
        nouns = [name for name in vars(Transaction) if hasattr(tx, name)]
        assert len(nouns) >= len(queries())
        for noun in nouns:
            readers = getattr(tx, noun)
            writers = [
                name for name in ("add", "put", "transition", "finish", "append", "post") if hasattr(readers, name)
            ]
            assert writers == [], noun
        with pytest.raises(NotFound):
            await tx.missions.get("mis_none")
