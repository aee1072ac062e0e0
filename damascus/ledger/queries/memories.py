"""Queries on what the company has learnt."""

import builtins
from collections.abc import Iterable
from functools import cache, lru_cache
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    bindparam,
    column,
    delete,
    exists,
    func,
    literal_column,
    or_,
    select,
    table,
    update,
)
from sqlalchemy.sql.dml import Insert

from damascus.core.records.memories import Memory, MemoryKind, MemorySource, MemoryStatus, MemoryUse, Visibility
from damascus.ledger.queries.base import ReadQueries, TableQueries, Where, columns_of, upsert
from damascus.ledger.session import SqlDialect
from damascus.ledger.tables.events import counters
from damascus.ledger.tables.memories import FULL_TEXT, MEMORIES_COUNTER, memories, memory_sources, memory_uses
from damascus.ledger.tables.tasks import tasks

MAX_MATCHES = 400  # of which those that a viewer does not see are left out
_c = memories.c
_ROW = columns_of(memories, Memory)
_IN_FORCE = and_(_c.status == MemoryStatus.ACTIVE, _c.superseded_by.is_(None))
_NEXT = (
    update(counters)
    .where(counters.c.name == MEMORIES_COUNTER)
    .values(value=counters.c.value + 1)
    .returning(counters.c.value)
)
_REMOVE = delete(memories).where(_c.id == bindparam("of"))
_uses = func.count(memory_uses.c.task_id)
_USES = (
    select(memory_uses.c.memory_id, _uses)
    .join(memories, memories.c.id == memory_uses.c.memory_id)
    .where(_c.owner == bindparam("owner"))
    .group_by(memory_uses.c.memory_id)
)
_SHOWN_PAGES = (
    select(memory_uses.c.memory_id)
    .join(tasks, tasks.c.id == memory_uses.c.task_id)
    .join(memories, memories.c.id == memory_uses.c.memory_id)
    .where(tasks.c.mission_id == bindparam("mission", type_=String), _c.from_web)
    .limit(1)
)


_LAST = select(counters.c.value).where(counters.c.name == MEMORIES_COUNTER)


class MemoryReads(ReadQueries[Memory]):
    """A `viewer` is a role, which sees what is in force and meant for it; None is the CEO, who sees all of that."""

    table = memories
    row = Memory

    async def list(self, where: Where, after: str | None = None, limit: int = 100) -> list[Memory]:
        """Return a page of memories, newest first, superseded ones and proposals included."""
        return await self._page(where, after, limit)

    async def of_owner(self, owner: str) -> "builtins.list[Memory]":
        """Return what is in force of an owner, oldest first."""
        where = {"owner": owner, "status": MemoryStatus.ACTIVE, "superseded_by": None}
        return await self._select(where, "id")

    async def rules(self) -> "builtins.list[Memory]":
        """Return what the CEO laid down for every task, or put in force when an agent proposed it, oldest first."""
        where = {"kind": MemoryKind.PREFERENCE, "status": MemoryStatus.ACTIVE, "superseded_by": None}
        return await self._select(where, "id")

    async def superseded_by(self, id: str) -> "builtins.list[Memory]":
        """Return the versions that this one replaced."""
        return await self._select({"superseded_by": id}, "id")

    async def has_any(self) -> bool:
        """Return whether anything was ever kept and is still there."""
        return await self._one({}) is not None

    async def proposed_by(self, owner: str) -> "builtins.list[Memory]":
        """Return what waits for the CEO, of an owner, oldest first."""
        return await self._select({"owner": owner, "status": MemoryStatus.PROPOSED}, "id")

    async def with_words(self, words: Iterable[str], viewer: str | None, limit: int) -> "builtins.list[Memory]":
        """Return what is most like these words (of `knowledge/memory/words.py`), the likest first."""
        dialect = self._session.dialect
        quoted = (" OR " if dialect == "sqlite" else " or ").join(f'"{word}"' for word in words)
        if not quoted:
            return []
        given = {"query": quoted, "viewer": viewer or "", "limit": limit}
        return await self._fetch(_matching(dialect, viewer is not None), given)

    async def among(self, ids: Iterable[str], viewer: str | None) -> dict[str, Memory]:
        """Return those of these memories that `viewer` sees, by their ids."""
        wanted = list(ids)
        if not wanted:
            return {}
        padded = wanted + wanted[-1:] * ((1 << (len(wanted) - 1).bit_length()) - len(wanted))
        given = {f"id_{index}": id for index, id in enumerate(padded)} | {"viewer": viewer or ""}
        return {row.id: row for row in await self._fetch(_among(len(padded), viewer is not None), given)}

    async def last_number(self) -> int:
        """Return the last number that was given out: it grows with each memory, and with each vector."""
        ((number,),) = await self._session.rows(_LAST)
        return int(number)

    async def uses_of(self, owner: str) -> dict[str, int]:
        """Return to how many tasks each memory of an owner was shown; those that were shown to none are left out."""
        return {str(id): int(count) for id, count in await self._session.rows(_USES, {"owner": owner})}


