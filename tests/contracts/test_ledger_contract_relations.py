"""Relations: what rows of other tables say and what only their own table says, walked as one graph."""

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from damascus.bus.streams import Bus
from damascus.core.events import EventKind
from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind
from damascus.core.records.memories import MemoryKind
from damascus.core.records.missions import Mission
from damascus.core.records.relations import Node, NodeKind, Relation, RelationKind, entry_id
from damascus.core.records.sources import Mark, Source, SourceFacts
from damascus.core.records.tasks import Task
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.keeping import Shown, keep
from damascus.knowledge.memory.port import NewMemory
from damascus.knowledge.sources.marks import Origin
from damascus.ledger.engine import Ledger
from damascus.work import event_log
from damascus.work.outbox import Outbox
from tests.fixtures.story import planned, running_mission, task_of

MADE_BY, INFORMED_BY, CONTRADICTS = RelationKind
MEMORY, OTHER = Node(NodeKind.MEMORY, "mem_1"), Node(NodeKind.MEMORY, "mem_2")


@pytest.fixture
async def outbox(ledger: Ledger, bus: Bus) -> AsyncIterator[Outbox]:
    outbox = Outbox(ledger, bus)
    yield outbox
    await outbox.close()


@pytest.fixture
async def mission(outbox: Outbox) -> Mission:
    return await running_mission(outbox, planned("a"), planned("b", "sales", ("a",)))


@pytest.fixture
async def task(outbox: Outbox, mission: Mission) -> Task:
    return await task_of(outbox, mission, "a")


def node(row: Task | Mission) -> Node:
    return Node(NodeKind.TASK if isinstance(row, Task) else NodeKind.MISSION, row.id)


async def finding(outbox: Outbox, task: Task, source: str | None, mark: Mark = Mark.VERIFIED) -> Node:
    async with outbox.transaction() as tx:
        number = await event_log.append_trail_entry(
            tx, task, EventKind.FINDING, "bread sells", Origin(mark, source), None
        )
    return Node(NodeKind.ENTRY, entry_id(task.mission_id, f"e{number}"))


async def page(outbox: Outbox, task: Task, seq: int) -> Node:
    async with outbox.transaction() as tx:
        url = f"https://example.org/{seq}"
        row = Source(f"src_{seq}", task.mission_id, task.id, seq, url, url, "words", "0" * 64, SourceFacts(), tx.now)
        await tx.sources.add(row)
    return Node(NodeKind.SOURCE, entry_id(task.mission_id, row.ref))


async def test_a_memory_is_followed_down_to_the_page_that_a_finding_quotes(
    outbox: Outbox, mission: Mission, task: Task
) -> None:
    read = await page(outbox, task, 900)
    await page(outbox, task, 901)
    claim = await finding(outbox, task, "e900")
    async with outbox.transaction() as tx:
        await tx.relations.add(Relation(MEMORY, INFORMED_BY, claim))
    async with outbox.reading() as tx:
        found = await tx.relations.from_node(MEMORY)
    agent = Node(NodeKind.AGENT, "pm")
    assert found[0] == Relation(MEMORY, INFORMED_BY, claim)
    assert set(found[1:3]) == {Relation(claim, INFORMED_BY, read), Relation(claim, MADE_BY, node(task))}
    assert set(found[3:]) == {
        Relation(read, MADE_BY, node(task)), Relation(node(task), MADE_BY, agent),
        Relation(node(task), MADE_BY, node(mission)),
    }  # fmt: skip


async def test_the_memories_that_rest_on_a_page_are_found_from_it(outbox: Outbox, task: Task) -> None:
    read = await page(outbox, task, 900)
    claim = await finding(outbox, task, "e900", Mark.CITED)
    async with outbox.transaction() as tx:
        await tx.relations.add(Relation(MEMORY, INFORMED_BY, claim), Relation(OTHER, CONTRADICTS, MEMORY))
    async with outbox.reading() as tx:
        assert await tx.relations.to_node(read) == [
            Relation(claim, INFORMED_BY, read), Relation(MEMORY, INFORMED_BY, claim),
            Relation(OTHER, CONTRADICTS, MEMORY),
        ]  # fmt: skip
        assert await tx.relations.to_node(read, steps=1) == [Relation(claim, INFORMED_BY, read)]
        assert await tx.relations.to_node(MEMORY) == [Relation(OTHER, CONTRADICTS, MEMORY)]


@pytest.mark.parametrize(
    ("source", "mark"),
    [("e900", Mark.OWN_KNOWLEDGE), ("e9000", Mark.VERIFIED), ("a magazine", Mark.OWN_KNOWLEDGE), (None, Mark.COMPUTED)],
)
async def test_a_finding_without_a_page_leads_to_none(
    outbox: Outbox, task: Task, source: str | None, mark: Mark
) -> None:
    await page(outbox, task, 900)
    claim = await finding(outbox, task, source, mark)
    async with outbox.reading() as tx:
        assert await tx.relations.from_node(claim, steps=1) == [Relation(claim, MADE_BY, node(task))]


