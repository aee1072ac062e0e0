"""Pages that missions read: found by their entry however it is numbered, listed without their text."""

from dataclasses import replace

from damascus.bus.streams import Bus
from damascus.core.records.sources import Source, SourceFacts, SourceLink
from damascus.ledger.engine import Ledger
from damascus.work.outbox import Outbox
from tests.fixtures.story import planned, running_mission, task_of

LARGEST = 10**15 - 1  # what a citation may be written with
FACTS = SourceFacts(title="Bread", links=(SourceLink("about flour", "https://example.org/flour"),))


async def test_a_page_is_found_by_its_entry_and_listed_without_its_text(ledger: Ledger, bus: Bus) -> None:
    outbox = Outbox(ledger, bus)
    mission = await running_mission(outbox, planned("a"))
    task = await task_of(outbox, mission, "a")
    async with outbox.transaction() as tx:
        first = Source(
            "src_1", mission.id, task.id, LARGEST, "https://example.org/1", "https://example.org/end", "words",
            "0" * 64, FACTS, tx.now,
        )  # fmt: skip
        second = replace(first, id="src_2", entry=7, url="https://example.org/2", final_url="https://example.org/2")
        await tx.sources.add(first, second)
    async with outbox.reading() as tx:
        assert await tx.sources.at(mission.id, LARGEST) == first
        assert await tx.sources.at(mission.id, LARGEST - 1) is None
        assert await tx.sources.at("another", LARGEST) is None
        assert await tx.sources.newest_at(7) == second
        assert await tx.sources.newest_at(8) is None
        assert await tx.sources.of_url(mission.id, "https://example.org/end") == first
        assert await tx.sources.of_url("another", "https://example.org/1") is None
        assert await tx.sources.of_mission(mission.id) == [replace(second, text=""), replace(first, text="")]
        assert await tx.sources.list(limit=1) == [replace(second, text="")]
        assert await tx.sources.list(after="src_2") == [replace(first, text="")]
        assert [await tx.sources.has_any(id) for id in (mission.id, "another")] == [True, False]
    await outbox.close()
