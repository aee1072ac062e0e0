"""Who does what, since when, because of which row; turns with what they cost; the desk with what was decided."""

from typing import Any

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.ids import new_id
from damascus.core.records.budgets import Reservation
from damascus.core.records.compactions import Compaction
from damascus.core.records.openings import Opening, ToldSoFar
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.records.usage import CallCost
from damascus.work import desk
from damascus.work.budget import limits, settlement
from damascus.work.tasks import missions, tasks, transcript
from tests.fixtures.story import claim, planned, running_mission, task_of


@pytest.fixture
async def task(office: Company) -> Task:
    async with office.outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, office.settings)
    mission = await running_mission(office.outbox, planned("a"))
    return await claim(office.outbox, await task_of(office.outbox, mission, "a"), "pm-1/run")


async def doing(http: httpx.AsyncClient, task: Task) -> dict[str, Any]:
    found = (await http.get("/api/now")).json()["doing"]
    return next(one for one in found if one["task_id"] == task.id)


async def reserve(office: Company, task: Task) -> Reservation:
    async with office.outbox.transaction() as tx:
        day = str(limits.today(tx.now, office.settings))
        asked = Reservation(
            new_id("res"), task.id, task.mission_id, task.lease_owner or "", day, "m", 500, tx.now
        )  # fmt: skip
        await tx.reservations.add(asked)
        return asked


async def test_each_state_has_the_row_that_caused_it(
    office: Company, clock: FixedClock, http: httpx.AsyncClient, task: Task
) -> None:
    one = await doing(http, task)
    assert (one["state"], one["worker"], one["because"]) == ("between", "pm-1", {"kind": "task", "id": task.id})
    clock.advance(5)
    asked = await reserve(office, task)
    one = await doing(http, task)
    assert (one["state"], one["because"]["id"], one["reserved_microusd"], one["model"]) == ("model", asked.id, 500, "m")
    assert one["since"] == asked.created_at.isoformat().replace("+00:00", "Z")
    clock.advance(90)
    async with office.outbox.transaction() as tx:
        cost = CallCost("m", 10, 20, 400, True)
        await tasks.fence(tx, task)
        call = transcript.RecordedCall("c1", "run_command", {"command": "true"})
        said, turn = await transcript.record_answer(tx, task, 1, transcript.RecordedAnswer("", [call]))
        await settlement.settle(tx, asked.id, task, cost, office.settings)
    one = await doing(http, task)
    assert (one["state"], one["because"], one["tool"]) == ("tool", {"kind": "turn", "id": turn.id}, "run_command")
    async with office.outbox.transaction() as tx:
        await tasks.fence(tx, task, TaskStatus.CHECKING)
    assert (await doing(http, task))["state"] == "checking"
    async with office.outbox.transaction() as tx:
        await tasks.fence(tx, task)
        item = await desk.ask_permission(tx, task, turn.id, "run_command", {"command": "true"}, "execute")
    one = await doing(http, task)
    assert (one["state"], one["because"], one["turn_id"]) == ("parked", {"kind": "desk_item", "id": item.id}, turn.id)

    turns = (await http.get(f"/api/tasks/{task.id}/turns")).json()["items"]
    assert (turns[0]["model"], turns[0]["input_tokens"], turns[0]["cost_microusd"]) == ("m", 10, 400)
    assert turns[0]["asked_at"] == asked.created_at.isoformat().replace("+00:00", "Z")
    assert (turns[1]["model"], turns[1]["cost_microusd"]) == (None, None)
    assert (await http.get(f"/api/turns/{said.id}")).json() == turns[0]
    shown = (await http.get(f"/api/desk/{item.id}")).json()
    assert (shown["arguments"], shown["blocks"], shown["tool"]) == ({"command": "true"}, True, "run_command")
    assert (shown["danger"], shown["scope"], shown["spent"]) == ("execute", None, None)
    async with office.outbox.transaction() as tx:
        await missions.cancel(tx, task.mission_id, "ceo")
    assert (await http.get("/api/now")).json()["doing"] == []
    newest = (await http.get("/api/log", params={"kind": "desk"})).json()["items"][-1]
    assert (newest["payload"]["id"], newest["payload"]["after"]) == (item.id, "expired")
    assert (newest["payload"]["kind"], newest["payload"].get("amount")) == ("permission", None)
    assert (await http.get(f"/api/desk/{item.id}")).json()["blocks"] is False


