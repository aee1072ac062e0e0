"""A task that its worker dies of fails by itself, and takes nobody along twice.

Class: what kills a worker is repeated by recovery without end, each time at the cost of all who work beside it.
Siblings tried: a task that only waited for its turn when its worker died, workers that are stopped and not killed, a
worker that hangs until its lease runs out.
"""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.hooks.isolation import Isolation
from agents.running_tasks import RunningTasks
from damascus.core.clock import SystemClock
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.work.budget import limits
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import recovery, tasks, transcript
from tests.fixtures.company import Company, running, wait_for
from tests.fixtures.model import holds, one, plans, rehearsal
from tests.fixtures.story import LEASE, SETTINGS, claim, planned, running_mission, task_of

CLASS = "poisoned task"


@pytest.fixture
async def mission(outbox: Outbox) -> Mission:
    async with outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, SETTINGS)
    return await running_mission(outbox, planned("a"), planned("b"))


async def die(outbox: Outbox, worker: str = "w-1") -> None:
    async with outbox.transaction() as tx:
        await recovery.recover_tasks_of(tx, worker, SETTINGS)


async def begin(outbox: Outbox, mission: Mission, key: str) -> Task:
    """A worker takes the task and begins with it."""
    task = await claim(outbox, await task_of(outbox, mission, key))
    async with outbox.transaction() as tx:
        await tasks.fence(tx, task)
    return task


@pytest.mark.attack("a task that kills each worker that takes it", CLASS)
async def test_the_third_recovery_without_a_new_turn_fails_the_task_with_the_reason(
    outbox: Outbox, mission: Mission
) -> None:
    for _ in range(3):
        assert (await task_of(outbox, mission, "a")).status == "queued"
        await begin(outbox, mission, "a")
        await die(outbox)
    failed = await task_of(outbox, mission, "a")
    assert (failed.status, failed.reason) == (
        "failed",
        "its worker died with it 3 times and it got no further, last because w-1 was restarted",
    )
    assert (await task_of(outbox, mission, "replan")).status == "queued"


@pytest.mark.attack("a task that hangs each worker that takes it", CLASS)
async def test_a_lease_that_runs_out_counts_like_a_death(outbox: Outbox, mission: Mission) -> None:
    for _ in range(3):
        task = await begin(outbox, mission, "a")
        async with outbox.transaction() as tx:
            await tx.tasks.renew(task.id, task.lease_owner or "", tx.now - LEASE)
        async with outbox.transaction() as tx:
            assert await recovery.recover_expired(tx, SETTINGS) == 1
    assert "its lease ran out" in str((await task_of(outbox, mission, "a")).reason)


@pytest.mark.attack("a count that fails who gets further", CLASS)
async def test_a_task_that_gets_further_each_time_is_never_failed_for_its_workers(
    outbox: Outbox, mission: Mission
) -> None:
    for n in range(1, 9):
        task = await begin(outbox, mission, "a")
        async with outbox.transaction() as tx:
            await tasks.fence(tx, task, got_further=True)
            await transcript.record_answer(tx, task, n, transcript.RecordedAnswer("I got further."))
        await die(outbox)
    assert (await task_of(outbox, mission, "a")).status == "queued"


@pytest.mark.attack("a poisoned task that takes the blame to others", CLASS)
async def test_who_only_waited_to_be_tried_alone_is_not_blamed(outbox: Outbox, mission: Mission) -> None:
    await begin(outbox, mission, "a")
    await begin(outbox, mission, "b")
    await die(outbox)
    for _ in range(2):
        await begin(outbox, mission, "a")
        await claim(outbox, await task_of(outbox, mission, "b"))
        await die(outbox)
    assert (await task_of(outbox, mission, "a")).status == "failed"
    assert (await task_of(outbox, mission, "b")).recoveries == 1


@pytest.mark.attack("stops that look like deaths", CLASS)
async def test_a_worker_that_is_stopped_blames_nobody(outbox: Outbox, mission: Mission) -> None:
    for _ in range(4):
        await begin(outbox, mission, "a")
        async with outbox.transaction() as tx:
            assert await recovery.hand_back(tx, "w-1", SETTINGS) == 1
    assert ((await task_of(outbox, mission, "a")).status, (await task_of(outbox, mission, "a")).recoveries) == (
        "queued",
        0,
    )


