"""Verdicts, quotes and gates in the ledger: read as written, decided once however many decide, refused where wrong."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from damascus.core.records.desk_items import DeskItem, DeskItemDetail, DeskItemKind, DeskItemStatus
from damascus.core.records.gates import Gate, StopDecision, TaskVerdict, VerdictWord
from damascus.core.records.quotes import Estimate, Quote, QuotedTask, QuoteLines, QuoteStatus
from damascus.ledger.engine import Ledger
from damascus.ledger.transaction import Transaction
from tests.fixtures.rows import WHEN, a_task, mission_in

LINES = QuoteLines(
    (
        QuotedTask("prd", "Write it", "pm", Estimate(1, 2, 2**40), Estimate(3, 4, 5), 7),
        QuotedTask("mvp", "Build “it”\n", "engineer", Estimate(10, 20, 30), Estimate()),
    ),
    Estimate(60, 120, 3600),
)


def a_verdict(mission_id: str, **changes: Any) -> TaskVerdict:
    made = TaskVerdict("t1", mission_id, VerdictWord.STOP, 0.1 + 0.2, StopDecision.OPEN, None, WHEN, None)
    return replace(made, **changes)


def a_quote(mission_id: str, **changes: Any) -> Quote:
    return replace(Quote("q1", mission_id, LINES, 2**40, QuoteStatus.OPEN, WHEN, None), **changes)


@pytest.fixture
async def mission_id(ledger: Ledger) -> str:
    """A mission with three tasks and two questions at the desk."""
    mission_id = await mission_in(ledger)
    async with ledger.transaction() as tx:
        for id in ("t1", "t2", "t3"):
            await tx.tasks.add(a_task(mission_id, id=id))
        for id in ("q1", "q2"):
            detail = DeskItemDetail(quote=True, options=("a", "b"), assumption="a", gate="t1")
            kind, status = DeskItemKind.QUESTION, DeskItemStatus.OPEN
            await tx.desk_items.add(
                DeskItem(id, kind, mission_id, "t1", None, "?", 0, detail, status, None, WHEN, None)
            )
    return mission_id


async def once_of_many(ledger: Ledger, decide: Callable[[Transaction], Awaitable[bool]], count: int = 4) -> list[bool]:
    """What each of several who decide at once is told."""

    async def one() -> bool:
        async with ledger.transaction() as tx:
            return await decide(tx)

    return sorted(await asyncio.gather(*(one() for _ in range(count))))


async def test_a_gate_is_read_as_it_was_written(ledger: Ledger, mission_id: str) -> None:
    gate = Gate("Do they pay?", "$/month", at_least=0.1, at_most=1e12)
    async with ledger.transaction() as tx:
        await tx.tasks.add(a_task(mission_id, id="gated", gate=gate))
    async with ledger.reading() as tx:
        assert (await tx.tasks.get("gated")).gate == gate
        assert (await tx.tasks.get("t1")).gate is None
        assert (await tx.desk_items.get("q1")).detail.options == ("a", "b")


async def test_a_missions_verdicts_are_read_as_they_were_written_in_the_order_of_their_tasks(
    ledger: Ledger, mission_id: str
) -> None:
    other = await mission_in(ledger)
    stop = a_verdict(mission_id)
    go = a_verdict(mission_id, id="t2", word=VerdictWord.GO, number=None, decision=StopDecision.NONE)
    async with ledger.transaction() as tx:
        await tx.verdicts.add(go)
        await tx.verdicts.add(stop)
    async with ledger.reading() as tx:
        assert await tx.verdicts.of_mission(mission_id) == [stop, go]
        assert await tx.verdicts.of_mission(other) == []
        assert await tx.verdicts.find("t3") is None


async def test_what_follows_on_a_stop_is_decided_once_and_by_whom_is_kept(ledger: Ledger, mission_id: str) -> None:
    async with ledger.transaction() as tx:
        await tx.verdicts.add(a_verdict(mission_id), a_verdict(mission_id, id="t2"))
    told = await once_of_many(ledger, lambda tx: tx.verdicts.decide("t1", StopDecision.REPLANNED, "vp"))
    assert told == [False, False, False, True]
    async with ledger.transaction() as tx:
        assert not await tx.verdicts.decide("t1", StopDecision.ENDED, "ceo")
        decided, open_still = await tx.verdicts.of_mission(mission_id)
    assert (decided.decision, decided.decided_by, decided.word) == (StopDecision.REPLANNED, "vp", VerdictWord.STOP)
    assert decided.decided_at is not None
    assert (open_still.decision, open_still.decided_by, open_still.decided_at) == (StopDecision.OPEN, None, None)


async def test_a_go_has_nothing_to_decide(ledger: Ledger, mission_id: str) -> None:
    async with ledger.transaction() as tx:
        await tx.verdicts.add(a_verdict(mission_id, word=VerdictWord.GO, decision=StopDecision.NONE))
        assert not await tx.verdicts.decide("t1", StopDecision.ENDED, "ceo")


@pytest.mark.parametrize("changes", [{}, {"id": "none"}, {"id": "t2", "mission_id": "none"}])
async def test_a_task_has_one_verdict_and_both_it_and_its_mission_are_there(
    ledger: Ledger, mission_id: str, changes: dict[str, Any]
) -> None:
    async with ledger.transaction() as tx:
        await tx.verdicts.add(a_verdict(mission_id))
    with pytest.raises(IntegrityError):
        async with ledger.transaction() as tx:
            await tx.verdicts.add(replace(a_verdict(mission_id, word=VerdictWord.GO), **changes))
    async with ledger.reading() as tx:
        assert await tx.verdicts.of_mission(mission_id) == [a_verdict(mission_id)]


async def test_a_missions_quotes_are_read_as_they_were_written_oldest_first(ledger: Ledger, mission_id: str) -> None:
    other = await mission_in(ledger)
    first, second = a_quote(mission_id), a_quote(mission_id, id="q2", lines=QuoteLines(), ceiling=0)
    async with ledger.transaction() as tx:
        await tx.quotes.add(second)
        await tx.quotes.add(first)
    async with ledger.reading() as tx:
        found = await tx.quotes.of_mission(mission_id)
        assert found == [first, second]
        assert await tx.quotes.of_mission(other) == []
    assert found[0].lines.cost == Estimate(11, 22, 2**40 + 30)


async def test_a_quote_is_signed_once_with_the_ceiling_that_was_given_or_its_own(
    ledger: Ledger, mission_id: str
) -> None:
    async with ledger.transaction() as tx:
        await tx.quotes.add(a_quote(mission_id), a_quote(mission_id, id="q2"))
    assert await once_of_many(ledger, lambda tx: tx.quotes.decide("q1", QuoteStatus.SIGNED, 5)) == [False] * 3 + [True]
    async with ledger.transaction() as tx:
        assert not await tx.quotes.decide("q1", QuoteStatus.DENIED)
        assert await tx.quotes.decide("q2", QuoteStatus.SIGNED)
        signed, as_asked = await tx.quotes.of_mission(mission_id)
    assert (signed.status, signed.ceiling, signed.lines) == (QuoteStatus.SIGNED, 5, LINES)
    assert (as_asked.status, as_asked.ceiling) == (QuoteStatus.SIGNED, 2**40)
    assert signed.decided_at is not None


@pytest.mark.parametrize("changes", [{}, {"id": "none"}, {"id": "q2", "mission_id": "none"}])
async def test_a_question_at_the_desk_asks_for_one_quote_of_a_mission_that_is_there(
    ledger: Ledger, mission_id: str, changes: dict[str, Any]
) -> None:
    async with ledger.transaction() as tx:
        await tx.quotes.add(a_quote(mission_id))
    with pytest.raises(IntegrityError):
        async with ledger.transaction() as tx:
            await tx.quotes.add(replace(a_quote(mission_id), **changes))


async def test_a_decision_that_is_not_committed_is_none(ledger: Ledger, mission_id: str) -> None:
    async with ledger.transaction() as tx:
        await tx.quotes.add(a_quote(mission_id))
        await tx.verdicts.add(a_verdict(mission_id))

    async def decide_and_fail() -> None:
        async with ledger.transaction() as tx:
            assert await tx.quotes.decide("q1", QuoteStatus.SIGNED)
            assert await tx.verdicts.decide("t1", StopDecision.ENDED, "ceo")
            await tx.quotes.add(a_quote(mission_id))

    with pytest.raises(IntegrityError):
        await decide_and_fail()
    async with ledger.reading() as tx:
        assert await tx.quotes.get("q1") == a_quote(mission_id)
        assert await tx.verdicts.get("t1") == a_verdict(mission_id)
