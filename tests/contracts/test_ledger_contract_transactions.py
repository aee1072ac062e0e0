"""A transaction happens wholly or not at all, and leaves nothing behind for the next one, on each database."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from damascus.core.errors import NotFound
from damascus.core.records.policies import Policy
from damascus.ledger.engine import Ledger
from damascus.ledger.transaction import Transaction
from tests.fixtures.rows import WHEN


class CallersMistake(Exception):
    """Raised by the code inside a block."""


async def names(ledger: Ledger) -> list[str]:
    async with ledger.reading() as tx:
        return [policy.key for policy in await tx.policies.list()]


async def put(tx: Transaction, key: str) -> None:
    await tx.policies.put(key, {"value": key}, WHEN)


async def test_what_a_block_wrote_is_there_when_it_ended(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        await put(tx, "a")
        await put(tx, "b")

    assert await names(ledger) == ["a", "b"]


async def test_what_a_block_wrote_is_gone_when_it_raised(ledger: Ledger) -> None:
    async def die_writing() -> None:
        async with ledger.transaction() as tx:
            await put(tx, "a")
            raise CallersMistake

    with pytest.raises(CallersMistake):
        await die_writing()
    assert await names(ledger) == []


@pytest.mark.parametrize(
    "error",
    [
        FileNotFoundError(2, "no such report"),
        ConnectionResetError("the model's server hung up"),
        OperationalError("SELECT 1", {}, Exception("another database")),
        TimeoutError("the command took too long"),
    ],
)
async def test_an_error_of_the_callers_own_comes_out_as_it_went_in(ledger: Ledger, error: Exception) -> None:
    for block in (ledger.transaction, ledger.reading):
        with pytest.raises(type(error)) as raised:
            async with block():
                raise error
        assert raised.value is error


async def test_a_duplicate_key_is_a_mistake_of_the_program_not_of_the_database(ledger: Ledger) -> None:
    with pytest.raises(IntegrityError):
        async with ledger.transaction() as tx:
            await tx.policies.add(Policy("a", 1, WHEN, WHEN), Policy("a", 2, WHEN, WHEN))

    assert await names(ledger) == []


async def test_a_row_that_points_nowhere_is_refused(ledger: Ledger) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"):
        async with ledger.transaction() as tx:
            await tx.tasks.add_dependencies("task_none", ["task_neither"])


async def test_a_row_that_is_not_there_is_named(ledger: Ledger) -> None:
    with pytest.raises(NotFound, match="no mission 'mis_x'"):
        async with ledger.reading() as tx:
            await tx.missions.get("mis_x")


async def test_a_reader_sees_one_moment_however_often_it_looks(ledger: Ledger) -> None:
    async with ledger.reading() as reader:
        before = await reader.policies.list()
        async with ledger.transaction() as tx:
            await put(tx, "a")
        assert await reader.policies.list() == before

    assert await names(ledger) == ["a"]


async def test_a_reader_cannot_write(ledger: Ledger) -> None:
    with pytest.raises(Exception, match=r"(?i)read-?only"):
        async with ledger.reading() as tx:
            await put(Transaction(tx.session, ledger.clock), "a")  # as code that got round the types would

    assert await names(ledger) == []


async def test_a_reader_does_not_wait_for_a_writer(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        await put(tx, "a")
        assert await asyncio.wait_for(names(ledger), 60) == []


async def in_the_block(ledger: Ledger, reached: asyncio.Event) -> None:
    async with ledger.transaction() as tx:
        await put(tx, "a")
        reached.set()
        await asyncio.Event().wait()


async def between_statements(ledger: Ledger, reached: asyncio.Event) -> None:
    async with ledger.transaction() as tx:
        reached.set()
        for n in range(10_000):
            await put(tx, f"a{n}")
            await asyncio.sleep(0)


async def behind_another_writer(ledger: Ledger, reached: asyncio.Event) -> None:
    async with ledger.transaction() as outer:
        await put(outer, "rolled back with the rest")
        reached.set()
        async with asyncio.timeout(60), ledger.transaction() as inner:
            await inner.policies.put("rolled back with the rest", 2, WHEN)


@pytest.mark.parametrize("block", [in_the_block, between_statements, behind_another_writer])
async def test_a_cancelled_block_leaves_neither_rows_nor_locks(
    ledger: Ledger, block: Callable[[Ledger, asyncio.Event], Awaitable[None]]
) -> None:
    for _ in range(20):
        reached = asyncio.Event()
        task = asyncio.ensure_future(block(ledger, reached))
        await reached.wait()
        await asyncio.sleep(0.002)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    async with asyncio.timeout(60), ledger.transaction() as tx:
        await put(tx, "after")
    assert await names(ledger) == ["after"]


async def test_cancelled_at_any_moment_a_block_is_there_wholly_or_not_at_all(ledger: Ledger) -> None:
    async def write(n: int) -> None:
        async with ledger.transaction() as tx:
            await put(tx, f"{n:03}a")
            await put(tx, f"{n:03}b")

    for n in range(100):
        task = asyncio.ensure_future(write(n))
        for _ in range(n % 25):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    found = await names(ledger)
    assert [key[:3] for key in found if key.endswith("a")] == [key[:3] for key in found if key.endswith("b")]
    await asyncio.wait_for(write(999), 60)


async def test_many_writers_and_readers_of_one_process_all_get_their_turn(ledger: Ledger) -> None:
    async def write(n: int) -> None:
        async with ledger.transaction() as tx:
            await put(tx, f"{n:03}")
        assert f"{n:03}" in await names(ledger)

    async with asyncio.timeout(60):
        await asyncio.gather(*(write(n) for n in range(100)))
    assert len(await names(ledger)) == 100