class Crowd:
    """Runs of one process behind one gate; each goes on until it is told to end."""

    def __init__(self, outbox: Outbox) -> None:
        self.gate = Isolation()
        self.slots = RunningTasks(8, self._carry, self.gate)
        self.at_work: set[str] = set()
        self.most: list[set[str]] = []
        self.ends: dict[str, asyncio.Event] = {}
        self._outbox = outbox

    async def _carry(self, task: Task) -> None:
        async def run() -> None:
            self.at_work.add(task.key)
            self.most.append(set(self.at_work))
            await self.ends.setdefault(task.key, asyncio.Event()).wait()
            self.at_work.discard(task.key)

        await self.gate.around_run(TaskLease(self._outbox, task, SETTINGS, SystemClock()), run)

    async def until(self, *keys: str) -> None:
        async with asyncio.timeout(60):
            while self.at_work != set(keys):
                await asyncio.sleep(0.01)

    def end(self, key: str) -> None:
        self.ends.setdefault(key, asyncio.Event()).set()


@pytest.fixture
async def crowd(outbox: Outbox) -> AsyncIterator[Crowd]:
    crowd = Crowd(outbox)
    yield crowd
    await crowd.slots.cancel()


@pytest.mark.attack("a task that kills those beside it", CLASS)
async def test_a_recovered_task_runs_when_no_other_does_and_nothing_is_taken_meanwhile(
    outbox: Outbox, mission: Mission, crowd: Crowd
) -> None:
    await begin(outbox, mission, "a")
    await die(outbox)
    suspect = await claim(outbox, await task_of(outbox, mission, "a"))
    other = await claim(outbox, await task_of(outbox, mission, "b"), "w-1/other")
    crowd.slots.start(other)
    await crowd.until("b")
    crowd.slots.start(suspect)
    await asyncio.sleep(0)
    crowd.slots.start(replace(other, key="c", lease_owner="w-1/third"))
    await asyncio.sleep(0)
    assert not crowd.slots.room.is_set()
    crowd.end("b")
    await crowd.until("a")
    assert not crowd.slots.room.is_set()
    for _ in range(2):  # it answers, its calls are made, it answers again: it got past where its worker died

        async def record() -> None: ...

        assert crowd.at_work == {"a"}
        await crowd.gate.around_record(_run_of(suspect), record)
    await crowd.until("a", "c")
    assert crowd.slots.room.is_set()
    assert {"a", "b"} not in crowd.most


def _run_of(task: Task) -> Any:
    class Of:
        pass

    run = Of()
    run.task = task  # type: ignore[attr-defined]
    return run


@pytest.mark.long
@pytest.mark.attack("a task that kills a whole worker again and again", CLASS)
def test_a_poisoned_task_of_a_real_company_ends_and_its_neighbour_is_charged_once(tmp_path: Path) -> None:
    """Two tasks of one worker; whenever it works on the first it is killed."""
    with rehearsal(tmp_path) as model, running(tmp_path / "root", model) as company:
        model.play(plans(one("a", "pm", "note"), one("b", "pm", "note")), holds(60, role="pm", times=2))
        mission = company.give("Compare note apps")
        wait_for(lambda: model.holding() >= 2, "two calls to be held")
        poison, neighbour = (
            company.rows("select id from tasks where mission_id = ? and key = ?", mission, key)[0]["id"] for key in "ab"
        )
        model.play(holds(60, task=poison, times=0))
        lives: set[str] = set()
        for _ in range(3):
            owner = wait_for(lambda: _new_owner(company, poison, lives), "the next life of the task", 60)
            lives.add(owner)
            os.kill(company.children()["pm-1"]["pid"], signal.SIGKILL)
        reason = wait_for(lambda: _failed(company, poison), "the task to fail", 60)
        assert "its worker died with it 3 times" in reason
        wait_for(lambda: _status(company, neighbour) == "completed", "its neighbour to be done", 60)
        lost = company.rows("select task_id, count(*) as n from usage where answered = 0 group by task_id")
        assert {row["task_id"]: row["n"] for row in lost} == {poison: 3, neighbour: 1}


def _new_owner(company: Company, task: str, lives: set[str]) -> str | None:
    rows = company.rows("select lease_owner from reservations where task_id = ?", task)
    return next((row["lease_owner"] for row in rows if row["lease_owner"] not in lives), None)


def _status(company: Company, task: str) -> str:
    return str(company.rows("select status from tasks where id = ?", task)[0]["status"])


def _failed(company: Company, task: str) -> str | None:
    row = company.rows("select status, reason from tasks where id = ?", task)[0]
    return str(row["reason"]) if row["status"] == "failed" else None
