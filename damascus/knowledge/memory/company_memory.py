"""The company's memory, as everybody uses it: remember, recall, and what the CEO may do with what is there.

What is remembered changes nothing by itself: those who recall it are shown it as data.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from damascus.core.errors import Conflict, Invalid, NotFound
from damascus.core.records.memories import Memory, MemoryKind, MemorySource, MemoryStatus, MemoryUse, Visibility
from damascus.knowledge.memory import keeping
from damascus.knowledge.memory.fusion import fuse
from damascus.knowledge.memory.keeping import Shown
from damascus.knowledge.memory.port import NewMemory, Recalled, Remembered
from damascus.knowledge.memory.words import asked, searched
from damascus.ledger.transaction import ReadTransaction, Transaction, Transactions

MAX_RANKED = 50  # of each ranking that is fused
MAX_RECALLED = 20


@dataclass(frozen=True, slots=True)
class MemoryChange:
    """What the CEO changes of a memory; None: as it was."""

    content: str | None = None
    kind: MemoryKind | None = None
    confidence: float | None = None
    tags: tuple[str, ...] | None = None
    visibility: Visibility | None = None


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A memory with where it came from."""

    memory: Memory
    sources: list[MemorySource]


class CompanyMemory:
    """Remembers and recalls in the ledger behind `ledger`."""

    def __init__(self, ledger: Transactions) -> None:
        self._ledger = ledger

    async def remember(self, new: NewMemory, shown: Shown = Shown()) -> Remembered:  # noqa: B008 (it is frozen)
        """Keep a memory in a transaction of its own; see `keep`."""
        async with self._ledger.transaction() as tx:
            return await self.keep(tx, new, shown)

    async def keep(self, tx: Transaction, new: NewMemory, shown: Shown = Shown()) -> Remembered:  # noqa: B008
        """Keep a memory, merge it into one that says the same, or leave it out; `shown`: its author's prompt.

        Raises Invalid, with what to change, if it cannot be kept as it is.
        """
        return await keeping.keep(tx, new, shown)

    async def recall(self, query: str, viewer: str | None, limit: int = 8) -> list[Recalled]:
        """Return what is most like `query` of what `viewer` (a role; None: the CEO) may see, the likest first."""
        limit = min(limit, MAX_RECALLED)
        async with self._ledger.reading() as tx:
            by_words = await tx.memories.with_words(asked(query), viewer, MAX_RANKED)
            scores = fuse([[memory.id for memory in by_words]])
            best = list(scores)[:limit]
            found = await tx.memories.among(best, viewer)
        return [Recalled(found[id], scores[id]) for id in best if id in found]

    @staticmethod
    async def note_shown(tx: Transaction, task_id: str, memories: Iterable[Memory]) -> None:
        """Note that memories were shown to a task: what it then takes for new is known to be theirs."""
        await tx.memory_uses.note([MemoryUse(memory.id, task_id, tx.now) for memory in memories])

    @staticmethod
    async def show(tx: ReadTransaction, id: str) -> MemoryRecord:
        """Return a memory with where it came from. Raises NotFound."""
        return MemoryRecord(await tx.memories.get(id), await tx.memory_sources.of_memory(id))

    @staticmethod
    async def edit(tx: Transaction, id: str, change: MemoryChange) -> Memory:
        """Change a memory as the CEO says. Raises NotFound, and Invalid if it would not be one any more."""
        memory = await tx.memories.get(id)
        values: dict[str, Any] = {
            name: value for name in ("kind", "confidence", "visibility") if (value := getattr(change, name)) is not None
        }
        if not 0 <= values.get("confidence", 1) <= 1:
            raise Invalid("a confidence is a number from 0 to 1")
        content, tags = keeping.tidied(change.content or memory.content, change.tags or memory.tags)
        tags = [] if change.tags == () else tags
        if content != memory.content:
            await tx.memory_vectors.remove(id)
        await tx.memories.change(id, content=content, tags=tags, words=searched(content, tags), **values)
        return await tx.memories.get(id)

    @staticmethod
    async def confirm(tx: Transaction, id: str) -> Memory:
        """Put a proposed memory in force. Raises NotFound, and Conflict if it is in force already."""
        memory = await tx.memories.get(id)
        if memory.status != MemoryStatus.PROPOSED:
            raise Conflict(f"{id} is in force already")
        await tx.memories.change(id, status=MemoryStatus.ACTIVE)
        return await tx.memories.get(id)

    @staticmethod
    async def forget(tx: Transaction, id: str) -> None:
        """Delete a memory; what it came from does not bring it back. Raises NotFound."""
        if not await tx.memories.remove(id):
            raise NotFound(f"there is no memory {id!r}")
