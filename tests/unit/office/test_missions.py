"""The list of missions: what stands of each, and those that are asked for."""

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.ids import new_id
from damascus.core.records.tasks import TaskStatus
from damascus.core.records.usage import Usage
from damascus.work.tasks import missions
from tests.fixtures.story import planned, running_mission


async def test_a_mission_says_which_models_answered_and_how_its_tasks_stand(
    office: Company, http: httpx.AsyncClient
) -> None:
    other = await running_mission(office.outbox, planned("z"))
    mission = await running_mission(office.outbox, planned("a"), planned("b"), planned("c"))
    async with office.outbox.transaction() as tx:
        task = await tx.tasks.by_key(mission.id, "a")
        assert task is not None
        await tx.tasks.transition(task.id, [task.status], TaskStatus.COMPLETED)
        for model, tokens in (("n", 7), ("m", 10), ("m", 20)):
            await tx.usage.add(
                Usage(new_id("use"), mission.id, task.id, "pm", model, tokens, 2, 100, True, True, tx.now, None, tx.now)
            )
    shown = {one["id"]: one for one in (await http.get("/api/missions")).json()["items"]}
    assert (shown[mission.id]["models"], shown[mission.id]["input_tokens"]) == (["m", "n"], 37)
    assert shown[mission.id]["task_counts"] == {"completed": 2, "queued": 2}  # the plan itself is one
    assert (shown[other.id]["models"], shown[other.id]["task_counts"]) == ([], {"completed": 1, "queued": 1})
    whole = (await http.get(f"/api/missions/{mission.slug}")).json()
    assert (whole["models"], whole["task_counts"]) == (["m", "n"], shown[mission.id]["task_counts"])


async def test_missions_are_listed_by_status_and_words(office: Company, http: httpx.AsyncClient) -> None:
    running, cancelled = [await running_mission(office.outbox, planned("a")) for _ in range(2)]
    async with office.outbox.transaction() as tx:
        await missions.cancel(tx, cancelled.id, "ceo")

    async def listed(**query: str | list[str]) -> list[str]:
        answer = await http.get("/api/missions", params=query)
        assert answer.status_code == 200, answer.text
        return [one["id"] for one in answer.json()["items"]]

    assert await listed() == [cancelled.id, running.id]
    assert await listed(status="running") == [running.id]
    assert await listed(status=["running", "cancelled", "running"]) == [cancelled.id, running.id]
    words = running.directive_text[:6].upper()
    assert await listed(q=f"  {words} ") == [cancelled.id, running.id]
    assert await listed(q=words, status="cancelled") == [cancelled.id]
    assert await listed(q="no directive says this") == []
    first = (await http.get("/api/missions", params={"q": words, "limit": "1"})).json()
    assert [one["id"] for one in first["items"]] == [cancelled.id]
    assert await listed(q=words, after=first["next"]) == [running.id]


@pytest.mark.parametrize("query", ["status=finished", "status=", f"q={'x' * 201}", "q=a%00", "q=a%00&q=b"])
async def test_what_no_mission_can_be_asked_for_by_is_refused(http: httpx.AsyncClient, query: str) -> None:
    assert (await http.get(f"/api/missions?{query}")).status_code == 422
