"""What the company has learnt, and what the CEO does with it."""

import re
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Query, Response

from damascus.api import schemas
from damascus.core.errors import Invalid
from damascus.core.events import EventKind, StateChange
from damascus.core.ids import new_id
from damascus.core.records.memories import CEO, Memory, MemoryKind, MemoryStatus
from damascus.core.records.relations import Node
from damascus.knowledge.memory import versions
from damascus.knowledge.memory.about import Known, about, trace
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.port import NewMemory
from damascus.knowledge.memory.words import asked
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.office import serializers
from damascus.office.dependencies import CompanyDep, IdempotencyKey, PagingDep, Reading
from damascus.work import desk

MAX_SUBJECT_CHARS = 2_000

router = APIRouter(tags=["memories"])
_KEY = re.compile(r"[A-Za-z0-9_-]{8,50}")
Words = Annotated[str, Query(min_length=1, max_length=MAX_SUBJECT_CHARS)]
IfMatch = Annotated[str | None, Header(description="the ETag of the version that is meant")]


async def _only(
    tx: Reading, kind: MemoryKind | None = None, owner: str | None = None, status: MemoryStatus | None = None,
    mission: str | None = None, superseded: bool = False,
) -> dict[str, Any]:  # fmt: skip
    """Which memories a list is of, by their columns."""
    given = {"kind": kind, "owner": owner, "status": status}
    where: dict[str, Any] = {name: value for name, value in given.items() if value}
    if mission is not None:
        where["mission_id"] = (await serializers.find_mission(tx, mission)).id
    return where if superseded else {**where, "superseded_by": None}


Only = Annotated[dict[str, Any], Depends(_only)]


@router.get("")
async def list_memories(tx: Reading, paging: PagingDep, only: Only) -> schemas.Page[schemas.Memory]:
    """Return what the company knows, newest first; versions that were replaced only if `superseded`."""
    rows = await tx.memories.list(only, paging.after, paging.fetched)
    return schemas.Page(items=[_memory(row) for row in paging.cut(rows)], next=paging.next([row.id for row in rows]))


@router.get("/search")
async def search(query: Words, tx: Reading, paging: PagingDep) -> schemas.Page[schemas.Memory]:
    """Return what is most like a query of what is in force, the likest first."""
    found = await tx.memories.with_words(asked(query), None, paging.limit)
    return schemas.Page(items=[_memory(row) for row in found])


@router.get("/about")
async def tell_about(subject: Words, tx: Reading) -> schemas.Page[schemas.MemoryDetail]:
    """Return what is known about a mission, task, repository, role, page, MISSION/e17 or topic, and from where."""
    return schemas.Page(items=[await _detail(tx, known) for known in await about(tx, subject.strip())])


@router.post("", status_code=201)
async def add(
    body: schemas.MemoryCreate, company: CompanyDep, idempotency_key: IdempotencyKey = None
) -> schemas.Memory:
    """Keep what the CEO says; a preference is told to every task. The same Idempotency-Key keeps it once only."""
    if idempotency_key is not None and not _KEY.fullmatch(idempotency_key):
        raise Invalid("an Idempotency-Key has 8 to 50 letters, digits, _ or -")
    source_id = f"ceo:{idempotency_key or new_id('key')}"
    new = NewMemory(kind=body.kind, content=body.content, owner=CEO, source_id=source_id, tags=body.tags)
    async with company.outbox.transaction() as tx:
        memory = await versions.add(tx, new, body.contradicts)
        _note(tx, memory, None, MemoryStatus.ACTIVE)
        return _memory(memory)


@router.get("/{id}")
async def show(id: str, tx: Reading, response: Response) -> schemas.MemoryDetail:
    """Return a memory with where it comes from and which tasks were told it."""
    memory = await tx.memories.get(id)
    response.headers["ETag"] = _etag(memory)
    return await _detail(tx, await trace(tx, memory))


@router.patch("/{id}")
async def edit(
    id: str, body: schemas.MemoryUpdate, company: CompanyDep, response: Response, if_match: IfMatch = None
) -> schemas.Memory:
    """Replace a memory by a changed one; the old version is kept and names it. 409 if it was changed meanwhile."""
    given = body.model_dump(exclude_none=True)
    change = versions.MemoryChange(**{**given, **({"tags": tuple(body.tags)} if body.tags is not None else {})})
    async with company.outbox.transaction() as tx:
        memory = await versions.edit(tx, id, change, _version(if_match))
        _note(tx, memory, id, "edited")
        response.headers["ETag"] = _etag(memory)
        return _memory(memory)


@router.post("/{id}/confirm")
async def confirm(id: str, company: CompanyDep) -> schemas.Memory:
    """Put a proposed memory in force."""
    async with company.outbox.transaction() as tx:
        memory = await CompanyMemory.confirm(tx, id)
        await desk.close_proposal(tx, id, is_granted=True)
        _note(tx, memory, MemoryStatus.PROPOSED, MemoryStatus.ACTIVE)
        return _memory(memory)


@router.delete("/{id}")
async def forget(id: str, company: CompanyDep, if_match: IfMatch = None) -> schemas.Memory:
    """Delete a memory with all its versions; no task is told it from its next run on. Returns it as it was."""
    async with company.outbox.transaction() as tx:
        memory = await tx.memories.get(id)
        await versions.forget(tx, id, _version(if_match))
        await desk.close_proposal(tx, id, is_granted=False)
        _note(tx, memory, memory.status, "forgotten")
        return _memory(memory)


def _note(tx: Transaction, memory: Memory, before: str | None, after: str) -> None:
    change = StateChange(id=memory.id, before=before, after=after)
    tx.events.append(EventKind.MEMORY, CEO, change, memory.mission_id)


def _memory(row: Memory) -> schemas.Memory:
    return schemas.Memory(**_fields(row))


def _fields(row: Memory) -> dict[str, Any]:
    return {name: value for name, value in asdict(row).items() if name in schemas.Memory.model_fields}


async def _detail(tx: ReadTransaction, known: Known) -> schemas.MemoryDetail:
    def end(node: Node) -> schemas.MemoryNode:
        return schemas.MemoryNode(kind=node.kind, id=node.id, words=known.words[node])

    relations = [
        schemas.MemoryRelation(node=end(row.node), kind=row.kind, other=end(row.other)) for row in known.relations
    ]
    uses = await tx.memory_uses.of_memory(known.memory.id)
    return schemas.MemoryDetail(**_fields(known.memory), relations=relations, shown_to=[use.task_id for use in uses])


def _etag(memory: Memory) -> str:
    return f'"{versions.version_of(memory)}"'


def _version(if_match: str | None) -> str | None:
    return if_match.strip().removeprefix("W/").strip('"') if if_match and if_match.strip() != "*" else None
