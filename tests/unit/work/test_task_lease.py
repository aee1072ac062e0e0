"""A worker's hold on a task: how long it can be trusted without asking, and who hears that it is gone."""

import pytest

from damascus.core.clock import FixedClock
from damascus.core.errors import LeaseLost
from damascus.core.records.tasks import Task
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import tasks
from tests.fixtures.story import SETTINGS, claim, planned, running_mission, task_of

LENGTH = SETTINGS.limits.lease


async def a_task(outbox: Outbox) -> Task:
    return await claim(outbox, await task_of(outbox, await running_mission(outbox, planned("a")), "a"))


async def taken_over(outbox: Outbox, task: Task) -> None:
    async with outbox.transaction() as tx:
        assert await tasks.requeue(tx, await tx.tasks.get(task.id), "its lease ran out")


async def test_it_holds_for_its_length_once_the_ledger_has_it(outbox: Outbox) -> None:
    clock = FixedClock()
    lease = TaskLease(outbox, await a_task(outbox), SETTINGS, clock)
    assert not lease.holds()
    await lease.ensure()
    clock.advance(LENGTH - 0.1)
    assert lease.holds()
    clock.advance(0.1)
    assert not lease.holds()


async def test_its_length_counts_from_before_the_ledger_was_asked(outbox: Outbox) -> None:
    """Others count from the ledger's time, which was taken later: they never come too early."""
    clock = FixedClock()
    lease = TaskLease(outbox, await a_task(outbox), SETTINGS, clock)
    async with lease.renewed():
        clock.advance(LENGTH)
    assert not lease.holds()


async def test_a_process_that_stood_still_hears_that_its_task_is_anothers(outbox: Outbox) -> None:
    clock, task = FixedClock(), await a_task(outbox)
    lease = TaskLease(outbox, task, SETTINGS, clock)
    await lease.ensure()
    clock.advance(LENGTH)
    await taken_over(outbox, task)
    with pytest.raises(LeaseLost):
        await lease.ensure()
    assert not lease.holds()


async def test_while_it_holds_the_ledger_is_not_asked(outbox: Outbox) -> None:
    task = await a_task(outbox)
    lease = TaskLease(outbox, task, SETTINGS, FixedClock())
    await lease.ensure()
    await taken_over(outbox, task)  # as a clock that was set forward might: the next fenced write hears of it
    await lease.ensure()
    with pytest.raises(LeaseLost):
        async with lease.renewed():
            pytest.fail("somebody else has the task")


async def test_a_renewal_that_is_not_committed_does_not_count(outbox: Outbox) -> None:
    lease = TaskLease(outbox, await a_task(outbox), SETTINGS, FixedClock())
    with pytest.raises(ZeroDivisionError):
        async with lease.renewed():
            _ = 1 / 0
    assert not lease.holds()
