"""What the CEO sees and does of the company's memory, over the API."""

from typing import Any

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.events import EventKind
from damascus.core.records.desk_items import DeskItemKind
from damascus.core.records.memories import MemoryKind
from damascus.core.records.openings import Opening, ToldSoFar
from damascus.core.records.sources import Mark, Source, SourceFacts
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.knowledge.memory.port import NewMemory
from damascus.knowledge.sources.marks import Origin
from damascus.work import desk, event_log
from tests.fixtures.story import planned, running_mission, task_of

LESSON = "The sourdough oven needs two hours before bread is baked"


async def learnt(office: Company, content: str = LESSON, **more: Any) -> str:
    """The id of a memory of the engineer's."""
    new = NewMemory(MemoryKind.LESSON, content, "engineer", content[:90], **more)
    kept = (await CompanyMemory(office.outbox).remember(new)).memory
    assert kept is not None
    return kept.id


async def contents(http: httpx.AsyncClient, path: str = "/api/memories", **query: str) -> list[str]:
    return [item["content"] for item in (await http.get(path, params=query)).json()["items"]]


async def test_a_rule_of_the_ceo_is_kept_once_for_its_key_and_listed(http: httpx.AsyncClient) -> None:
    for _ in range(2):
        said = await http.post(
            "/api/memories", json={"content": "Never name customers"}, headers={"Idempotency-Key": "12345678"}
        )
        assert (said.status_code, said.json()["kind"], said.json()["owner"]) == (201, "preference", "ceo")
    assert await contents(http) == ["Never name customers"]
    assert (
        await http.post("/api/memories", json={"content": "x"}, headers={"Idempotency-Key": "!"})
    ).status_code == 422


async def test_the_list_is_of_what_is_asked_for(http: httpx.AsyncClient, office: Company) -> None:
    mission = await running_mission(office.outbox, planned("a"))
    await learnt(office)
    await learnt(office, "Rye bread keeps for a week and longer", mission_id=mission.id)
    await http.post("/api/memories", json={"content": "Never name customers"})
    assert await contents(http, kind="preference") == ["Never name customers"]
    assert await contents(http, owner="engineer") == ["Rye bread keeps for a week and longer", LESSON]
    assert await contents(http, mission=mission.slug) == ["Rye bread keeps for a week and longer"]
    assert await contents(http, status="proposed") == []
    assert await contents(http, "/api/memories/search", query="how hot is the oven") == [LESSON]
    assert (await http.get("/api/memories", params={"kind": "rumour"})).status_code == 422


async def test_an_edit_makes_a_new_version_and_keeps_the_old_one(http: httpx.AsyncClient, office: Company) -> None:
    id = await learnt(office, tags=["oven"])
    edited = (await http.patch(f"/api/memories/{id}", json={"content": "The oven needs three hours"})).json()
    assert (edited["content"], edited["tags"], edited["owner"]) == ("The oven needs three hours", ["oven"], "engineer")
    assert await contents(http) == ["The oven needs three hours"]
    assert await contents(http, superseded="true") == ["The oven needs three hours", LESSON]
    assert (await http.get(f"/api/memories/{id}")).json()["superseded_by"] == edited["id"]
    assert await contents(http, "/api/memories/search", query="sourdough") == []


async def test_of_two_who_edit_at_once_the_second_is_told(
    http: httpx.AsyncClient, office: Company, clock: FixedClock
) -> None:
    id = await learnt(office)
    etag = (await http.get(f"/api/memories/{id}")).headers["ETag"]
    clock.advance(1)
    async with office.outbox.transaction() as tx:
        await tx.memories.change(id, confidence=0.9)
    late = await http.patch(f"/api/memories/{id}", json={"tags": ["a"]}, headers={"If-Match": etag})
    assert (late.status_code, late.headers["content-type"]) == (409, "application/problem+json")
    assert f"{id} was changed meanwhile" in late.json()["detail"]
    now = (await http.get(f"/api/memories/{id}")).headers["ETag"]
    assert (await http.patch(f"/api/memories/{id}", json={"tags": ["a"]}, headers={"If-Match": now})).status_code == 200
    assert (await http.patch(f"/api/memories/{id}", json={"tags": ["b"]})).status_code == 409
    assert (await http.delete(f"/api/memories/{id}")).status_code == 409


async def test_what_is_forgotten_is_gone_with_its_versions_and_from_the_tasks_it_was_told(
    http: httpx.AsyncClient, office: Company
) -> None:
    id = await learnt(office)
    task = await task_of(office.outbox, await running_mission(office.outbox, planned("a")), "a")
    async with office.outbox.transaction() as tx:
        await CompanyMemory.note_shown(tx, task.id, [await tx.memories.get(id)])
        await tx.openings.put(Opening(task.id, "system", LESSON, ToldSoFar()))
    newest = (await http.patch(f"/api/memories/{id}", json={"content": "The oven needs three hours"})).json()["id"]
    assert (await http.delete(f"/api/memories/{newest}")).status_code == 200
    assert await contents(http, superseded="true") == []
    assert (await http.get(f"/api/memories/{id}")).status_code == 404
    async with office.outbox.reading() as tx:
        assert await tx.openings.find(task.id) is None
        events = [event for event in await tx.events.since(0) if event.kind == EventKind.MEMORY]
    assert [event.payload["after"] for event in events] == ["edited", "forgotten"]
    assert LESSON not in str(events)


