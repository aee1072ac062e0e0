"""A workshop on this machine: each command in a jail of Landlock, seccomp and limits; needs no privilege.

It does not promise what only a machine of its own can: the command sees that files exist, how large they are, and the
load of the processor; it competes for the disk and the processors with the company.
"""

import asyncio
import secrets
import sys
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import damascus
from damascus.core.cancellation import run_to_completion
from damascus.core.clock import Clock
from damascus.core.errors import Invalid, WorkshopRefused
from damascus.core.settings import WorkshopSettings
from damascus.workshop import jail_policy
from damascus.workshop.jail import landlock, process_tree, seccomp_filter
from damascus.workshop.jail.job import Job, JobResult
from damascus.workshop.output import Excerpt
from damascus.workshop.port import CommandResult

_MIB = 1 << 20
_MAX_FULL_FILES = 16  # all that one command writes, in files of the largest allowed size
_EXIT_TIMED_OUT = 124
_MAX_COMMAND_BYTES = 100_000  # the kernel takes no argument above 128 KiB
_LAUNCHER_WAIT_SECONDS = 10  # for the launcher to end everything, before it is killed itself
_REQUIREMENT = "run the company on Linux 5.13 or newer (x86_64 or aarch64) with Landlock in the kernel's list of LSMs"
_LAUNCHER_CODE = "import sys; sys.path.append(sys.argv[1]); from damascus.workshop.jail.launcher import main; main()"


@dataclass(frozen=True)
class _Launched:
    report: bytes
    output: str
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
            raise WorkshopRefused(f"the workshop cannot jail commands on this system: {_REQUIREMENT}")
        try:
            landlock.version()
        except OSError as error:
            raise WorkshopRefused(f"the kernel has no Landlock ({error.strerror}): {_REQUIREMENT}") from error
        if not seccomp_filter.can_notify(column):
            raise WorkshopRefused(f"the kernel's seccomp cannot notify (SECCOMP_RET_USER_NOTIF): {_REQUIREMENT}")
        if not process_tree.can_list_children():
            raise WorkshopRefused("/proc lists no children (CONFIG_PROC_CHILDREN): mount /proc, or use another kernel")
        self._check_private(jail_policy.readable())

    async def run(self, command: str, workspace: Path, *, seconds: float | None = None) -> CommandResult:
        """See Workshop.run."""
        self.check()
        job = self._job(command, workspace)
        allowed = min(self._settings.seconds if seconds is None else seconds, self._settings.seconds)
        started = self._clock.monotonic()
        launched = await self._launch(job, allowed)
        took = self._clock.monotonic() - started
        if launched.timed_out:
            note = f"[stopped by the workshop: more than {allowed:g} seconds]\n"
            return CommandResult(_EXIT_TIMED_OUT, _with_note(launched.output, note), True, took)
        result = _read(launched.report)
        note = f"[stopped by the workshop: {result.stopped}]\n" if result.stopped else ""
        return CommandResult(result.exit_code, _with_note(launched.output, note), False, took)

    def _job(self, command: str, workspace: Path) -> Job:
        folder = workspace.resolve()
        if not folder.is_dir():
            raise Invalid(f"{workspace} is not a directory; a command runs in the workspace of its task")
        if "\0" in command or len(command.encode(errors="replace")) > _MAX_COMMAND_BYTES:
            raise Invalid(
                f"the command contains a NUL or has over {_MAX_COMMAND_BYTES} bytes; write it to a file and run that"
            )
        self._check_private([folder])
        file_bytes = self._settings.file_mb * _MIB
        home = Path(tempfile.gettempdir()).resolve() / f"workshop-{secrets.token_hex(8)}"
        return Job(
            command=command,
            workspace=str(folder),
            home=str(home),
            environment=jail_policy.environment(home),
            readable=[str(path) for path in jail_policy.readable()],
            devices=[str(path) for path in jail_policy.devices()],
            cpu_seconds=self._settings.cpu_seconds,
            memory_bytes=self._settings.memory_mb * _MIB,
            max_tasks=self._settings.processes,
            file_bytes=file_bytes,
            disk_bytes=file_bytes * _MAX_FULL_FILES,
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
        exchange = asyncio.create_task(_exchange(launcher, job, excerpt))
        timed_out = False
        try:
            done, _ = await asyncio.wait([exchange], timeout=seconds)
            timed_out = not done
        finally:
            await run_to_completion(_finish(launcher, exchange))
        return _Launched(exchange.result(), excerpt.text(), timed_out)


async def _exchange(launcher: asyncio.subprocess.Process, job: Job, excerpt: Excerpt) -> bytes:
    """Hand the job over and collect the output; return the launcher's report once the command has ended."""
    assert launcher.stdin
    assert launcher.stdout
    assert launcher.stderr
    launcher.stdin.write(job.to_json())
    with suppress(ConnectionError):  # a launcher that died at once has said why
        await launcher.stdin.drain()
    report = asyncio.create_task(launcher.stderr.read())
    while data := await launcher.stdout.read(1 << 16):
        excerpt.add(data)
    return await report


async def _finish(launcher: asyncio.subprocess.Process, exchange: asyncio.Task[bytes]) -> None:
    """Cut the lifeline, so that the launcher ends everything, and wait for it."""
    assert launcher.stdin
    launcher.stdin.close()
    done, _ = await asyncio.wait([exchange], timeout=_LAUNCHER_WAIT_SECONDS)
    if not done:
        launcher.kill()
        await asyncio.wait([exchange])
    await launcher.wait()


def _read(report: bytes) -> JobResult:
    try:
        result = JobResult.from_json(report)
    except (ValueError, TypeError) as error:
        last = (report.decode(errors="replace").strip().splitlines() or ["it was killed"])[-1]
        raise WorkshopRefused(f"the workshop's launcher failed ({last}); `ceo doctor` checks the workshop") from error
    if result.refused:
        raise WorkshopRefused(f"the command could not be jailed ({result.refused}); {_REQUIREMENT}")
    return result


def _with_note(output: str, note: str) -> str:
    between = "\n" if note and output and not output.endswith("\n") else ""
    return f"{output}{between}{note}"
