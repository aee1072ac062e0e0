"""When the database is locked, full, damaged or gone, one line says so and what to do; afterwards the ledger works."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from damascus.core.errors import Misconfigured, Unavailable
from damascus.ledger.engine import Ledger
from tests.fixtures.ledger import sqlite_url
from tests.fixtures.postgres import Postgres
from tests.fixtures.rows import WHEN, a_message

HANG_UP = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE pid != pg_backend_pid() AND datname = current_database()
"""


async def write(ledger: Ledger, content: str = "hello") -> None:
    async with ledger.transaction() as tx:
        await tx.messages.post(a_message(content))


async def count(ledger: Ledger) -> int:
    async with ledger.reading() as tx:
        return len(await tx.messages.unsent(tx.now))


def foreign_writer(ledger: Ledger) -> sqlite3.Connection:
    """Another program in the middle of a transaction."""
    connection = sqlite3.connect(ledger.url.removeprefix("sqlite:///"), isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    return connection


async def test_a_ledger_that_another_program_holds_is_named_and_readers_go_on(sqlite_ledger_url: str) -> None:
    ledger = Ledger(sqlite_ledger_url, lock_wait_seconds=0.1)
    await write(ledger)
    foreign = foreign_writer(ledger)

    for _ in range(20):  # more often than there are connections
        with pytest.raises(Unavailable, match=r"ledger\.sqlite3.*locked.*another program has it locked"):
            await write(ledger)
        assert await count(ledger) == 1

    foreign.close()
    await write(ledger)
    assert await count(ledger) == 2
    await ledger.close()


async def test_a_writer_waits_for_another_program_without_holding_up_its_own(sqlite_ledger: Ledger) -> None:
    foreign = foreign_writer(sqlite_ledger)
    waiting = asyncio.ensure_future(write(sqlite_ledger))
    for _ in range(50):
        assert await count(sqlite_ledger) == 0
        await asyncio.sleep(0.002)
    assert not waiting.done()

    foreign.execute("COMMIT")
    await asyncio.wait_for(waiting, 60)
    foreign.close()
    assert await count(sqlite_ledger) == 1


async def test_a_full_disk_is_named_and_the_transaction_is_undone(sqlite_ledger: Ledger) -> None:
    full = Ledger(sqlite_ledger.url, max_pages=1)
    for _ in range(20):
        with pytest.raises(Unavailable, match=r"ledger\.sqlite3.*full; free some space"):
            await write(full, "x" * 100_000)
    assert await count(full) == 0
    await full.close()

    await write(sqlite_ledger, "x" * 100_000)
    assert await count(sqlite_ledger) == 1


async def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    path.write_bytes(b"these are not the rows you are looking for" * 100)
    before = path.read_bytes()
    ledger = Ledger(sqlite_url(path))

    with pytest.raises(Unavailable, match=r"ledger\.sqlite3.*not a database; restore the file"):
        await write(ledger)
    assert path.read_bytes() == before
    await ledger.close()


async def test_a_ledger_that_cannot_be_opened_is_named(tmp_path: Path) -> None:
    ledger = Ledger(sqlite_url(tmp_path))

    for _ in range(20):
        with pytest.raises(Unavailable, match=rf"{tmp_path}.*unable to open.*can be written"):
            await write(ledger)
    await ledger.close()


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(Misconfigured, match=r"folder .*file/home cannot be created"):
        Ledger(sqlite_url(tmp_path / "file" / "home" / "ledger.sqlite3"))


@pytest.mark.parametrize(
    "url", ["no url", "mysql://root:secret@host/db", "postgresql://u:secret@h:port/db", "sqlite://"]
)
def test_an_address_that_is_none_is_refused_without_showing_its_password(url: str) -> None:
    with pytest.raises(Misconfigured, match=r"LEDGER_URL.*expected") as refusal:
        Ledger(url)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("scheme", ["postgresql", "postgres", "postgresql+asyncpg", "postgresql+psycopg"])
async def test_a_database_that_does_not_answer_is_named_without_its_password(scheme: str) -> None:
    ledger = Ledger(f"{scheme}://damascus:secret@127.0.0.1:1/ledger")

    with pytest.raises(Unavailable, match=r"damascus:\*\*\*@127\.0\.0\.1:1/ledger.*Connect call failed") as trouble:
        await write(ledger)
    assert "secret" not in str(trouble.value)
    assert "\n" not in str(trouble.value)
    await ledger.close()


async def test_a_database_that_is_not_there_is_named(postgres: Postgres) -> None:
    ledger = Ledger(postgres.database().replace("@/t", "@/no"))

    with pytest.raises(Unavailable, match=r"does not exist; create that database"):
        await write(ledger)
    await ledger.close()


@pytest.fixture
async def postgres_ledger(postgres: Postgres, postgres_template: str) -> AsyncIterator[Ledger]:
    ledger = Ledger(postgres.database(postgres_template))
    yield ledger
    await ledger.close()


async def test_a_database_that_hangs_up_in_the_middle_is_named_and_the_next_block_works(
    postgres_ledger: Ledger,
) -> None:
    async def cut() -> None:
        async with postgres_ledger.transaction() as tx:
            await tx.messages.post(a_message())
            await postgres_ledger.run(lambda other: other.execute(text(HANG_UP)))
            await tx.messages.post(a_message())

    with pytest.raises(Unavailable, match="failed"):
        await cut()
    await write(postgres_ledger)
    assert await count(postgres_ledger) == 1


async def test_whoever_stands_still_in_a_transaction_is_put_out_of_the_others_way(postgres_ledger: Ledger) -> None:
    async def lead(name: str, meanwhile: Callable[[], Awaitable[object]]) -> bool:
        async with postgres_ledger.transaction() as tx:
            took = await tx.leases.take("lead", name, WHEN, WHEN + timedelta(seconds=10))
            await meanwhile()
            return took and await tx.agents.list() == []

    async def nothing() -> None:
        pass

    with pytest.raises(Unavailable, match="failed"):
        await lead("zombie", lambda: asyncio.wait_for(lead("other", nothing), 60))
    assert await lead("other", nothing)  # the zombie's is not there
    await write(postgres_ledger)


async def test_a_database_that_was_restarted_serves_the_next_block(postgres: Postgres, postgres_ledger: Ledger) -> None:
    await asyncio.gather(*(write(postgres_ledger) for _ in range(8)))
    postgres.stop()
    try:
        with pytest.raises(Unavailable, match="failed"):
            await write(postgres_ledger)
    finally:
        postgres.start()

    await asyncio.gather(*(write(postgres_ledger) for _ in range(8)))
    assert await count(postgres_ledger) == 16


async def test_two_who_hold_each_other_up_are_told_to_try_again(postgres_ledger: Ledger) -> None:
    async with postgres_ledger.transaction() as tx:
        for scope in ("a", "b"):
            await tx.budgets.ensure(scope, 1000, WHEN)

    async def both(first: str, second: str, mine: asyncio.Event, other: asyncio.Event) -> None:
        async with postgres_ledger.transaction() as tx:
            await tx.budgets.reserve([first], 1)
            mine.set()
            await other.wait()
            await tx.budgets.reserve([second], 1)

    one, two = asyncio.Event(), asyncio.Event()
    results = await asyncio.gather(both("a", "b", one, two), both("b", "a", two, one), return_exceptions=True)

    errors = [result for result in results if result is not None]
    assert len(errors) == 1
    assert isinstance(errors[0], Unavailable)
    assert "try again" in str(errors[0])
