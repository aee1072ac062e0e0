"""How every member of the staff works: through its steps in order, each until its calls have succeeded.

Nothing is remembered between requests. The first step with a call that has not succeeded yet is the next answer, so
a run goes on where it stood after a crash, a lost answer or an interrupted tool.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall
from damascus.doubles.model.staff.business import InventedBusiness
from damascus.doubles.model.staff.history import History
from damascus.doubles.model.task_prompt_parser import ParsedTask, ParsedTrailEntry

_TRIES = 2


@dataclass(frozen=True)
class StaffStep:
    """What is said, and the calls that are made with it."""

    words: str
    calls: tuple[ScriptedCall, ...]


@dataclass(frozen=True)
class StaffView:
    """What a member of the staff has in front of it."""

    ask: ChatRequest
    company: InventedBusiness
    history: History

    @property
    def task(self) -> ParsedTask:
        return self.ask.task

    @property
    def own(self) -> tuple[ParsedTrailEntry, ...]:
        """What this run left on the trail."""
        return tuple(ParsedTrailEntry(id_, "finding", self.task.role, text) for id_, text in self.history.entries)


def proceed(desk: StaffView, steps: Iterator[StaffStep]) -> ScriptedAnswer:
    """The next answer: the first step that is not done, or `blocked` when a call has failed twice."""
    last, ending = StaffStep("This is done.", ()), ScriptedCall("finish", {})
    if desk.history.failures(ending) >= _TRIES:
        return _blocked(desk, ending)
    for last in steps:
        calls = [call for call in last.calls if call.name in desk.ask.tools and not desk.history.has(call)]
        if not calls:
            continue
        worn = next((call for call in calls if desk.history.failures(call) >= _TRIES), None)
        return (
            _blocked(desk, worn) if worn else ScriptedAnswer(last.words, tuple(_amended(desk, call) for call in calls))
        )
    return ScriptedAnswer(last.words)


def _blocked(desk: StaffView, call: ScriptedCall) -> ScriptedAnswer:
    past = desk.history.last(call.name)
    result = " ".join(past.result.split())[:300] if past else ""
    reason = f"`{call.name}` did not work after {_TRIES} tries: {result}"
    return ScriptedAnswer(reason, (ScriptedCall("blocked", {"reason": reason}),) if "blocked" in desk.ask.tools else ())


def _amended(desk: StaffView, call: ScriptedCall) -> ScriptedCall:
    """The call as it is tried a second time: with less that could be wrong in it."""
    if not desk.history.failures(call) or not isinstance(call.arguments, dict):
        return call
    if call.name == "write_report" and desk.own:
        return ScriptedCall(call.name, {**call.arguments, "sources": [entry.id for entry in desk.own]})
    if call.name == "leave_trail":
        return ScriptedCall(call.name, {"kind": "log", "text": call.arguments["text"]})
    return call
