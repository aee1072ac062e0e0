"""Whether an agent repeats itself, and what is done about it, in three steps and without a model call: it is told so
(steer), the tools it repeats are taken away from the task (constrain), the task is ended (stop).

A pure function of the transcript: any worker comes to the same verdict at any time, before and after a crash.
What is not promised: that a circle of more than `LONGEST` steps, or one that changes a word each time, is seen; turns,
time and money end those.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from damascus.core.records.turns import Turn

LONGEST = 4
IDLE_ANSWERS = 3
REFUSALS = 2
KEPT = frozenset({"finish", "blocked"})  # without these a task could not end

NUDGE = "Use a tool: when the work is done call `finish`, when you cannot go on call `blocked`."
LAST_NUDGE = f"You answered again without using a tool. {NUDGE} One more such answer ends your task as failed."
ENDED = "This call was not made: the task is ended because it goes round in circles."
TAKEN = (
    "The tool `{}` was taken away from you for the rest of this task, because you repeated it without getting on. "
    "Go on without it: call `finish` or `blocked`."
)
_STEER = (
    "\n\nYou go round in circles: {}. The result will be the same again. Do something else, or call `blocked` and say "
    "what is in the way. If you do it once more, you lose the tool."
)
_CONSTRAIN = (
    "\n\nYou go round in circles: {}. {}Work with what you have: call `finish` if the work is done, else `blocked`. "
    "If you go on like this, your task is ended as failed."
)
_LITERALS = {"true": True, "false": False, "null": None, "none": None}
_IDLE = ""


@dataclass(slots=True)
class Course:
    """What a transcript shows: `advice` for the results of calls, calls that are `refused` (both by turn id), the tools
    `taken` away by now, and why the task must `stop`, if it must. `idle` are the newest answers without a call.
    """

    advice: dict[str, str] = field(default_factory=dict)
    refused: set[str] = field(default_factory=set)
    taken: frozenset[str] = frozenset()
    stop: str | None = None
    idle: int = 0

    def nudge(self) -> str:
        """What to say to an answer that called no tool."""
        return NUDGE if self.idle <= 1 else LAST_NUDGE

    def refusal(self, turn: Turn) -> str | None:
        """Why a call is not made; None when it may be."""
        if turn.id not in self.refused:
            return None
        return TAKEN.format(turn.tool) if turn.tool in self.taken else ENDED


def follow(turns: Sequence[Turn], most: int) -> Course:
    """Walk through the transcript; `most` is how often a call, or a circle of calls, may follow itself."""
    course, tail, circle, refusals = Course(), _Tail(), "", 0
    for turn in _steps(turns):
        called = turn.speaker == "tool"
        course.idle = 0 if called else course.idle + 1
        if course.stop or (called and turn.tool in course.taken):
            course.refused.add(turn.id)
            refusals += 1
            if refusals >= REFUSALS:
                course.stop = course.stop or f"{circle}, and again after it had lost {_names(course.taken)}"
            continue
        if course.idle >= IDLE_ANSWERS:
            course.stop = f"answered {course.idle} times in a row without using a tool (does the model call tools?)"
        period, times = tail.add(turn)
        if times < most - 1:
            continue
        again = f"{_words(tail.turns[-period:])} {times} times in a row"
        if times < most:
            course.advice[turn.id] = _STEER.format(again)
        elif circle:
            course.stop = course.stop or (f"{again}, and before that {circle}" if course.taken else again)
        else:
            circle, course.taken = again, _tools(tail.turns[-period:])
            lost = f"You have lost {_names(course.taken)} for this task. " if course.taken else ""
            course.advice[turn.id] = _CONSTRAIN.format(again, lost)
            tail = _Tail() if course.taken else tail
    return course


class _Tail:
    """Steps as they come, and for each period how long the end of them has been following it."""

    def __init__(self) -> None:
        self.turns: list[Turn] = []
        self._said: list[str] = []
        self._matches = dict.fromkeys(range(1, LONGEST + 1), 0)

    def add(self, turn: Turn) -> tuple[int, int]:
        """Take the next step; the shortest period that repeats most often at the end, and how often it stands there."""
        said = _signature(turn)
        best = (1, 1)
        for period in self._matches:
            follows = len(self._said) >= period and self._said[-period] == said
            self._matches[period] = self._matches[period] + 1 if follows else 0
            times = 1 + self._matches[period] // period
            if times > best[1] and (said != _IDLE or period > 1):  # answers without a call have a bound of their own
                best = (period, times)
        self.turns.append(turn)
        self._said.append(said)
        return best


def _steps(turns: Sequence[Turn]) -> Iterator[Turn]:
    """The calls, and the answers that made none."""
    for at, turn in enumerate(turns):
        after = turns[at + 1] if at + 1 < len(turns) else None
        if turn.speaker == "tool" or (turn.speaker == "assistant" and (after is None or after.speaker != "tool")):
            yield turn


def _signature(turn: Turn) -> str:
    """What makes two steps the same: not spaces, nor the order and case of keys, nor how a literal is spelled."""
    if turn.speaker != "tool":
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
    return frozenset(turn.tool for turn in turns if turn.tool) - KEPT


def _names(tools: frozenset[str]) -> str:
    return ", ".join(f"`{tool}`" for tool in sorted(tools)) or "its tools"


def _words(turns: Sequence[Turn]) -> str:
    """The steps of a circle, in words for people and models."""
    shown = [_shown(turn) for turn in turns]
    return (
        f"the same call ({shown[0]})" if len(shown) == 1 else f"the same {len(shown)} steps ({', then '.join(shown)})"
    )


def _shown(turn: Turn) -> str:
    if turn.speaker != "tool":
        return "an answer without a call"
    text = f"{turn.tool} {json.dumps(turn.arguments, ensure_ascii=False, sort_keys=True)}"
    text = " ".join(text.split())
    return text if len(text) <= 120 else f"{text[:119]}…"
