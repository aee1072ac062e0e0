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
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import damascus
from damascus.core.cancellation import run_to_completion
from damascus.core.clock import Clock
from damascus.core.errors import Invalid, WorkshopRefused
from damascus.core.minimums import NEEDED
from damascus.core.settings import WorkshopSettings
from damascus.core.text import one_line
from damascus.workshop import declarations, jail_policy
from damascus.workshop.environment import PROGRAMS, Environment, make_environment
from damascus.workshop.hints import hang_hint, hints, offered, pipe_hint
from damascus.workshop.jail import landlock, leftovers, process_tree, seccomp_filter
from damascus.workshop.jail.child import SHELLS
from damascus.workshop.jail.job import END_PROGRAMS, ENVIRONMENT, HOME, SHOW_WHERE, Job, JobResult
from damascus.workshop.output import Excerpt
from damascus.workshop.port import CommandResult, WorkshopFacts

log = logging.getLogger(__name__)

_MIB = 1 << 20
_EXIT_TIMED_OUT = 124
_MAX_VERSION_CHARS = 20
_MAX_COMMAND_BYTES = 100_000  # the kernel takes no argument above 128 KiB
_GRACE_SECONDS = 10  # for the launcher to end everything, before it is killed itself
_SHOWING_SECONDS = 0.3  # for programs that hang to note where, once their time is over
_DRAINING_SECONDS = 2  # for what it leaves in its pipes; who holds them longer is an orphan
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
_LAUNCHER_CODE = "import sys; sys.path.append(sys.argv[1]); from damascus.workshop.jail.launcher import main; main()"


@dataclass(frozen=True)
class _Launched:
    report: bytes
    output: str
    bytes: int
    timed_out: bool


class LocalWorkshop:
    """Runs commands as children of this process.

    `private` are paths that no command may ever read (the company's home, `.env`): if a tree that commands need, such
    as /usr or the Python environment, contains one of them, or the workspace does, the workshop refuses.
    """

    def __init__(self, settings: WorkshopSettings, clock: Clock, *, private: tuple[Path, ...] = ()) -> None:
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
        return WorkshopFacts(shell, python, node, offered(), limits.seconds, limits.memory_mb, limits.output_kb)

    async def run(self, command: str, workspace: Path, *, seconds: float | None = None) -> CommandResult:
        """See Workshop.run."""
        self.check()
        folder = _folder(command, workspace)
        self._check_private([folder])
        environment = await asyncio.to_thread(lambda: make_environment(declarations.read(folder)))
        job = self._job(command, folder, environment)
        allowed = min(self._settings.seconds if seconds is None else seconds, self._settings.seconds)
        started = self._clock.monotonic()
        launched = await self._launch(job, allowed)
        took = self._clock.monotonic() - started
        if launched.timed_out:
            hung = _hang(launched.report, folder)
            code, notes = _EXIT_TIMED_OUT, [f"stopped by the workshop: more than {allowed:g} seconds{hung}"]
        else:
            result = _read(launched.report)
            code, notes = result.exit_code, [f"stopped by the workshop: {result.stopped}"] if result.stopped else []
            notes += filter(None, [pipe_hint(result.pipe)])
        notes += [f"note of the workshop: {hint}" for hint in hints(launched.output, code, environment)]
        output = _with_notes(launched.output, notes)
        return CommandResult(code, output, launched.timed_out, took, launched.bytes, environment.missing)

    def _job(self, command: str, folder: Path, environment: Environment) -> Job:
        own = Path(tempfile.gettempdir()).resolve() / leftovers.folder_name(secrets.randbits(64))
        return Job(
            command=command,
            workspace=str(folder),
            folder=str(own),
            environment=jail_policy.environment(Path(str(own) + HOME)),
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
        )

    def _check_private(self, reachable: list[Path]) -> None:
        for path in self._private:
            for tree in reachable:
                if path.is_relative_to(tree):
                    raise WorkshopRefused(
                        f"commands could read {path}, because all of {tree} is readable to them; move one of the two"
                    )

    async def _launch(self, job: Job, seconds: float) -> _Launched:
        launcher = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-c", _LAUNCHER_CODE, str(Path(damascus.__file__).parent.parent),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}, cwd="/", start_new_session=True,
        )  # fmt: skip
        excerpt = Excerpt(self._settings.output_kb * 1024)
        running = _Running(
            launcher,
            report=asyncio.create_task(_exchange(launcher, job)),
            output=asyncio.create_task(_collect(launcher, excerpt)),
        )
        timed_out = False
        try:
            timed_out = not await _are_done([running.report], seconds)
            if timed_out:
                await running.show_where()
        finally:
            await run_to_completion(running.finish())
        report = b"" if running.report.cancelled() else running.report.result()
        return _Launched(report, excerpt.text(), excerpt.total, timed_out)


