"""Lists are cut into pages, and a page says that there is another one only if there is."""

from collections.abc import AsyncIterator

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.records.artifacts import ArtifactDetail
from damascus.office.app import create_app
from damascus.work import artifacts, desk
from tests.fixtures.story import claim, planned, running_mission, task_of

TOKEN = "a-token"
LISTS = ("/api/missions", "/api/reports", "/api/repositories", "/api/desk")
COUNT = 3


@pytest.fixture
async def http(office: Company) -> AsyncIterator[httpx.AsyncClient]:
    """An office with three of everything that is listed in pages."""
    for _ in range(COUNT):
        mission = await running_mission(office.outbox, planned("a"))
        task = await claim(office.outbox, await task_of(office.outbox, mission, "a"))
        async with office.outbox.transaction() as tx:
            await desk.post_question(tx, task, "Which one?")
            for kind in ("report", "repository"):
                await artifacts.record(tx, task, kind, "made", f"{mission.slug}/made", ArtifactDetail())
    headers = {"Authorization": f"Bearer {TOKEN}"}
    transport = httpx.ASGITransport(create_app(office, TOKEN))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


@pytest.mark.parametrize("path", LISTS)
async def test_a_last_page_that_is_full_promises_no_other(http: httpx.AsyncClient, path: str) -> None:
    page = (await http.get(path, params={"limit": COUNT})).json()
    assert len(page["items"]) == COUNT
    assert page["next"] is None


@pytest.mark.parametrize("path", LISTS)
async def test_pages_follow_each_other_without_gaps_to_the_last_one(http: httpx.AsyncClient, path: str) -> None:
    whole = (await http.get(path)).json()["items"]
    first = (await http.get(path, params={"limit": COUNT - 1})).json()
    rest = (await http.get(path, params={"limit": COUNT - 1, "after": first["next"]})).json()
    assert [len(first["items"]), len(rest["items"]), rest["next"]] == [COUNT - 1, 1, None]
    assert first["items"] + rest["items"] == whole


async def test_a_page_of_the_largest_size_is_served(http: httpx.AsyncClient) -> None:
    assert len((await http.get("/api/missions", params={"limit": 500})).json()["items"]) == COUNT
