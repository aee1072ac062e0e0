"""`run_command`."""

from pathlib import Path

from pydantic import Field

from damascus.core.records.tasks import TaskKind
from damascus.tools.reviewed_copy import reviewed_copy
from damascus.tools.services import ToolServices
from damascus.tools.terminal.scratch_copies import CommandPlace
from damascus.tools.terminal.task_place import enter_place
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import event_log
from damascus.work.tasks import tasks
from damascus.workshop.jail.job import Loopback
from damascus.workshop.port import WorkshopFacts

MAX_OUTPUT_CHARS = 8_000
FIRST_LOOK_SECONDS = 1.5
_SOCKETS = {
    Loopback.OWN: "127.0.0.1 is the task's own",
    Loopback.SHARED: "127.0.0.1 is shared with other tasks' commands",
    Loopback.NONE: "No socket, not even to 127.0.0.1",
}
NO_GIT = (
    "\n[git has no data in the workshop. Call your tools: `diff` for `git status` and `git diff`, with a commit for "
    "`git show`; `history` for `git log`; `restore` for `git restore`, `git checkout`, `git stash`; `commit`; `push`.]"
)


class RunCommandArguments(Arguments):
    command: str = Field(min_length=1, max_length=8000, description="for the shell")
    background: bool = Field(default=False, description="keep it running, such as a server that later calls try")
    timeout: int | None = Field(default=None, ge=1, description="seconds, at most the workshop's limit")


class RunCommandTool:
    """Runs a shell command in the workshop, in the task's repository or a scratch folder of the role."""

    name = "run_command"
    description = "Run a shell command, without network and within limits."
    parameters = RunCommandArguments
    danger = Danger.EXECUTE
    idempotent = False

    def __init__(self, services: ToolServices) -> None:
        self._services = services
        self.description = describe(services.workshop_facts)

    async def run(self, context: ToolContext, arguments: RunCommandArguments) -> ToolResult:
        if context.task.kind == TaskKind.REVIEW:  # nothing of it stays, on the trail neither
            async with reviewed_copy(self._services, context) as copy:
                return ToolResult(await self._result(arguments, copy))
        task = context.task
        place = await enter_place(self._services, context)
        if arguments.background:
            return ToolResult(await self._start(task.id, arguments.command, place))
        try:
            result = await self._result(arguments, place.folder) + place.note
        finally:
            place.leave()
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            number = await event_log.append_command(tx, task, arguments.command, result)
        return ToolResult(f"{result}\n[trail entry e{number}]")

    async def _result(self, arguments: RunCommandArguments, folder: Path) -> str:
        ended = await self._services.workshop.run(arguments.command, folder, seconds=arguments.timeout)
        note = ", the time ran out" if ended.timed_out else ""
        hint = NO_GIT if "not a git repository" in ended.output else ""
        output = shorten(ended.output, ended.bytes)
        return f"exit {ended.exit_code} ({ended.seconds:.1f} s{note})\n{output}{hint}"

    async def _start(self, task: str, command: str, place: CommandPlace) -> str:
        """Start a command, and return its name and what it did at first, so that one that fails at once is seen."""
        background = self._services.background
        try:
            name = await background.start(task, self._services.workshop, command, place.folder)
        except BaseException:
            place.leave()
            raise
        started = background.find(task, name)
        started.when_ended(place.leave)
        await started.wait(FIRST_LOOK_SECONDS)
        ended, output = started.result, await started.output()
        if ended is not None:
            await background.stop(task, name)
            return f"exit {ended.exit_code}: it has ended already\n{shorten(output, ended.bytes)}"
        return f"{name} runs in the background; `background_command` shows its output and ends it\n{output}{place.note}"


def describe(facts: WorkshopFacts | None) -> str:
    """Return what the model reads of the tool: what a command finds, so that no call is spent on finding it out."""
    what = RunCommandTool.description
    if facts is None:
        return what
    node = f"Node {facts.node}" if facts.node else "no Node"
    return (
        f"{what} {facts.shell} (pipefail), Python {facts.python} and {node} without packages; a repository that "
        f"declares them in requirements.txt or package.json has: {facts.packages}. It starts in the working copy, else "
        "in a folder of the role's with a copy of each finished repository, new after each push; only there and in "
        f"$TMPDIR (empty at each call) it can write. At most {facts.seconds:g} s and {facts.memory_mb} MB; of a long "
        f"output you see {MAX_OUTPUT_CHARS // 2} characters of each end. {_SOCKETS[facts.loopback]}; pip, npm and apt "
        "reach nothing; only with `background` anything is left running."
    )


def shorten(output: str, size: int) -> str:
    """Return the beginning and the end of an output of `size` bytes, of which the workshop may have kept a part."""
    if len(output) <= MAX_OUTPUT_CHARS:
        return output
    head, tail = output[: MAX_OUTPUT_CHARS // 2], output[-MAX_OUTPUT_CHARS // 2 :]
    missing = max(size, len(output.encode())) - len(head.encode()) - len(tail.encode())
    return f"{head}\n[{missing} of {size} bytes left out; write it to a file and read parts of that]\n{tail}"
