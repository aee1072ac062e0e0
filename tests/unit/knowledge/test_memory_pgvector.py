"""A PostgreSQL with pgvector compares vectors itself, and finds what NumPy finds; where it has none this is skipped."""

import math
import random
from collections.abc import AsyncIterator, Sequence

import numpy as np
import pytest
from sqlalchemy import Connection, text

from damascus.core.records.memories import MemoryKind
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.port import NewMemory
from damascus.knowledge.memory.vectors import LedgerVectors, VectorMatrix
from damascus.ledger.engine import Ledger
from tests.fixtures.postgres import Postgres

FACTS = [
    "Bakeries order flour on Tuesdays", "Gyms are empty at noon", "Nurses work at night", "Lawyers bill by the minute",
]  # fmt: skip


class Angles:
    """An embedder by dice: each text has a direction of its own."""

    model = "dice"

    async def embed(self, texts: Sequence[str]) -> list[bytes]:
        return [direction(text) for text in texts]


def direction(text: str, dimensions: int = 16) -> bytes:
    dice = random.Random(text)
    numbers = [dice.gauss(0, 1) for _ in range(dimensions)]
    length = math.sqrt(sum(number * number for number in numbers))
    return np.array([number / length for number in numbers], "<f4").tobytes()


@pytest.fixture
async def ledger(postgres: Postgres, postgres_template: str) -> AsyncIterator[Ledger]:
    url = postgres.database(postgres_template)
    ledger = Ledger(url)
    if not await ledger.run(_has_pgvector):
        pytest.skip("this PostgreSQL has no pgvector")
    postgres.sql("CREATE EXTENSION vector", database=url.split("/")[3].split("?")[0])
    yield ledger
    await ledger.close()


def _has_pgvector(connection: Connection) -> bool:
    return connection.execute(text("SELECT 1 FROM pg_available_extensions WHERE name = 'vector'")).first() is not None


async def test_the_database_finds_what_numpy_finds(ledger: Ledger) -> None:
    index, embedder = LedgerVectors(ledger), Angles()
    memory = CompanyMemory(ledger, index)
    for n, fact in enumerate(FACTS):
        await memory.remember(NewMemory(MemoryKind.INSIGHT, fact, "pm", f"turn:{n}"), embedder=embedder)
    async with ledger.reading() as tx:
        assert await tx.memory_vectors.are_compared_there()
        rows = await tx.memory_vectors.since("dice:16", 0)
    matrix = VectorMatrix(16)
    matrix.add(rows)

    found = await index.nearest(FACTS[2], 3, embedder)
    wanted = matrix.nearest(direction(FACTS[2]), 3)
    assert [near.memory_id for near in found] == [near.memory_id for near in wanted]
    assert [near.cosine for near in found] == pytest.approx([near.cosine for near in wanted], abs=1e-5)
    assert found[0].cosine == pytest.approx(1)
