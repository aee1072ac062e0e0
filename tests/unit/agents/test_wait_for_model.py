"""A model that cannot be asked soon: its task is parked, and shows until when and why."""

import re

import pytest

from agents.hooks.wait_for_model import WaitForModel
from agents.journal import Journal
from agents.outcomes import Parked
from agents.run import Run
from damascus.core.clock import FixedClock
from damascus.core.records.missions import Mission
from damascus.core.records.model_paces import Told
from damascus.core.records.tasks import TaskStatus
from damascus.llm.port import ModelBusy, ModelResponse
from damascus.work.budget.pace import Paces
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from tests.fixtures.rows import UNTOLD
from tests.fixtures.story import SETTINGS, claim, planned, running_mission, task_of


async def a_run(outbox: Outbox, key: str, mission: Mission) -> Run:
    task = await claim(outbox, await task_of(outbox, mission, key))
    async with outbox.reading() as tx:
        journal = await Journal.read(tx, outbox, task, SETTINGS)
        owner = await tx.missions.get(task.mission_id)
    return Run(TaskLease(outbox, task, SETTINGS, FixedClock()), owner, UNTOLD, journal, 0.0)


async def busy() -> ModelResponse:
    raise ModelBusy("m: the server has too much to do", 70, "m")


async def test_a_task_is_parked_for_its_model_with_the_time_and_the_servers_words(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"), planned("b"))
    paces = Paces({})
    async with outbox.transaction() as tx:
        await paces.put_off(tx, "m", Told("HTTP 429: try again in 70s", 70))
    for key, why in (("a", "HTTP 429: try again in 70s"), ("b", "HTTP 429: try again in 70s, 1 task before it")):
        run = await a_run(outbox, key, mission)
        with pytest.raises(Parked, match=rf"waits for the model m until .* UTC: {re.escape(why)}$"):
            await WaitForModel(outbox, paces).around_think(run, busy)
    async with outbox.reading() as tx:
        first, second = await tx.tasks.waiting_for_models()
        assert (first.key, second.key) == ("a", "b")
        assert first.status == TaskStatus.PARKED
        assert first.wake_at is not None
        assert second.wake_at is not None
        assert 0.9 <= (second.wake_at - first.wake_at).total_seconds() <= 1.1
        assert first.wake_at == (await tx.model_paces.get("m")).closed_until