async def test_turns_come_in_pages_and_cut(office: Company, http: httpx.AsyncClient, task: Task) -> None:
    async with office.outbox.transaction() as tx:
        for n in (1, 2, 3):
            await transcript.say(tx, task, n, "word " * n)
    path = f"/api/tasks/{task.id}/turns"
    first = (await http.get(path, params={"limit": 2, "max_chars": 3})).json()
    assert [(turn["content"], turn["size"]) for turn in first["items"]] == [("wor", 5), ("wor", 10)]
    rest = (await http.get(path, params={"limit": 2, "after": first["next"]})).json()
    assert ([turn["n"] for turn in rest["items"]], rest["next"]) == ([3], None)
    assert (await http.get(path, params={"limit": 3})).json()["next"] is None


async def test_what_a_model_was_told_first_is_kept(office: Company, http: httpx.AsyncClient, task: Task) -> None:
    assert (await http.get(f"/api/tasks/{task.id}/opening")).status_code == 404
    async with office.outbox.transaction() as tx:
        await tx.openings.put(Opening(task.id, "You are Sarah", "Do it", ToldSoFar()))
    told = (await http.get(f"/api/tasks/{task.id}/opening")).json()
    assert told == {"task_id": task.id, "system": "You are Sarah", "assignment": "Do it"}


async def test_several_requests_are_decided_together_or_none(
    office: Company, http: httpx.AsyncClient, task: Task
) -> None:
    async with office.outbox.transaction() as tx:
        one, two = [await desk.post_question(tx, task, text) for text in ("Which?", "When?")]
    answers = [{"id": item.id, "verb": "answer", "text": "yes"} for item in (one, two)]
    bad = {"decisions": [*answers, {"id": "apr_0", "verb": "deny"}]}
    assert (await http.post("/api/desk/decisions", json=bad)).status_code == 404
    assert len((await http.get("/api/desk")).json()["items"]) == 2
    assert (
        await http.post("/api/desk/decisions", json={"decisions": [{**answers[0], "text": None}]})
    ).status_code == 422
    done = (await http.post("/api/desk/decisions", json={"decisions": answers})).json()["items"]
    assert [(item["status"], item["answer"]) for item in done] == [("answered", "yes")] * 2
    assert (await http.get("/api/desk")).json()["items"] == []
    decided = (await http.get("/api/desk", params={"status": "decided"})).json()["items"]
    assert [item["id"] for item in decided] == [two.id, one.id]
    assert decided[0]["mission_slug"]


async def test_a_rehearsed_mission_stays_one_when_a_real_model_comes(
    office: Company, http: httpx.AsyncClient, task: Task
) -> None:
    assert office.settings.model.rehearsal
    office.settings.model.__dict__["base_url"] = "http://a-model/v1"
    office.settings.model.__dict__["tiers"] = office.settings.model.tiers.model_copy(update={"standard": "m"})
    assert not office.settings.model.rehearsal
    assert (await http.get(f"/api/missions/{task.mission_id}")).json()["rehearsal"] is True


async def test_a_turn_says_what_stands_for_it_and_those_before_and_what_that_took(
    office: Company, clock: FixedClock, http: httpx.AsyncClient, task: Task
) -> None:
    asked = await reserve(office, task)
    async with office.outbox.transaction() as tx:
        for n in (1, 2, 3):
            await transcript.say(tx, task, n, "words")
    async with office.outbox.transaction() as tx:
        await settlement.settle(tx, asked.id, task, CallCost("small", 900, 90, 30, True), office.settings)
        row = Compaction("cmp_1", task.id, 2, "You said words.", tx.now)
        await transcript.compact(tx, task, row, summed_up=True)
    clock.advance(1)
    async with office.outbox.transaction() as tx:
        row = Compaction("cmp_2", task.id, 3, "- said: words", tx.now)
        await transcript.compact(tx, task, row, summed_up=False)
    turns = (await http.get(f"/api/tasks/{task.id}/turns")).json()["items"]
    first, second, third = (turn["compaction"] for turn in turns)
    assert first is None
    assert (second["text"], second["model"], second["cost_microusd"]) == ("You said words.", "small", 30)
    assert (second["input_tokens"], second["output_tokens"]) == (900, 90)
    assert (third["text"], third["model"], third["cost_microusd"]) == ("- said: words", None, None)
    assert (await http.get(f"/api/turns/{turns[1]['id']}")).json() == turns[1]
