"""mem0 as what searches by meaning (`port.MeaningIndex`), behind the same rules: the ledger keeps the memories.

It makes its vectors itself, at the embeddings' server, and keeps them in a local store in its folder, which one process
at a time can open: for companies whose agents are one process. Its telemetry is switched off before it is imported, and
none of its own model's judgement is used (`infer=False`): what is kept is decided in `keeping.py`.

Not promised: that its calls are held and settled. So it takes embeddings that cost nothing only (`composition`).
"""

import asyncio
import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from damascus.core.errors import Misconfigured, Unavailable
from damascus.core.records.memories import Memory, MemoryVector
from damascus.core.settings import EmbeddingsSettings
from damascus.core.settings.environment import set_before_import
from damascus.knowledge.memory.port import Embedder, Near
from damascus.ledger.transaction import Transactions

SPACE = "mem0"
MAX_CAUGHT_UP = 32
EVERYBODY = {"user_id": "company"}


class Mem0Index:
    """The memories' meanings in mem0's local store in `folder`. Raises Misconfigured if mem0 is not installed."""

    def __init__(self, ledger: Transactions, settings: EmbeddingsSettings, dimensions: int, folder: Path) -> None:
        set_before_import(MEM0_TELEMETRY="False", MEM0_DIR=str(folder))
        try:
            library = importlib.import_module("mem0")
        except ImportError:
            raise Misconfigured(
                "memory.backend is mem0, which is not installed: pip install damascus-frontier[mem0]"
            ) from None
        server = {
            "openai_base_url": settings.url, "model": settings.model,
            "api_key": settings.api_key.get_secret_value() or "none",
        }  # fmt: skip
        self._ledger = ledger
        self._memory: Any = library.Memory.from_config(
            {
                "llm": {"provider": "openai", "config": server},
                "embedder": {"provider": "openai", "config": {**server, "embedding_dims": dimensions}},
                "vector_store": {
                    "provider": "qdrant",
                    "config": {"path": str(folder / "qdrant"), "embedding_model_dims": dimensions, "on_disk": True},
                },
                "history_db_path": str(folder / "history.sqlite3"),
            }
        )

    async def nearest(self, text: str, limit: int, embedder: Embedder) -> list[Near]:  # noqa: ARG002
        """Return what mem0 finds like `text`; what is gone from the ledger is deleted there, too."""
        found = await self._call(lambda: self._memory.search(text, filters=EVERYBODY, top_k=limit, threshold=0.0))
        near = {hit["metadata"]["memory_id"]: (hit["id"], float(hit["score"])) for hit in found["results"]}
        async with self._ledger.reading() as tx:
            gone = [id for id in near if await tx.memories.find(id) is None]
        for id in gone:
            own = near.pop(id)[0]
            await self._call(lambda own=own: self._memory.delete(own))  # type: ignore[misc]
        return [Near(id, min(score, 1.0)) for id, (_, score) in near.items()]

    async def catch_up(self, embedder: Embedder) -> None:  # noqa: ARG002
        """Give mem0 some of the memories that it has not; the ledger notes which it has."""
        async with self._ledger.reading() as tx:
            missing = await tx.memory_vectors.missing(SPACE, MAX_CAUGHT_UP)
        for memory in missing:
            await self._add(memory)

    async def _add(self, memory: Memory) -> None:
        given = {"memory_id": memory.id}
        await self._call(
            lambda: self._memory.add(memory.content, user_id=EVERYBODY["user_id"], metadata=given, infer=False)
        )
        async with self._ledger.transaction() as tx:
            if await tx.memories.find(memory.id) is not None:
                await tx.memory_vectors.put(MemoryVector(memory.id, SPACE, await tx.memories.next_number(), b""))

    async def _call(self, call: Callable[[], Any]) -> Any:
        """Make a call of the library, which waits, in a thread. Raises Unavailable, however it fails."""
        try:
            return await asyncio.to_thread(call)
        except Exception as error:
            raise Unavailable(f"mem0: {type(error).__name__}: {' '.join(str(error).split())[:200]}") from error
