"""What the CEO says to a mission that runs, and directives that go on from one or take a decision that it left."""

from typing import Any

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.records.desk_items import DeskItem, DeskItemKind
from damascus.core.records.missions import Mission
from damascus.work import desk
from damascus.work.tasks import missions
from tests.fixtures.story import claim, planned, running_mission, task_of

QUESTION = "Which market first:\nSpain or Italy?"


@pytest.fixture
async def mission(office: Company) -> Mission:
    return await running_mission(office.outbox, planned("a"), planned("b", role="engineer"))


async def left_to_decide(office: Company, mission: Mission) -> DeskItem:
    task = await claim(office.outbox, await task_of(office.outbox, mission, "a"))
    async with office.outbox.transaction() as tx:
        for _ in range(2):  # a `finish` that is made again after a crash
            await desk.post_decisions(tx, task, [QUESTION, QUESTION])
        (item,) = await tx.desk_items.open_of_kind(DeskItemKind.DECISION)
    return item


async def post(http: httpx.AsyncClient, path: str, status: int, key: str | None = None, **body: Any) -> Any:
    answer = await http.post(path, json=body, headers={"Idempotency-Key": key} if key else {})
    assert answer.status_code == status, answer.text
    return answer.json()


async def test_a_word_is_kept_for_its_role_and_noted_on_the_trail(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    door = f"/api/missions/{mission.slug}/say"
    for _ in range(2):  # a client that did not hear the answer asks again
        said = await post(http, door, 201, "the-very-key", to="engineer", text="Use SQLite.")
    everybody = await post(http, door, 201, to="all", text="Hurry.")
    async with office.outbox.reading() as tx:
        told = {row.id for row in await tx.messages.of_ceo(mission.id, "engineer")}
        assert told == {said["id"], everybody["id"]}
        assert [row.id for row in await tx.messages.of_ceo(mission.id, "pm")] == [everybody["id"]]
    log = (await http.get("/api/log", params={"author": "ceo", "mission": mission.slug})).json()["items"]
    words = [item["payload"]["text"] for item in log if item["kind"] == "answer"]
    assert words == ["The CEO says to engineer: Use SQLite.", "The CEO says to all: Hurry."]
    sent = [item["payload"] for item in log if item["kind"] == "message"]
    assert [(one["from"], one["to"], one["id"]) for one in sent] == [
        ("ceo", "engineer", said["id"]), ("ceo", "all", everybody["id"]),
    ]  # fmt: skip
    await post(http, door, 409, "the-very-key", to="engineer", text="Use PostgreSQL.")


async def test_nobody_is_told_what_comes_too_late_or_to_nobody(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    door = f"/api/missions/{mission.id}/say"
    for body in ({"to": "nobody", "text": "x"}, {"to": "pm", "text": " "}, {"to": "pm"}, {"to": "pm", "text": "\0"}):
        await post(http, door, 422, **body)
    await post(http, door, 422, "short", to="pm", text="x")
    await post(http, "/api/missions/nothing/say", 404, to="pm", text="x")
    async with office.outbox.transaction() as tx:
        await missions.cancel(tx, mission.id, "ceo")
    await post(http, door, 409, to="pm", text="Stop that.")
    async with office.outbox.reading() as tx:
        assert await tx.messages.of_ceo(mission.id, "pm") == []


async def test_a_decision_is_taken_by_a_directive_once_and_blocks_nobody(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    item = await left_to_decide(office, mission)
    (shown,) = (await http.get("/api/desk")).json()["items"]
    assert (shown["kind"], shown["text"], shown["blocks"]) == ("decision", QUESTION, False)
    await post(http, f"/api/desk/{item.id}/answer", 422, text="Spain.")
    await post(http, f"/api/desk/{item.id}/approve", 422)
    for _ in range(2):
        made = await post(http, "/api/directives", 201, "a-key-of-mine", text="Begin in Spain.", follows=item.id)
    assert (made["follows"], made["answers"]) == (mission.id, item.id)
    decided = (await http.get(f"/api/desk/{item.id}")).json()
    assert (decided["status"], decided["answer"]) == ("answered", "Begin in Spain.")
    await post(http, "/api/directives", 409, text="Begin in Italy.", follows=item.id)
    assert len((await http.get("/api/directives")).json()["items"]) == 2


async def test_a_decision_can_be_let_go_and_outlives_a_mission_that_succeeded(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    item = await left_to_decide(office, mission)
    assert (await post(http, f"/api/desk/{item.id}/deny", 200))["status"] == "denied"


async def test_a_directive_follows_a_mission_by_slug_or_id_and_nothing_else(
    office: Company, http: httpx.AsyncClient, mission: Mission
) -> None:
    for name in (mission.slug, mission.id):
        assert (await post(http, "/api/directives", 201, text="Go on.", follows=name))["follows"] == mission.id
    assert (await post(http, "/api/directives", 201, text="Something else."))["follows"] is None
    await post(http, "/api/directives", 404, text="Go on.", follows="nothing")
    await post(http, "/api/directives", 422, text="Go on.", follows="")
    task = await claim(office.outbox, await task_of(office.outbox, mission, "a"))
    async with office.outbox.transaction() as tx:
        question = await desk.post_question(tx, task, "Which one?")
    await post(http, "/api/directives", 422, text="This one.", follows=question.id)


async def test_directives_come_in_pages_whatever_their_ids(http: httpx.AsyncClient, office: Company) -> None:
    for key in ("zzzzzzzz", "aaaaaaaa", "mmmmmmmm"):  # all at one moment of the clock, too
        await post(http, "/api/directives", 201, key, text=f"Do {key}")
    first = (await http.get("/api/directives", params={"limit": 2})).json()
    rest = (await http.get("/api/directives", params={"limit": 2, "after": first["next"]})).json()
    ids = [one["id"] for one in first["items"] + rest["items"]]
    assert sorted(ids) == ["dir_aaaaaaaa", "dir_mmmmmmmm", "dir_zzzzzzzz"]
    assert rest["next"] is None
    assert (await http.get("/api/directives", params={"after": "nothing"})).json()["items"] == []
