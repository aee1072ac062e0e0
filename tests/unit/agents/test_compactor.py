"""A conversation that no longer fits is summed up and continues: once, paid for, and after a crash as before it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from agents import conversation
from agents.compactor import MAX_ASKED_CHARS, Compactor
from agents.journal import Journal
from agents.run import Run
from damascus.bus.streams import Bus
from damascus.composition.agents import AgentServices
from damascus.core.clock import FixedClock
from damascus.core.errors import FilteredByProvider, LeaseLost, ModelUnavailable, RequestNotTaken, Unavailable
from damascus.core.records.compactions import Compaction
from damascus.core.records.turns import ProviderFields
from damascus.core.records.usage import CallCost
from damascus.core.settings import CompanySettings, Settings
from damascus.knowledge.memory.company_memory import CompanyMemory
from damascus.ledger.engine import Ledger
from damascus.llm.port import ContextFull, Meter, ModelBusy, ModelRequest, ModelResponse, Unreachable
from damascus.work.budget import limits
from damascus.work.budget.limits import LimitReached
from damascus.work.outbox import Outbox
from damascus.work.task_lease import TaskLease
from damascus.work.tasks import recovery, tasks, transcript
from tests.fixtures.rows import UNTOLD
from tests.fixtures.story import SETTINGS, claim, planned, running_mission, task_of

COST = 40
Says = Callable[[ModelRequest], str | Exception]


class Summarizer:
    """A model that answers each summary as it is told to; `asked` are the requests."""

    def __init__(self, *says: str | Exception | Says) -> None:
        self.says = list(says)
        self.asked: list[ModelRequest] = []

    async def complete(self, request: ModelRequest, meter: Meter, _: object = None) -> ModelResponse:
        self.asked.append(request)
        says = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        text = says(request) if callable(says) else says
        if isinstance(text, Exception):
            raise text
        reserved = await meter.reserve("cheap", 900, 900, 10)
        cost = CallCost("cheap", 1, 1, COST, True)
        return ModelResponse(text, "", (), "stop", cost, reserved.id, 0.1, ProviderFields("cheap"))


class Small:
    """A model whose context holds so many bytes of a conversation; what it answered is `sent`."""

    def __init__(self, run: Run, most: int) -> None:
        self.run, self.most = run, most
        self.sent: list[list[dict[str, Any]]] = []

    async def think(self) -> ModelResponse:
        messages = conversation.of_run(self.run)
        size = len(str(messages))
        if size > self.most and self.run.journal.sent_turns():
            raise ContextFull("it does not fit", size, self.most)
        self.sent.append(messages)
        return cast(Any, "an answer")


@pytest.fixture
async def services(sqlite_ledger: Ledger, outbox: Outbox, bus: Bus, tmp_path: Path) -> AgentServices:
    async with outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, SETTINGS)
    nothing = cast(Any, None)
    return AgentServices(
        Settings(company=CompanySettings(home=tmp_path)), FixedClock(), sqlite_ledger, bus, outbox, nothing, nothing,
        nothing, nothing, frozenset({"pm"}), tmp_path, nothing, nothing, CompanyMemory(outbox), nothing,
    )  # fmt: skip


async def a_run(outbox: Outbox, answers: int = 12, chars: int = 900) -> Run:
    """A run whose task has so many answers behind it, each with a call whose result is so long."""
    mission = await running_mission(outbox, planned("a"))
    task = await claim(outbox, await task_of(outbox, mission, "a"))
    async with outbox.transaction() as tx:
        for number in range(answers):
            call = transcript.RecordedCall(f"c{number}", "read_trail", {"kind": f"k{number}"})
            turns = await transcript.record_answer(tx, task, 2 * number + 1, transcript.RecordedAnswer("", [call]))
            await tx.turns.finish(turns[-1].id, f"result {number} {'.' * chars}", tx.now)
    return await resumed(outbox, Run(cast(Any, _Leased(task)), mission, UNTOLD, cast(Any, None), 0.0))


class _Leased:
    def __init__(self, task: Any) -> None:
        self.task = task


async def resumed(outbox: Outbox, run: Run) -> Run:
    """The run as another worker of the same lease would have it."""
    lease = TaskLease(outbox, run.task, SETTINGS, FixedClock())
    async with outbox.reading() as tx:
        journal = await Journal.read(tx, outbox, run.task, SETTINGS)
    return Run(lease, run.mission, UNTOLD, journal, 0.0)


async def compactions(outbox: Outbox, run: Run) -> list[Compaction]:
    async with outbox.reading() as tx:
        return await tx.compactions.of_task(run.task.id)


async def spent(outbox: Outbox, run: Run) -> tuple[int, int]:
    async with outbox.reading() as tx:
        budget = await tx.budgets.get(limits.mission_scope(run.mission.id))
    return budget.spent, budget.reserved


def with_model(services: AgentServices, *says: str | Exception | Says) -> tuple[Compactor, Summarizer]:
    model = Summarizer(*says)
    return Compactor(replace(services, model=cast(Any, model))), model


async def test_a_conversation_that_is_full_is_summed_up_by_the_cheap_tier_and_continues(
    services: AgentServices, outbox: Outbox
) -> None:
    compactor, model = with_model(services, "  You read the trail twelve times.  ")
    run = await a_run(outbox)
    small = Small(run, 9_000)
    assert await compactor.around_think(run, small.think) == "an answer"
    (request,), (row,), (sent,) = model.asked, await compactions(outbox, run), small.sent
    assert (request.tier, request.tools, request.task_id) == ("cheap", (), run.task.id)
    assert "> 2 read_trail" in request.messages[1]["content"]
    assert 0 < row.until < 24
    assert "> You read the trail twelve times." in row.text
    assert sent[1]["content"] == f"\n{row.text}"
    assert [message["role"] for message in sent[2:]] == ["assistant", "tool"] * ((24 - row.until) // 2)
    assert f"> {row.until} read_trail" in request.messages[1]["content"]
    assert f"> {row.until + 2} read_trail" not in request.messages[1]["content"]
    assert await spent(outbox, run) == (COST, 0)
    async with outbox.reading() as tx:
        assert len(await tx.turns.of_task(run.task.id)) == 24
        (call,) = await tx.usage.of_task(run.task.id)
        assert call.created_at == row.created_at


async def test_the_next_requests_repeat_it_word_for_word_whichever_worker_sends_them(
    services: AgentServices, outbox: Outbox
) -> None:
    compactor, _ = with_model(services, "You read the trail.")
    run = await a_run(outbox)
    small = Small(run, 9_000)
    await compactor.around_think(run, small.think)
    other = await resumed(outbox, run)
    async with outbox.transaction() as tx:
        call = transcript.RecordedCall("c99", "read_trail", {})
        await transcript.record_answer(tx, run.task, 25, transcript.RecordedAnswer("more", [call]))
    later = await resumed(outbox, run)
    assert conversation.of_run(other) == small.sent[0]
    assert conversation.of_run(later)[: len(small.sent[0])] == small.sent[0]


async def test_what_was_summed_up_once_is_summed_up_with_what_came_after(
    services: AgentServices, outbox: Outbox
) -> None:
    compactor, model = with_model(services, "The first summary.", "The second summary.")
    run = await a_run(outbox)
    await compactor.around_think(run, Small(run, 9_000).think)
    first = run.journal.compaction
    assert first is not None
    async with outbox.transaction() as tx:
        for number in range(25, 45, 2):
            call = transcript.RecordedCall(f"c{number}", "recall", {})
            turns = await transcript.record_answer(tx, run.task, number, transcript.RecordedAnswer("", [call]))
            await tx.turns.finish(turns[-1].id, "x" * 900, tx.now)
    run = await resumed(outbox, run)
    small = Small(run, 9_000)
    await compactor.around_think(run, small.think)
    asked = model.asked[1].messages[1]["content"]
    assert "> > The first summary." in asked
    assert "> 2 read_trail" not in asked
    assert "The second summary." in small.sent[0][1]["content"]
    assert "The first summary." not in small.sent[0][1]["content"]
    rows = await compactions(outbox, run)
    assert rows[0] == first
    assert rows[0].until < rows[1].until


@pytest.mark.parametrize(
    "says", ["", " \n ", RequestNotTaken("no"), FilteredByProvider("no"), ModelUnavailable("no answer")], ids=repr
)
async def test_without_a_summary_the_program_lists_the_steps_and_the_task_continues(
    services: AgentServices, outbox: Outbox, says: str | Exception
) -> None:
    compactor, model = with_model(services, says)
    run = await a_run(outbox)
    small = Small(run, 9_000)
    await compactor.around_think(run, small.think)
    assert len(model.asked) == 1
    (row,) = await compactions(outbox, run)
    assert f"> {row.until} read_trail" in row.text
    assert await spent(outbox, run) == (COST if isinstance(says, str) else 0, 0)
    async with outbox.reading() as tx:
        (told,) = [event.payload for event in await tx.events.since(0, 500) if event.kind == "compaction"]
    assert told["summed_up"] is False


async def test_a_model_that_sums_up_in_a_smaller_context_is_shown_less(services: AgentServices, outbox: Outbox) -> None:
    def full(request: ModelRequest) -> str | Exception:
        size = len(str(request.messages))
        return ContextFull("too long", size, 6_000) if size > 6_000 else "A summary."

    compactor, model = with_model(services, full)
    run = await a_run(outbox, answers=60, chars=500)
    await compactor.around_think(run, Small(run, 30_000).think)
    sizes = [len(str(request.messages)) for request in model.asked]
    assert len(sizes) == 2
    assert sizes[0] > 6_000 >= sizes[1]
    assert "A summary." in (await compactions(outbox, run))[0].text


async def test_a_model_that_takes_nothing_at_all_is_asked_a_few_times_only(
    services: AgentServices, outbox: Outbox
) -> None:
    compactor, model = with_model(services, ContextFull("too long", 10**6, 10**6 - 1))
    run = await a_run(outbox)
    await compactor.around_think(run, Small(run, 9_000).think)
    assert len(model.asked) < 8
    assert len(await compactions(outbox, run)) == 1


@pytest.mark.parametrize("why", [ModelBusy("later", 70, "cheap"), Unreachable("nothing listens")], ids=repr)
async def test_a_model_that_is_away_is_waited_for(services: AgentServices, outbox: Outbox, why: Exception) -> None:
    compactor, _ = with_model(services, why)
    run = await a_run(outbox)
    with pytest.raises(type(why)):
        await compactor.around_think(run, Small(run, 9_000).think)
    assert await compactions(outbox, run) == []


async def test_a_summary_for_which_no_money_is_left_waits_for_the_ceo(services: AgentServices, outbox: Outbox) -> None:
    compactor, _ = with_model(services, "a summary")
    run = await a_run(outbox)
    async with outbox.transaction() as tx:
        await tx.budgets.set_limit(limits.mission_scope(run.mission.id), 100)
    with pytest.raises(LimitReached):
        await compactor.around_think(run, Small(run, 9_000).think)
    assert await compactions(outbox, run) == []


async def test_it_ends_where_nothing_is_left_to_sum_up(services: AgentServices, outbox: Outbox) -> None:
    compactor, model = with_model(services, "a summary")
    run = await a_run(outbox)

    async def think() -> ModelResponse:
        raise ContextFull("it never fits", 10**6, 10)

    with pytest.raises(ContextFull):
        await compactor.around_think(run, think)
    (row,) = await compactions(outbox, run)
    assert row.until == 24
    assert len(model.asked) == 1


async def test_a_worker_that_lost_its_task_writes_nothing_and_its_call_counts(
    services: AgentServices, outbox: Outbox
) -> None:
    run = await a_run(outbox)

    compactor, _ = with_model(services, "a summary")
    lost = replace(run.task, lease_owner="w-9/other")
    journal = Journal(outbox, lost, SETTINGS, run.journal.turns, run.journal.autonomy)
    stale = Run(TaskLease(outbox, run.task, SETTINGS, FixedClock()), run.mission, UNTOLD, journal, 0.0)
    with pytest.raises(LeaseLost):
        await compactor.around_think(stale, Small(stale, 9_000).think)
    assert await compactions(outbox, run) == []
    assert await spent(outbox, run) == (COST, 0)


async def test_a_worker_that_dies_after_the_call_leaves_it_to_be_counted_and_asked_for_again(
    services: AgentServices, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await a_run(outbox)
    compactor, model = with_model(services, "a summary")

    async def dies(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(run.journal, "compact", dies)
    with pytest.raises(KeyboardInterrupt):
        await compactor.around_think(run, Small(run, 9_000).think)
    assert (await spent(outbox, run))[1] == 900
    async with outbox.transaction() as tx:
        await recovery.settlement.charge_lost_calls_of(tx, run.task, SETTINGS)
    assert await spent(outbox, run) == (900, 0)
    again = await resumed(outbox, run)
    await compactor.around_think(again, Small(again, 9_000).think)
    assert len(model.asked) == 2
    assert model.asked[0].messages == model.asked[1].messages
    assert len(await compactions(outbox, run)) == 1
    assert await spent(outbox, run) == (900 + COST, 0)


async def test_a_compaction_whose_commit_was_not_confirmed_is_not_written_twice(
    services: AgentServices, outbox: Outbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = await a_run(outbox)
    compactor, _ = with_model(services, "a summary")
    write, tries = run.journal.compact, list[str]()

    async def unconfirmed(*given: Any, **more: Any) -> None:
        tries.append("try")
        await write(*given, **more)
        if len(tries) == 1:
            raise Unavailable("the commit's answer was lost")

    monkeypatch.setattr(run.journal, "compact", unconfirmed)
    await compactor.around_think(run, Small(run, 9_000).think)
    assert len(tries) == 2
    assert len(await compactions(outbox, run)) == 1
    assert await spent(outbox, run) == (COST, 0)


async def test_a_result_that_was_not_written_yet_is_written_with_it(services: AgentServices, outbox: Outbox) -> None:
    run = await a_run(outbox)
    async with outbox.transaction() as tx:
        call = transcript.RecordedCall("c99", "read_trail", {})
        await transcript.record_answer(tx, run.task, 25, transcript.RecordedAnswer("", [call]))
    run = await resumed(outbox, run)
    run.journal.add_result(run.journal.turns[-1], "the newest result")
    compactor, _ = with_model(services, RequestNotTaken("no"))
    await compactor.around_think(run, Small(run, 9_000).think)
    async with outbox.reading() as tx:
        assert (await tx.turns.of_task(run.task.id))[-1].content == "the newest result"


async def test_a_cancelled_task_is_not_summed_up(services: AgentServices, outbox: Outbox) -> None:
    run = await a_run(outbox)
    compactor, _ = with_model(services, RequestNotTaken("no"))
    async with outbox.transaction() as tx:
        await tasks.end(tx, run.task, cast(Any, "cancelled"), "ceo")
    with pytest.raises(LeaseLost):
        await compactor.around_think(run, Small(run, 9_000).think)
    assert await compactions(outbox, run) == []


def test_what_is_shown_to_be_summed_up_fits_a_context_of_sixteen_thousand_tokens() -> None:
    assert MAX_ASKED_CHARS // 3 <= 16_000
