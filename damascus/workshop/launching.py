"""The launcher of one command, from outside: started, heard, and ended with all that it started."""

import asyncio
import logging
import os
import sys
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import damascus
from damascus.core.cancellation import run_to_completion
from damascus.workshop.jail import leftovers, process_tree
from damascus.workshop.jail.job import BEGUN, END_PROGRAMS, SHOW_WHERE, Job
from damascus.workshop.output import Excerpt

log = logging.getLogger(__name__)

_GRACE_SECONDS = 10  # for the launcher to end everything, before it is killed itself
_SHOWING_SECONDS = 0.3  # for programs that hang to note where, once their time is over
_DRAINING_SECONDS = 2  # for what it leaves in its pipes; who holds them longer is an orphan
_LAUNCHER_CODE = "import sys; sys.path.append(sys.argv[1]); from damascus.workshop.jail.launcher import main; main()"


@dataclass(frozen=True)
class Launched:
    """What is left of a command: its launcher's report, and what it printed."""

    report: bytes
    output: str
    bytes: int
    timed_out: bool


class Launch:
    """One command's launcher; of what the command prints `output_bytes` are kept. `begun` is set when it is jailed."""

    def __init__(self, output_bytes: int) -> None:
        self._excerpt = Excerpt(output_bytes)
        self._launcher: asyncio.subprocess.Process | None = None
        self.begun = asyncio.Event()

    async def output(self) -> str:
        """Return what the command has printed so far."""
        return self._excerpt.text()

    async def run(self, job: Job, seconds: float, beside: "Iterable[Launch]" = ()) -> Launched:
        """Run a job for at most `seconds`, in the network of the first of `beside` that has one of its own.

        Returns, or raises, when nothing of it is left.
        """
        with ExitStack() as opened:
            joins = next(filter(None, (other._namespaces(opened) for other in beside if other is not self)), ())
            launcher = await asyncio.create_subprocess_exec(
                sys.executable, "-I", "-S", "-c", _LAUNCHER_CODE, str(Path(damascus.__file__).parent.parent),
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
                env={"PATH": "/usr/bin:/bin", "PYTHONDONTWRITEBYTECODE": "1"}, cwd="/", start_new_session=True,
                pass_fds=joins,
            )  # fmt: skip
        self._launcher = launcher
        running = _Running(
            launcher,
            report=asyncio.create_task(_exchange(launcher, job._replace(joins=joins), self.begun)),
            output=asyncio.create_task(_collect(launcher, self._excerpt)),
        )
        timed_out = False
        try:
            timed_out = not await _are_done([running.report], seconds)
            if timed_out:
                await running.show_where()
        finally:
            await run_to_completion(running.finish())
        report = b"" if running.report.cancelled() else running.report.result()
        return Launched(report, self._excerpt.text(), self._excerpt.total, timed_out)

    def _namespaces(self, opened: ExitStack) -> tuple[int, ...]:
        """Return descriptors of the command's user and network namespaces, none if it has no network of its own.

        Its keeper has both. It is known by its parents, which do not let its number go before they are told.
        """
        if self._launcher is None or not self.begun.is_set():
            return ()
        with suppress(OSError):
            keeper = self._keeper(self._launcher.pid)
            files = [os.open(f"/proc/{keeper}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC) for kind in ("user", "net")]
            for file in files:
                opened.callback(os.close, file)
            ours = os.stat("/proc/self/ns/net")
            if keeper and keeper == self._keeper(self._launcher.pid) and not os.path.samestat(os.fstat(files[1]), ours):
                return tuple(files)
        return ()

    def _keeper(self, launcher: int) -> int:
        found = process_tree.children(launcher) if launcher in process_tree.children(os.getpid()) else []
        return found[0] if found else 0


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


async def _exchange(launcher: asyncio.subprocess.Process, job: Job, begun: asyncio.Event) -> bytes:
    """Hand the job over; return the launcher's report once the command has ended."""
    assert launcher.stdin
    assert launcher.stderr
    launcher.stdin.write(job.to_json())
    with suppress(ConnectionError):  # a launcher that died at once has said why
        await launcher.stdin.drain()
    first = await launcher.stderr.read(len(BEGUN))
    if first == BEGUN:
        begun.set()
    return first + await launcher.stderr.read()


async def _collect(launcher: asyncio.subprocess.Process, excerpt: Excerpt) -> None:
    assert launcher.stdout
    while data := await launcher.stdout.read(1 << 16):
        excerpt.add(data)
