"""How every member of the staff works: through its steps in order, each until its calls have succeeded.

Nothing is remembered between requests. The first step with a call that has not succeeded yet is the next answer, so
a run goes on where it stood after a crash, a lost answer or an interrupted tool.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from damascus.llm.rehearsal.answers import Answer, Call
from damascus.llm.rehearsal.asks import Ask
from damascus.llm.rehearsal.frame import Entry, Task
from damascus.llm.rehearsal.staff.company import Company
from damascus.llm.rehearsal.staff.history import History

_TRIES = 2


@dataclass(frozen=True)
class Step:
    """What is said, and the calls that are made with it."""

    words: str
    calls: tuple[Call, ...]


@dataclass(frozen=True)
class Desk:
    """What a member of the staff has in front of it."""

    ask: Ask
    company: Company
    history: History

    @property
    def task(self) -> Task:
        return self.ask.task

    @property
    def own(self) -> tuple[Entry, ...]:
        """What this run left on the trail."""
        return tuple(Entry(id_, "finding", self.task.role, text) for id_, text in self.history.entries)


def proceed(desk: Desk, steps: Iterator[Step]) -> Answer:
    """The next answer: the first step that is not done, or `blocked` when a call has failed twice."""
    last, ending = Step("This is done.", ()), Call("finish", {})
    if desk.history.failures(ending) >= _TRIES:
        return _blocked(desk, ending)
    for last in steps:
        calls = [call for call in last.calls if call.name in desk.ask.tools and not desk.history.has(call)]
        if not calls:
            continue
        worn = next((call for call in calls if desk.history.failures(call) >= _TRIES), None)
        return _blocked(desk, worn) if worn else Answer(last.words, tuple(_amended(desk, call) for call in calls))
    return Answer(last.words)


def _blocked(desk: Desk, call: Call) -> Answer:
    past = desk.history.last(call.name)
    result = " ".join(past.result.split())[:300] if past else ""
    reason = f"`{call.name}` did not work after {_TRIES} tries: {result}"
    return Answer(reason, (Call("blocked", {"reason": reason}),) if "blocked" in desk.ask.tools else ())


def _amended(desk: Desk, call: Call) -> Call:
    """The call as it is tried a second time: with less that could be wrong in it."""
    if not desk.history.failures(call) or not isinstance(call.arguments, dict):
        return call
    if call.name == "write_report" and desk.own:
        return Call(call.name, {**call.arguments, "sources": [entry.id for entry in desk.own]})
    if call.name == "leave_trail":
        return Call(call.name, {"kind": "log", "text": call.arguments["text"]})
    return call
