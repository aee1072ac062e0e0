"""The bounds of a run: how many turns a task may take, and how much time without the waits for its model."""

from agents.hooks.hook import Hook, Operation
from agents.outcomes import OutOfTurns
from agents.run import Run
from damascus.core.clock import Clock
from damascus.core.records.tasks import TaskKind
from damascus.core.records.turns import Turn
from damascus.core.settings import LimitsSettings
from damascus.llm.port import ModelResponse
from damascus.tools.tool import AnyTool, ToolResult

_NAMES = {TaskKind.REVIEW: "review"}


class Bounds(Hook):
    """Ends a run that has reached a limit of the settings."""

    def __init__(self, limits: LimitsSettings, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:  # noqa: ARG002
        """Raise OutOfTurns if the time is up; the calls that are left are not made."""
        self._check_time(run)
        return None

    async def around_think(self, run: Run, think: Operation[ModelResponse]) -> ModelResponse:
        """Let the clock of the run stand while its model answers: turns bound that, and a local model is slow."""
        asked = self._clock.monotonic()
        try:
            return await think()
        finally:
            run.began += self._clock.monotonic() - asked

    async def after_act(self, run: Run) -> None:
        """Raise OutOfTurns if the turns or the time are used up."""
        most = self._limits.turns_per_review if run.task.kind == TaskKind.REVIEW else self._limits.turns_per_task
        if run.journal.responses() >= most:
            raise OutOfTurns(f"not done after {most} turns, the most a {_NAMES.get(run.task.kind, 'task')} may take")
        self._check_time(run)

    def _check_time(self, run: Run) -> None:
        longest = self._limits.seconds_per_task
        if self._clock.monotonic() - run.began > longest:
            raise OutOfTurns(f"not done after {longest:.0f} s, the longest a task may take")
