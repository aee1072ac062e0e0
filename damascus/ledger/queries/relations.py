"""Queries on relations: the rows of their own table, and what other tables say already, as one graph.

What is kept elsewhere (who made a task, which page a finding quotes) is not copied: each way in which a table says it
is a `_Saying` here. A walk through the graph is one recursive statement, whose steps use the tables' own indexes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Any

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    FromClause,
    Insert,
    Integer,
    Select,
    String,
    bindparam,
    case,
    cast,
    func,
    literal,
    select,
    true,
    type_coerce,
    union_all,
)

from damascus.core.events import TRAIL, EventKind
from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.relations import Node, NodeKind, Relation, RelationKind
from damascus.core.records.sources import Mark
from damascus.ledger.queries.base import upsert
from damascus.ledger.session import Session, SqlDialect
from damascus.ledger.tables.artifacts import artifacts
from damascus.ledger.tables.events import events
from damascus.ledger.tables.memories import memories, memory_uses
from damascus.ledger.tables.relations import relations
from damascus.ledger.tables.sources import sources
from damascus.ledger.tables.tasks import task_dependencies, tasks

MAX_STEPS = 3
MAX_RELATIONS = 500
_NUMBERED = (NodeKind.ENTRY, NodeKind.SOURCE)  # their ids: the mission's, and the number of the entry in it
_DIGITS = "0123456789"


def _is_one(column: ColumnElement[Any], among: Sequence[StrEnum]) -> ColumnElement[bool]:
    return column.in_([literal(str(one), String) for one in among])


@dataclass(frozen=True, slots=True)
class _End:
    """One end of a relation: what it is, and the column with its id; of an entry its number, and its mission's id."""

    kind: ColumnElement[Any]
    id: ColumnElement[Any]
    mission: ColumnElement[Any] | None = None

    @property
    def name(self) -> ColumnElement[str]:
        if self.mission is None:
            return self.id
        return self.mission.concat(literal("/", String)).concat(_ref(self.id))

    def is_at(self, kind: ColumnElement[str], id: ColumnElement[str]) -> ColumnElement[bool]:
        if self.mission is None:
            return (self.kind == kind) & (self.id == id)
        # a mission's id, `/e`, digits: what is before the digits is found alike by both databases
        length = func.length(func.rtrim(id, _DIGITS), type_=Integer)
        number = case((_is_one(kind, _NUMBERED), cast(func.substr(id, length + 1), BigInteger)))
        return (
            (self.kind == kind)
            & (self.mission == func.substr(id, 1, case((length > 2, length - 2), else_=0)))
            & (self.id == number)
        )


def _ref(number: ColumnElement[Any]) -> ColumnElement[str]:
    return literal("e", String).concat(cast(number, String))


@dataclass(frozen=True, slots=True)
class _Saying:
    """A way in which rows say how `node` stands to `other`."""

    node: _End
    kind: ColumnElement[Any]
    other: _End
    tables: FromClause
    where: ColumnElement[bool]


def _says(
    node: tuple[NodeKind, *tuple[ColumnElement[Any], ...]], kind: RelationKind,
    other: tuple[NodeKind, *tuple[ColumnElement[Any], ...]],
    tables: FromClause, where: ColumnElement[bool] | None = None,
) -> _Saying:  # fmt: skip
    ends = [_End(literal(str(end), String), *columns) for end, *columns in (node, other)]
    return _Saying(ends[0], literal(str(kind), String), ends[1], tables, true() if where is None else where)


_MADE_BY, _INFORMED_BY = RelationKind.MADE_BY, RelationKind.INFORMED_BY
_r, _t, _e, _s, _m = relations.c, tasks.c, events.c, sources.c, memories.c
_quotes = events.join(
    sources,
    (_s.mission_id == _e.mission_id) & (_e.payload["source"].as_string() == _ref(_s.entry)),
)
_ENTRY, _SOURCE = (NodeKind.ENTRY, _e.entry, _e.mission_id), (NodeKind.SOURCE, _s.entry, _s.mission_id)
_is_claim = _is_one(_e.kind, sorted(TRAIL - {EventKind.SOURCE}))
_SAYINGS = (
    _Saying(
        _End(type_coerce(_r.node_kind, String), _r.node_id), type_coerce(_r.kind, String),
        _End(type_coerce(_r.other_kind, String), _r.other_id), relations, true(),
    ),
    _says((NodeKind.TASK, _t.id), _MADE_BY, (NodeKind.AGENT, _t.role), tasks),
    _says((NodeKind.TASK, _t.id), _MADE_BY, (NodeKind.MISSION, _t.mission_id), tasks),
    _says(
        (NodeKind.TASK, task_dependencies.c.task_id), _INFORMED_BY, (NodeKind.TASK, task_dependencies.c.needs_id),
        task_dependencies,
    ),
    _says(
        (NodeKind.REPOSITORY, artifacts.c.id), _MADE_BY, (NodeKind.TASK, artifacts.c.task_id),
        artifacts, artifacts.c.kind == ArtifactKind.REPOSITORY,
    ),
    _says(_SOURCE, _MADE_BY, (NodeKind.TASK, _s.task_id), sources),
    _says(_ENTRY, _MADE_BY, (NodeKind.TASK, _e.task_id), events, _is_claim & _e.task_id.is_not(None)),
    _says(
        _ENTRY, _INFORMED_BY, _SOURCE, _quotes,
        _is_claim & _is_one(_e.payload["mark"].as_string(), (Mark.VERIFIED, Mark.CITED)),
    ),
    _says((NodeKind.MEMORY, _m.id), _MADE_BY, (NodeKind.TASK, _m.task_id), memories, _m.task_id.is_not(None)),
    _says(
        (NodeKind.MEMORY, _m.id), _MADE_BY, (NodeKind.MISSION, _m.mission_id), memories,
        _m.task_id.is_(None) & _m.mission_id.is_not(None),
    ),
    _says((NodeKind.MEMORY, _m.id), _MADE_BY, (NodeKind.AGENT, _m.owner), memories),
    _says(
        (NodeKind.MEMORY, _m.superseded_by), _INFORMED_BY, (NodeKind.MEMORY, _m.id), memories,
        _m.superseded_by.is_not(None),
    ),
    _says(
        (NodeKind.TASK, memory_uses.c.task_id), _INFORMED_BY, (NodeKind.MEMORY, memory_uses.c.memory_id), memory_uses,
    ),
)  # fmt: skip


