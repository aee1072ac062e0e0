"""How every member of the staff works: through its steps in order, each until its calls have succeeded.

Nothing is remembered between requests. The first step with a call that has not succeeded yet is the next answer, so
a run continues where it stopped after a crash, a lost answer or an interrupted tool.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from damascus.doubles.model.chat_request import ChatRequest
from damascus.doubles.model.scripted_answer import ScriptedAnswer, ScriptedCall
from damascus.doubles.model.staff.business import InventedBusiness
from damascus.doubles.model.staff.history import History
from damascus.doubles.model.task_prompt_parser import ParsedTask, ParsedTrailEntry

MAX_TRIES = 2


@dataclass(frozen=True)
class StaffStep:
    """What the staff says, and the tool calls it makes with that."""

    text: str
    calls: tuple[ScriptedCall, ...]


@dataclass(frozen=True)
class StaffView:
    """What a member of the staff knows when it answers."""

    request: ChatRequest
    business: InventedBusiness
    history: History

    @property
    def task(self) -> ParsedTask:
        return self.request.task

    @property
    def own_entries(self) -> tuple[ParsedTrailEntry, ...]:
        """The trail entries that this run left."""
        return tuple(ParsedTrailEntry(id_, "finding", self.task.role, "", text) for id_, text in self.history.entries)


def play_steps(view: StaffView, steps: Iterator[StaffStep]) -> ScriptedAnswer:
    """Return the next answer: the first step that is not done, or `blocked` if a call has failed MAX_TRIES times."""
    last = StaffStep("This is done.", ())
    finishes = [past.call for past in view.history.done if past.call.name == "finish"]
    refused = next((call for call in finishes if view.history.failures(call) >= MAX_TRIES), None)
    if refused:  # the same words again; what an order made it say in between is not its own try
        return _blocked(view, refused)
    for last in steps:
        calls = [call for call in last.calls if call.name in view.request.tools and not view.history.has(call)]
        if not calls:
            continue
        failed = next((call for call in calls if view.history.failures(call) >= MAX_TRIES), None)
        if failed:
            return _blocked(view, failed)
        return ScriptedAnswer(last.text, tuple(_simplified(view, call) for call in calls))
    return ScriptedAnswer(last.text)


def _blocked(view: StaffView, call: ScriptedCall) -> ScriptedAnswer:
    past = view.history.last(call.name)
    result = " ".join(past.result.split())[:300] if past else ""
    reason = f"`{call.name}` did not work after {MAX_TRIES} tries: {result}"
    calls = (ScriptedCall("blocked", {"reason": reason}),) if "blocked" in view.request.tools else ()
    return ScriptedAnswer(reason, calls)


def _simplified(view: StaffView, call: ScriptedCall) -> ScriptedCall:
    """Return the call as it is tried a second time: with less that could be wrong in it."""
    if not view.history.failures(call) or not isinstance(call.arguments, dict):
        return call
    if call.name == "write_report" and view.own_entries:
        return ScriptedCall(call.name, {**call.arguments, "sources": [entry.id for entry in view.own_entries]})
    if call.name == "leave_trail":
        return ScriptedCall(call.name, {"kind": "log", "text": call.arguments["text"]})
    return call
