"""Queries on what is found by its words."""

from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, column, func, literal_column, select, table, update

from damascus.core.records.search import SearchKind, SearchRow
from damascus.ledger.queries.base import ReadQueries, TableQueries, columns_of
from damascus.ledger.session import SqlDialect
from damascus.ledger.tables.events import counters
from damascus.ledger.tables.search import SEARCH_COUNTER, SEARCH_TEXT, search

MAX_MATCHES = 1_000  # of which those of other kinds are left out
_c = search.c
_ROW = columns_of(search, SearchRow)
_READ_TO = select(counters.c.value).where(counters.c.name == SEARCH_COUNTER)
_LOCK = (
    update(counters).where(counters.c.name == SEARCH_COUNTER).values(value=counters.c.value).returning(counters.c.value)
)
_READ_ON = update(counters).where(counters.c.name == SEARCH_COUNTER).values(value=bindparam("to", type_=BigInteger))
_LAST = select(func.coalesce(func.max(_c.number), 0))


class SearchReads(ReadQueries[SearchRow]):
    table = search
    row = SearchRow

    async def with_words(self, words: Iterable[str], kinds: Iterable[SearchKind], limit: int) -> list[SearchRow]:
        """Return what is most like these words (of `knowledge/memory/words.py`), all of which it has; likest first."""
        quoted = " ".join(f'"{word}"' for word in words)
        if not quoted:
            return []
        found = await self._fetch(_matching(self._session.dialect), {"query": quoted, "limit": MAX_MATCHES})
        wanted = set(kinds)
        return [row for row in found if row.kind in wanted][:limit]

    async def read_to(self) -> int:
        """Return the number of the last event that was looked at for the index."""
        return int((await self._session.rows(_READ_TO))[0][0])


class SearchQueries(SearchReads, TableQueries[SearchRow]):
    async def lock(self) -> int:
        """Return `read_to`, and let nobody else write the index until this transaction ends."""
        return int((await self._session.rows(_LOCK))[0][0])

    async def read_on(self, seq: int) -> None:
        """Note how far the log was looked at."""
        await self._session.change(_READ_ON, {"to": seq})

    async def last_number(self) -> int:
        """Return the largest number there is, 0 if there is none."""
        return int((await self._session.rows(_LAST))[0][0])

    async def put(self, rows: list[SearchRow]) -> None:
        """Write rows; one that is there keeps its number."""
        if rows:
            await self._upsert(rows, ("id",), ("name", "title", "text", "words"))


@cache
def _matching(dialect: SqlDialect) -> Select[Any]:
    query: ColumnElement[Any] = bindparam("query", type_=_c.words.type)
    found = select(*_ROW).limit(bindparam("limit"))
    if dialect == "sqlite":
        full_text = table(SEARCH_TEXT, column("rowid"), column("rank"))
        matches = literal_column(SEARCH_TEXT).op("MATCH")(query)
        likest = select(full_text).where(matches).order_by(full_text.c.rank).limit(MAX_MATCHES).subquery()
        return found.join(likest, likest.c.rowid == _c.number).order_by(likest.c.rank, _c.id)
    english: ColumnElement[Any] = literal_column("'english'")
    vector, asked = func.to_tsvector(english, _c.words), func.websearch_to_tsquery(english, query)
    return found.where(vector.op("@@")(asked)).order_by(func.ts_rank(vector, asked).desc(), _c.id)
