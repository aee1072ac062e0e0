"""The daemon and time: who is dead loses its task, who only could not show life keeps it, whatever clocks do."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta

import pytest

from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.errors import Unavailable
from damascus.core.messages import Message, MessageType
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import Transaction
from damascus.office.daemon import LEADER_LEASE, Daemon
from damascus.work.budget import limits
from damascus.work.outbox import Outbox
from tests.fixtures.story import LEASE, claim, planned, running_mission, task_of

TICK = 1.0
HOUR = timedelta(hours=1)


class PutClock(FixedClock):
    """A clock whose hands are put while time goes on as before."""

    def put(self, by: timedelta) -> None:
        self._start += by


class StandsStill(Outbox):
    """Of a process that is stopped before its next transaction; `meanwhile` is what others do until it goes on."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        async with super().transaction() as tx:
            yield tx


class CannotCommit(Outbox):
    """On a disk that is `full` a transaction is taken back at its end."""

    full = False

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        async with super().transaction() as tx:
            yield tx
            if self.full:
                raise Unavailable("the disk is full")


@pytest.fixture
def clock() -> PutClock:
    return PutClock()


@pytest.fixture
async def task(office: Company) -> Task:
    """A task under way."""
    async with office.outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, office.settings)
    mission = await running_mission(office.outbox, planned("a"))
    return await claim(office.outbox, await task_of(office.outbox, mission, "a"))


async def status(office: Company, task: Task) -> str:
    async with office.outbox.reading() as tx:
        return (await tx.tasks.get(task.id)).status


async def renew(office: Company, task: Task) -> bool:
    async with office.ledger.transaction() as tx:
        return await tx.tasks.renew(task.id, task.lease_owner or "", tx.now + LEASE)


async def tick_for(daemon: Daemon, clock: FixedClock, seconds: float) -> None:
    for _ in range(int(seconds / TICK)):
        clock.advance(TICK)
        await daemon.tick()


async def test_a_dead_workers_task_is_queued_again_when_its_lease_ran_out(
    office: Company, clock: PutClock, task: Task
) -> None:
    daemon = Daemon(office)
    await tick_for(daemon, clock, LEASE.total_seconds() - 1)
    assert await status(office, task) == "claimed"
    await tick_for(daemon, clock, 3)
    assert await status(office, task) == "queued"


@pytest.mark.parametrize("by", [HOUR, -HOUR])
async def test_a_clock_that_is_put_takes_no_task_from_a_worker_that_is_alive(
    office: Company, clock: PutClock, task: Task, by: timedelta
) -> None:
    daemon = Daemon(office)
    await tick_for(daemon, clock, LEASE.total_seconds() / 2)
    assert await renew(office, task)
    clock.put(by)
    await tick_for(daemon, clock, LEASE.total_seconds() / 3)
    assert await renew(office, task)  # a worker does so three times a lease
    await tick_for(daemon, clock, LEASE.total_seconds() - 1)
    assert await status(office, task) == "claimed"


@pytest.mark.parametrize("by", [HOUR, -HOUR])
async def test_a_dead_workers_task_does_not_wait_for_the_clock_to_come_round(
    office: Company, clock: PutClock, task: Task, by: timedelta
) -> None:
    daemon = Daemon(office)
    await tick_for(daemon, clock, 5)
    clock.put(by)
    await tick_for(daemon, clock, 2 * LEASE.total_seconds() + 2)
    assert await status(office, task) == "queued"


async def test_after_a_time_without_the_ledger_everybody_may_show_life_first(
    office: Company, clock: PutClock, task: Task
) -> None:
    daemon = Daemon(office)
    await tick_for(daemon, clock, 5)
    clock.advance(4 * LEASE.total_seconds())  # nobody could write, neither the daemon nor the worker
    await daemon.tick()
    assert await status(office, task) == "claimed"
    assert await renew(office, task)


async def test_after_a_time_in_which_nothing_could_be_committed_everybody_may_show_life_first(
    office: Company, clock: PutClock, task: Task
) -> None:
    outbox = CannotCommit(office.ledger, office.bus)
    daemon = Daemon(replace(office, outbox=outbox))
    await tick_for(daemon, clock, 5)
    outbox.full = True
    for _ in range(3 * int(LEASE.total_seconds())):
        clock.advance(TICK)
        with pytest.raises(Unavailable):
            await daemon.tick()
    outbox.full = False
    await tick_for(daemon, clock, LEASE.total_seconds() - 1)
    assert await status(office, task) == "claimed"
    await tick_for(daemon, clock, 3)
    assert await status(office, task) == "queued"
    await outbox.close()


async def test_a_new_daemon_takes_the_lead_although_the_old_one_s_clock_was_ahead(
    office: Company, clock: PutClock, task: Task
) -> None:
    await tick_for(Daemon(office), clock, 5)
    clock.put(-HOUR)
    await tick_for(Daemon(office), clock, 2 * LEASE.total_seconds() + 2)
    assert await status(office, task) == "queued"


async def test_an_office_that_stood_still_until_another_led_recovers_nothing(
    office: Company, clock: PutClock, task: Task
) -> None:
    outbox = StandsStill(office.ledger, office.bus)
    zombie = Daemon(replace(office, outbox=outbox))
    await tick_for(zombie, clock, LEASE.total_seconds())

    async def another_leads() -> None:
        clock.advance(LEADER_LEASE.total_seconds() + TICK)
        await Daemon(office).tick()

    outbox.meanwhile = another_leads
    await zombie.tick()
    assert await status(office, task) == "claimed"  # the other one is new, and gives everybody time to show life
    await outbox.close()


async def test_a_message_sent_by_a_clock_that_was_ahead_is_sent_again(office: Company, clock: PutClock) -> None:
    clock.put(HOUR)
    message = Message(sender="vp", to="vp", type=MessageType.ASSIGNMENT, content="x")
    async with office.outbox.transaction() as tx:
        await tx.messages.post(message)
    await office.outbox.close()
    await office.bus.receive("vp", "vp-1", 10)  # read, and its reader died
    clock.put(-HOUR)
    assert await office.outbox.sweep(timedelta(seconds=20), ["vp"]) == 1
    again = await office.bus.receive("vp", "vp-1", 10)
    assert [delivery.message.id for delivery in again if delivery.message] == [message.id]
