"""The log as JSON: both ways, by what one looks for, and what rests on an entry."""

from typing import Any

import httpx

from damascus.composition.company import Company
from damascus.core.events import EventKind, TrailNote
from damascus.core.records.artifacts import ArtifactDetail, Citation
from damascus.work import artifacts, event_log
from tests.fixtures.story import claim, planned, running_mission, task_of


async def append(office: Company, count: int, kind: EventKind = EventKind.LOG, author: str = "pm") -> None:
    async with office.outbox.transaction() as tx:
        for _ in range(count):
            tx.events.append(kind, author, TrailNote(text="x"))


async def page(http: httpx.AsyncClient, **query: Any) -> tuple[list[int], int | None, int | None]:
    answer = await http.get("/api/log", params=query)
    assert answer.status_code == 200, answer.text
    found = answer.json()
    return [item["seq"] for item in found["items"]], found["prev"], found["next"]


async def test_pages_lead_both_ways_and_say_where_they_end(office: Company, http: httpx.AsyncClient) -> None:
    assert await page(http) == ([], None, None)
    await append(office, 7)
    assert await page(http, limit=3) == ([5, 6, 7], 5, None)
    assert await page(http, limit=3, before=5) == ([2, 3, 4], 2, 4)
    assert await page(http, limit=3, before=2) == ([1], None, 1)
    assert await page(http, limit=3, after=0) == ([1, 2, 3], None, 3)
    assert await page(http, limit=3, after=3) == ([4, 5, 6], 4, 6)
    assert await page(http, limit=3, after=6) == ([7], 7, None)
    assert await page(http, limit=7) == ([1, 2, 3, 4, 5, 6, 7], None, None)
    assert (await http.get("/api/log")).json()["last"] == 7
    assert (await http.get("/api/log", params={"before": 1, "after": 1})).status_code == 409


async def test_events_are_chosen_by_mission_task_author_and_kinds(office: Company, http: httpx.AsyncClient) -> None:
    mission = await running_mission(office.outbox, planned("a"))
    task = await task_of(office.outbox, mission, "a")
    await append(office, 2, EventKind.FINDING, "sales")
    every = (await http.get("/api/log")).json()["items"]

    def those(fits: Any) -> list[int]:
        return [item["seq"] for item in every if fits(item)]

    assert (await page(http, mission=mission.slug))[0] == those(lambda item: item["mission_id"] == mission.id)
    assert (await page(http, task=task.id))[0] == those(lambda item: item["task_id"] == task.id)
    assert (await page(http, author="sales"))[0] == those(lambda item: item["author"] == "sales")
    kinds = ["finding", "directive"]
    assert (await page(http, kind=kinds))[0] == those(lambda item: item["kind"] in kinds)
    assert 0 < len(those(lambda item: item["kind"] in kinds)) < len(every)
    assert (await http.get("/api/log", params={"mission": "nobody"})).status_code == 404
    assert (await http.get("/api/log", params={"kind": "nothing"})).status_code == 422


async def test_an_entry_says_what_rests_on_it(office: Company, http: httpx.AsyncClient) -> None:
    mission = await running_mission(office.outbox, planned("a"))
    task = await claim(office.outbox, await task_of(office.outbox, mission, "a"))
    async with office.outbox.transaction() as tx:
        number = await event_log.append_trail_entry(tx, task, EventKind.FINDING, "people pay")
        seq = tx.events.last_seq
        cites = ArtifactDetail(title="The market", sources=(Citation(f"e{number}", "pm", "people pay"),))
        await artifacts.record(tx, task, "report", "market", "m/market.md", cites)
        await artifacts.record(tx, task, "report", "other", "m/other.md", ArtifactDetail(title="Other"))
        await event_log.append_trail_entry(tx, task, EventKind.FINDING, "nobody pays", replaces=number)
    entry = (await http.get(f"/api/log/{seq}")).json()
    assert entry["payload"]["text"] == "people pay"
    assert [(one["kind"], one["name"]) for one in entry["cited_by"]] == [
        ("report", "market"), ("entry", f"e{number + 1}"),
    ]  # fmt: skip
    for missing in ("0", "-1", "99999", str(10**30)):
        assert (await http.get(f"/api/log/{missing}")).status_code == 404
    assert (await http.get("/api/log/x")).status_code == 422
