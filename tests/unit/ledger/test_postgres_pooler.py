"""The ledger behind pgbouncer: what a connection keeps elsewhere is kept in each transaction here."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import asyncpg
import pytest
from sqlalchemy import text

from damascus.core.errors import DamascusError
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import read_version, upgrade
from damascus.ledger.schema_version import HEAD
from tests.fixtures.pgbouncer import pooled
from tests.fixtures.postgres import Postgres
from tests.fixtures.rows import WHEN, a_message

MODES = {
    "transaction": ("transaction",),
    "transaction, ignoring our setting": (
        "transaction",
        "ignore_startup_parameters = idle_in_transaction_session_timeout",
    ),
    "session": ("session", "default_pool_size = 60"),
}
IDLE_LIMIT = text("SELECT current_setting('idle_in_transaction_session_timeout')")


@pytest.fixture(params=MODES.values(), ids=list(MODES))
def url(request: pytest.FixtureRequest, postgres: Postgres) -> Iterator[str]:
    with pooled(postgres, postgres.database(), *request.param) as address:
        yield address


async def test_a_ledger_is_made_and_many_write_to_it_at_once(url: str) -> None:
    ledgers = [Ledger(url) for _ in range(3)]
    await asyncio.gather(*(upgrade(ledger) for ledger in ledgers))

    async def write(ledger: Ledger, number: int) -> bool:
        async with ledger.transaction() as tx:
            await tx.messages.post(a_message(f"number {number}"))
            took = await tx.leases.take("one", f"worker-{number}", WHEN, WHEN + timedelta(days=1))
        async with ledger.reading() as tx:
            assert await tx.messages.unsent(tx.now)
        return took

    took = await asyncio.gather(*(write(ledgers[number % 3], number) for number in range(24)))
    assert took.count(True) == 1
    async with ledgers[0].reading() as tx:
        assert len(await tx.messages.unsent(tx.now)) == 24
    assert await read_version(ledgers[1]) == HEAD
    for ledger in ledgers:
        await ledger.close()


async def test_every_transaction_is_limited_in_what_it_may_stall_and_no_other_client_of_the_pool(url: str) -> None:
    ledger = Ledger(url)
    limits = {await ledger.run(lambda connection: connection.execute(IDLE_LIMIT).scalar()) for _ in range(5)}
    assert limits == {"5s"}
    await ledger.close()
    stranger = await asyncpg.connect(url, statement_cache_size=0)
    async with stranger.transaction():
        assert await stranger.fetchval(str(IDLE_LIMIT)) == "0"
    await stranger.close()


async def test_a_pool_that_takes_statements_apart_is_refused_with_what_to_set(postgres: Postgres) -> None:
    with pooled(postgres, postgres.database(), "statement") as url:
        ledger = Ledger(url)
        for attempt in (upgrade, read_version):
            with pytest.raises(DamascusError, match=r"set pool_mode of the pooler there to transaction or session"):
                await attempt(ledger)
        await ledger.close()


async def test_what_the_pool_does_not_know_is_refused_with_what_to_set(postgres: Postgres) -> None:
    with pooled(postgres, postgres.database(), "transaction") as url:
        for wrong, words in (
            (url.replace("@/t", "@/no"), "correct LEDGER_URL, or the databases that the pooler there knows"),
            (f"{url}&options=-csearch_path%3Dpublic", "or name it in the pooler's ignore_startup_parameters"),
        ):
            ledger = Ledger(wrong)
            with pytest.raises(DamascusError) as refusal:
                await upgrade(ledger)
            assert words in str(refusal.value)
            assert "\n" not in str(refusal.value)
            await ledger.close()
