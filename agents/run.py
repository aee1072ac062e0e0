"""One run of one task by one worker: what it has said and done so far, and the bounds it must keep."""

from dataclasses import dataclass, field
from typing import Any

from agents.endings import OutOfTurns, Stuck
from agents.stuck import Course, follow
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.core.records.turns import Turn
from damascus.core.settings import Limits
from damascus.work.policies import Autonomy
from damascus.work.task_lease import TaskLease


@dataclass(slots=True)
class Run:
    """`opening` is the system and task message; `turns` the transcript as the ledger has it; `began` monotonic.

    `autonomy` is the CEO's policy as the newest transaction of the run saw it. `unwritten` is the result of the newest
    call, if it waits to be written together with the next step's reservation.
    """

    lease: TaskLease
    mission: Mission
    opening: list[dict[str, Any]]
    turns: list[Turn]
    began: float
    autonomy: Autonomy
    granted: frozenset[str] = field(default_factory=frozenset)
    unwritten: Turn | None = None
    _course: tuple[int, Course] | None = None

    @property
    def task(self) -> Task:
        return self.lease.task

    def next_n(self) -> int:
        """The place of the next turn."""
        return self.turns[-1].n + 1 if self.turns else 1

    def open_calls(self) -> list[Turn]:
        """Calls of the transcript that have no result yet, in order."""
        return [turn for turn in self.turns if turn.speaker == "tool" and turn.status != "done"]

    def replace_turn(self, turn: Turn) -> None:
        self.turns = [turn if old.id == turn.id else old for old in self.turns]

    def answers(self) -> int:
        return sum(turn.speaker == "assistant" for turn in self.turns)

    def course(self, limits: Limits) -> Course:
        """What the transcript shows of going round in circles."""
        if self._course is None or self._course[0] != len(self.turns):
            self._course = (len(self.turns), follow(self.turns, limits.repeated_calls))
        return self._course[1]

    def check_time(self, limits: Limits, now: float) -> None:
        """Raise OutOfTurns when the task has taken longer than a task may."""
        if now - self.began > limits.seconds_per_task:
            raise OutOfTurns(f"not done after {limits.seconds_per_task:.0f} s, the longest a task may take")

    def check(self, limits: Limits, now: float) -> None:
        """Raise the ending that a bound of the settings asks for."""
        if self.answers() >= limits.turns_per_task:
            raise OutOfTurns(f"not done after {limits.turns_per_task} turns, the most a task may take")
        self.check_time(limits, now)
        stop = self.course(limits).stop
        if stop is not None:
            raise Stuck(f"the agent did not get on: {stop}")
