"""Search by meaning, in the ledger's own rows: exact, by the cosine of vectors of length 1.

The vectors of a process's model are kept as one matrix and read on from the last that is known; numbers of vectors are
given out one transaction at a time, so none is passed over. Where PostgreSQL has pgvector it compares them itself.

A vector belongs to a model and a number of dimensions: another model, or the same name with another answer, begins
again, and what has no vector of it yet is found by its words meanwhile. A process that dies between a memory and its
vector leaves the same: the next one that looks for something catches up.
"""

import logging
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from damascus.core.records.memories import Memory, MemoryVector
from damascus.knowledge.memory.port import Embedder, Near
from damascus.ledger.transaction import ReadTransaction, Transactions

MAX_CAUGHT_UP = 32  # memories that one call embeds beside its own text
MAX_KEPT_TEXTS = 64
FLOAT_BYTES = 4
_log = logging.getLogger(__name__)


class VectorMatrix:
    """The vectors of one model, as many rows as memories; a memory's newer vector takes its row."""

    def __init__(self, dimensions: int) -> None:
        self.last = 0
        self._ids: list[str] = []
        self._rows: dict[str, int] = {}
        self._matrix: npt.NDArray[np.float32] = np.empty((256, dimensions), np.float32)

    def add(self, vectors: Sequence[MemoryVector]) -> None:
        for vector in vectors:
            row = self._rows.setdefault(vector.memory_id, len(self._ids))
            if row == len(self._ids):
                self._ids.append(vector.memory_id)
            if row == len(self._matrix):
                self._matrix = np.concatenate([self._matrix, np.empty_like(self._matrix)])
            self._matrix[row] = np.frombuffer(vector.vector, "<f4")
            self.last = max(self.last, vector.number)

    def nearest(self, vector: bytes, limit: int) -> list[Near]:
        # not `@`: its threads wait for each other on a busy machine, ten times as long as this takes
        cosines = np.einsum("ij,j->i", self._matrix[: len(self._ids)], np.frombuffer(vector, "<f4"))
        best = np.argpartition(-cosines, limit)[:limit] if limit < len(cosines) else np.arange(len(cosines))
        ranked = sorted(best.tolist(), key=lambda row: (-cosines[row], self._ids[row]))
        return [Near(self._ids[row], float(cosines[row])) for row in ranked]


class LedgerVectors:
    """`port.MeaningIndex` in the ledger; one per process."""

    def __init__(self, ledger: Transactions) -> None:
        self._ledger = ledger
        self._matrices: dict[str, VectorMatrix] = {}
        self._complete: dict[str, int] = {}
        self._texts: OrderedDict[tuple[str, str], bytes] = OrderedDict()

    async def nearest(self, text: str, limit: int, embedder: Embedder) -> list[Near]:
        """Return the memories whose vectors are nearest to the text's, the nearest first, forgotten ones included."""
        vector = await self._embed(text, embedder)
        space, dimensions = _space(embedder.model, vector), len(vector) // FLOAT_BYTES
        async with self._ledger.reading() as tx:
            if await tx.memory_vectors.are_compared_there():
                found = await tx.memory_vectors.nearest(space, vector, limit)
                return [Near(id, cosine) for id, cosine in found]
            matrix = self._matrices.setdefault(space, VectorMatrix(dimensions))
            matrix.add(await tx.memory_vectors.since(space, matrix.last))
        return matrix.nearest(vector, limit)

    async def catch_up(self, embedder: Embedder) -> None:
        """Give vectors to memories that have none of the embedder's model, to at most MAX_CAUGHT_UP of them."""
        known = next((vector for (model, _), vector in reversed(self._texts.items()) if model == embedder.model), None)
        if known is None:
            return  # its dimensions are not known before its first answer
        space = _space(embedder.model, known)
        async with self._ledger.reading() as tx:
            last = await tx.memories.last_number()
            if self._complete.get(space) == last:
                return  # nothing was written since none was missing
            missing = await tx.memory_vectors.missing(space, MAX_CAUGHT_UP)
        if not missing:
            self._complete[space] = last
            return
        vectors = await self._embed_all([memory.content for memory in missing], embedder)
        await self._write(space, [*zip(missing, vectors, strict=True)])

    async def _write(self, space: str, found: Sequence[tuple[Memory, bytes]]) -> None:
        async with self._ledger.transaction() as tx:
            for memory, vector in found:
                if _space(space.rpartition(":")[0], vector) == space and await _is_as_before(tx, memory):
                    number = await tx.memories.next_number()
                    await tx.memory_vectors.put(MemoryVector(memory.id, space, number, vector))

    async def _embed(self, text: str, embedder: Embedder) -> bytes:
        return (await self._embed_all([text], embedder))[0]

    async def _embed_all(self, texts: Sequence[str], embedder: Embedder) -> list[bytes]:
        """Return the texts' vectors; what was embedded lately is not paid for again."""
        new = [text for text in dict.fromkeys(texts) if (embedder.model, text) not in self._texts]
        fresh = dict(zip(new, await embedder.embed(new), strict=True)) if new else {}
        vectors = [fresh.get(text) or self._texts[embedder.model, text] for text in texts]
        for text, vector in zip(texts, vectors, strict=True):
            self._texts[embedder.model, text] = vector
            self._texts.move_to_end((embedder.model, text))
        while len(self._texts) > MAX_KEPT_TEXTS:
            self._texts.popitem(last=False)
        return vectors


def _space(model: str, vector: bytes) -> str:
    return f"{model}:{len(vector) // FLOAT_BYTES}"


async def _is_as_before(tx: ReadTransaction, memory: Memory) -> bool:
    now = await tx.memories.find(memory.id)
    return now is not None and now.content == memory.content
