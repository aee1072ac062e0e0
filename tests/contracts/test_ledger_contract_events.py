"""The log's numbers are dense and come in the order of the commits, so a reader that follows them misses nothing."""

import asyncio
from dataclasses import asdict

import pytest
from sqlalchemy import insert

from damascus.core.events import EventKind, TrailNote, TurnTaken
from damascus.ledger.engine import Ledger
from damascus.ledger.tables.events import events
from damascus.ledger.transaction import Transaction


def note(tx: Transaction, text: str, task: str | None = None, kind: EventKind = EventKind.FINDING) -> None:
    tx.events.append(kind, "pm", TrailNote(text=text), "mis_1", task)


async def seqs(ledger: Ledger) -> list[int]:
    async with ledger.reading() as tx:
        return [event.seq for event in await tx.events.since(0, limit=10_000)]


async def test_numbers_begin_at_one_and_go_on_over_transactions(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        note(tx, "a")
        note(tx, "b")
    assert tx.events.last_seq == 2
    async with ledger.transaction() as tx:
        note(tx, "c")
        assert await tx.events.flush() == 3
        note(tx, "d")
    assert tx.events.last_seq == 4

    async with ledger.reading() as tx:
        assert [(event.seq, event.payload["text"]) for event in await tx.events.since(1)] == [
            (2, "b"), (3, "c"), (4, "d"),
        ]  # fmt: skip
        assert await tx.events.last() == 4


async def test_a_transaction_that_appends_nothing_takes_no_number(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        assert await tx.events.flush() is None
    async with ledger.transaction() as tx:
        note(tx, "a")

    assert await seqs(ledger) == [1]


async def test_a_block_that_fails_leaves_no_gap(ledger: Ledger) -> None:
    for fails in (False, True, True, False):
        try:
            async with ledger.transaction() as tx:
                note(tx, "a")
                await tx.events.flush()
                if fails:
                    raise ZeroDivisionError
        except ZeroDivisionError:
            assert fails

    assert await seqs(ledger) == [1, 2]


async def test_many_who_append_at_once_some_of_whom_fail_leave_no_gap(ledger: Ledger) -> None:
    async def append(n: int) -> int:
        async with ledger.transaction() as tx:
            for i in range(n % 3 + 1):
                note(tx, f"{n}.{i}")
            await tx.events.flush()
            if n % 4 == 0:
                raise ZeroDivisionError
        return n % 3 + 1

    results = await asyncio.gather(*(append(n) for n in range(60)), return_exceptions=True)

    written = sum(result for result in results if isinstance(result, int))
    assert await seqs(ledger) == list(range(1, written + 1))


async def test_a_reader_that_follows_the_numbers_misses_nothing(ledger: Ledger) -> None:
    """Each time it looks it goes on from the last number it saw, while many commit in whatever order."""
    seen: list[str] = []
    done = asyncio.Event()

    async def append(n: int) -> None:
        async with ledger.transaction() as tx:
            note(tx, str(n))
            await tx.events.flush()
            await asyncio.sleep(0.001 * (n % 5))

    async def follow() -> None:
        seq = 0
        while True:
            last = done.is_set()
            async with ledger.reading() as tx:
                for event in await tx.events.since(seq):
                    assert event.seq == seq + 1
                    seq = event.seq
                    seen.append(event.payload["text"])
            if last:
                return

    follower = asyncio.ensure_future(follow())
    await asyncio.gather(*(append(n) for n in range(50)))
    done.set()
    await follower
    assert sorted(seen, key=int) == [str(n) for n in range(50)]


async def test_the_trail_is_the_newest_entries_of_its_kinds_oldest_first(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        for n in range(5):
            note(tx, f"a{n}", "task_a")
        note(tx, "log", "task_b", EventKind.LOG)
        turn = TurnTaken(turn_id="turn_1", n=1, role="assistant")
        tx.events.append(EventKind.TURN, "pm", turn, "mis_1", "task_a")
        tx.events.append(EventKind.FINDING, "pm", TrailNote(text="of another mission"), "mis_2", "task_a")

    async with ledger.reading() as tx:
        assert [event.payload["text"] for event in await tx.events.trail("mis_1", limit=3)] == ["a3", "a4", "log"]
        assert [event.payload["text"] for event in await tx.events.trail("mis_1", "task_a", limit=2)] == ["a3", "a4"]
        assert [event.payload["text"] for event in await tx.events.trail("mis_1", kind="log")] == ["log"]
        assert [event.seq for event in await tx.events.since(0, mission_id="mis_2")] == [8]


async def entries(ledger: Ledger, mission: str) -> list[tuple[int | None, str]]:
    async with ledger.reading() as tx:
        return [(event.entry, event.payload["text"]) for event in await tx.events.trail(mission)]


async def test_trail_entries_count_from_one_in_each_mission(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        note(tx, "a")
        tx.events.append(EventKind.TURN, "pm", TurnTaken(turn_id="turn_1", n=1, role="assistant"), "mis_1")
        tx.events.append(EventKind.FINDING, "pm", TrailNote(text="of another mission"), "mis_2")
        note(tx, "b")
        await tx.events.flush()
        assert tx.events.last_entry == 2
        note(tx, "c")
    assert await entries(ledger, "mis_1") == [(1, "a"), (2, "b"), (3, "c")]
    assert await entries(ledger, "mis_2") == [(1, "of another mission")]
    async with ledger.reading() as tx:
        found = await tx.events.entry("mis_1", 2)
        assert found is not None
        assert (found.ref, found.payload["text"]) == ("e2", "b")
        assert await tx.events.entry("mis_2", 2) is None
        assert [event.entry for event in await tx.events.since(0, mission_id="mis_1") if event.kind == "turn"] == [None]


async def test_what_belongs_to_no_mission_has_no_number(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        tx.events.append(EventKind.LOG, "office", TrailNote(text="the office began"))
    async with ledger.reading() as tx:
        assert [event.entry for event in await tx.events.since(0)] == [None]


async def test_many_who_leave_entries_at_once_take_each_number_once(ledger: Ledger) -> None:
    async def leave(n: int) -> None:
        async with ledger.transaction() as tx:
            note(tx, str(n))
            await tx.events.flush()
            if n % 5 == 0:
                raise ZeroDivisionError

    await asyncio.gather(*(leave(n) for n in range(40)), return_exceptions=True)
    assert [number for number, _ in await entries(ledger, "mis_1")] == list(range(1, 33))


async def test_an_entry_is_corrected_once_and_by_one(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        note(tx, "a")
        note(tx, "b")
        tx.events.append(EventKind.FINDING, "pm", TrailNote(text="a, corrected"), "mis_1", replaces=1)
    async with ledger.reading() as tx:
        assert await tx.events.corrections("mis_1") == {1: 3}
        assert await tx.events.corrections("mis_2") == {}
    with pytest.raises(Exception, match=r"(?i)unique"):
        async with ledger.transaction() as tx:
            tx.events.append(EventKind.FINDING, "pm", TrailNote(text="again"), "mis_1", replaces=1)


async def test_the_log_cannot_be_given_one_number_twice(ledger: Ledger) -> None:
    async with ledger.transaction() as tx:
        note(tx, "a")
    async with ledger.reading() as tx:
        first = (await tx.events.since(0))[0]

    with pytest.raises(Exception, match=r"(?i)unique"):
        async with ledger.transaction() as tx:
            await tx.session.change(insert(events), asdict(first))


async def test_a_payload_of_another_kind_is_refused(ledger: Ledger) -> None:
    with pytest.raises(TypeError, match="a turn event carries a TurnTaken, not a TrailNote"):
        async with ledger.transaction() as tx:
            tx.events.append(EventKind.TURN, "pm", TrailNote(text="words"))

    async with ledger.reading() as tx:
        assert await tx.events.last() == 0