class MemoryQueries(MemoryReads, TableQueries[Memory]):
    async def next_number(self) -> int:
        """Return the next number. Until this transaction ends nobody else gets one: writers of memories wait here."""
        ((number,),) = await self._session.rows(_NEXT)
        return int(number)

    async def change(self, id: str, **values: Any) -> bool:
        """Set columns of a memory; returns False if it is not there."""
        return await self._update({"id": id}, updated_at=self._now, **values) == 1

    async def remove(self, id: str) -> bool:
        """Delete a memory, its vectors and the note of its uses; its source ids stay known."""
        return await self._session.change(_REMOVE, {"of": id}) == 1


class MemorySourceReads(ReadQueries[MemorySource]):
    table = memory_sources
    row = MemorySource

    async def of_memory(self, memory_id: str) -> list[MemorySource]:
        """Return where a memory came from, oldest first."""
        return await self._select({"memory_id": memory_id}, "created_at source_id")

    async def of_task(self, task_id: str) -> list[MemorySource]:
        """Return what a task has had remembered."""
        return await self._select({"task_id": task_id}, "created_at source_id")


class MemorySourceQueries(MemorySourceReads, TableQueries[MemorySource]):
    async def move(self, memory_id: str, to: str) -> None:
        """Let what led to one memory lead to another."""
        await self._update({"memory_id": memory_id}, memory_id=to)


class MemoryUseReads(ReadQueries[MemoryUse]):
    table = memory_uses
    row = MemoryUse

    async def of_task(self, task_id: str) -> list[MemoryUse]:
        """Return which memories a task was shown."""
        return await self._select({"task_id": task_id}, "memory_id")

    async def was_shown_pages(self, mission_id: str) -> bool:
        """Return whether a task of this mission was shown a memory that rests on pages of strangers."""
        return bool(await self._session.rows(_SHOWN_PAGES, {"mission": mission_id}))

    async def of_memory(self, memory_id: str) -> list[MemoryUse]:
        """Return which tasks were shown a memory."""
        return await self._select({"memory_id": memory_id}, "task_id")


class MemoryUseQueries(MemoryUseReads, TableQueries[MemoryUse]):
    async def note(self, rows: Iterable[MemoryUse]) -> None:
        """Note that memories were shown to a task; twice is once."""
        given = [{"memory_id": row.memory_id, "task_id": row.task_id, "created_at": row.created_at} for row in rows]
        if given:
            await self._session.change(_noting(self._session.dialect), given)


def _seen_by(viewer: ColumnElement[str]) -> ColumnElement[bool]:
    in_team = exists(
        select(tasks.c.id).where(tasks.c.mission_id == _c.mission_id, tasks.c.role == viewer).correlate(memories)
    )
    return or_(_c.visibility == Visibility.COMPANY, _c.owner == viewer, and_(_c.visibility == Visibility.TEAM, in_team))


def _visible(statement: Select[Any], restricted: bool) -> Select[Any]:
    statement = statement.where(_IN_FORCE)
    return statement.where(_seen_by(bindparam("viewer", type_=_c.owner.type))) if restricted else statement


@cache
def _matching(dialect: SqlDialect, restricted: bool) -> Select[Any]:
    query: ColumnElement[Any] = bindparam("query", type_=_c.words.type)
    found = _visible(select(*_ROW), restricted).limit(bindparam("limit"))
    if dialect == "sqlite":
        full_text = table(FULL_TEXT, column("rowid"), column("rank"))
        matches = literal_column(FULL_TEXT).op("MATCH")(query)
        # the likest first, and only of them the rows: most of a large memory shares some word with a query
        likest = select(full_text).where(matches).order_by(full_text.c.rank).limit(MAX_MATCHES).subquery()
        return found.join(likest, likest.c.rowid == _c.number).order_by(likest.c.rank, _c.id)
    english: ColumnElement[Any] = literal_column("'english'")
    vector, asked = func.to_tsvector(english, _c.words), func.websearch_to_tsquery(english, query)
    return found.where(vector.op("@@")(asked)).order_by(func.ts_rank(vector, asked).desc(), _c.id)


@lru_cache(maxsize=64)
def _among(count: int, restricted: bool) -> Select[Any]:
    wanted = _c.id.in_([bindparam(f"id_{index}", type_=_c.id.type) for index in range(count)])
    return _visible(select(*_ROW), restricted).where(wanted)


@cache
def _noting(dialect: SqlDialect) -> Insert:
    return upsert(dialect, memory_uses).on_conflict_do_nothing(index_elements=["memory_id", "task_id"])
