"""A limit that the CEO set holds until the CEO changes it, and the money of a new day is there at midnight.

Class: a limit that time or a restart moves. Siblings tried: config.yaml lowered and raised between two starts, a ledger
of before this was noted, a day that ends elsewhere than in Greenwich, the clock set back over midnight.
"""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.errors import Misconfigured
from damascus.core.records.budgets import Budget
from damascus.core.records.tasks import Task
from damascus.core.settings import Settings, load
from damascus.ledger.engine import Ledger
from damascus.ledger.transaction import Transaction
from damascus.office.jobs import Tick
from damascus.office.jobs.wake_for_new_day import wake_for_new_day
from damascus.work import desk
from damascus.work.budget import limits
from damascus.work.budget.meter import BudgetMeter
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from tests.fixtures.company import founded
from tests.fixtures.model import rehearsal
from tests.fixtures.story import claim, planned, running_mission, task_of

CLASS = "limit that moves by itself"
EVENING = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)


class Started:
    """A company that is started again and again on one ledger, with a clock of its own."""

    def __init__(self, url: str, bus: Bus) -> None:
        self.clock = FixedClock(EVENING)
        self.ledger = Ledger(url, self.clock)
        self.outbox = Outbox(self.ledger, bus)
        self.bus = bus

    async def start(self, **budget: object) -> Settings:
        settings = Settings.model_validate({"budget": budget})
        async with self.outbox.transaction() as tx:
            await limits.ensure_company_limit(tx, settings)
        return settings

    async def limit(self, scope: str = limits.COMPANY) -> Budget:
        async with self.outbox.reading() as tx:
            return await tx.budgets.get(scope)

    async def reserve(self, task: Task, settings: Settings, amount: int) -> str:
        lease = TaskLease(self.outbox, task, settings, self.clock)
        return (await BudgetMeter(self.outbox, lease, settings, self.clock).reserve("m", amount, amount)).id

    async def tick(self, settings: Settings) -> int:
        company = Company(settings, self.clock, self.ledger, self.bus, self.outbox)
        async with self.outbox.transaction() as tx:
            return await wake_for_new_day(tx, Tick(company, [], False))


@pytest.fixture
async def started(ledger_url: str, bus: Bus) -> AsyncIterator[Started]:
    started = Started(ledger_url, bus)
    yield started
    await started.outbox.close()
    await started.ledger.close()


@pytest.mark.attack("a restart that gives back money the CEO took away", CLASS)
@pytest.mark.parametrize("limit", [50, 900])
async def test_a_company_limit_that_the_ceo_set_outlives_restarts(started: Started, limit: int) -> None:
    await started.start(company=200)
    async with started.outbox.transaction() as tx:
        await desk.set_limit(tx, limits.COMPANY, limit * 10**6)
    for _ in range(2):
        await started.start(company=200)
    assert (await started.limit()).limit == limit * 10**6


@pytest.mark.attack("a lower limit in config.yaml that nobody heeds", CLASS)
async def test_a_limit_that_was_changed_in_the_settings_counts_from_the_next_start_on(started: Started) -> None:
    for dollars in (200, 20, 300):
        await started.start(company=dollars)
        assert (await started.limit()).limit == dollars * 10**6


@pytest.mark.attack("an upgrade that changes a limit", CLASS)
async def test_a_limit_of_before_this_was_noted_stays_what_it_is(started: Started) -> None:
    await started.start(company=200)
    async with started.outbox.transaction() as tx:
        await desk.set_limit(tx, limits.COMPANY, 50 * 10**6)
        await _forget_configured(tx)
    await started.start(company=200)
    assert ((await started.limit()).limit, (await started.limit()).configured) == (50 * 10**6, 200 * 10**6)


async def _forget_configured(tx: Transaction) -> None:
    await tx.budgets._update({"scope": limits.COMPANY}, configured=None)


@pytest.mark.attack("a day's limit that starves the days after it", CLASS)
@pytest.mark.parametrize(("zone", "hours"), [("UTC", 1.5), ("Europe/Berlin", 0.5), ("America/New_York", 6.5)])
async def test_who_waits_for_the_days_money_wakes_at_midnight_where_the_ceo_lives(
    started: Started, zone: str, hours: float
) -> None:
    """It is 22:30 in Greenwich, 23:30 in Berlin and 17:30 in New York."""
    settings = await started.start(day=0.001, time_zone=zone)
    mission = await running_mission(started.outbox, planned("a"))
    task = await claim(started.outbox, await task_of(started.outbox, mission, "a"))
    await started.reserve(task, settings, 900)
    with pytest.raises(limits.LimitReached) as reached:
        await started.reserve(task, settings, 2_000)
    assert reached.value.scope == "day:2026-03-01"
    async with started.outbox.transaction() as tx:
        await desk.request_budget(tx, task, reached.value)
    started.clock.advance(hours * 3600 - 1)
    assert await started.tick(settings) == 0
    started.clock.advance(1)
    assert await started.tick(settings) == 1
    assert (await task_of(started.outbox, mission, "a")).status == "queued"
    async with started.outbox.reading() as tx:
        assert await tx.desk_items.open() == []
    again = await claim(started.outbox, await task_of(started.outbox, mission, "a"))
    assert await started.reserve(again, settings, 1_000)
    assert (await started.limit("day:2026-03-02")).reserved == 1_000


@pytest.mark.attack("a day's limit that is asked for again each second", CLASS)
async def test_who_was_denied_the_money_of_a_day_waits_until_that_day_is_over(started: Started) -> None:
    settings = await started.start(day=0.001)
    mission = await running_mission(started.outbox, planned("a"))
    task = await claim(started.outbox, await task_of(started.outbox, mission, "a"))
    with pytest.raises(limits.LimitReached) as reached:
        await started.reserve(task, settings, 2_000)
    async with started.outbox.transaction() as tx:
        await desk.request_budget(tx, task, reached.value)
        (request,) = await tx.desk_items.open()
        await desk.deny(tx, request.id)
    assert await started.tick(settings) == 0
    started.clock.advance(timedelta(hours=2).total_seconds())
    assert await started.tick(settings) == 1


@pytest.mark.attack("a time zone that nobody knows", CLASS)
@pytest.mark.parametrize("zone", ["Mars/Olympus", "../../etc/passwd", "/etc/passwd", "", "\0"])
def test_a_time_zone_that_is_none_is_refused_in_one_line(tmp_path: Path, zone: str) -> None:
    (tmp_path / "config.yaml").write_text("budget: {time_zone: '${ZONE:-UTC}'}\n")
    if not zone:
        assert load(tmp_path, {"ZONE": zone}).budget.time_zone == "UTC"
        return
    with pytest.raises(Misconfigured, match=r"budget\.time_zone"):
        load(tmp_path, {"ZONE": zone})


@pytest.mark.attack("a limit raised in config.yaml that wakes nobody", CLASS)
@pytest.mark.long
def test_who_is_parked_for_the_companys_money_resumes_when_config_yaml_allows_more(tmp_path: Path) -> None:
    with rehearsal(tmp_path) as model, founded(tmp_path / "root", model, {"BUDGET_COMPANY": "0.0001"}) as company:
        company.up()
        mission = company.give("Compare note apps")
        company.waiting(mission, "budget")
        company.down()
        company.env["BUDGET_COMPANY"] = "50"
        company.up()
        assert company.ended(mission, seconds=90)["status"] == "succeeded"
        company.down()
