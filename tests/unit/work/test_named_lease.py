"""A named lease: one owner at a time, kept while its block runs, free when that ends or its owner dies."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from damascus.ledger.engine import Ledger
from damascus.work.named_lease import NamedLease
from tests.fixtures.clock import ManualClock

DURATION = timedelta(seconds=30)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
async def ledger(sqlite_ledger_url: str, clock: ManualClock) -> AsyncIterator[Ledger]:
    ledger = Ledger(sqlite_ledger_url, clock)
    yield ledger
    await ledger.close()


def lease(ledger: Ledger, owner: str) -> NamedLease:
    return NamedLease(ledger, "cleaning", owner, DURATION)


async def takes(ledger: Ledger, owner: str) -> bool:
    async with ledger.transaction() as tx:
        return await lease(ledger, owner).take(tx)


async def test_while_one_keeps_it_another_is_told_so_and_gets_it_afterwards(ledger: Ledger) -> None:
    async with lease(ledger, "a").keep() as mine:
        async with lease(ledger, "b").keep() as theirs:
            assert (mine, theirs) == (True, False)
        assert not await takes(ledger, "b")  # the block that did not get it releases nothing
    assert await takes(ledger, "b")


async def test_it_is_renewed_for_as_long_as_the_block_runs(ledger: Ledger, clock: ManualClock) -> None:
    async with lease(ledger, "a").keep():
        for _ in range(12):
            await clock.advance_a_sleeper(DURATION.total_seconds() / 3)
            assert not await takes(ledger, "b")


async def test_one_whose_owner_died_is_free_when_it_has_expired(ledger: Ledger, clock: ManualClock) -> None:
    assert await takes(ledger, "dead")
    clock.advance(DURATION.total_seconds() - 1)
    assert not await takes(ledger, "b")
    clock.advance(2)
    assert await takes(ledger, "b")


async def test_it_is_released_when_the_block_fails(ledger: Ledger) -> None:
    with pytest.raises(ValueError, match="broken"):
        async with lease(ledger, "a").keep():
            raise ValueError("broken")
    assert await takes(ledger, "b")
