"""Commands that run while their task does other things, such as a server that later commands try.

One is a run that nobody waits for: it ends when it is stopped, when its time is over, and with the process that started
it, whatever that dies of. Nothing of it is kept.
"""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

from damascus.core.errors import Invalid, Unavailable
from damascus.workshop.port import CommandResult, Workshop


class BackgroundCommand:
    """A run; `read` returns what it has printed so far."""

    def __init__(self, running: "asyncio.Task[CommandResult]", read: Callable[[], Awaitable[str]]) -> None:
        self._running = running
        self._read = read

    @property
    def result(self) -> CommandResult | None:
        """How it ended, None if it has not or was stopped. Raises DamascusError if it was lost."""
        over = self._running.done() and not self._running.cancelled()
        return self._running.result() if over else None

    async def output(self) -> str:
        """Return what it has printed so far. Raises DamascusError if it was lost."""
        if self._running.done():
            result = self.result
            return result.output if result else ""
        return await self._read()

    async def wait(self, seconds: float | None = None) -> None:
        """Wait until it has ended, at most `seconds`."""
        await asyncio.wait([self._running], timeout=seconds)

    def when_ended(self, then: Callable[[], None]) -> None:
        """Have something done once it has ended, however that is."""
        self._running.add_done_callback(lambda _: then())

    async def stop(self) -> None:
        """End it; nothing of it is left then."""
        self._running.cancel()
        await asyncio.wait([self._running])


class BackgroundCommands:
    """Those that the tasks of this process have, by a name that is new for each of a task's."""

    def __init__(self) -> None:
        self._of_task = dict[str, dict[str, BackgroundCommand]]()
        self._started = 0

    async def start(self, task: str, workshop: Workshop, command: str, workspace: Path) -> str:
        """Start a command for a task; return its name. Raises as Workshop.start does."""
        started = await workshop.start(command, workspace)
        self._started += 1
        name = f"b{self._started}"
        self._of_task.setdefault(task, {})[name] = started
        return name

    def find(self, task: str, name: str) -> BackgroundCommand:
        """Return a task's command of this name. Raises Invalid if it has none."""
        commands = self._of_task.get(task, {})
        if name not in commands:
            there = ", ".join(commands) or "none"
            raise Invalid(
                f"no background command {name!r} runs for this task (there are: {there}): such commands end when the "
                "task waits or its worker is started again; start it again"
            )
        return commands[name]

    def has_any(self, task: str) -> bool:
        """Return True if a task has started one here that was not stopped."""
        return bool(self._of_task.get(task))

    async def stop(self, task: str, name: str) -> str:
        """End a task's command, and return what it printed. Raises Invalid if it has none of this name."""
        command = self.find(task, name)
        try:
            return await command.output()
        except Unavailable as lost:
            return f"[{lost}]"
        finally:
            await command.stop()
            self._of_task[task].pop(name, None)

    async def end(self, task: str) -> None:
        """End all that a task has."""
        for command in self._of_task.pop(task, {}).values():
            await command.stop()
