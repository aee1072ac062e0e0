"""The bounds of a run: who ended its own task is heard out, who lost it or is out of time is stopped."""

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents import outcomes
from agents.base_agent import BaseAgent
from agents.run import Run
from damascus.composition.agents import AgentServices, open_agent_services
from damascus.core.settings import CompanySettings, LedgerSettings, LimitsSettings, RedisSettings, Settings
from damascus.staff.personas import load_personas
from damascus.supervisor.redis_server import RedisServer
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import missions, transcript
from tests.fixtures.story import claim, planned, running_mission, task_of

ROOT = Path(__file__).parents[3]
LEASE = 0.3


@pytest.fixture
async def staff(tmp_path: Path, sqlite_ledger_url: str, redis_server: RedisServer) -> AsyncIterator[AgentServices]:
    settings = Settings(
        company=CompanySettings(home=tmp_path / "home", shared=tmp_path / "shared"),
        ledger=LedgerSettings(url=sqlite_ledger_url), redis=RedisSettings(url=redis_server.url),
        limits=LimitsSettings(lease=LEASE),
    )  # fmt: skip
    async with open_agent_services(settings, ROOT, ["pm"], []) as staff:
        yield staff


class Slow(BaseAgent):
    """Ends its task, and takes longer than a lease to say so."""

    async def receive(self, lease: TaskLease) -> Run:
        async with self.services.outbox.transaction() as tx:
            await missions.complete(tx, lease.task, "it is done")
        await asyncio.sleep(2 * LEASE)
        raise outcomes.Finished("it is done")


class Deaf(BaseAgent):
    """Works on and on, whatever becomes of its lease."""

    async def receive(self, lease: TaskLease) -> Run:
        async with self.services.outbox.transaction() as tx:
            await missions.cancel(tx, lease.task.mission_id, "ceo")
        await asyncio.sleep(60)
        raise outcomes.Finished("I did it all the same")


@pytest.mark.parametrize(("kind", "told"), [(Slow, "finished: it is done"), (Deaf, "is no longer w-1/run's")])
async def test_who_ended_its_task_is_heard_and_who_lost_it_is_stopped(
    staff: AgentServices, kind: type[BaseAgent], told: str, caplog: pytest.LogCaptureFixture
) -> None:
    mission = await running_mission(staff.outbox, planned("a"))
    task = await claim(staff.outbox, await task_of(staff.outbox, mission, "a"))
    agent = kind(load_personas(ROOT / "agents" / "personas")["pm"], staff)
    with caplog.at_level(logging.INFO, "agents"):
        async with asyncio.timeout(60):
            await agent.run(task)
    assert [told in line for line in caplog.messages if task.id in line] == [True]


async def test_calls_that_still_wait_when_the_time_is_up_are_not_made(staff: AgentServices) -> None:
    mission = await running_mission(staff.outbox, planned("a"))
    task = await claim(staff.outbox, await task_of(staff.outbox, mission, "a"))
    calls = [transcript.RecordedCall(f"c{n}", "leave_trail", {"kind": "log", "text": f"entry {n}"}) for n in range(50)]
    async with staff.outbox.transaction() as tx:
        await transcript.record_answer(tx, task, 1, transcript.RecordedAnswer("", calls))
    agent = BaseAgent(load_personas(ROOT / "agents" / "personas")["pm"], staff)
    run = await agent.receive(TaskLease(staff.outbox, task, staff.settings, staff.clock))
    run.began -= staff.settings.limits.seconds_per_task
    with pytest.raises(outcomes.OutOfTurns, match="3600 s, the longest a task may take"):
        await agent.act(run)
    async with staff.outbox.reading() as tx:
        assert await tx.events.trail(mission.id) == []
