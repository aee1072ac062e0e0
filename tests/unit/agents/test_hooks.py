"""Hooks surround each step in the order of their list; the first that has an answer gives it."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agents.hooks.bounds import Bounds
from agents.hooks.broken_responses import CUT_OFF_NOTE, BrokenResponses, was_cut_off
from agents.hooks.chain import HookChain
from agents.hooks.hook import Hook, Operation
from agents.hooks.interrupted_calls import INTERRUPTED_NOTE, InterruptedCalls
from agents.hooks.policy import PolicyHook
from agents.hooks.stuck_detector import LAST_NO_TOOL_NOTE, NO_TOOL_NOTE, StuckDetector
from agents.hooks.wait_for_services import WaitForServices
from agents.journal import Journal
from agents.outcomes import Failed, OutOfTurns, Parked
from agents.run import Run
from damascus.bus.streams import Bus
from damascus.core.clock import FixedClock
from damascus.core.errors import ModelUnavailable, Unavailable
from damascus.core.records.tasks import Task
from damascus.core.records.turns import ProviderFields, Speaker, Turn
from damascus.core.settings import LimitsSettings
from damascus.ledger.engine import Ledger
from damascus.llm.port import CallCost, ModelResponse, Unreachable
from damascus.llm.tool_arguments import cut_off_note
from damascus.tools.tool import AnyTool, ToolResult
from damascus.work.policies import Autonomy
from tests.fixtures.rows import UNTOLD, WHEN
from tests.fixtures.story import SETTINGS
from tests.fixtures.workbench import Workbench, open_workbench


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> Any:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        yield workbench


async def running(workbench: Workbench, *turns: Turn, autonomy: Autonomy | None = None, **task: Any) -> Run:
    row = await workbench.task(**task)
    journal = Journal(workbench.outbox, row, SETTINGS, turns, autonomy or Autonomy())
    return Run(workbench.lease(row), workbench.mission, UNTOLD, journal, 0.0, frozenset({"read_trail", "run_command"}))


def turn(tool: str | None, arguments: Any = None, state: str = "pending", n: int = 1) -> Turn:
    role = "tool" if tool else "assistant"
    return Turn(f"t{n}", "task", n, role, "", "c1", tool, arguments, state, WHEN, None)


def answer(finish_reason: str) -> ModelResponse:
    return ModelResponse("words", "", (), finish_reason, CallCost("m", 1, 1, 1, True), "res", 0.1, ProviderFields("m"))


class Talker(Hook):
    """Takes note of what it is asked, and answers with its name if it has something to say."""

    def __init__(self, name: str, log: list[str], speaks: bool = False) -> None:
        self.name, self.log, self.speaks = name, log, speaks

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:
        self.log.append(self.name)
        return ToolResult(self.name) if self.speaks else None

    def after_call(self, run: Run, turn: Turn, text: str) -> str:
        return f"{text} {self.name}"

    async def on_failure(self, task: Task, outcome: Failed) -> bool:
        self.log.append(self.name)
        return self.speaks

    def note(self, task: Task, turns: Sequence[Turn], response: ModelResponse) -> str | None:
        return self.name if self.speaks else None

    async def around_call(self, run: Run, call: Operation[ToolResult]) -> ToolResult:
        self.log.append(f"{self.name} begins")
        result = await call()
        self.log.append(f"{self.name} ends")
        return result


async def test_where_a_hook_answers_those_after_it_are_not_asked(workbench: Workbench) -> None:
    run, log = await running(workbench), list[str]()
    chain = HookChain([Talker("a", log), Talker("b", log, speaks=True), Talker("c", log, speaks=True)])
    assert await chain.before_call(run, turn("read_trail", {}), None) == ToolResult("b")
    assert await chain.on_failure(run.task, Failed("why"))
    assert log == ["a", "b", "a", "b"]
    assert chain.note(run.task, [], answer("stop")) == "b"
    assert chain.after_call(run, turn("read_trail", {}), "text") == "text a b c"


async def test_the_first_hook_is_the_outermost_around_an_operation(workbench: Workbench) -> None:
    run, log = await running(workbench), list[str]()

    async def call() -> ToolResult:
        log.append("the call")
        return ToolResult("done")

    chain = HookChain([Talker("a", log), Talker("b", log), Hook()])
    assert await chain.around_call(run, call) == ToolResult("done")
    assert log == ["a begins", "b begins", "the call", "b ends", "a ends"]


async def test_a_list_without_hooks_changes_nothing(workbench: Workbench) -> None:
    run, chain = await running(workbench), HookChain([])
    assert chain.grant_tools(run.task, run.granted) == chain.offer_tools(run, run.granted) == run.granted
    assert await chain.before_call(run, turn("read_trail", {}), None) is None
    assert not await chain.on_failure(run.task, Failed("why"))


async def test_a_call_that_a_crash_interrupted_is_the_model_s_to_decide(workbench: Workbench) -> None:
    run, hook = await running(workbench), InterruptedCalls()
    command, trail = workbench.registry.get("run_command"), workbench.registry.get("read_trail")
    assert await hook.before_call(run, turn("run_command", {}, "started"), command) == ToolResult(INTERRUPTED_NOTE)
    assert await hook.before_call(run, turn("run_command", {}), command) is None
    assert await hook.before_call(run, turn("read_trail", {}, "started"), trail) is None
    assert await hook.before_call(run, turn("no_such_tool", {}, "started"), None) is None


async def test_what_did_not_arrive_whole_is_said(workbench: Workbench) -> None:
    run, hook = await running(workbench), BrokenResponses()
    said = await hook.before_call(run, turn("read_trail", "{not json"), None)
    assert said is not None
    assert "{not json" in said.text
    assert await hook.before_call(run, turn("read_trail", {}), None) is None
    said_after = [hook.note(run.task, [], answer(reason)) for reason in ("length", "stop")]
    assert said_after == [CUT_OFF_NOTE, None]


async def test_a_call_that_was_cut_off_is_to_be_sent_in_parts_where_its_tool_takes_them(workbench: Workbench) -> None:
    run, hook = await running(workbench), BrokenResponses()
    problem = cut_off_note('{"path": "a.py", "content": "half of')
    for tool, how in (("write_file", "`part` 1, 2, ..."), ("write_report", "`part`"), ("leave_trail", "again shorter")):
        said = await hook.before_call(run, turn(tool, problem), None)
        assert said is not None
        assert problem in said.text
        assert how in said.text
        assert "Nothing was done" in said.text


def test_an_answer_that_was_cut_off_is_known_by_what_was_told_of_it_until_the_next_one() -> None:
    said = turn(None)
    note = replace(said, speaker=Speaker.USER, content=CUT_OFF_NOTE)
    cut, whole = turn("write_file", cut_off_note("{")), turn("write_file", {})
    for turns, is_cut in (
        ([], False), ([said], False), ([said, note], True), ([said, cut], True), ([said, cut, whole], True),
        ([said, cut, said, whole], False), ([said, turn("finish", "they are not valid JSON")], False),
        ([note, said], False),
    ):  # fmt: skip
        assert was_cut_off(turns) is is_cut


async def test_a_policy_lets_through_refuses_or_parks(workbench: Workbench) -> None:
    command, call = workbench.registry.get("run_command"), turn("run_command", {"command": "ls"})
    hook = PolicyHook(workbench.outbox)
    assert await hook.before_call(await running(workbench), call, command) is None
    denied = await hook.before_call(await running(workbench, autonomy=Autonomy(execute="deny")), call, command)
    assert denied is not None
    assert "forbids run_command" in denied.text
    run = await running(workbench, autonomy=Autonomy(execute="ask"))
    with pytest.raises(Parked, match="waits for the CEO's permission"):
        await hook.before_call(run, call, command)
    async with workbench.outbox.reading() as tx:
        assert (await tx.tasks.get(run.task.id)).status == "parked"
        assert [item.kind for item in await tx.desk_items.open_of_kind("permission", workbench.mission.id)] == [
            "permission"
        ]


async def test_a_tool_that_is_not_there_asks_no_policy(workbench: Workbench) -> None:
    run = await running(workbench, autonomy=Autonomy(read="deny", execute="deny"))
    assert await PolicyHook(workbench.outbox).before_call(run, turn("no_such_tool", {}), None) is None


async def test_bounds_end_a_run_by_turns_and_by_time(workbench: Workbench) -> None:
    clock, limits = FixedClock(), LimitsSettings(turns_per_task=2, seconds_per_task=10)
    hook = Bounds(limits, clock)
    await hook.after_act(await running(workbench, turn(None, n=1)))
    with pytest.raises(OutOfTurns, match="2 turns"):
        await hook.after_act(await running(workbench, turn(None, n=1), turn(None, n=2)))
    clock.advance(10.5)
    with pytest.raises(OutOfTurns, match="10 s"):
        await hook.before_call(await running(workbench), turn("read_trail", {}), None)


async def test_the_time_for_which_a_model_is_waited_for_is_not_the_tasks(workbench: Workbench) -> None:
    clock = FixedClock()
    hook = Bounds(LimitsSettings(seconds_per_task=10), clock)
    run = await running(workbench)
    run.began = clock.monotonic()

    async def think_for_an_hour() -> ModelResponse:
        clock.advance(3600)
        return answer("stop")

    async def fail_after_an_hour() -> ModelResponse:
        clock.advance(3600)
        raise ModelUnavailable("it is away")

    clock.advance(6)
    await hook.around_think(run, think_for_an_hour)
    with pytest.raises(ModelUnavailable):
        await hook.around_think(run, fail_after_an_hour)
    await hook.after_act(run)
    clock.advance(4.5)
    with pytest.raises(OutOfTurns, match="10 s"):
        await hook.after_act(run)


async def test_a_response_without_a_call_is_reminded_and_then_warned(workbench: Workbench) -> None:
    hook, task = StuckDetector(4), (await running(workbench)).task
    said = [hook.note(task, [turn(None, n=n) for n in range(count)], answer("stop")) for count in (1, 2)]
    assert said == [note.format("finish") for note in (NO_TOOL_NOTE, LAST_NO_TOOL_NOTE)]


async def test_a_verdict_follows_the_transcript_as_it_grows(workbench: Workbench) -> None:
    hook, run = StuckDetector(4), await running(workbench)
    assert hook.offer_tools(run, run.granted) == run.granted
    run.journal.turns = [turn("read_trail", {}, "done", n) for n in range(1, 5)]
    assert hook.offer_tools(run, run.granted) == {"run_command"}


class Away:
    """A service that is away for so many calls."""

    def __init__(self, calls: int, error: Exception) -> None:
        self.left, self.error, self.calls = calls, error, 0

    async def call(self) -> Any:
        self.calls += 1
        if self.calls <= self.left:
            raise self.error
        return "here"


async def test_a_service_that_comes_back_is_waited_for(workbench: Workbench) -> None:
    run, hook = await running(workbench), WaitForServices(FixedClock(), 60)
    gone, locked = Away(3, Unreachable("nobody")), Away(3, Unavailable("locked"))
    assert await hook.around_think(run, gone.call) == "here"
    await hook.around_record(run, locked.call)
    assert (gone.calls, locked.calls) == (4, 4)


async def test_a_model_that_is_there_and_fails_is_not_asked_again(workbench: Workbench) -> None:
    run, hook = await running(workbench), WaitForServices(FixedClock(), 60)
    failing = Away(3, ModelUnavailable("500"))
    with pytest.raises(ModelUnavailable, match="500"):
        await hook.around_think(run, failing.call)
    assert failing.calls == 1


@pytest.mark.parametrize(("away", "told"), [(2, "here"), (100, "the forge is away")])
async def test_a_call_is_made_again_until_its_service_is_back_and_then_its_last_result_counts(
    workbench: Workbench, away: int, told: str
) -> None:
    run, hook, calls = await running(workbench), WaitForServices(FixedClock(), 60), list[int]()

    async def call() -> ToolResult:
        calls.append(1)
        return ToolResult("the forge is away", retryable=True) if len(calls) <= away else ToolResult("here")

    assert (await hook.around_call(run, call)).text == told
    assert len(calls) == min(away + 1, 15)
