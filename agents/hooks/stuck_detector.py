"""Detects that an agent repeats itself, and answers in three steps and without a model call: it is told so (steer), the
tools it repeats are removed from the task (constrain), the task is ended (stop).

The verdict is a pure function of the transcript: every worker comes to the same one, before and after a crash.
Not promised: that a cycle of more than `MAX_PERIOD_STEPS` steps, or one that changes a word each time, is seen; turns,
time and money end those.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

from agents.hooks.hook import Hook
from agents.hooks.next_tool import next_tool
from agents.journal import Journal
from agents.outcomes import Stuck
from agents.run import Run
from damascus.core.records.tasks import Task
from damascus.core.records.turns import Speaker, Turn
from damascus.llm.port import ModelResponse
from damascus.tools.tool import AnyTool, ToolResult

MAX_PERIOD_STEPS = 4
MAX_IDLE_RESPONSES = 3
MAX_REFUSALS = 2
ALWAYS_ALLOWED_TOOLS = frozenset({"finish", "blocked"})  # without these a task could not end

NO_TOOL_NOTE = (
    "Nobody reads text outside of a call. Next is `{}`; when the work is done call `finish`, when you cannot continue "
    "call `blocked`."
)
LAST_NO_TOOL_NOTE = (
    f"You answered again without using a tool. {NO_TOOL_NOTE} One more such answer ends your task as failed."
)
TASK_ENDED_NOTE = "This call was not made: the task is ended because it repeats itself."
TOOL_REMOVED_NOTE = (
    "The tool `{}` was taken away from you for the rest of this task, because you repeated it without progress. "
    "Continue without it: call `finish` or `blocked`."
)
_STEER = (
    "\n\nYou are repeating yourself: {}. The result will not change. Do something else, or call `blocked` and say what "
    "is in the way. If you do it again, you lose the tool."
)
_CONSTRAIN = (
    "\n\nYou are repeating yourself: {}. {}Work with what you have: call `finish` if the work is done, else `blocked`. "
    "If you continue like this, your task is ended as failed."
)
_LITERALS = {"true": True, "false": False, "null": None, "none": None}
_IDLE = ""


@dataclass(slots=True)
class StuckVerdict:
    """What a transcript shows.

    `advice` for the results of calls and the calls that are `refused` (both by turn id), the tools `taken` away by now,
    and why the task must `stop`, if it must. `idle` counts the newest responses without a call.
    """

    advice: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    taken: frozenset[str] = frozenset()
    stop: str | None = None
    idle: int = 0

    def note(self, next_tool: str) -> str:
        """Return what to say to a response that called no tool."""
        return (NO_TOOL_NOTE if self.idle <= 1 else LAST_NO_TOOL_NOTE).format(next_tool)

    def refusal(self, turn: Turn) -> str | None:
        """Return why a call is not made; None if it may be."""
        if turn.id not in self.refused:
            return None
        return TOOL_REMOVED_NOTE.format(turn.tool) if turn.tool in self.taken else TASK_ENDED_NOTE


class StuckDetector(Hook):
    """Steers, constrains and stops a run that repeats itself; see `detect` for `max_repeats`."""

    def __init__(self, max_repeats: int) -> None:
        self._max_repeats = max_repeats
        self._verdicts: WeakKeyDictionary[Journal, tuple[int, StuckVerdict]] = WeakKeyDictionary()

    def verdict(self, journal: Journal) -> StuckVerdict:
        """Return the verdict on a transcript, which is made once for each of its lengths."""
        length, verdict = self._verdicts.get(journal, (-1, StuckVerdict()))
        if length != len(journal.turns):
            verdict = detect(journal.turns, self._max_repeats)
            self._verdicts[journal] = (len(journal.turns), verdict)
        return verdict

    def offer_tools(self, run: Run, tools: frozenset[str]) -> frozenset[str]:
        """Return the tools that were not taken away."""
        return tools - self.verdict(run.journal).taken

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:  # noqa: ARG002
        """Return the refusal of a call that is not made any more."""
        refusal = self.verdict(run.journal).refusal(turn)
        return ToolResult(refusal) if refusal is not None else None

    def after_call(self, run: Run, turn: Turn, text: str) -> str:
        """Return the result with the advice for it, if there is one."""
        return text + self.verdict(run.journal).advice.get(turn.id, "")

    async def after_act(self, run: Run) -> None:
        """Raise Stuck if the task must stop."""
        stop = self.verdict(run.journal).stop
        if stop is not None:
            raise Stuck(f"the agent made no progress: {stop}")

    def note(self, task: Task, turns: Sequence[Turn], response: ModelResponse) -> str | None:  # noqa: ARG002
        """Return a reminder to use a tool, the one that comes next; the last one with a warning."""
        return detect(turns, self._max_repeats).note(next_tool(task, turns))


def detect(turns: Sequence[Turn], max_repeats: int) -> StuckVerdict:
    """Detect repetition in a transcript and return the verdict on it.

    `max_repeats` is how often one call, or a cycle of up to MAX_PERIOD_STEPS calls, may occur in a row.
    """
    verdict, counter, cycle, refusals = StuckVerdict(), _RepeatCounter(), "", 0
    for turn in _steps(turns):
        called = turn.speaker == Speaker.TOOL
        verdict.idle = 0 if called else verdict.idle + 1
        if verdict.stop or (called and turn.tool in verdict.taken):
            verdict.refused.add(turn.id)
            refusals += 1
            if refusals >= MAX_REFUSALS:
                verdict.stop = verdict.stop or f"{cycle}, and again after it had lost {_names(verdict.taken)}"
            continue
        if verdict.idle >= MAX_IDLE_RESPONSES:
            verdict.stop = f"answered {verdict.idle} times in a row without using a tool (does the model call tools?)"
        period, times = counter.add(turn)
        if times < max_repeats - 1:
            continue
        again = f"{_words(counter.turns[-period:])} {times} times in a row"
        if times < max_repeats:
            verdict.advice[turn.id] = _STEER.format(again)
        elif cycle:
            verdict.stop = verdict.stop or (f"{again}, and before that {cycle}" if verdict.taken else again)
        else:
            cycle, verdict.taken = again, _tools(counter.turns[-period:])
            lost = f"You have lost {_names(verdict.taken)} for this task. " if verdict.taken else ""
            verdict.advice[turn.id] = _CONSTRAIN.format(again, lost)
            counter = _RepeatCounter() if verdict.taken else counter
    return verdict


class _RepeatCounter:
    """Counts, for each period, how often the newest steps repeat what is that many steps before them."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self._said: list[str] = []
        self._matches = dict.fromkeys(range(1, MAX_PERIOD_STEPS + 1), 0)

    def add(self, turn: Turn) -> tuple[int, int]:
        """Add the next step; return the shortest of the periods that repeat most often at the end, and how often."""
        said = _signature(turn)
        best = (1, 1)
        for period in self._matches:
            follows = len(self._said) >= period and self._said[-period] == said
            self._matches[period] = self._matches[period] + 1 if follows else 0
            times = 1 + self._matches[period] // period
            if times > best[1] and (said != _IDLE or period > 1):  # responses without a call have a bound of their own
                best = (period, times)
        self.turns.append(turn)
        self._said.append(said)
        return best


