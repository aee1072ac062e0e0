"""What goes into the ledger comes out the same, on each database."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from damascus.core.clock import FixedClock
from damascus.core.records.agents import Agent
from damascus.core.records.missions import MissionStatus
from damascus.core.records.turns import Turn
from damascus.ledger.engine import Ledger
from tests.fixtures.rows import WHEN, a_message, a_task, mission_in, task_in


async def test_a_time_comes_back_aware_and_in_utc(ledger: Ledger) -> None:
    tokyo = datetime(2026, 3, 1, 21, 30, 0, 123456, tzinfo=timezone(timedelta(hours=9)))
    async with ledger.transaction() as tx:
        await tx.agents.record_heartbeat(Agent("alex", "Alex Chen", "VP", "vp", "w1", tokyo, WHEN))

    async with ledger.reading() as tx:
        agent = await tx.agents.get("alex")
    assert agent.seen_at == tokyo
    assert agent.created_at == WHEN
    assert agent.seen_at is not None
    assert agent.seen_at.utcoffset() == timedelta(0)


async def test_times_of_different_zones_are_compared_as_moments(ledger: Ledger) -> None:
    east = timezone(timedelta(hours=9))
    task = await task_in(ledger, status="working", lease_owner="w/1", lease_until=WHEN)

    async with ledger.reading() as tx:
        assert await tx.tasks.expired((WHEN - timedelta(minutes=1)).astimezone(east)) == []
        assert await tx.tasks.expired((WHEN + timedelta(minutes=1)).astimezone(east)) == [task]


@pytest.mark.parametrize(
    "value", [{"deep": [{"er": None}]}, [], {}, "", 0, False, "ünï\u2028\U0001f600 \\u0041 '\"", 2**53 + 1, 0.1, [None]]
)
async def test_json_comes_back_the_same(ledger: Ledger, value: Any) -> None:
    async with ledger.transaction() as tx:
        await tx.policies.put("key", value, WHEN)

    async with ledger.reading() as tx:
        found = (await tx.policies.get("key")).value
    assert found == value
    assert type(found) is type(value)


async def test_a_turn_without_arguments_is_null_in_sql_and_none_here(ledger: Ledger) -> None:
    task = await task_in(ledger)
    base = {"task_id": task.id, "speaker": "tool", "content": "", "call_id": None, "tool": None}
    plain = Turn(id="turn_1", n=1, arguments=None, status="done", created_at=WHEN, done_at=None, **base)
    called = Turn(id="turn_2", n=2, arguments={"path": None}, status="done", created_at=WHEN, done_at=None, **base)
    async with ledger.transaction() as tx:
        await tx.turns.add(plain, called)

    async with ledger.reading() as tx:
        assert await tx.turns.of_task(task.id) == [plain, called]
    nulls = "SELECT id FROM turns WHERE arguments IS NULL"
    assert await ledger.run(lambda connection: connection.exec_driver_sql(nulls).scalars().all()) == ["turn_1"]


async def test_money_beyond_32_bits_is_exact(ledger: Ledger) -> None:
    limit = 9_007_199_254_740_993_000
    async with ledger.transaction() as tx:
        await tx.budgets.ensure("company", limit, WHEN)
        assert await tx.budgets.reserve(["company"], limit - 1)
        assert not await tx.budgets.reserve(["company"], 2)
        await tx.budgets.settle(["company"], limit - 1, limit - 7)

    async with ledger.reading() as tx:
        budget = await tx.budgets.get("company")
    assert (budget.limit, budget.spent, budget.reserved) == (limit, limit - 7, 0)


async def test_a_long_text_comes_back_whole(ledger: Ledger) -> None:
    text = "a line of a report, with ‘quotes’ and 中文\n" * 20_000
    task = await task_in(ledger, description=text)

    async with ledger.reading() as tx:
        assert (await tx.tasks.get(task.id)).description == text


async def test_a_list_is_read_on_by_its_cursor_newest_first_none_twice_none_missed(ledger: Ledger) -> None:
    written = [await mission_in(ledger) for _ in range(7)]

    read: list[str] = []
    async with ledger.reading() as tx:
        while page := await tx.missions.list(after=read[-1] if read else None, limit=3):
            read += [mission.id for mission in page]
    assert read == sorted(written, reverse=True)


async def test_a_row_that_comes_while_reading_on_does_not_move_the_pages(ledger: Ledger) -> None:
    written = [await mission_in(ledger) for _ in range(4)]
    async with ledger.reading() as tx:
        first = await tx.missions.list(limit=2)
    await mission_in(ledger)

    async with ledger.reading() as tx:
        second = await tx.missions.list(after=first[-1].id, limit=2)
    assert [mission.id for mission in first + second] == sorted(written, reverse=True)


async def test_missions_are_found_by_status_and_by_what_their_directives_contain(ledger: Ledger) -> None:
    done, share, other, open_one = [await mission_in(ledger) for _ in range(4)]
    async with ledger.transaction() as tx:
        for id in (done, share, other):
            await tx.missions.transition(id, [MissionStatus.RUNNING], MissionStatus.SUCCEEDED)
        texts = {done: "Compare 100 Äpps", share: "Keep 100% of it", other: "a_b", open_one: "aXb, 100%"}
        for id, text in texts.items():
            await tx.missions._update({"id": id}, directive_text=text)

    async def found(words: str = "", *statuses: MissionStatus, **page: Any) -> list[str]:
        async with ledger.reading() as tx:
            return [row.id for row in await tx.missions.list(statuses=statuses, words=words, **page)]

    assert await found() == [open_one, other, share, done]
    assert await found("", MissionStatus.SUCCEEDED) == [other, share, done]
    assert await found("", MissionStatus.RUNNING, MissionStatus.FAILED) == [open_one]
    assert await found("compare 100 Äpp") == [done]
    assert await found("100%") == [open_one, share]
    assert await found("A_B") == [other]
    assert await found("100", MissionStatus.SUCCEEDED) == [share, done]
    assert await found("100", limit=2) == [open_one, share]
    assert await found("100", after=share) == [done]
    assert await found("/") == []


async def test_several_rows_with_none_in_some_of_them_go_in_together(ledger: Ledger) -> None:
    mission = await mission_in(ledger)
    rows = [a_task(mission, id="task_1", reason=None), a_task(mission, id="task_2", reason="late", started_at=WHEN)]
    async with ledger.transaction() as tx:
        await tx.tasks.add(*rows)

    async with ledger.reading() as tx:
        assert await tx.tasks.of_mission(mission) == rows


async def test_all_that_one_transaction_writes_bears_one_time(ledger_url: str) -> None:
    clock = FixedClock(WHEN)
    ledger = Ledger(ledger_url, clock)
    async with ledger.transaction() as tx:
        await tx.messages.post(a_message("first"))
        clock.advance(5)
        await tx.messages.post(a_message("second"))
    async with ledger.transaction() as tx:
        await tx.messages.post(a_message("third"))

    async with ledger.reading() as tx:
        found = await tx.messages.unsent(clock.now())
    assert [row.created_at for row in found] == [WHEN, WHEN, WHEN + timedelta(seconds=5)]
    await ledger.close()
