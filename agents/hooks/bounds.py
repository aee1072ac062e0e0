"""The bounds of a run: how many turns and how much time a task may take."""

from agents.hooks.hook import Hook
from agents.outcomes import OutOfTurns
from agents.run import Run
from damascus.core.clock import Clock
from damascus.core.records.turns import Turn
from damascus.core.settings import Limits
from damascus.tools.tool import AnyTool, ToolResult


class Bounds(Hook):
    """Ends a run that has reached a limit of the settings."""

    def __init__(self, limits: Limits, clock: Clock) -> None:
        self._limits = limits
        self._clock = clock

    async def before_call(self, run: Run, turn: Turn, tool: AnyTool | None) -> ToolResult | None:  # noqa: ARG002
        """Raise OutOfTurns if the time is up; the calls that are left are not made."""
        self._check_time(run)
        return None

    async def after_act(self, run: Run) -> None:
        """Raise OutOfTurns if the turns or the time are used up."""
        if run.journal.responses() >= self._limits.turns_per_task:
            raise OutOfTurns(f"not done after {self._limits.turns_per_task} turns, the most a task may take")
        self._check_time(run)

    def _check_time(self, run: Run) -> None:
        longest = self._limits.seconds_per_task
        if self._clock.monotonic() - run.began > longest:
            raise OutOfTurns(f"not done after {longest:.0f} s, the longest a task may take")
