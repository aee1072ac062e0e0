"""One run of one task by one worker: what it has said and done so far, and the bounds it must keep."""

import json
from dataclasses import dataclass, field
from typing import Any

from agents.endings import OutOfTurns, Stuck
from damascus.core.settings import Limits
from damascus.ledger.tables.missions import Mission
from damascus.ledger.tables.tasks import Task
from damascus.ledger.tables.turns import Turn
from damascus.work.policies import Autonomy

IDLE_ANSWERS = 3


@dataclass(slots=True)
class Run:
    """`opening` is the system and task message; `turns` the transcript as the ledger has it; `began` monotonic.

    `autonomy` is the CEO's policy as the newest transaction of the run saw it. `unwritten` is the result of the newest
    call, if it waits to be written together with the next step's reservation.
    """

    task: Task
    mission: Mission
    opening: list[dict[str, Any]]
    turns: list[Turn]
    began: float
    autonomy: Autonomy
    granted: frozenset[str] = field(default_factory=frozenset)
    unwritten: Turn | None = None

    def next_n(self) -> int:
        """The place of the next turn."""
        return self.turns[-1].n + 1 if self.turns else 1

    def open_calls(self) -> list[Turn]:
        """Calls of the transcript that have no result yet, in order."""
        return [turn for turn in self.turns if turn.role == "tool" and turn.state != "done"]

    def replace_turn(self, turn: Turn) -> None:
        self.turns = [turn if old.id == turn.id else old for old in self.turns]

    def answers(self) -> int:
        return sum(turn.role == "assistant" for turn in self.turns)

    def repeats(self) -> int:
        """How often in a row the newest tool call was made with the same arguments."""
        calls = [_signature(turn) for turn in self.turns if turn.role == "tool"]
        count = 0
        for call in reversed(calls):
            if call != calls[-1]:
                break
            count += 1
        return count

    def idle_answers(self) -> int:
        """How many of the newest answers called no tool."""
        count = 0
        for turn in reversed(self.turns):
            if turn.role == "tool":
                break
            count += turn.role == "assistant"
        return count

    def check(self, limits: Limits, now: float) -> None:
        """Raise the ending that a bound of the settings asks for."""
        if self.answers() >= limits.turns_per_task:
            raise OutOfTurns(f"not done after {limits.turns_per_task} turns, the most a task may take")
        if now - self.began > limits.seconds_per_task:
            raise OutOfTurns(f"not done after {limits.seconds_per_task:.0f} s, the longest a task may take")
        if self.repeats() >= limits.repeated_calls:
            raise Stuck(f"made the same call {self.repeats()} times in a row: {_signature(self._last_call())[:200]}")
        if self.idle_answers() >= IDLE_ANSWERS:
            raise Stuck(f"answered {IDLE_ANSWERS} times in a row without using a tool (does the model call tools?)")

    def _last_call(self) -> Turn:
        return next(turn for turn in reversed(self.turns) if turn.role == "tool")


def _signature(turn: Turn) -> str:
    return f"{turn.tool} {json.dumps(turn.arguments, sort_keys=True, ensure_ascii=False)}"
