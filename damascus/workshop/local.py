"""A workshop on this machine: each command in a jail of Landlock, seccomp and limits; needs no privilege.

It does not promise what only a machine of its own can: the command sees that files exist, how large they are, and the
load of the processor; it competes for the disk and the processors with the company.
"""

import asyncio
import errno
import logging
import os
import secrets
import shutil
import sys
import tempfile
from pathlib import Path

from damascus.core.cancellation import run_to_completion
from damascus.core.clock import Clock
from damascus.core.errors import Invalid, WorkshopRefused
from damascus.core.minimums import NEEDED
from damascus.core.settings import WorkshopSettings
from damascus.core.text import one_line
from damascus.workshop import declarations, jail_policy
from damascus.workshop.background import BackgroundCommand
from damascus.workshop.environment import BROWSERS, PROGRAMS, Environment, make_environment
from damascus.workshop.hints import hang_hint, hints, offered, pipe_hint
from damascus.workshop.jail import landlock, leftovers, process_tree, seccomp_filter
from damascus.workshop.jail.child import SHELLS
from damascus.workshop.jail.job import ENVIRONMENT, HOME, Job, JobResult, Loopback
from damascus.workshop.launching import Launch
from damascus.workshop.port import CommandResult, WorkshopFacts

log = logging.getLogger(__name__)

_MIB = 1 << 20
_TRIAL_SECONDS = 20.0
_EXIT_TIMED_OUT = 124
_MAX_VERSION_CHARS = 20
_MAX_COMMAND_BYTES = 100_000  # the kernel takes no argument above 128 KiB
_REQUIREMENT = (
    f"run the company on Linux {NEEDED['linux'].version} or newer (x86_64 or aarch64) with Landlock in the kernel's "
    "list of LSMs (docs/how-to/where-it-runs.md)"
)
_NO_LANDLOCK = {
    errno.ENOSYS: "the kernel has no Landlock, or the sandbox that the company runs in hides it",
    errno.EOPNOTSUPP: "the kernel has Landlock but it is switched off: add `landlock` to `lsm=` on the kernel's "
    "command line, and start that machine again",
    errno.EPERM: "the kernel's Landlock is forbidden here: the container's system call filter is older than Landlock",
}