async def test_a_memory_that_contradicts_another_says_so(http: httpx.AsyncClient, office: Company) -> None:
    id = await learnt(office)
    body = {"content": "That oven is hot after ten minutes", "kind": "insight", "contradicts": id}
    new = (await http.post("/api/memories", json=body)).json()["id"]
    relations = (await http.get(f"/api/memories/{new}")).json()["relations"]
    assert ("contradicts", LESSON) in [(row["kind"], row["other"]["words"]) for row in relations]
    assert (await http.post("/api/memories", json={**body, "contradicts": "mem_0"})).status_code == 404


async def test_the_rules_of_the_ceo_together_are_short_enough_to_be_told(http: httpx.AsyncClient) -> None:
    answers = [await http.post("/api/memories", json={"content": f"rule{n} " * 130 + f"{n}"}) for n in range(9)]
    assert [answer.status_code for answer in answers][:6] == [201] * 6
    assert answers[-1].status_code == 422
    assert "forget one first" in answers[-1].json()["detail"]


@pytest.mark.parametrize(
    "subject", ["slug", "https://example.org/bread", "entry", "page", "engineer", "memory", "oven"]
)
async def test_what_is_known_about_a_thing_leads_to_the_passage_it_rests_on(
    http: httpx.AsyncClient, office: Company, subject: str
) -> None:
    mission = await running_mission(office.outbox, planned("a"))
    task = await task_of(office.outbox, mission, "a")
    async with office.outbox.transaction() as tx:
        url = "https://example.org/bread"
        await tx.sources.add(
            Source("src_1", mission.id, task.id, 900, url, url, "t", "0" * 64, SourceFacts(title="Bread"), tx.now)
        )
        origin = Origin(Mark.VERIFIED, "e900", "two hours")
        number = await event_log.append_trail_entry(tx, task, EventKind.FINDING, "It takes hours", origin)
    id = await learnt(office, mission_id=mission.id, task_id=task.id, evidence=[f"e{number}"])
    await learnt(office, "Invoices carry a number of their own, from one on")
    named = {"slug": mission.slug, "entry": f"{mission.slug}/e{number}", "page": f"{mission.slug}/e900", "memory": id}
    asked = {"subject": named.get(subject, subject)}
    found = (await http.get("/api/memories/about", params=asked)).json()["items"]
    about = next(item for item in found if item["id"] == id)
    assert subject == "engineer" or about == found[0]
    words = {(row["node"]["kind"], row["kind"], row["other"]["words"]) for row in about["relations"]}
    claim = f'{mission.slug}/e{number} (verified) It takes hours, "two hours"'
    assert ("memory", "informed by", claim) in words, sorted(words)
    assert ("entry", "informed by", f"{mission.slug}/e900 Bread, {url}") in words
    assert ("memory", "made by", "Do a (pm)") in words


async def test_nothing_is_known_about_what_nobody_met(http: httpx.AsyncClient) -> None:
    assert await contents(http, "/api/memories/about", subject="zeppelins") == []
    assert (await http.get("/api/memories/about")).status_code == 422
    assert (await http.get("/api/memories/mem_0")).status_code == 404
    assert (await http.post("/api/memories/mem_0/confirm")).status_code == 404


@pytest.mark.parametrize(("method", "path", "status"), [("POST", "/confirm", "granted"), ("DELETE", "", "denied")])
async def test_what_an_agent_proposed_is_decided_once_wherever_the_ceo_does_it(
    http: httpx.AsyncClient, office: Company, method: str, path: str, status: str
) -> None:
    task = await task_of(office.outbox, await running_mission(office.outbox, planned("a")), "a")
    new = NewMemory(MemoryKind.PREFERENCE, "The CEO wants short reports", "pm", "turn:1", task_id=task.id)
    async with office.outbox.transaction() as tx:
        memory = (await CompanyMemory(office.outbox).keep(tx, new)).memory
        assert memory is not None
        item = await desk.propose_memory(tx, task, memory)
    assert await contents(http, status="proposed") == [memory.content]

    assert (await http.request(method, f"/api/memories/{memory.id}{path}")).status_code == 200
    assert await contents(http, status="proposed") == []
    assert await contents(http, status="active") == ([memory.content] if method == "POST" else [])
    async with office.outbox.reading() as tx:
        assert (await tx.desk_items.get(item.id)).status == status
        assert await tx.desk_items.open_of_kind(DeskItemKind.PERMISSION) == []
    again = await http.post(f"/api/memories/{memory.id}/confirm")
    assert again.status_code == (409 if method == "POST" else 404)
