"""Ends what a run left in the background, and tells a resumed task that it has ended."""

import re

from agents.hooks.hook import Hook, Operation
from agents.run import Run
from damascus.work.task_lease import TaskLease
from damascus.workshop.background import BackgroundCommands

_STARTED = re.compile(r"(b\d+) runs in the background")
ENDED = (
    "[Your worker was started again, or the task waited: every command that ran in the background has ended. Start "
    "again with `run_command` what you still need.]"
)


class EndBackgroundCommands(Hook):
    """A command in the background lives as long as the run that started it."""

    def __init__(self, commands: BackgroundCommands) -> None:
        self._commands = commands

    async def around_run(self, lease: TaskLease, run: Operation[None]) -> None:
        """Carry out a run, and end its commands, whatever becomes of it."""
        try:
            await run()
        finally:
            await self._commands.end(lease.task.id)

    async def after_act(self, run: Run) -> None:
        """Tell of each command that an earlier run had, once."""
        left = _left_running(run)
        if left and not self._commands.has_any(run.task.id):
            await run.journal.say(ENDED)


def _left_running(run: Run) -> set[str]:
    """Return the names of the commands that the transcript left in the background, and was not told the end of."""
    left = set[str]()
    for turn in run.journal.turns:
        given = turn.arguments if isinstance(turn.arguments, dict) else {}
        if turn.content == ENDED:
            left.clear()
        elif turn.tool == "run_command" and (started := _STARTED.match(turn.content)):
            left.add(started[1])
        elif turn.tool == "background_command" and given.get("action") == "stop":
            left.discard(str(given.get("name")))
    return left