async def test_a_page_of_another_mission_is_not_what_a_finding_quotes(outbox: Outbox, task: Task) -> None:
    other = await task_of(outbox, await running_mission(outbox, planned("a")), "a")
    read = await page(outbox, other, 900)
    claim = await finding(outbox, task, "e900")
    async with outbox.reading() as tx:
        assert Relation(claim, INFORMED_BY, read) not in await tx.relations.from_node(claim)


async def test_a_task_is_informed_by_those_that_it_waited_for_and_made_its_repository(
    outbox: Outbox, mission: Mission, task: Task
) -> None:
    second = await task_of(outbox, mission, "b")
    async with outbox.transaction() as tx:
        for kind in ArtifactKind:
            made = Artifact(f"art_{kind}", mission.id, second.id, kind, "bread", "p", ArtifactDetail(), tx.now)
            await tx.artifacts.add(made)
    repository = Node(NodeKind.REPOSITORY, f"art_{ArtifactKind.REPOSITORY}")
    async with outbox.reading() as tx:
        assert await tx.relations.from_node(repository, steps=1) == [Relation(repository, MADE_BY, node(second))]
        assert await tx.relations.from_node(Node(NodeKind.REPOSITORY, f"art_{ArtifactKind.COMMIT}")) == []
        assert Relation(node(second), INFORMED_BY, node(task)) in await tx.relations.from_node(repository)
        assert set(await tx.relations.to_node(node(task))) == {
            Relation(node(second), INFORMED_BY, node(task)), Relation(repository, MADE_BY, node(second))
        }  # fmt: skip


async def test_a_relation_that_is_written_twice_is_one_and_a_circle_ends(outbox: Outbox) -> None:
    there, back = Relation(MEMORY, CONTRADICTS, OTHER), Relation(OTHER, CONTRADICTS, MEMORY)
    async with outbox.transaction() as tx:
        await tx.relations.add(there, back)
    async with outbox.transaction() as tx:
        await tx.relations.add(there)
        await tx.relations.add()
    async with outbox.reading() as tx:
        assert await tx.relations.from_node(MEMORY) == [there, back]


@pytest.mark.parametrize("id", ["mis_1/e17", "e17", "e", "17", "bread'; DROP TABLE tasks", "mis_1/e" + "9" * 15])
async def test_what_does_not_exist_has_no_relations(outbox: Outbox, id: str) -> None:
    async with outbox.reading() as tx:
        for kind in (NodeKind.MEMORY, NodeKind.TASK, NodeKind.AGENT):
            assert await tx.relations.from_node(Node(kind, id)) == []
            assert await tx.relations.to_node(Node(kind, id)) == []


async def test_a_memory_leads_to_its_author_its_task_its_evidence_and_its_older_version(
    outbox: Outbox, mission: Mission, task: Task
) -> None:
    read = await page(outbox, task, 900)
    claim = await finding(outbox, task, read.id.rpartition("/")[2])
    new = NewMemory(MemoryKind.INSIGHT, "bread sells well on Saturdays", "pm", "s1", mission_id=mission.id)
    async with outbox.transaction() as tx:
        evidence = [claim.id.rpartition("/")[2]]
        old = (await keep(tx, replace(new, task_id=task.id, evidence=evidence), Shown())).memory
        assert old is not None
        newer = replace(new, content="bread sells well on Sundays", source_id="s2", replaces=old.id)
        now = (await keep(tx, newer, Shown())).memory
        assert now is not None
        await CompanyMemory.note_shown(tx, (await tx.tasks.of_mission(mission.id))[-1].id, [now])
    before, after = Node(NodeKind.MEMORY, old.id), Node(NodeKind.MEMORY, now.id)
    agent = Node(NodeKind.AGENT, "pm")
    async with outbox.reading() as tx:
        found = await tx.relations.from_node(after)
        assert set(found[:3]) == {
            Relation(after, MADE_BY, node(mission)), Relation(after, MADE_BY, agent),
            Relation(after, INFORMED_BY, before),
        }  # fmt: skip
        assert set(await tx.relations.from_node(before, steps=1)) == {
            Relation(before, MADE_BY, node(task)), Relation(before, MADE_BY, agent),
            Relation(before, INFORMED_BY, claim),
        }  # fmt: skip
        assert Relation(claim, INFORMED_BY, read) in found
        from_page = await tx.relations.to_node(read)
        assert Relation(before, INFORMED_BY, claim) in from_page
        assert Relation(after, INFORMED_BY, before) in from_page
        shown_to = (await tx.tasks.of_mission(mission.id))[-1]
        assert await tx.relations.to_node(after, steps=1) == [Relation(node(shown_to), INFORMED_BY, after)]
