"""What the company goes by and how it did: policies with history, playbooks with their past, the record of roles."""

from datetime import datetime, timedelta
from typing import Any

import httpx

from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.records.agents import Agent
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.receipts import ReceiptKind
from damascus.core.records.tasks import TaskStatus
from damascus.core.records.workers import WorkerRow
from damascus.work.budget.limits import mission_scope
from damascus.work.receipts.issue import CheckResult, receipts_of, write
from damascus.work.staff_health import ONLINE_SECONDS
from tests.fixtures.story import planned, running_mission, task_of


async def get(http: httpx.AsyncClient, path: str) -> Any:
    answer = await http.get(path)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_a_policy_says_what_it_may_be_and_how_it_was_changed(http: httpx.AsyncClient) -> None:
    before = await get(http, "/api/policies/quote")
    assert (before["value"], before["history"]) == (before["default"], [])
    assert before["form"]["properties"]["above_usd"]
    assert before["about"].startswith("Whose plans are quoted")
    for value in (1.5, 2.5):
        assert (await http.put("/api/policies/quote", json={"value": {"above_usd": value}})).status_code == 200
    await http.put("/api/policies/memory", json={"value": {"use": False}})
    assert (await http.put("/api/policies/quote", json={"value": {"above_usd": -1}})).status_code == 422
    after = await get(http, "/api/policies/quote")
    assert (after["value"], after["default"]) == ({"above_usd": 2.5}, {"above_usd": None})
    assert [(one["before"], one["after"]) for one in after["history"]] == [
        ({"above_usd": 1.5}, {"above_usd": 2.5}), ({"above_usd": None}, {"above_usd": 1.5}),
    ]  # fmt: skip
    assert (await http.get("/api/policies/nothing")).status_code == 404


async def ended(office: Company, clock: FixedClock, mission: Mission, seconds: int, spent: int, **more: Any) -> None:
    """A mission that was as long and as dear as this, under the playbook `startup`."""
    async with office.outbox.transaction() as tx:
        done = {"finished_at": mission.created_at + timedelta(seconds=seconds), "playbook": "startup", **more}
        await tx.missions.transition(mission.id, [mission.status], MissionStatus.SUCCEEDED, **done)
        await tx.budgets.settle([mission_scope(mission.id)], 0, spent)


async def test_a_playbook_says_what_missions_by_it_came_to_and_counts_no_rehearsal(
    office: Company, http: httpx.AsyncClient, clock: FixedClock
) -> None:
    assert {one["name"]: one["past"] for one in (await get(http, "/api/playbooks"))["items"]}["startup"] is None
    for seconds, spent, rehearsal in ((100, 1_000, False), (200, 3_001, False), (9, 9, True), (9, 9, None)):
        mission = await running_mission(office.outbox, planned("a"))
        await ended(office, clock, mission, seconds, spent, rehearsal=rehearsal)
    await running_mission(office.outbox, planned("a"))
    startup = next(one for one in (await get(http, "/api/playbooks"))["items"] if one["name"] == "startup")
    assert startup["past"] == {"n": 2, "cost_microusd": 2_000, "seconds": 150}
    assert startup["suits"]


async def test_the_staff_says_how_its_tasks_ended_and_what_held_at_once(
    office: Company, http: httpx.AsyncClient
) -> None:
    keys = ("at-once", "later", "unchecked", "failed", "open")
    mission = await running_mission(office.outbox, *(planned(key) for key in keys))
    tasks = {key: await task_of(office.outbox, mission, key) for key in keys}
    async with office.outbox.transaction() as tx:
        await tx.agents.record_heartbeat(Agent("pm", "Pat", "PM", "pm", "pm-1", tx.now, tx.now))
        for key, held in (("at-once", [True, True]), ("later", [False, True]), ("failed", [True])):
            results = [CheckResult(ReceiptKind.NOTE, ok, "looked") for ok in held]
            await write(tx, receipts_of(tasks[key], results, tx.now))
        for key in keys[:-1]:
            after = TaskStatus.FAILED if key == "failed" else TaskStatus.COMPLETED
            assert await tx.tasks.transition(tasks[key].id, [tasks[key].status], after)
    (member,) = (await get(http, "/api/staff"))["items"]
    assert (member["done"], member["failed"], member["passed_first_time"]) == (3, 1, 1)
    assert member["tier"] in ("strong", "standard", "cheap")
    assert "finish" in member["tools"]


async def test_a_role_names_all_its_workers_and_which_of_them_are_here(
    office: Company, clock: FixedClock, http: httpx.AsyncClient
) -> None:
    async with office.outbox.transaction() as tx:
        await tx.agents.record_heartbeat(Agent("pm", "Sarah", "PM", "pm", "pm-2", tx.now, tx.now))
        seen = [("pm", "pm-2"), ("pm", "pm-1"), ("vp", "vp-1")]
        await tx.workers.record_heartbeat(*(WorkerRow(f"{r}/{n}", r, n, tx.now, tx.now) for r, n in seen))
        first = tx.now
    clock.advance(ONLINE_SECONDS)
    async with office.outbox.transaction() as tx:
        await tx.workers.record_heartbeat(WorkerRow("pm/pm-1", "pm", "pm-1", tx.now, tx.now))
    (pm,) = (await get(http, "/api/staff"))["items"]
    assert [(one["name"], one["online"], datetime.fromisoformat(one["seen_at"])) for one in pm["workers"]] == [
        ("pm-1", True, clock.now()), ("pm-2", False, first),
    ]  # fmt: skip
