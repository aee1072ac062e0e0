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
from damascus.core.settings import WorkshopSettings as Limits
from damascus.workshop import jail_policy
from damascus.workshop.jail import landlock, process_tree, seccomp_filter
from damascus.workshop.jail.job import Job, JobResult
from damascus.workshop.output import Excerpt
from damascus.workshop.port import CommandResult

_MIB = 1 << 20
_FILES = 16  # all that one command writes, in files of the largest allowed size
_OUT_OF_TIME = 124
_LONGEST = 100_000  # the kernel takes no argument above 128 KiB
_PATIENCE = 10  # seconds for the launcher to end everything, before it is ended itself
_ELSEWHERE = "run the company on Linux 5.13 or newer (x86_64 or aarch64) with Landlock in the kernel's list of LSMs"
_START = "import sys; sys.path.append(sys.argv[1]); from damascus.workshop.jail.launcher import main; main()"


@dataclass(frozen=True)
class _Ended:
    report: bytes
    output: str
    timed_out: bool


class LocalWorkshop:
    """Runs commands as children of this process.

    `private` are paths that no command may ever read (the company's home, `.env`): if a tree that commands need, such
    as /usr or the Python environment, contains one of them, or the workspace does, the workshop refuses.
    """

    def __init__(self, limits: Limits, clock: Clock, *, private: tuple[Path, ...] = ()) -> None:
        self._limits = limits
        self._clock = clock
        self._private = tuple(path.resolve() for path in private)

    def check(self) -> None:
        """See Workshop.check; costs no process."""
        column = seccomp_filter.architecture() if sys.platform == "linux" else None
        if column is None:
            raise WorkshopRefused(f"the workshop cannot jail commands on this system: {_ELSEWHERE}")
        try:
            landlock.version()
        except OSError as error:
            raise WorkshopRefused(f"the kernel has no Landlock ({error.strerror}): {_ELSEWHERE}") from error
        if not seccomp_filter.can_hold(column):
            raise WorkshopRefused(f"the kernel's seccomp cannot notify (SECCOMP_RET_USER_NOTIF): {_ELSEWHERE}")
        if not process_tree.can_see():
            raise WorkshopRefused("/proc lists no children (CONFIG_PROC_CHILDREN): mount /proc, or use another kernel")
        self._check_private(jail_policy.readable())

    async def run(self, command: str, workspace: Path, *, seconds: float | None = None) -> CommandResult:
        """See Workshop.run."""
        self.check()
        job = self._job(command, workspace)
        allowed = min(self._limits.seconds if seconds is None else seconds, self._limits.seconds)
        started = self._clock.monotonic()
        ended = await self._launch(job, allowed)
        took = self._clock.monotonic() - started
        if ended.timed_out:
            note = f"[stopped by the workshop: more than {allowed:g} seconds]\n"
            return CommandResult(_OUT_OF_TIME, _lines(ended.output, note), True, took)
        ending = _read(ended.report)
        note = f"[stopped by the workshop: {ending.stopped}]\n" if ending.stopped else ""
        return CommandResult(ending.exit_code, _lines(ended.output, note), False, took)

    def _job(self, command: str, workspace: Path) -> Job:
        place = workspace.resolve()
        if not place.is_dir():
            raise Invalid(f"{workspace} is no directory; a command runs in the workspace of its task")
        if "\0" in command or len(command.encode(errors="replace")) > _LONGEST:
            raise Invalid(f"the command holds a null character or over {_LONGEST} bytes; write it to a file, run that")
        self._check_private([place])
        file = self._limits.file_mb * _MIB
        home = Path(tempfile.gettempdir()).resolve() / f"workshop-{secrets.token_hex(8)}"
        return Job(
            command=command,
            workspace=str(place),
            home=str(home),
            environment=jail_policy.environment(home),
            readable=[str(path) for path in jail_policy.readable()],
            devices=[str(path) for path in jail_policy.devices()],
            cpu=self._limits.cpu_seconds,
            memory=self._limits.memory_mb * _MIB,
            tasks=self._limits.processes,
            file=file,
            disk=file * _FILES,
        )

    def _check_private(self, reachable: list[Path]) -> None:
        for path in self._private:
            for tree_ in reachable:
                if path.is_relative_to(tree_):
                    raise WorkshopRefused(f"commands can read {tree_}, which holds {path}; move one of them elsewhere")

    async def _launch(self, job: Job, seconds: float) -> _Ended:
        launcher = await asyncio.create_subprocess_exec(
            sys.executable, "-I", "-S", "-c", _START, str(Path(damascus.__file__).parent.parent),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}, cwd="/", start_new_session=True,
        )  # fmt: skip
        excerpt = Excerpt(self._limits.output_kb * 1024)
        talk = asyncio.create_task(_talk(launcher, job, excerpt))
        timed_out = False
        try:
            done, _ = await asyncio.wait([talk], timeout=seconds)
            timed_out = not done
        finally:
            await run_to_completion(_finish(launcher, talk))
        return _Ended(talk.result(), excerpt.text(), timed_out)


async def _talk(launcher: asyncio.subprocess.Process, job: Job, excerpt: Excerpt) -> bytes:
    """Hand the job over, collect the output; the launcher's report when all is over."""
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


async def _finish(launcher: asyncio.subprocess.Process, talk: asyncio.Task[bytes]) -> None:
    """Cut the lifeline, so that the launcher ends everything, and wait for it."""
    assert launcher.stdin
    launcher.stdin.close()
    done, _ = await asyncio.wait([talk], timeout=_PATIENCE)
    if not done:
        launcher.kill()
        await asyncio.wait([talk])
    await launcher.wait()


def _read(report: bytes) -> JobResult:
    try:
        ending = JobResult.from_json(report)
    except (ValueError, TypeError) as error:
        last = (report.decode(errors="replace").strip().splitlines() or ["it was killed"])[-1]
        raise WorkshopRefused(f"the workshop's launcher failed ({last}); `ceo doctor` checks the workshop") from error
    if ending.refused:
        raise WorkshopRefused(f"the command could not be jailed ({ending.refused}); {_ELSEWHERE}")
    return ending


def _lines(output: str, note: str) -> str:
    between = "\n" if note and output and not output.endswith("\n") else ""
    return f"{output}{between}{note}"
