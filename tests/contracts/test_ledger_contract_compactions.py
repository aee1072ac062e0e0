"""What stands for the older part of a conversation: written once however often it is tried, the newest counts."""

import asyncio

import pytest
from sqlalchemy.exc import IntegrityError

from damascus.core.records.compactions import Compaction
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from damascus.work.tasks import transcript
from tests.fixtures.rows import WHEN, task_in


def a_compaction(task: Task, until: int, text: str = "it is done") -> Compaction:
    return Compaction(f"cmp_{task.id}_{until}_{text}", task.id, until, text, WHEN)


async def compact(ledger: Ledger, task: Task, until: int, text: str = "it is done") -> Compaction:
    async with ledger.transaction() as tx:
        await tx.tasks.transition(task.id, ["queued"], "queued")  # as the fence does: one after the other
        return await transcript.compact(tx, task, a_compaction(task, until, text), summed_up=True)


async def test_the_one_that_reaches_furthest_counts_and_the_others_are_kept(ledger: Ledger) -> None:
    task, other = await task_in(ledger), await task_in(ledger)
    for until in (4, 9):
        await compact(ledger, task, until)
    async with ledger.reading() as tx:
        newest = await tx.compactions.newest_of(task.id)
        assert newest is not None
        assert (newest.until, newest.text) == (9, "it is done")
        assert [row.until for row in await tx.compactions.of_task(task.id)] == [4, 9]
        assert await tx.compactions.newest_of(other.id) is None
        told = [event.payload for event in await tx.events.since(0, 100) if event.kind == "compaction"]
    assert [(one["until"], one["chars"], one["summed_up"]) for one in told] == [(4, 10, True), (9, 10, True)]


async def test_what_reaches_no_further_than_what_there_is_changes_nothing(ledger: Ledger) -> None:
    task = await task_in(ledger)
    await compact(ledger, task, 9, "first")
    assert (await compact(ledger, task, 9, "second")).text == "first"
    assert (await compact(ledger, task, 4, "third")).text == "first"
    async with ledger.reading() as tx:
        assert len(await tx.compactions.of_task(task.id)) == 1


async def test_of_two_that_are_written_at_once_one_counts(ledger: Ledger) -> None:
    task = await task_in(ledger)
    results = await asyncio.gather(*(compact(ledger, task, 9, text) for text in ("a", "b")), return_exceptions=True)
    async with ledger.reading() as tx:
        (row,) = await tx.compactions.of_task(task.id)
    assert {one.text for one in results if isinstance(one, Compaction)} == {row.text}


async def test_the_database_itself_holds_one_for_a_turn(ledger: Ledger) -> None:
    task = await task_in(ledger)
    async with ledger.transaction() as tx:
        await tx.compactions.add(a_compaction(task, 9, "a"))
    with pytest.raises(IntegrityError):
        await _add(ledger, a_compaction(task, 9, "b"))


async def _add(ledger: Ledger, row: Compaction) -> None:
    async with ledger.transaction() as tx:
        await tx.compactions.add(row)
