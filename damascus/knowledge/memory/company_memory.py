"""The company's memory, as everybody uses it: remember, recall, and what the CEO may do with what is there.

What is remembered changes nothing by itself: those who recall it are shown it as data.
"""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from damascus.core.errors import Conflict, OverBudget, Unavailable
from damascus.core.records.memories import Memory, MemorySource, MemoryStatus, MemoryUse
from damascus.knowledge.memory import keeping
from damascus.knowledge.memory.fusion import fuse
from damascus.knowledge.memory.keeping import Shown
from damascus.knowledge.memory.people import Colleagues
from damascus.knowledge.memory.port import Embedder, MeaningIndex, Near, NewMemory, Recalled, Remembered
from damascus.knowledge.memory.words import asked
from damascus.ledger.transaction import ReadTransaction, Transaction, Transactions

MAX_RANKED = 20  # of each ranking that is fused
MAX_NEAR = 60  # more than MAX_RANKED: some are not to be seen, or gone
MIN_COSINE = 15 / 100  # what is farther away has nothing to do with it
NOTHING_SHOWN = Shown()
_log = logging.getLogger(__name__)
MAX_RECALLED = 20


@dataclass(frozen=True, slots=True)
class MemoryRecord:
    """A memory with where it came from."""

    memory: Memory
    sources: list[MemorySource]


class CompanyMemory:
    """Remembers and recalls in the ledger behind `ledger`; with an `index` also by meaning, while it answers.

    An `embedder` is who turns texts into vectors, on whose account: of the task that asks.
    """

    def __init__(
        self, ledger: Transactions, index: MeaningIndex | None = None, colleagues: Colleagues | None = None
    ) -> None:
        self._ledger = ledger
        self._index = index
        self._colleagues = colleagues
        self._is_by_words_only = False

    async def remember(
        self, new: NewMemory, shown: Shown = NOTHING_SHOWN, embedder: Embedder | None = None
    ) -> Remembered:
        """Keep a memory in a transaction of its own; see `keep`."""
        near = await self.near(new.content, embedder)
        async with self._ledger.transaction() as tx:
            remembered = await self.keep(tx, new, shown, near)
        await self.catch_up(embedder)
        return remembered

    async def keep(
        self, tx: Transaction, new: NewMemory, shown: Shown = NOTHING_SHOWN, near: Sequence[Near] = ()
    ) -> Remembered:
        """Keep a memory, merge it into one that says the same, or leave it out; `shown`: its author's prompt.

        Raises Invalid, with what to change, if it cannot be kept as it is.
        """
        return await keeping.keep(tx, new, shown, near, self._colleagues)

    async def recall(
        self, query: str, viewer: str | None, limit: int = 8, embedder: Embedder | None = None
    ) -> list[Recalled]:
        """Return what is most like `query` of what `viewer` (a role; None: the CEO) may see, the likest first."""
        limit = min(limit, MAX_RECALLED)
        near = await self.near(query, embedder)
        by_meaning = [one.memory_id for one in near if one.cosine >= MIN_COSINE]
        async with self._ledger.reading() as tx:
            seen = {found.id: found for found in await tx.memories.with_words(asked(query), viewer, MAX_RANKED)}
            by_words = list(seen)
            seen |= await tx.memories.among([id for id in by_meaning if id not in seen], viewer)
        scores = fuse([[id for id in ranking if id in seen][:MAX_RANKED] for ranking in (by_words, by_meaning)])
        found = [Recalled(seen[id], score) for id, score in list(scores.items())[:limit]]
        await self.catch_up(embedder)
        return found

    async def near(self, text: str, embedder: Embedder | None) -> list[Near]:
        """Return what is near a text by its meaning; nothing without an embedder, or while it does not answer."""
        if self._index is None or embedder is None or not text.strip():
            return []
        try:
            near = await self._index.nearest(text, MAX_NEAR, embedder)
        except (Unavailable, OverBudget) as error:
            self._say_once(f"memory is searched by words only: {error}")
            return []
        if self._is_by_words_only:
            self._is_by_words_only = False
            _log.info("memory is searched by meaning again")
        return near

    async def catch_up(self, embedder: Embedder | None) -> None:
        """Index what is not indexed yet, some of it."""
        if self._index is None or embedder is None or self._is_by_words_only:
            return
        try:
            await self._index.catch_up(embedder)
        except (Unavailable, OverBudget) as error:
            self._say_once(f"new memories are found by words only for now: {error}")

    def _say_once(self, text: str) -> None:
        if not self._is_by_words_only:
            _log.warning("%s", text)
        self._is_by_words_only = True

    @staticmethod
    async def note_shown(tx: Transaction, task_id: str, memories: Iterable[Memory]) -> None:
        """Note that memories were shown to a task: what it then takes for new is known to be theirs."""
        await tx.memory_uses.note([MemoryUse(memory.id, task_id, tx.now) for memory in memories])

    @staticmethod
    async def show(tx: ReadTransaction, id: str) -> MemoryRecord:
        """Return a memory with where it came from. Raises NotFound."""
        return MemoryRecord(await tx.memories.get(id), await tx.memory_sources.of_memory(id))

    @staticmethod
    async def confirm(tx: Transaction, id: str) -> Memory:
        """Put a proposed memory in force. Raises NotFound, and Conflict if it is in force already."""
        memory = await tx.memories.get(id)
        if memory.status != MemoryStatus.PROPOSED:
            raise Conflict(f"{id} is in force already")
        await tx.memories.next_number()
        await tx.memories.change(id, status=MemoryStatus.ACTIVE)
        return await tx.memories.get(id)
