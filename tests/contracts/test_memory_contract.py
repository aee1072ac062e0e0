"""The company's memory on both databases: kept once, found again, shown to those it is meant for."""

import asyncio
from dataclasses import replace

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.memories import MemoryKind
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.port import Fate, NewMemory
from damascus.ledger.engine import Ledger
from damascus.work.outbox import Outbox

BREAD = NewMemory(MemoryKind.INSIGHT, "Bakeries in Graz order flour on Tuesdays before noon", "pm", "turn:1")


@pytest.fixture
async def outbox(ledger: Ledger, bus: Bus) -> Outbox:
    return Outbox(ledger, bus)


@pytest.fixture
def memory(ledger: Ledger) -> CompanyMemory:
    return CompanyMemory(ledger)


async def test_what_was_kept_is_found_by_some_of_its_words_in_another_form(memory: CompanyMemory) -> None:
    kept = await memory.remember(replace(BREAD, tags=("Café", "supply")))
    await memory.remember(replace(BREAD, content="Engineers deploy on Fridays never", source_id="turn:2"))

    for query in ("when does a bakery order?", "ordering flours", "cafe"):
        (found,) = await memory.recall(query, "sales")
        assert found.memory == kept.memory, query
    assert await memory.recall("unheard of", "sales") == []
    assert await memory.recall("\"' OR * ( NEAR : - ^", "sales") == []


async def test_the_same_source_twice_is_once_also_in_two_processes_at_once(
    memory: CompanyMemory, ledger_url: str
) -> None:
    other = Ledger(ledger_url)
    found = await asyncio.gather(*(one.remember(BREAD) for one in (memory, CompanyMemory(other)) for _ in range(4)))
    await other.close()

    assert sorted(one.fate for one in found) == [Fate.KEPT, *[Fate.KNOWN] * 7]
    assert len({one.memory.id for one in found if one.memory}) == 1
