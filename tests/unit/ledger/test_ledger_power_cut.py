"""A commit that returned is there, whenever the writer dies."""

import asyncio
import random
import sqlite3
import sys
from pathlib import Path

from sqlalchemy import Connection

from damascus.ledger.engine import Ledger

WRITER = """
import asyncio, sys
from damascus.core.events import EventKind, TrailNote
from damascus.ledger.engine import Ledger

async def write(url):
    ledger = Ledger(url)
    while True:
        async with ledger.transaction() as tx:
            tx.events.append(EventKind.LOG, "pm", TrailNote(text="x" * 2000))
            await tx.policies.put(str(await tx.events.flush()), 1, tx.now)
        print(tx.events.last_seq, flush=True)

asyncio.run(write(sys.argv[1]))
"""


async def acknowledged_until_killed(url: str, seconds: float) -> list[int]:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, url, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[3]
    )
    assert writer.stdout is not None
    first = await writer.stdout.readline()
    await asyncio.sleep(seconds)
    writer.kill()
    rest = await writer.stdout.read()
    await writer.wait()
    # the last line may be torn off
    return [int(line) for line in (first + rest).decode().splitlines(keepends=True) if line.endswith("\n")]


async def test_every_commit_that_was_acknowledged_survives_kill_9(sqlite_ledger_url: str) -> None:
    acknowledged: list[int] = []
    for _ in range(4):
        acknowledged += await acknowledged_until_killed(sqlite_ledger_url, random.uniform(0, 0.2))

    ledger = Ledger(sqlite_ledger_url)
    async with ledger.reading() as tx:
        seqs = [event.seq for event in await tx.events.since(0, limit=100_000)]
        effects = {int(policy.key) for policy in await tx.policies.list()}
    await ledger.close()
    assert seqs == list(range(1, len(seqs) + 1))
    assert set(acknowledged) <= set(seqs)
    assert effects == set(seqs)
    with sqlite3.connect(sqlite_ledger_url.removeprefix("sqlite:///")) as foreign:
        assert foreign.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


async def test_each_connection_waits_for_the_disk_and_checks_references(sqlite_ledger: Ledger) -> None:
    def pragmas(connection: Connection) -> list[object]:
        names = ("synchronous", "journal_mode", "foreign_keys")
        return [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in names]

    assert await sqlite_ledger.run(pragmas) == [2, "wal", 1]  # 2: FULL
