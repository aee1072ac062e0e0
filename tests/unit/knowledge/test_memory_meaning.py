"""Search by meaning: in the ledger and in mem0, while its server answers, and while it does not."""

import importlib.util
import logging
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import Unavailable
from damascus.core.records.memories import MemoryKind
from damascus.core.settings import FREE, EmbeddingsSettings
from damascus.doubles.model.embeddings import DEFAULT_DIMENSIONS
from damascus.knowledge.memory import versions
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.mem0_index import Mem0Index
from damascus.knowledge.memory.port import Fate, MeaningIndex, NewMemory
from damascus.knowledge.memory.vectors import LedgerVectors
from damascus.ledger.engine import Ledger
from damascus.llm.embeddings import Answered, EmbeddingsClient
from tests.fixtures.model import Model, rehearsal

FLOUR = NewMemory(MemoryKind.INSIGHT, "Bakeries order flour on Tuesdays before noon", "pm", "turn:1")


class Free:
    """An embedder whose server costs nothing; `model` may be called something else from now on."""

    def __init__(self, client: EmbeddingsClient) -> None:
        self.client = client
        self.model = client.model

    async def embed(self, texts: Sequence[str]) -> list[bytes]:
        return await self.client.embed(texts, self)

    async def pay(self, worst_microusd: int, call: Callable[[], Awaitable[Answered]]) -> Answered:
        assert worst_microusd == 0
        return await call()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Model]:
    with rehearsal(tmp_path_factory.mktemp("model")) as model:
        yield model


@pytest.fixture
def embedder(server: Model) -> Free:
    return Free(client(server.url))


@pytest.fixture(params=["ledger", "mem0"])
def index(request: pytest.FixtureRequest, sqlite_ledger: Ledger, server: Model, tmp_path: Path) -> MeaningIndex:
    if request.param == "ledger":
        return LedgerVectors(sqlite_ledger)
    if importlib.util.find_spec("mem0") is None:
        pytest.skip("mem0 is not installed: pip install 'damascus-frontier[mem0]'")
    named = EmbeddingsSettings(url=server.url, model="words")
    return Mem0Index(sqlite_ledger, named, DEFAULT_DIMENSIONS, tmp_path / "mem0")


def client(url: str) -> EmbeddingsClient:
    return EmbeddingsClient(EmbeddingsSettings(url=url, model="words"), SystemClock(), {}, FREE)


async def test_what_is_nearest_comes_first_and_what_is_forgotten_does_not_come(
    sqlite_ledger: Ledger, index: MeaningIndex, embedder: Free
) -> None:
    memory = CompanyMemory(sqlite_ledger, index)
    kept = await memory.remember(FLOUR, embedder=embedder)
    await memory.remember(replace(FLOUR, content="Gyms are empty at noon", source_id="turn:2"), embedder=embedder)
    assert kept.memory is not None

    near = await index.nearest("who will order flour", 5, embedder)
    assert near[0].memory_id == kept.memory.id
    assert 0.2 < near[0].cosine <= 1.0
    assert (await memory.recall("order flour", "pm", 5, embedder))[0].memory == kept.memory
    async with sqlite_ledger.transaction() as tx:
        await versions.forget(tx, kept.memory.id)
    assert FLOUR.content not in [one.memory.content for one in await memory.recall("order flour", "pm", 5, embedder)]


async def test_a_memory_without_a_vector_is_caught_up_with(sqlite_ledger: Ledger, embedder: Free) -> None:
    """As when a process died between the two, or the model was changed."""
    await CompanyMemory(sqlite_ledger).remember(FLOUR)
    memory, index = CompanyMemory(sqlite_ledger, LedgerVectors(sqlite_ledger)), LedgerVectors(sqlite_ledger)
    assert await index.nearest("flour", 5, embedder) == []
    await memory.recall("anything", "pm", 5, embedder)
    assert len(await index.nearest("flour", 5, embedder)) == 1

    embedder.model = "another"
    assert await index.nearest("flour", 5, embedder) == []
    await index.catch_up(embedder)
    assert len(await index.nearest("flour", 5, embedder)) == 1


async def test_a_server_that_is_gone_leaves_search_by_words_and_is_told_of_once(
    sqlite_ledger: Ledger, caplog: pytest.LogCaptureFixture
) -> None:
    gone = Free(client("http://127.0.0.1:9/v1"))
    memory = CompanyMemory(sqlite_ledger, LedgerVectors(sqlite_ledger))
    with caplog.at_level(logging.WARNING):
        assert (await memory.remember(FLOUR, embedder=gone)).fate == Fate.KEPT
        for _ in range(3):
            assert len(await memory.recall("flour", "pm", 5, gone)) == 1
    assert len([record for record in caplog.records if "by words only" in record.message]) == 1
    with pytest.raises(Unavailable, match="embeddings: "):
        await gone.embed(["flour"])


async def test_a_page_of_vectors_is_for_its_texts_in_their_order(embedder: Free) -> None:
    one, two, again = await embedder.embed(["flour", "gyms", "flour"])
    assert one == again != two
    assert len(one) == 4 * DEFAULT_DIMENSIONS
