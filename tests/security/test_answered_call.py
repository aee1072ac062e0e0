"""A call that was answered is paid once and never made again, however long the ledger is away and whoever dies.

Class: a paid answer that is given up. Siblings tried: a ledger that is away for an hour, a worker that is stopped or
killed meanwhile, an office or another worker that starts first, an answer without a call, two who write the same
answer, a file that is broken, a task that another worker has by then, a disk that is full as well.
"""

import asyncio
import os
import shutil
import signal
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
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
from damascus.work.tasks import answer_spool, recovery
from tests.fixtures.company import running, wait_for
from tests.fixtures.model import rehearsal
from tests.fixtures.rows import UNTOLD
from tests.fixtures.story import SETTINGS, claim, planned, running_mission, task_of

PERSONAS = Path(__file__).parents[2] / "agents" / "personas"
CLASS = "paid answer that is given up"
CALL = ToolCall("c1", "read_trail", {"n": 3}, None)
COST = CallCost("m", 1, 1, 40, True)
OWN = ProviderFields("m", {"reasoning_content": "Hm."}, {"c1": {"extra_content": {"signature": "s"}}})


class Away(FixedClock):
    """A ledger that another program has locked until our agent has waited for so many seconds."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path = path
        self._other: sqlite3.Connection | None = None
        self._back = 0.0

    def lock(self, seconds: float) -> None:
        self._other = sqlite3.connect(self._path, isolation_level=None)
        self._other.execute("begin immediate")
        self._back = self.monotonic() + seconds

    def unlock(self) -> None:
        if self._other is not None:
            self._other.close()
            self._other = None

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds)
        if self.monotonic() >= self._back:
            self.unlock()


@dataclass
class Scene:
    agent: BaseAgent
    clock: Away
    settings: Settings

    @property
    def outbox(self) -> Outbox:
        return self.agent.services.outbox

    @property
    def folder(self) -> Path:
        return self.settings.home / "answers"

    async def asked(self, *calls: ToolCall) -> tuple[Run, ModelResponse]:
        """A run whose call was just answered."""
        mission = await running_mission(self.outbox, planned("a"))
        task = await claim(self.outbox, await task_of(self.outbox, mission, "a"))
        lease = TaskLease(self.outbox, task, SETTINGS, self.clock)
        reserved = await BudgetMeter(self.outbox, lease, SETTINGS, self.clock).reserve("m", 900, 900)
        answer = ModelResponse("Look.", "", calls, "stop", COST, reserved.id, 0.1, OWN)
        async with self.outbox.reading() as tx:
            autonomy = await policies.autonomy(tx)
        journal = Journal(self.outbox, task, self.settings, [], autonomy)
        return Run(lease, mission, UNTOLD, journal, 0.0, frozenset({"read_trail"})), answer

    async def start_worker(self) -> None:
        """What a worker does first, and likewise the office: kept answers, then recovery."""
        async with self.outbox.transaction() as tx:
            await answer_spool.write_kept_answers(tx, self.settings)
            await recovery.recover_tasks_of(tx, "w-1", SETTINGS)

    async def books(self, run: Run) -> tuple[list[str], int, int]:
        """Who spoke in the transcript; what is spent and what reserved."""
        async with self.outbox.reading() as tx:
            row = await tx.budgets.get(limits.mission_scope(run.mission.id))
            spoke = [str(turn.speaker) for turn in await tx.turns.of_task(run.task.id)]
        return spoke, row.spent, row.reserved

    async def record_until_killed(self, run: Run, answer: ModelResponse) -> None:
        """The ledger is away; the process ends before it is back."""
        self.clock.lock(float("inf"))
        recording = asyncio.create_task(self.agent.record(run, answer))
        async with asyncio.timeout(60):
            while not list(self.folder.glob("*.json")):
                await asyncio.sleep(0.01)
        recording.cancel()
        await asyncio.gather(recording, return_exceptions=True)
        self.clock.unlock()


@pytest.fixture
async def scene(sqlite_ledger_url: str, bus: Bus, tmp_path: Path) -> AsyncIterator[Scene]:
    clock = Away(sqlite_ledger_url.split("///")[1])
    ledger = Ledger(sqlite_ledger_url, lock_wait_seconds=0.02)
    outbox = Outbox(ledger, bus)
    async with outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, SETTINGS)
    nothing = cast(Any, None)
    settings = Settings(company=CompanySettings(home=tmp_path / "home"))
    staff = AgentServices(
        settings,
        clock,
        ledger,
        bus,
        outbox,
        nothing,
        nothing,
        nothing,
        nothing,
        frozenset({"pm"}),
        PERSONAS.parent,
        nothing,
        nothing,
        CompanyMemory(outbox),
        nothing,
    )
    yield Scene(BaseAgent(load_personas(PERSONAS)["pm"], staff), clock, settings)
    clock.unlock()
    await outbox.close()
    await ledger.close()


@pytest.mark.attack("a ledger that is away for an hour", CLASS)
async def test_an_answer_is_kept_until_the_ledger_is_back_however_long_that_takes(scene: Scene) -> None:
    run, answer = await scene.asked(CALL)
    scene.clock.lock(3_600)
    await scene.agent.record(run, answer)
    assert await scene.books(run) == (["assistant", "tool"], 40, 0)
    assert list(scene.folder.iterdir()) == []


@pytest.mark.attack("a worker that ends with an answer in its memory", CLASS)
@pytest.mark.parametrize("calls", [(CALL,), ()], ids=["with a call", "without"])
async def test_what_ends_with_its_process_is_written_at_the_next_start_once(
    scene: Scene, calls: tuple[ToolCall, ...]
) -> None:
    run, answer = await scene.asked(*calls)
    await scene.record_until_killed(run, answer)
    assert (scene.folder.stat().st_mode & 0o777, next(scene.folder.iterdir()).stat().st_mode & 0o777) == (0o700, 0o600)
    for _ in range(3):
        await scene.start_worker()
        assert await scene.books(run) == (["assistant", "tool" if calls else "user"], 40, 0)
    assert list(scene.folder.iterdir()) == []
    async with scene.outbox.reading() as tx:
        assert (await tx.turns.of_task(run.task.id))[0].provider == OWN
    task = await task_of(scene.outbox, run.mission, "a")
    assert (task.status, task.recoveries) == ("queued", 1)


@pytest.mark.attack("a worker and an office that write the same answer", CLASS)
async def test_who_was_overtaken_by_the_office_continues_with_the_same_transcript(scene: Scene) -> None:
    run, answer = await scene.asked(CALL)
    await scene.record_until_killed(run, answer)
    async with scene.outbox.transaction() as tx:
        assert await answer_spool.write_kept_answers(tx, scene.settings) == 1
    await scene.agent.record(run, answer)  # it was not dead after all
    assert await scene.books(run) == (["assistant", "tool"], 40, 0)
    assert [str(turn.speaker) for turn in run.journal.turns] == ["assistant", "tool"]


@pytest.mark.attack("an answer for a task that another worker has", CLASS)
async def test_an_answer_that_comes_too_late_for_its_task_is_not_charged_twice(scene: Scene) -> None:
    run, answer = await scene.asked(CALL)
    await scene.record_until_killed(run, answer)
    async with scene.outbox.transaction() as tx:  # by an office on another machine, which does not see the file
        await recovery.recover_tasks_of(tx, "w-1", SETTINGS)
    await scene.start_worker()
    assert await scene.books(run) == ([], 900, 0)
    with pytest.raises(LeaseLost):
        await scene.agent.record(run, answer)
    assert list(scene.folder.iterdir()) == []


@pytest.mark.attack("a broken file among the kept answers", CLASS)
@pytest.mark.parametrize("content", ["", "{", "[]", '{"calls": 3}', "[" * 100_000, '{"cost": {}, "calls": []}'])
async def test_a_file_that_cannot_be_read_is_set_aside_and_holds_nobody_up(scene: Scene, content: str) -> None:
    run, answer = await scene.asked(CALL)
    await scene.record_until_killed(run, answer)
    (scene.folder / "res_0.json").write_text(content)
    await scene.start_worker()
    assert await scene.books(run) == (["assistant", "tool"], 40, 0)
    assert (scene.folder / "res_0.json.unreadable").exists()


@pytest.mark.attack("a full disk while the ledger is away", CLASS)
async def test_an_answer_that_no_disk_takes_stays_in_memory_and_is_written(scene: Scene) -> None:
    run, answer = await scene.asked(CALL)
    scene.settings.home.mkdir()
    scene.folder.write_text("not a folder")
    scene.clock.lock(600)
    await scene.agent.record(run, answer)
    assert await scene.books(run) == (["assistant", "tool"], 40, 0)


@contextmanager
def ledger_locked(root: Path) -> Iterator[None]:
    with closing(sqlite3.connect(root / ".damascus/ledger.sqlite3", timeout=30)) as ledger:
        ledger.execute("begin immediate")
        yield
        ledger.rollback()


@pytest.mark.long
@pytest.mark.timeout(300)  # a whole mission with its reviews
@pytest.mark.attack("a worker killed with an answer while the ledger is away", CLASS)
def test_a_killed_worker_of_a_real_company_asks_for_no_answer_twice(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as model, running(tmp_path / "root", model) as company:
        model.slow_down(0.5)
        mission = company.give("Compare note apps")
        wait_for(lambda: company.rows("select 1 from reservations"), "a call in flight")
        with ledger_locked(company.root):
            folder = company.root / ".damascus/answers"
            wait_for(lambda: list(folder.glob("*.json")), "an answer on disk")
            os.kill(company.children()["vp-1"]["pid"], signal.SIGKILL)
        assert company.ended(mission, seconds=120)["status"] == "succeeded"
        assert company.rows("select count(*) as n from usage where answered = 0")[0]["n"] == 0
        assert model.stats()["answered"] == model.stats()["distinct"]
        wait_for(lambda: not list(folder.glob("*.json")), "the files to be gone")
        shutil.rmtree(folder)
