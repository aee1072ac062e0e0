"""An answer that is paid for: it is written as soon as the ledger takes it again, and once, whatever a commit says."""

import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast

import pytest

from agents.base_agent import BaseAgent
from agents.journal import Journal
from agents.run import Run
from damascus.bus.streams import Bus
from damascus.composition.agents import AgentServices
from damascus.core.clock import FixedClock
from damascus.core.errors import LeaseLost
from damascus.core.records.missions import Mission
from damascus.core.records.turns import ProviderFields
from damascus.core.records.usage import CallCost
from damascus.core.settings import CompanySettings, Settings
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.ledger.engine import Ledger
from damascus.llm.port import ModelResponse, ToolCall
from damascus.staff.personas import load_personas
from damascus.work import policies
from damascus.work.budget import limits
from damascus.work.budget.meter import BudgetMeter
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import tasks
from tests.fixtures.rows import UNTOLD
from tests.fixtures.story import SETTINGS, claim, planned, running_mission, task_of

PERSONAS = Path(__file__).parents[3] / "agents" / "personas"


class Holder(FixedClock):
    """Another program that holds the ledger until our agent has paused so often."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._other: sqlite3.Connection | None = None
        self.pauses = 0

    def hold(self) -> None:
        self._other = sqlite3.connect(self._path, isolation_level=None)
        self._other.execute("begin immediate")

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        self.pauses += 1
        if self._other is not None and self.pauses == 3:
            self._other.close()


@pytest.fixture
def holder(sqlite_ledger_url: str) -> Holder:
    return Holder(sqlite_ledger_url.split("///")[1])


@pytest.fixture
async def agent(sqlite_ledger_url: str, bus: Bus, holder: Holder, tmp_path: Path) -> AsyncIterator[BaseAgent]:
    """A PM whose ledger is impatient; it has no model, for it has been answered already."""
    ledger = Ledger(sqlite_ledger_url, lock_wait_seconds=0.05)
    outbox = Outbox(ledger, bus)
    async with outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, SETTINGS)
    nothing = cast(Any, None)
    settings = Settings(company=CompanySettings(home=tmp_path / "home"))
    staff = AgentServices(
        settings, holder, ledger, bus, outbox, nothing, nothing, nothing, nothing, frozenset({"pm"}), PERSONAS.parent,
        nothing, nothing, CompanyMemory(outbox), nothing,
    )  # fmt: skip
    yield BaseAgent(load_personas(PERSONAS)["pm"], staff)
    await outbox.close()
    await ledger.close()


async def asked(agent: BaseAgent) -> tuple[Run, ModelResponse]:
    """A run whose call was just answered."""
    outbox = agent.services.outbox
    mission: Mission = await running_mission(outbox, planned("a"))
    task = await claim(outbox, await task_of(outbox, mission, "a"))
    lease = TaskLease(outbox, task, SETTINGS, agent.services.clock)
    meter = BudgetMeter(outbox, lease, SETTINGS, agent.services.clock)
    reservation = (await meter.reserve("m", 900, 900)).id
    call = ToolCall("c1", "read_trail", {}, None)
    cost = CallCost("m", 1, 1, 40, True)
    answer = ModelResponse("Let me look.", "", (call,), "tool_calls", cost, reservation, 0.1, ProviderFields("m"))
    async with outbox.reading() as tx:
        autonomy = await policies.autonomy(tx)
    journal = Journal(outbox, task, agent.services.settings, [], autonomy)
    return Run(lease, mission, UNTOLD, journal, 0.0, frozenset({"read_trail"})), answer


async def spent(agent: BaseAgent, run: Run) -> tuple[int, int]:
    async with agent.services.outbox.reading() as tx:
        row = await tx.budgets.get(limits.mission_scope(run.mission.id))
    return row.spent, row.reserved


async def recorded(agent: BaseAgent, run: Run) -> list[tuple[int, str]]:
    async with agent.services.outbox.reading() as tx:
        return [(turn.n, turn.speaker) for turn in await tx.turns.of_task(run.task.id)]


async def test_an_answer_is_kept_while_the_ledger_is_locked_and_then_written_once(
    agent: BaseAgent, holder: Holder
) -> None:
    run, answer = await asked(agent)
    holder.hold()
    await agent.record(run, answer)
    assert holder.pauses == 3
    assert await recorded(agent, run) == [(1, "assistant"), (2, "tool")]
    assert [turn.n for turn in run.journal.turns] == [1, 2]
    assert await spent(agent, run) == (40, 0)


async def test_an_answer_whose_commit_was_not_confirmed_is_not_written_twice(agent: BaseAgent) -> None:
    """The first attempt did commit; the second finds its turns and goes on with them."""
    run, answer = await asked(agent)
    await agent.record(run, answer)
    journal = Journal(agent.services.outbox, run.task, agent.services.settings, [], run.journal.autonomy)
    again = Run(run.lease, run.mission, UNTOLD, journal, 0.0, run.granted)
    await agent.record(again, answer)
    assert await recorded(agent, run) == [(1, "assistant"), (2, "tool")]
    assert again.journal.turns == run.journal.turns
    assert await spent(agent, run) == (40, 0)


async def test_an_answer_for_a_task_that_another_has_is_counted_and_not_written(agent: BaseAgent) -> None:
    run, answer = await asked(agent)
    async with agent.services.outbox.transaction() as tx:
        assert await tasks.requeue(tx, await tx.tasks.get(run.task.id), "its lease ran out")
    with pytest.raises(LeaseLost):
        await agent.record(run, answer)
    assert await recorded(agent, run) == []
    assert await spent(agent, run) == (40, 0)