@dataclass(frozen=True)
class _Running:
    """A launcher and what it is read by: only it holds the report's pipe, its command holds the output's as well."""

    launcher: asyncio.subprocess.Process
    report: "asyncio.Task[bytes]"
    output: "asyncio.Task[None]"

    async def show_where(self) -> None:
        """Have its Python programs note where they are, then end those; what reads from them prints the rest."""
        assert self.launcher.stdin
        for word, seconds in ((SHOW_WHERE, _SHOWING_SECONDS), (END_PROGRAMS, _DRAINING_SECONDS)):
            with suppress(ConnectionError):
                self.launcher.stdin.write(word)
                await self.launcher.stdin.drain()
            if await _are_done([self.report], seconds):
                break

    async def finish(self) -> None:
        """End the command and its launcher: by the lifeline, else by force; ends itself after a bounded time."""
        assert self.launcher.stdin
        self.launcher.stdin.close()
        if not await _are_done([self.report], _GRACE_SECONDS):
            with suppress(ProcessLookupError):
                self.launcher.kill()
        both = [self.report, self.output]
        if not await _are_done(both, _DRAINING_SECONDS):
            await asyncio.to_thread(leftovers.end_all, tempfile.gettempdir())
        if not await _are_done(both, _DRAINING_SECONDS):
            log.error("a command's processes cannot be ended; their launcher was %d", self.launcher.pid)
            self.report.cancel()
            self.output.cancel()
        await _are_done([asyncio.create_task(self.launcher.wait())], _DRAINING_SECONDS)


async def _are_done(tasks: "list[asyncio.Task[Any]]", seconds: float) -> bool:
    _, waiting = await asyncio.wait(tasks, timeout=seconds)
    return not waiting


async def _exchange(launcher: asyncio.subprocess.Process, job: Job) -> bytes:
    """Hand the job over; return the launcher's report once the command has ended."""
    assert launcher.stdin
    assert launcher.stderr
    launcher.stdin.write(job.to_json())
    with suppress(ConnectionError):  # a launcher that died at once has said why
        await launcher.stdin.drain()
    return await launcher.stderr.read()


async def _collect(launcher: asyncio.subprocess.Process, excerpt: Excerpt) -> None:
    assert launcher.stdout
    while data := await launcher.stdout.read(1 << 16):
        excerpt.add(data)


def _read(report: bytes) -> JobResult:
    try:
        result = JobResult.from_json(report)
    except (ValueError, TypeError) as error:
        last = (report.decode(errors="replace").strip().splitlines() or ["it was killed"])[-1]
        raise WorkshopRefused(f"the workshop's launcher failed ({last}); `ceo doctor` checks the workshop") from error
    if result.refused:
        raise WorkshopRefused(f"the command could not be jailed ({result.refused}); {_REQUIREMENT}")
    return result


def _hang(report: bytes, folder: Path) -> str:
    """Return where a command hung, if its launcher could still tell."""
    try:
        result = JobResult.from_json(report)
    except (ValueError, TypeError):
        return ""
    hint = hang_hint(result.where, result.programs, str(folder))
    return f"; {hint}" if hint else ""


def _system() -> str:
    """Return what this machine's system calls itself: of sandboxes it is often the only sign."""
    name = os.uname()
    return f"{name.sysname} {name.release}, {name.machine}"


def _shell() -> str:
    return next(Path(path).name for path in SHELLS if os.path.exists(path))


async def _version_of(program: str) -> str:
    """Return the version that a program of the machine's says it has, empty if it is not there."""
    path = shutil.which(program, path=jail_policy.PROGRAM_PATH)
    if path is None:
        return ""
    process = await asyncio.create_subprocess_exec(
        path, "--version", stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL, env={"PATH": jail_policy.PROGRAM_PATH}, cwd="/",
    )  # fmt: skip
    said, _ = await process.communicate()
    return one_line(said.decode(errors="replace"), _MAX_VERSION_CHARS).removeprefix("v")


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