def _sayings(dialect: SqlDialect) -> tuple[_Saying, ...]:
    """All of them; what a memory rests on is a list, which each database takes apart by a function of its own."""
    each = func.json_each if dialect == "sqlite" else func.json_array_elements_text
    ref = each(_m.evidence).table_valued("value", name="evidence")
    id = type_coerce(ref.c.value, String)
    length = func.length(func.rtrim(id, _DIGITS), type_=Integer)
    is_it = (_e.mission_id == func.substr(id, 1, case((length > 2, length - 2), else_=0))) & (
        _ref(_e.entry) == func.substr(id, length)
    )
    noted = memories.join(ref, true()).join(events, is_it)
    kind = case((_e.kind == EventKind.SOURCE, str(NodeKind.SOURCE)), else_=str(NodeKind.ENTRY))
    memory, entry = _End(literal(str(NodeKind.MEMORY), String), _m.id), _End(kind, _e.entry, _e.mission_id)
    return (*_SAYINGS, _Saying(memory, literal(str(_INFORMED_BY), String), entry, noted, true()))


class RelationReads:
    """Walks; what it finds comes from many tables."""

    def __init__(self, session: Session, now: datetime) -> None:
        self._session = session
        self._now = now

    async def from_node(self, node: Node, steps: int = MAX_STEPS) -> list[Relation]:
        """Return what a node was made by, informed by, or contradicts, and these in turn, the nearest first."""
        return await self._walk(node, steps, backwards=False)

    async def to_node(self, node: Node, steps: int = MAX_STEPS) -> list[Relation]:
        """Return what was made by a node, informed by it, or contradicts it, and so on, the nearest first."""
        return await self._walk(node, steps, backwards=True)

    async def _walk(self, node: Node, steps: int, *, backwards: bool) -> list[Relation]:
        given = {"at_kind": str(node.kind), "at_id": node.id, "steps": min(steps, MAX_STEPS)}
        found = await self._session.rows(_walk_of(self._session.dialect, backwards), given)
        unique = dict.fromkeys(tuple(row[:5]) for row in sorted(found, key=lambda row: int(row[5])))
        return [Relation(Node(NodeKind(a), b), RelationKind(kind), Node(NodeKind(c), d)) for a, b, kind, c, d in unique]


class RelationQueries(RelationReads):
    """Writes what no other row says."""

    async def add(self, *found: Relation) -> None:
        """Write relations; one that is there already stays as it is."""
        rows = [
            {
                "node_kind": one.node.kind, "node_id": one.node.id, "kind": one.kind,
                "other_kind": one.other.kind, "other_id": one.other.id, "created_at": self._now,
            }
            for one in found
        ]  # fmt: skip
        if rows:
            await self._session.change(_insertion(self._session.dialect), rows)


@cache
def _insertion(dialect: SqlDialect) -> Insert:
    return upsert(dialect, relations).on_conflict_do_nothing()


@cache
def _walk_of(dialect: SqlDialect, backwards: bool) -> Select[Any]:
    """The statement of a walk; a relation that is reached on two ways is given twice."""
    nothing = literal("", String)
    start = select(
        bindparam("at_kind", type_=String).label("at_kind"), bindparam("at_id", type_=String).label("at_id"),
        nothing.label("node_kind"), nothing.label("node_id"), nothing.label("kind"),
        nothing.label("other_kind"), nothing.label("other_id"), literal(0, Integer).label("step"),
    )  # fmt: skip
    reached = start.cte("reached", recursive=True)
    steps = [_step(saying, reached, backwards) for saying in _sayings(dialect)]
    whole = reached.union(*steps) if dialect == "sqlite" else reached.union(_as_one(steps, reached))
    c = whole.c
    return (
        select(c.node_kind, c.node_id, c.kind, c.other_kind, c.other_id, c.step).where(c.step > 0).limit(MAX_RELATIONS)
    )


def _step(saying: _Saying, reached: CTE, backwards: bool) -> Select[Any]:
    here, there = (saying.other, saying.node) if backwards else (saying.node, saying.other)
    c = reached.c
    return (
        select(
            there.kind.label("at_kind"), there.name.label("at_id"), saying.node.kind, saying.node.name, saying.kind,
            saying.other.kind, saying.other.name, (c.step + 1).label("step"),
        )
        .select_from(saying.tables)
        .where(here.is_at(c.at_kind, c.at_id), c.step < bindparam("steps", type_=Integer), saying.where)
    )  # fmt: skip


def _as_one(steps: Sequence[Select[Any]], reached: CTE) -> Select[Any]:
    """PostgreSQL lets a recursive query refer to itself once; SQLite knows no LATERAL, but any number of steps."""
    lateral = union_all(*(step.correlate(reached) for step in steps)).lateral("steps")
    return select(*lateral.c).select_from(reached.join(lateral, true()))
