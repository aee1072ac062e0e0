"""The pace of a model: shared by all who ask it, never passed, in order, and open again when it should be."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import FixedClock
from damascus.core.records.missions import Mission
from damascus.core.records.model_paces import Told
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.settings import NamedModel
from damascus.ledger.engine import Ledger
from damascus.work.budget.pace import BACKOFF, MustWait, Paces
from damascus.work.outbox import Outbox
from damascus.work.tasks import missions, model_queue, recovery, tasks
from tests.fixtures.story import SETTINGS, claim, planned, running_mission, task_of

FIVE = Paces({"m": NamedModel(requests_per_minute=5)})
NONE = Paces({})
QUOTA = Told("HTTP 429: try again in 1m10s", 70)
APART = 63 / 5


class PutClock(FixedClock):
    """A clock whose hands are put while time goes on as before."""

    def put(self, by: float) -> None:
        self._start += timedelta(seconds=by)


@pytest.fixture
def clock() -> PutClock:
    return PutClock()


@pytest.fixture
async def outbox(ledger_url: str, bus: Bus, clock: PutClock) -> AsyncIterator[Outbox]:
    ledger = Ledger(ledger_url, clock)
    outbox = Outbox(ledger, bus)
    yield outbox
    await outbox.close()
    await ledger.close()


@pytest.fixture
async def mission(outbox: Outbox) -> Mission:
    return await running_mission(outbox, *(planned(key) for key in "abcdefgh"))


async def claimed(outbox: Outbox, mission: Mission, keys: str) -> list[Task]:
    return [await claim(outbox, await task_of(outbox, mission, key), f"w-{key}/run") for key in keys]


async def ask(outbox: Outbox, task: Task, paces: Paces = FIVE, tokens: int = 0) -> float | MustWait:
    async with outbox.transaction() as tx:
        return await paces.take_turn(tx, task, "m", tokens)


async def ask_or_park(outbox: Outbox, task: Task, paces: Paces = FIVE) -> bool:
    """Ask the model, or be parked for it as an agent would. Returns whether it was asked."""
    if not isinstance(await ask(outbox, task, paces), MustWait):
        return True
    async with outbox.transaction() as tx:
        await model_queue.park(tx, task, "m", paces)
    return False


async def refuse(outbox: Outbox, told: Told = QUOTA) -> None:
    async with outbox.transaction() as tx:
        await NONE.put_off(tx, "m", told)


async def tick(outbox: Outbox, paces: Paces = FIVE) -> list[str]:
    """Let the office look once. Returns the keys of the tasks that it woke."""
    async with outbox.transaction() as tx:
        before = {task.id: task.key for task in await tx.tasks.waiting_for_models()}
        await model_queue.wake_those_whose_turn_it_is(tx, paces)
        after = {task.id for task in await tx.tasks.waiting_for_models()}
    return [key for id, key in before.items() if id not in after]


async def tick_for(outbox: Outbox, clock: FixedClock, seconds: int, paces: Paces = FIVE) -> list[tuple[int, str]]:
    woken = []
    for second in range(seconds):
        woken += [(second, key) for key in await tick(outbox, paces)]
        clock.advance(1)
    return woken


async def test_a_model_without_a_limit_is_asked_at_once_and_leaves_no_row(outbox: Outbox, mission: Mission) -> None:
    [task] = await claimed(outbox, mission, "a")
    assert [await ask(outbox, task, NONE) for _ in range(20)] == [0.0] * 20
    async with outbox.reading() as tx:
        assert await tx.model_paces.find("m") is None


async def test_of_two_who_ask_at_once_one_gets_the_last_place(outbox: Outbox, mission: Mission) -> None:
    both = await claimed(outbox, mission, "ab")
    found = await asyncio.gather(*(ask(outbox, task) for task in both))
    assert sorted(isinstance(turn, MustWait) for turn in found) == [False, True]


async def test_fifty_callers_never_pass_the_limit(outbox: Outbox, mission: Mission, clock: PutClock) -> None:
    paces = Paces({"m": NamedModel(requests_per_minute=60)})
    [task] = await claimed(outbox, mission, "a")
    sent: list[float] = []
    for _ in range(8):
        found = await asyncio.gather(*(ask(outbox, task, paces) for _ in range(50)))
        sent += [clock.monotonic() + turn for turn in found if not isinstance(turn, MustWait)]
        clock.advance(10)
    assert len(sent) >= 30
    for start in sent:
        assert sum(start <= at < start + 60 for at in sent) <= 60
    assert min(later - at for at, later in zip(sorted(sent), sorted(sent)[1:], strict=False)) >= 1


async def test_tokens_are_limited_too_and_a_huge_request_waits_no_longer_than_a_minute(
    outbox: Outbox, mission: Mission, clock: PutClock
) -> None:
    paces = Paces({"m": NamedModel(tokens_per_minute=1000)})
    [task] = await claimed(outbox, mission, "a")
    assert await ask(outbox, task, paces, 500) == 0
    turn = await ask(outbox, task, paces, 10**9)
    assert isinstance(turn, MustWait)
    assert "it takes 1,000 tokens a minute" in turn.why
    assert (turn.until - clock.now()).total_seconds() == pytest.approx(31.5)
    clock.advance(32)
    assert await ask(outbox, task, paces, 10**9) == 0
    turn = await ask(outbox, task, paces, 1)
    assert isinstance(turn, MustWait)
    assert (turn.until - clock.now()).total_seconds() == pytest.approx(63)


async def test_those_who_wait_are_woken_in_their_order_and_one_by_one(
    outbox: Outbox, mission: Mission, clock: PutClock
) -> None:
    all_of_them = await claimed(outbox, mission, "abcd")
    assert [await ask_or_park(outbox, task) for task in all_of_them] == [True, False, False, False]
    woken = await tick_for(outbox, clock, 45)
    assert [key for _, key in woken] == ["b", "c", "d"]
    seconds = [second for second, _ in woken]
    assert seconds == [12, 25, 37]


async def test_who_comes_later_stands_behind_those_who_wait(outbox: Outbox, mission: Mission, clock: PutClock) -> None:
    first, second = await claimed(outbox, mission, "ab")
    assert [await ask_or_park(outbox, task) for task in (first, second)] == [True, False]
    clock.advance(60)  # the model is free, and the office has not looked yet
    turn = await ask(outbox, first)
    assert isinstance(turn, MustWait)
    assert turn.why.endswith("1 task before it")
    assert await tick(outbox) == ["b"]
    assert isinstance(await ask(outbox, first), MustWait)  # that place is taken, though not used yet
    again = (await claimed(outbox, mission, "b"))[0]
    assert await ask(outbox, again) == 0
    assert isinstance(await ask(outbox, again), MustWait)  # it was for one request


async def test_a_turn_that_nobody_uses_is_over_after_a_minute(
    outbox: Outbox, mission: Mission, clock: PutClock
) -> None:
    first, second = await claimed(outbox, mission, "ab")
    assert [await ask_or_park(outbox, task) for task in (first, second)] == [True, False]
    clock.advance(13)
    assert await tick(outbox) == ["b"]
    dead = (await claimed(outbox, mission, "b"))[0]
    clock.advance(61)
    async with outbox.transaction() as tx:
        assert await recovery.recover_tasks_of(tx, "w-b", SETTINGS) == 1
    assert await ask(outbox, first) == 0
    again = (await claimed(outbox, mission, "b"))[0]
    assert again.wake_at == dead.wake_at
    assert isinstance(await ask(outbox, again), MustWait)


async def test_a_worker_that_dies_before_it_asks_leaves_its_turn_to_the_next(
    outbox: Outbox, mission: Mission, clock: PutClock
) -> None:
    first, second = await claimed(outbox, mission, "ab")
    assert [await ask_or_park(outbox, task) for task in (first, second)] == [True, False]
    clock.advance(13)
    assert await tick(outbox) == ["b"]
    await claimed(outbox, mission, "b")
    clock.advance(20)
    async with outbox.transaction() as tx:
        assert await recovery.recover_tasks_of(tx, "w-b", SETTINGS) == 1
    assert await ask(outbox, (await claimed(outbox, mission, "b"))[0]) == 0


async def test_a_refusal_closes_the_model_for_everybody_until_the_time_that_it_names(
    outbox: Outbox, mission: Mission, clock: PutClock
) -> None:
    first, second, third = await claimed(outbox, mission, "abc")
    await refuse(outbox)
    for task in (first, second, third):
        turn = await ask(outbox, task, NONE)
        assert isinstance(turn, MustWait)
        assert turn.why == QUOTA.why
        assert (turn.until - clock.now()).total_seconds() == 70
    assert [await ask_or_park(outbox, task, NONE) for task in (first, second, third)] == [False] * 3
    woken = await tick_for(outbox, clock, 75, NONE)
    assert woken == [(69, "a"), (70, "b"), (71, "c")]


async def test_once_the_first_is_answered_those_who_wait_follow_quickly_and_hold_up_nobody(
    outbox: Outbox, mission: Mission, clock: PutClock
) -> None:
    *waiting, newcomer = await claimed(outbox, mission, "abcdef")
    await refuse(outbox)
    assert [await ask_or_park(outbox, task, NONE) for task in waiting] == [False] * 5
    clock.advance(69.5)
    assert await tick(outbox, NONE) == ["a"]
    assert isinstance(await ask(outbox, newcomer, NONE), MustWait)
    clock.advance(1)
    assert isinstance(await ask(outbox, newcomer, NONE), MustWait)  # nobody knows yet whether it answers
    async with outbox.transaction() as tx:
        await tx.model_paces.answered("m")
    assert await tick(outbox, NONE) == ["b", "c", "d", "e"]
    assert await ask(outbox, newcomer, NONE) < 1


async def test_a_later_refusal_moves_the_time_that_the_parked_ones_show(
    outbox: Outbox, mission: Mission, clock: PutClock
) -> None:
    [task] = await claimed(outbox, mission, "a")
    await refuse(outbox)
    assert not await ask_or_park(outbox, task, NONE)
    await refuse(outbox, Told("HTTP 429: the day's quota", 3600))
    async with outbox.reading() as tx:
        assert (await tx.tasks.get(task.id)).wake_at == clock.now() + timedelta(hours=1)
    assert await tick_for(outbox, clock, 100, NONE) == []
    clock.advance(3500)
    assert await tick(outbox, NONE) == ["a"]


async def test_without_a_named_time_the_pauses_grow_past_a_minute_and_an_answer_ends_that(
    outbox: Outbox, clock: PutClock
) -> None:
    pauses = []
    for _ in range(14):
        await refuse(outbox, Told("HTTP 429"))
        async with outbox.reading() as tx:
            row = await tx.model_paces.get("m")
        pauses.append((row.closed_until - clock.now()).total_seconds())
        clock.advance(pauses[-1])
    assert pauses[:8] == [0.5, 1, 2, 4, 8, 16, 32, 64]
    assert pauses[-1] == BACKOFF.max_seconds
    async with outbox.transaction() as tx:
        await tx.model_paces.answered("m")
    await refuse(outbox, Told("HTTP 429"))
    async with outbox.reading() as tx:
        assert (await tx.model_paces.get("m")).closed_until - clock.now() == timedelta(seconds=0.5)


async def test_ten_refusals_at_the_same_time_count_as_one(outbox: Outbox, clock: PutClock) -> None:
    for _ in range(10):
        await refuse(outbox, Told("HTTP 503"))
    async with outbox.reading() as tx:
        row = await tx.model_paces.get("m")
    assert (row.refusals, row.closed_until - clock.now()) == (1, timedelta(seconds=0.5))


async def test_a_named_time_after_which_it_refuses_all_the_same_is_not_believed_for_ever(
    outbox: Outbox, clock: PutClock
) -> None:
    pauses = []
    for _ in range(10):
        await refuse(outbox, Told("HTTP 429: the day's quota, try again in 10s", 10))
        async with outbox.reading() as tx:
            pauses.append(((await tx.model_paces.get("m")).closed_until - clock.now()).total_seconds())
        clock.advance(pauses[-1])
    assert pauses == [10] * 5 + [16, 32, 64, 128, 256]


async def test_limits_that_a_refusal_names_hold_for_an_hour(outbox: Outbox, mission: Mission, clock: PutClock) -> None:
    [task] = await claimed(outbox, mission, "a")
    await refuse(outbox, Told("HTTP 429: Limit 5", 1, requests_per_minute=5))
    clock.advance(1)
    assert await ask(outbox, task, NONE) == 0
    turn = await ask(outbox, task, NONE)
    assert isinstance(turn, MustWait)
    assert turn.why == "it takes 5 requests a minute"
    clock.advance(3600)
    assert [await ask(outbox, task, NONE) for _ in range(3)] == [0, 0, 0]


async def test_the_settings_limit_goes_before_what_a_server_names(
    outbox: Outbox, mission: Mission, clock: PutClock
) -> None:
    [task] = await claimed(outbox, mission, "a")
    await refuse(outbox, Told("HTTP 429", 1, requests_per_minute=1))
    clock.advance(1)
    assert await ask(outbox, task) == 0
    turn = await ask(outbox, task)
    assert isinstance(turn, MustWait)
    assert (turn.until - clock.now()).total_seconds() == pytest.approx(APART)


@pytest.mark.parametrize("by", [3600, -3600])
async def test_a_clock_that_was_wrong_closes_no_model(
    outbox: Outbox, mission: Mission, clock: PutClock, by: float
) -> None:
    first, second = await claimed(outbox, mission, "ab")
    clock.put(by)
    await refuse(outbox, Told("HTTP 429", 20))
    assert not await ask_or_park(outbox, first)
    clock.put(-by)
    woken = await tick_for(outbox, clock, 100)
    assert [key for _, key in woken] == ["a"]
    assert woken[0][0] <= 75
    clock.advance(60)
    assert await ask(outbox, second) == 0


async def test_a_cancelled_missions_tasks_are_before_nobody(outbox: Outbox, mission: Mission, clock: PutClock) -> None:
    theirs = await claimed(outbox, mission, "abcdefgh")
    assert [await ask_or_park(outbox, task) for task in theirs] == [True] + [False] * 7
    async with outbox.transaction() as tx:
        await missions.cancel(tx, mission.id, "ceo")
    other = await running_mission(outbox, planned("x"))
    [task] = await claimed(outbox, other, "x")
    turn = await ask(outbox, task)
    assert isinstance(turn, MustWait)
    assert (turn.until - clock.now()).total_seconds() == pytest.approx(APART)


async def test_the_ceo_can_let_a_model_be_asked_before_its_time(
    outbox: Outbox, mission: Mission, clock: PutClock
) -> None:
    first, second = await claimed(outbox, mission, "ab")
    await refuse(outbox, Told("HTTP 429: the plan's quota", 5 * 86_400))
    assert [await ask_or_park(outbox, task, NONE) for task in (first, second)] == [False, False]
    assert await tick(outbox, NONE) == []
    async with outbox.transaction() as tx:
        assert await model_queue.wake_now(tx, mission.id, NONE) == 2
        assert await model_queue.wake_now(tx, "mis_other", NONE) == 0
        assert [(await tx.tasks.get(task.id)).status for task in (first, second)] == [
            TaskStatus.QUEUED, TaskStatus.PARKED,
        ]  # fmt: skip
    assert await ask(outbox, (await claimed(outbox, mission, "a"))[0], NONE) == 0
    clock.advance(1)
    assert await tick(outbox, NONE) == ["b"]


async def test_a_task_woken_for_something_else_has_no_turn(outbox: Outbox, mission: Mission) -> None:
    first, second = await claimed(outbox, mission, "ab")
    assert [await ask_or_park(outbox, task) for task in (first, second)] == [True, False]
    async with outbox.transaction() as tx:
        assert await tasks.wake(tx, second.id)
    assert isinstance(await ask(outbox, (await claimed(outbox, mission, "b"))[0]), MustWait)


async def test_two_offices_wake_nobody_twice(outbox: Outbox, mission: Mission, clock: PutClock) -> None:
    first, second, third = await claimed(outbox, mission, "abc")
    assert [await ask_or_park(outbox, task) for task in (first, second, third)] == [True, False, False]
    clock.advance(13)
    await asyncio.gather(tick(outbox), tick(outbox), return_exceptions=True)
    async with outbox.reading() as tx:
        assert [task.key for task in await tx.tasks.waiting_for_models()] == ["c"]