class LocalWorkshop:
    """Runs commands as children of this process.

    `private` are paths that no command may ever read (the company's home, `.env`): if a tree that commands need, such
    as /usr or the Python environment, contains one of them, or the workspace does, the workshop refuses. `alone`: this
    process is in a network where nobody else is, which commands may share if they can have none of their own.
    """

    def __init__(
        self, settings: WorkshopSettings, clock: Clock, *, private: tuple[Path, ...] = (), alone: bool = False
    ) -> None:
        self._background = dict[Path, list[Launch]]()
        self._alone = alone
        self._settings = settings
        self._clock = clock
        self._private = tuple(path.resolve() for path in private)

    def check(self) -> None:
        """See Workshop.check; costs no process."""
        column = seccomp_filter.architecture() if sys.platform == "linux" else None
        if column is None:
            raise WorkshopRefused(f"the workshop cannot jail commands on this system ({_system()}): {_REQUIREMENT}")
        try:
            landlock.version()
        except OSError as error:
            words = _NO_LANDLOCK.get(error.errno or 0, "the kernel's Landlock does not respond")
            raise WorkshopRefused(f"{words} ({os.strerror(error.errno or 0)}; {_system()}): {_REQUIREMENT}") from error
        if not seccomp_filter.can_notify(column):
            raise WorkshopRefused(f"the kernel's seccomp cannot notify (SECCOMP_RET_USER_NOTIF): {_REQUIREMENT}")
        if not process_tree.can_list_children():
            raise WorkshopRefused("/proc lists no children (CONFIG_PROC_CHILDREN): mount /proc, or use another kernel")
        self._check_private([*jail_policy.readable(), PROGRAMS])

    async def facts(self) -> WorkshopFacts:
        """See Workshop.facts."""
        limits = self._settings
        shell = await asyncio.to_thread(_shell)
        python = ".".join(map(str, sys.version_info[:2]))
        node = await _version_of("node")
        return WorkshopFacts(
            shell, python, node, offered(), limits.seconds, limits.memory_mb, limits.output_kb,
            await self._has(), await _version_of(*BROWSERS),
        )  # fmt: skip

    async def _has(self) -> Loopback:
        """Return which loopback a command gets here, as one that was tried."""
        with tempfile.TemporaryDirectory(dir=_temporary()) as folder:
            job = self._job("true", Path(folder), make_environment(declarations.Declarations()))
            return _loopback((await Launch(0).run(job, _TRIAL_SECONDS)).report)

    async def run(self, command: str, workspace: Path, *, seconds: float | None = None) -> CommandResult:
        """See Workshop.run."""
        folder = _folder(command, workspace)
        allowed = min(self._settings.seconds if seconds is None else seconds, self._settings.seconds)
        return await self._run(command, folder, allowed, Launch(self._settings.output_kb * 1024))

    async def start(self, command: str, workspace: Path) -> BackgroundCommand:
        """See Workshop.start."""
        folder = _folder(command, workspace)
        of_folder = self._background.setdefault(folder, [])
        if len(of_folder) >= self._settings.background_commands:
            raise Invalid(
                f"{len(of_folder)} commands run in the background already, which is the limit "
                "(workshop.background_commands in config.yaml); stop one first"
            )
        started = Launch(self._settings.output_kb * 1024)
        of_folder.append(started)
        running = asyncio.create_task(self._run(command, folder, self._settings.background_seconds, started))
        running.add_done_callback(lambda _: of_folder.remove(started))
        begun = asyncio.create_task(started.begun.wait())
        try:
            await asyncio.wait([running, begun], return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            await run_to_completion(_end(running))
            raise
        finally:
            begun.cancel()
        if running.done() and running.exception():
            raise running.exception() or AssertionError
        return BackgroundCommand(running, started.output)

    async def _run(self, command: str, folder: Path, allowed: float, begins: Launch) -> CommandResult:
        self.check()
        self._check_private([folder])
        environment = await asyncio.to_thread(lambda: make_environment(declarations.read(folder)))
        job = self._job(command, folder, environment)
        started = self._clock.monotonic()
        launched = await begins.run(job, allowed, self._background.get(folder, ()))
        took, has = self._clock.monotonic() - started, _loopback(launched.report)
        if launched.timed_out:
            hung = _hang(launched.report, folder)
            code, notes = _EXIT_TIMED_OUT, [f"stopped by the workshop: more than {allowed:g} seconds{hung}"]
        else:
            result = _read(launched.report)
            code, notes = result.exit_code, [f"stopped by the workshop: {result.stopped}"] if result.stopped else []
            notes += filter(None, [pipe_hint(result.pipe)])
        notes += [f"note of the workshop: {hint}" for hint in hints(launched.output, code, environment, has)]
        output = _with_notes(launched.output, notes)
        return CommandResult(code, output, launched.timed_out, took, launched.bytes, environment.missing)

    def _job(self, command: str, folder: Path, environment: Environment) -> Job:
        own = _temporary() / leftovers.folder_name(secrets.randbits(64))
        return Job(
            command=command,
            workspace=str(folder),
            folder=str(own),
            environment=jail_policy.environment(Path(f"{own}{HOME}"))
            | environment.variables(Path(f"{own}{ENVIRONMENT}")),
            readable=[str(path) for path in (*jail_policy.readable(), *environment.readable)],
            devices=[str(path) for path in jail_policy.devices()],
            cpu_seconds=self._settings.cpu_seconds,
            memory_bytes=self._settings.memory_mb * _MIB,
            max_tasks=self._settings.processes,
            file_bytes=self._settings.file_mb * _MIB,
            workspace_bytes=self._settings.workspace_mb * _MIB,
            workspace_files=self._settings.workspace_files,
            links=environment.links,
            texts=_with_interpreter(environment.texts, own),
            alone=self._alone,
        )

    def _check_private(self, reachable: list[Path]) -> None:
        for path in self._private:
            for tree in reachable:
                if path.is_relative_to(tree):
                    raise WorkshopRefused(
                        f"commands could read {path}, because all of {tree} is readable to them; move one of the two"
                    )


def _read(report: bytes) -> JobResult:
    try:
        result = JobResult.from_json(report)
    except (ValueError, TypeError) as error:
        last = (report.decode(errors="replace").strip().splitlines() or ["it was killed"])[-1]
        raise WorkshopRefused(f"the workshop's launcher failed ({last}); `ceo doctor` checks the workshop") from error
    if result.refused:
        raise WorkshopRefused(f"the command could not be jailed ({result.refused}); {_REQUIREMENT}")
    return result


def _loopback(report: bytes) -> Loopback:
    """Return which loopback a command had; one whose launcher could not tell is taken to have had its own."""
    try:
        return Loopback(JobResult.from_json(report).loopback)
    except (ValueError, TypeError):
        return Loopback.OWN


async def _end(running: "asyncio.Task[CommandResult]") -> None:
    running.cancel()
    await asyncio.wait([running])


def _hang(report: bytes, folder: Path) -> str:
    """Return where a command hung, if its launcher could still tell."""
    try:
        result = JobResult.from_json(report)
    except (ValueError, TypeError):
        return ""
    hint = hang_hint(result.where, result.programs, str(folder))
    return f"; {hint}" if hint else ""


def _temporary() -> Path:
    return Path(tempfile.gettempdir()).resolve()


def _system() -> str:
    """Return what this machine's system calls itself: of sandboxes it is often the only sign."""
    name = os.uname()
    return f"{name.sysname} {name.release}, {name.machine}"


def _shell() -> str:
    return next(Path(path).name for path in SHELLS if os.path.exists(path))


async def _version_of(*programs: str) -> str:
    """Return the version that the first of these programs says it has, empty if the machine has none of them."""
    found = (shutil.which(program, path=jail_policy.PROGRAM_PATH) for program in programs)
    path = next(filter(None, found), None)
    if path is None:
        return ""
    process = await asyncio.create_subprocess_exec(
        path, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env={"PATH": jail_policy.PROGRAM_PATH}, cwd="/",
    )  # fmt: skip
    said, _ = await process.communicate()
    text = one_line(said.decode(errors="replace")).removeprefix("v").removeprefix("Chromium ")
    return (text.split() or [""])[0][:_MAX_VERSION_CHARS]


def _folder(command: str, workspace: Path) -> Path:
    """Return the workspace, links followed. Raises Invalid as `Workshop.run` does."""
    folder = workspace.resolve()
    if not folder.is_dir():
        raise Invalid(f"{workspace} is not a directory; a command runs in the workspace of its task")
    if "\0" in command or len(command.encode(errors="replace")) > _MAX_COMMAND_BYTES:
        raise Invalid(
            f"the command contains a NUL or has over {_MAX_COMMAND_BYTES} bytes; write it to a file and run that"
        )
    return folder


def _with_interpreter(texts: dict[str, str], own: Path) -> dict[str, str]:
    """Have each program of an environment start with the Python that is in it."""
    line = f"#!{own}{ENVIRONMENT}/bin/python3\n"
    return {place: f"{line}{text}" if place.startswith("bin/") else text for place, text in texts.items()}


def _with_notes(output: str, notes: list[str]) -> str:
    between = "\n" if notes and output and not output.endswith("\n") else ""
    return f"{output}{between}" + "".join(f"[{note}]\n" for note in notes)
