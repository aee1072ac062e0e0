"""For one release what was renamed is also found under its old name, which the OpenAPI document does not show."""

from collections.abc import AsyncIterator

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.records.agents import Agent
from damascus.office.app import OLD_ROUTES, create_app
from damascus.work import desk
from damascus.work.budget import limits
from tests.fixtures.story import claim, planned, running_mission, task_of

TOKEN = "a-token"
RENAMED = {"/api/inbox": "/api/desk", "/api/team": "/api/staff", "/api/money": "/api/budget"}


@pytest.fixture
async def http(office: Company) -> AsyncIterator[httpx.AsyncClient]:
    mission = await running_mission(office.outbox, planned("a"), planned("b", needs=("a",)))
    task = await claim(office.outbox, await task_of(office.outbox, mission, "a"))
    async with office.outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, office.settings)
        await desk.post_question(tx, task, "Which one?")
        await tx.agents.record_heartbeat(Agent("vp", "Victor", "VP", "vp", "vp-1", tx.now, tx.now))
    transport = httpx.ASGITransport(create_app(office, TOKEN))
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as client:
        yield client


@pytest.mark.parametrize(("old", "new"), RENAMED.items())
async def test_an_old_address_answers_as_the_new_one_does(http: httpx.AsyncClient, old: str, new: str) -> None:
    before, now = await http.get(old), await http.get(new)
    assert before.status_code == now.status_code == 200
    assert before.json() == now.json()


async def test_an_old_address_asks_for_the_token_too(http: httpx.AsyncClient) -> None:
    for old in RENAMED:
        assert (await http.get(old, headers={"Authorization": "Bearer wrong"})).status_code == 401


async def test_only_new_addresses_are_in_the_document(http: httpx.AsyncClient) -> None:
    paths = (await http.get("/api/openapi.json")).json()["paths"]
    assert set(OLD_ROUTES) == set(RENAMED)
    assert not {f"{old}{route.path}" for old, router in OLD_ROUTES.items() for route in router.routes} & paths.keys()
    assert set(RENAMED.values()) <= set(paths)


async def test_old_fields_say_what_the_new_ones_say(http: httpx.AsyncClient) -> None:
    mission = (await http.get("/api/missions")).json()["items"][0]
    assert mission["directive"] == mission["directive_text"] == "Build something"
    tasks = (await http.get(f"/api/missions/{mission['slug']}/tasks")).json()["items"]
    assert any(task["depends_on"] for task in tasks)
    assert [task["needs"] for task in tasks] == [task["depends_on"] for task in tasks]
    member = (await http.get("/api/staff")).json()["items"][0]
    assert member["alive"] is member["online"] is True
    overview = (await http.get("/api/budget")).json()
    assert overview["agents"] == overview["roles"]