def _steps(turns: Sequence[Turn]) -> Iterator[Turn]:
    """Yield the calls, and the responses that made none."""
    for at, turn in enumerate(turns):
        calls = at + 1 < len(turns) and turns[at + 1].speaker == Speaker.TOOL
        if turn.speaker == Speaker.TOOL or (turn.speaker == Speaker.ASSISTANT and not calls):
            yield turn


def _signature(turn: Turn) -> str:
    """Return what makes two steps the same: not spaces, nor the order and case of keys, nor a literal's spelling."""
    if turn.speaker != Speaker.TOOL:
        return _IDLE
    return f"{turn.tool} {json.dumps(_plain(turn.arguments), sort_keys=True)}"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {" ".join(str(key).casefold().split()): _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, str):
        return value
    text = " ".join(value.split())
    if text.casefold() in _LITERALS:
        return _LITERALS[text.casefold()]
    try:
        return _plain(json.loads(text)) if text[:1] in tuple('{[-0123456789"') else text
    except (ValueError, RecursionError):
        return text


def _tools(turns: Sequence[Turn]) -> frozenset[str]:
    return frozenset(turn.tool for turn in turns if turn.tool) - ALWAYS_ALLOWED_TOOLS


def _names(tools: frozenset[str]) -> str:
    return ", ".join(f"`{tool}`" for tool in sorted(tools)) or "its tools"


def _words(turns: Sequence[Turn]) -> str:
    """Return the steps of a cycle in words for people and models."""
    shown = [_shown(turn) for turn in turns]
    return (
        f"the same call ({shown[0]})" if len(shown) == 1 else f"the same {len(shown)} steps ({', then '.join(shown)})"
    )


def _shown(turn: Turn) -> str:
    if turn.speaker != Speaker.TOOL:
        return "an answer without a call"
    text = f"{turn.tool} {json.dumps(turn.arguments, ensure_ascii=False, sort_keys=True)}"
    text = " ".join(text.split())
    return text if len(text) <= 120 else f"{text[:119]}…"
