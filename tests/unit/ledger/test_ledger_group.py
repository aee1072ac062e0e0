"""Writers of one process that wait for each other share a COMMIT, and nothing else."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from damascus.core.errors import Unavailable
from damascus.ledger.engine import Ledger
from tests.fixtures.rows import WHEN


class Refused(Exception):
    """What a block raises here."""


async def put(ledger: Ledger, key: str, fault: Exception | None = None) -> None:
    async with ledger.transaction() as tx:
        await tx.policies.put(key, key, WHEN)
        if fault:
            raise fault


async def keys(ledger: Ledger) -> set[str]:
    async with ledger.reading() as tx:
        return {policy.key for policy in await tx.policies.list()}


def commits(url: str) -> int:
    """How many frames that end a transaction the write-ahead log holds (https://sqlite.org/fileformat2.html#the_write_ahead_log)."""
    log = Path(url.removeprefix("sqlite:///") + "-wal").read_bytes()
    size = int.from_bytes(log[8:12], "big")
    heads = range(32, len(log), 24 + size)
    return sum(int.from_bytes(log[at + 4 : at + 8], "big") > 0 for at in heads)


async def test_those_who_come_at_once_need_few_commits(sqlite_ledger: Ledger) -> None:
    await put(sqlite_ledger, "first")
    before = commits(sqlite_ledger.url)
    await asyncio.gather(*(put(sqlite_ledger, f"k{n}") for n in range(64)))

    assert commits(sqlite_ledger.url) - before <= 4
    assert await keys(sqlite_ledger) == {"first", *(f"k{n}" for n in range(64))}


async def test_one_that_raises_undoes_itself_and_nobody_else(sqlite_ledger: Ledger) -> None:
    faults = [Refused(str(n)) if n % 3 == 0 else None for n in range(40)]
    ended = await asyncio.gather(
        *(put(sqlite_ledger, f"k{n}", fault) for n, fault in enumerate(faults)), return_exceptions=True
    )

    assert ended == faults
    assert await keys(sqlite_ledger) == {f"k{n}" for n in range(40) if n % 3}


async def test_one_that_returned_is_on_the_disk(sqlite_ledger: Ledger) -> None:
    """Another connection sees it at once, whoever still waits."""
    other = sqlite3.connect(sqlite_ledger.url.removeprefix("sqlite:///"))

    async def seen(key: str) -> bool:
        await put(sqlite_ledger, key)
        return other.execute("SELECT count(*) FROM policies WHERE key = ?", (key,)).fetchone() == (1,)

    assert all(await asyncio.gather(*(seen(f"k{n}") for n in range(40))))
    other.close()


@pytest.mark.parametrize("turns", range(6))
async def test_one_that_is_cancelled_leaves_nobody_waiting(sqlite_ledger: Ledger, turns: int) -> None:
    tasks = [asyncio.create_task(put(sqlite_ledger, f"k{n}")) for n in range(8)]
    for _ in range(turns):
        await asyncio.sleep(0)
    for task in tasks[1::2]:
        task.cancel()
    ended = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 60)

    assert [end for end in ended[::2] if end is not None] == []
    assert {f"k{n}" for n in range(0, 8, 2)} <= await keys(sqlite_ledger)
    await asyncio.wait_for(put(sqlite_ledger, "after"), 60)


async def test_a_disk_that_fills_up_fails_all_that_it_undid(sqlite_ledger: Ledger) -> None:
    """SQLite undoes a whole transaction when the disk is full: nobody of the group is told that it was written."""
    full = Ledger(sqlite_ledger.url, max_pages=120)

    async def large(key: str) -> str | None:
        try:
            async with full.transaction() as tx:
                await tx.policies.put(key, "x" * 20_000, WHEN)
        except Unavailable:
            return None
        return key

    told = await asyncio.gather(*(large(f"k{n}") for n in range(60)))
    assert None in told
    assert await keys(full) == {key for key in told if key}
    await full.close()
