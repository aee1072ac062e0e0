"""Who is here: the log says that a worker came or left, and stays calm whatever workers do."""

from collections.abc import AsyncIterator
from datetime import timedelta
from itertools import pairwise

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import FixedClock
from damascus.core.events import EventKind
from damascus.core.records.workers import WorkerMove, WorkerRow
from damascus.ledger.engine import Ledger
from damascus.ledger.transaction import Transaction
from damascus.work import presence
from damascus.work.outbox import Outbox
from damascus.work.staff_health import ONLINE_SECONDS

CAME, LEFT = WorkerMove.CAME, WorkerMove.LEFT


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def outbox(ledger_url: str, bus: Bus, clock: FixedClock) -> AsyncIterator[Outbox]:
    ledger = Ledger(ledger_url, clock)
    outbox = Outbox(ledger, bus)
    yield outbox
    await outbox.close()
    await ledger.close()


async def beat(tx: Transaction, *names: str, role: str = "pm") -> None:
    await tx.workers.record_heartbeat(*(WorkerRow(f"{role}/{n}", role, n, tx.now, tx.now) for n in names))


async def count(outbox: Outbox, *names: str, in_grace_period: bool = False) -> int:
    """A heartbeat of these, then the daemon's look."""
    async with outbox.transaction() as tx:
        if names:
            await beat(tx, *names)
        return await presence.note_moves(tx, in_grace_period=in_grace_period)


async def told(outbox: Outbox) -> list[tuple[str, str, str]]:
    async with outbox.reading() as tx:
        rows = await tx.events.page({"kind": EventKind.WORKER.value}, after=0, limit=500)
    return [(row.author, row.payload["worker"], row.payload["move"]) for row in rows]


async def known(outbox: Outbox) -> list[str]:
    async with outbox.reading() as tx:
        return [row.name for row in await tx.workers.list()]


async def test_one_that_comes_and_is_silent_for_long_is_told_of_once_each(outbox: Outbox, clock: FixedClock) -> None:
    assert await count(outbox, "pm-1") == 1
    assert await count(outbox, "pm-1") == 0
    clock.advance(presence.QUIET.total_seconds())
    await count(outbox, "pm-1")
    clock.advance(ONLINE_SECONDS - 1)
    assert await count(outbox) == 0
    clock.advance(1)
    assert [await count(outbox), await count(outbox)] == [1, 0]
    assert await told(outbox) == [("pm", "pm-1", CAME), ("pm", "pm-1", LEFT)]
    async with outbox.reading() as tx:
        (left,) = (await tx.events.page({"kind": EventKind.WORKER.value}, limit=1))[-1:]
    seen = clock.now() - timedelta(seconds=ONLINE_SECONDS)
    assert left.payload["seen_at"] == seen.isoformat().replace("+00:00", "Z")


async def test_one_that_restarts_again_and_again_has_not_left(outbox: Outbox, clock: FixedClock) -> None:
    for _ in range(100):
        await count(outbox, "pm-1")
        clock.advance(ONLINE_SECONDS - 1)
        await count(outbox)
    assert await told(outbox) == [("pm", "pm-1", CAME)]


async def test_one_that_flaps_for_ever_is_a_line_in_five_minutes(outbox: Outbox, clock: FixedClock) -> None:
    hours = 3
    for _ in range(hours * 60):
        await count(outbox, "pm-1")
        clock.advance(ONLINE_SECONDS)
        await count(outbox)
        clock.advance(60 - ONLINE_SECONDS)
    most = timedelta(hours=hours) / presence.QUIET
    moves = [move for _, _, move in await told(outbox)]
    assert 2 <= len(moves) <= most
    assert all(one != other for one, other in pairwise(moves)), "it comes, leaves, comes"
    clock.advance(presence.QUIET.total_seconds())
    await count(outbox)
    assert (await told(outbox))[-1][2] == LEFT, "what is so in the end is told"


async def test_ever_new_ones_of_a_role_are_told_of_within_a_bound_and_not_kept(
    outbox: Outbox, clock: FixedClock
) -> None:
    for number in range(6 * presence.MAX_MOVED_WORKERS):
        await count(outbox, f"pm-{number}")
        clock.advance(10)
    assert len(await told(outbox)) <= 2 * presence.MAX_MOVED_WORKERS
    assert len(await known(outbox)) <= presence.MAX_MOVED_WORKERS + ONLINE_SECONDS
    async with outbox.transaction() as tx:
        await beat(tx, "vp-1", role="vp")
        assert await presence.note_moves(tx, in_grace_period=False) == 1, "another role has a bound of its own"
    clock.advance(2 * presence.KEPT.total_seconds())
    await count(outbox)
    clock.advance(presence.KEPT.total_seconds())
    await count(outbox)
    assert await known(outbox) == []


async def test_nobody_is_taken_to_have_left_while_nobody_could_say_anything(outbox: Outbox, clock: FixedClock) -> None:
    await count(outbox, "pm-1")
    clock.advance(3600)
    assert await count(outbox, in_grace_period=True) == 0
    assert await count(outbox, "pm-1", in_grace_period=True) == 0
    assert await count(outbox, "pm-2", in_grace_period=True) == 1, "that one is here can be told at any time"
    assert await told(outbox) == [("pm", "pm-1", CAME), ("pm", "pm-2", CAME)]


async def test_one_that_is_seen_while_it_is_forgotten_stays(outbox: Outbox, clock: FixedClock) -> None:
    async with outbox.transaction() as tx:
        await beat(tx, "pm-1")
        before = tx.now
    clock.advance(1)
    async with outbox.transaction() as tx:
        await beat(tx, "pm-1")
        await tx.workers.forget("pm/pm-1", before)
    assert await known(outbox) == ["pm-1"]
    async with outbox.transaction() as tx:
        await tx.workers.forget("pm/pm-1", tx.now)
    assert await known(outbox) == []


@pytest.mark.parametrize("again", [0, 9])
async def test_a_heartbeat_changes_nothing_of_what_was_told(outbox: Outbox, clock: FixedClock, again: int) -> None:
    await count(outbox, "pm-1")
    async with outbox.reading() as tx:
        (first,) = await tx.workers.list()
    clock.advance(again)
    await count(outbox, "pm-1")
    async with outbox.reading() as tx:
        (row,) = await tx.workers.list()
    assert (row.move, row.moved_at, row.created_at) == (CAME, first.moved_at, first.created_at)
    assert row.seen_at == clock.now()
