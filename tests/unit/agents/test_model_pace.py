"""A model that asks to come back later: the task is parked until then, others that share the model with it."""

from dataclasses import dataclass
from datetime import timedelta
from functools import partial

import pytest

from agents.hooks.model_pace import ModelPace
from agents.journal import Journal
from agents.outcomes import Parked
from agents.run import Run
from damascus.core.clock import FixedClock
from damascus.core.records.tasks import Task, TaskStatus
from damascus.llm.port import ModelBusy, ModelResponse
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import tasks
from tests.fixtures.story import SETTINGS, claim, planned, running_mission, task_of


@dataclass
class Asked:
    times: int = 0

    async def busy(self) -> ModelResponse:
        self.times += 1
        raise ModelBusy("the server has too much to do (try again in 70s)", 70)


async def a_run(outbox: Outbox, key: str, mission: object) -> Run:
    task: Task = await claim(outbox, await task_of(outbox, mission, key))  # type: ignore[arg-type]
    async with outbox.reading() as tx:
        journal = await Journal.read(tx, outbox, task, SETTINGS)
        owner = await tx.missions.get(task.mission_id)
    return Run(TaskLease(outbox, task, SETTINGS, FixedClock()), owner, [], journal, 0.0)


async def test_it_is_parked_with_the_time_and_others_do_not_even_ask(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"), planned("b"))
    hook, asked = ModelPace(outbox, lambda: "m"), Asked()
    first, second = await a_run(outbox, "a", mission), await a_run(outbox, "b", mission)
    for run in (first, second):
        with pytest.raises(Parked, match=r"waits for the model m until .* UTC"):
            await hook.around_think(run, asked.busy)
    assert asked.times == 1
    async with outbox.transaction() as tx:
        rows = [await tx.tasks.get(run.task.id) for run in (first, second)]
        assert {row.status for row in rows} == {TaskStatus.PARKED}
        assert len({row.wake_at for row in rows}) == 1
        wake_at = rows[0].wake_at
        assert wake_at is not None
        assert timedelta(seconds=60) < wake_at - tx.now <= timedelta(seconds=70)
        assert await tx.tasks.parked_until(tx.now) == []
        due = await tx.tasks.parked_until(wake_at)
        assert {row.id for row in due} == {first.task.id, second.task.id}
        for row in due:
            assert await tasks.wake(tx, row.id)
        assert (await tx.tasks.get(first.task.id)).wake_at is None


async def test_another_model_is_asked_all_the_same(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"), planned("b"))
    asked = Asked()
    for key, model in (("a", "m"), ("b", "other")):
        with pytest.raises(Parked):
            await ModelPace(outbox, partial(str, model)).around_think(await a_run(outbox, key, mission), asked.busy)
    assert asked.times == 2
