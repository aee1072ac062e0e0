"""What the CEO does with a memory that is there: say it otherwise, forget it.

A memory that tasks were told stays as they were told it: what replaces it is a new one, and the old one names it. But a
rule that was changed, and whatever was forgotten, is no longer told: those that were told it begin again without. Who
changes a version that was replaced already is told so; of two at once the second is.
"""

from dataclasses import dataclass, replace

from damascus.core.errors import Conflict, Invalid
from damascus.core.ids import new_id
from damascus.core.records.memories import CEO, Memory, MemoryKind, MemoryStatus, Visibility
from damascus.core.records.relations import Node, NodeKind, Relation, RelationKind
from damascus.knowledge.memory import keeping
from damascus.knowledge.memory.port import NewMemory
from damascus.knowledge.memory.relevance import MAX_RULES_CHARS, is_rule
from damascus.knowledge.memory.words import searched
from damascus.ledger.transaction import Transaction


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """What the CEO changes of a memory; None: as it was."""

    content: str | None = None
    kind: MemoryKind | None = None
    confidence: float | None = None
    tags: tuple[str, ...] | None = None
    visibility: Visibility | None = None


async def add(tx: Transaction, new: NewMemory, contradicts: str | None = None) -> Memory:
    """Keep what the CEO says. Raises Invalid if it cannot be kept, NotFound if there is nothing to contradict."""
    if new.kind == MemoryKind.PREFERENCE:
        rules = await tx.memories.rules()
        if sum(len(rule.content) for rule in rules) + len(new.content) > MAX_RULES_CHARS:
            raise Invalid(f"every task is told all rules, {MAX_RULES_CHARS} characters at most: forget one first")
    against = await tx.memories.get(contradicts) if contradicts else None
    kept = await keeping.keep(tx, new, keeping.Shown())
    if kept.memory is None:
        raise Invalid(kept.why)
    if against is not None:
        ends = [Node(NodeKind.MEMORY, one.id) for one in (kept.memory, against)]
        await tx.relations.add(Relation(ends[0], RelationKind.CONTRADICTS, ends[1]))
    return kept.memory


async def edit(tx: Transaction, id: str, change: MemoryChange, version: str | None = None) -> Memory:
    """Replace a memory by a changed one, which is returned.

    Raises NotFound, Invalid if it would not be a memory any more, and Conflict if it was changed meanwhile.
    """
    number = await tx.memories.next_number()
    old = await tx.memories.get(id)
    _check_version(old, version)
    content, tags = keeping.tidied(
        change.content if change.content is not None else old.content,
        change.tags if change.tags is not None else old.tags,
    )
    new = replace(
        old,
        id=new_id("mem"), number=number, content=content, tags=tags, words=searched(content, tags),
        kind=change.kind or old.kind, visibility=change.visibility or old.visibility,
        confidence=old.confidence if change.confidence is None else change.confidence,
        status=MemoryStatus.ACTIVE, created_at=tx.now, updated_at=tx.now,
        owner=CEO if change.kind == MemoryKind.PREFERENCE else old.owner,
    )  # fmt: skip
    await tx.memories.add(new)
    await tx.memory_sources.move(old.id, new.id)
    await tx.memories.change(old.id, superseded_by=new.id)
    if is_rule(old):
        await _begin_again(tx, old)
    return new


async def forget(tx: Transaction, id: str, version: str | None = None) -> list[str]:
    """Delete a memory with all its versions, and let tasks that were told it begin without it. Returns their ids.

    Raises NotFound, and Conflict if it was changed meanwhile.
    """
    await tx.memories.next_number()  # so that indexes see that something changed
    memory = await tx.memories.get(id)
    _check_version(memory, version)
    forgotten = [memory]
    for row in forgotten:  # grows: a version may have come from several
        forgotten += await tx.memories.superseded_by(row.id)
    for row in forgotten:
        await _begin_again(tx, row)
        await tx.memories.remove(row.id)
    return [row.id for row in forgotten]


async def _begin_again(tx: Transaction, memory: Memory) -> None:
    """Let tasks that were told a memory begin their next run with what is true then."""
    for use in await tx.memory_uses.of_memory(memory.id):
        await tx.openings.remove(use.task_id)


def version_of(memory: Memory) -> str:
    """Return what changes whenever the memory does."""
    return f"{memory.id}-{memory.updated_at.timestamp():.6f}"


def _check_version(memory: Memory, version: str | None) -> None:
    if memory.superseded_by:
        raise Conflict(f"{memory.id} was changed: {memory.superseded_by} is in its place; look at it first")
    if version is not None and version != version_of(memory):
        raise Conflict(f"{memory.id} was changed meanwhile; look at it with `ceo memory show {memory.id}` first")
