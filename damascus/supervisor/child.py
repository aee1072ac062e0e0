"""One process of the company: started with its output in a log, restarted when it crashes, always stopped.

The kernel kills a child when the supervisor dies, however it dies (PR_SET_PDEATHSIG, Linux only), so nothing is left
running; work survives that, since every turn is in the ledger first. A child has a session of its own: Ctrl-C in the
terminal reaches the supervisor only, which stops its children in order.
"""

import asyncio
import contextlib
import ctypes
import logging
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from damascus.core.backoff import Backoff
from damascus.core.clock import Clock
from damascus.core.errors import Misconfigured, Unavailable

log = logging.getLogger(__name__)

EXIT_MISCONFIGURED = 2
RESTART_BACKOFF = Backoff(first_seconds=0.2, max_seconds=10)  # from the second restart on: the first is immediate
STABLE_SECONDS = 30
GRACE_SECONDS = 8
MAX_LOG_BYTES = 5_000_000
LOG_CHECK_SECONDS = 2.0
LOG_EXCERPT_BYTES = 20_000
MAX_START_ATTEMPTS = 4
NEVER_RAN = -1
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How to run a child; `exit_2_is_final`: by exit code 2 it says that it can never start.

    After `grace_seconds` it is killed if it was told to stop; its log is moved aside when it has more than `log_bytes`.
    """

    name: str
    command: list[str]
    env: dict[str, str]
    cwd: Path
    log: Path
    exit_2_is_final: bool = True
    grace_seconds: float = GRACE_SECONDS
    log_bytes: int = MAX_LOG_BYTES


class ChildProcess:
    """A process that runs until `stop`; `on_change` is called each time it has started or ended."""

    def __init__(self, spec: ProcessSpec, clock: Clock, on_change: Callable[[], None]) -> None:
        self.spec = spec
        self.restarts = 0
        self._clock = clock
        self._on_change = on_change
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._log_began = 0
        self._beginning_is_gone = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def keep_running(
        self, must_start: Callable[[], bool] = lambda: False, on_crash: Callable[[str], None] = lambda _output: None
    ) -> None:
        """Run the process until `stop`, and restart it when it crashes: immediately the first time, then with pauses.

        Between a crash and the restart `on_crash` is given the beginning of what the process wrote, or nothing if that
        is not in its log any more.

        Raises:
            Misconfigured: if it says by its exit code that it can never start.
            Unavailable: if it crashed MAX_START_ATTEMPTS times in a row while `must_start()` was true.
        """
        crashes = 0
        while not self._stopping:
            began = self._clock.monotonic()
            code = await self._run_once()
            if self._stopping:
                return
            if code == EXIT_MISCONFIGURED and self.spec.exit_2_is_final:
                raise Misconfigured(self.last_log_line())
            if self._clock.monotonic() - began > STABLE_SECONDS:
                crashes = 0
            crashes += 1
            if crashes >= MAX_START_ATTEMPTS and must_start():
                raise Unavailable(f"{self.spec.name} does not start: {self.last_log_line()} (see {self.spec.log})")
            pause = RESTART_BACKOFF.pause(crashes - 2) if crashes > 1 else 0.0
            log.warning("%s ended with exit code %d; restarting it in %.1f s", self.spec.name, code, pause)
            on_crash(self._first_output())
            await self._clock.sleep(pause)
            self.restarts += 1

    async def stop(self) -> None:
        """End the process by TERM, or by KILL if it has not ended after its grace; do not restart it."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):  # it ended in this very moment
            process.terminate()
        try:
            async with asyncio.timeout(self.spec.grace_seconds):
                await process.wait()
        except TimeoutError:
            log.warning("%s did not stop within %.0f s and is killed", self.spec.name, self.spec.grace_seconds)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def last_log_line(self) -> str:
        """Return the last line that its latest run wrote."""
        try:
            with self.spec.log.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(self._log_began, end - LOG_EXCERPT_BYTES))
                lines = file.read().decode("utf-8", "replace").split("\n")
        except OSError:
            lines = []
        return next((line.strip() for line in reversed(lines) if line.strip()), f"{self.spec.name} wrote nothing")

    def _first_output(self) -> str:
        if self._beginning_is_gone:
            return ""
        try:
            with self.spec.log.open("rb") as file:
                file.seek(self._log_began)
                return file.read(LOG_EXCERPT_BYTES).decode("utf-8", "replace")
        except OSError:
            return ""

    async def _run_once(self) -> int:
        spec = self.spec
        try:
            with self._open_log() as output:
                self._process = await asyncio.create_subprocess_exec(
                    *spec.command, cwd=spec.cwd, env=spec.env, stdin=asyncio.subprocess.DEVNULL,
                    stdout=output, stderr=output, preexec_fn=_die_with(os.getpid()), start_new_session=True,
                )  # fmt: skip
        except OSError as error:  # no memory, no disk, no such program: a crash like any other
            log.warning("%s cannot be run: %s", spec.name, error)
            return NEVER_RAN
        self._on_change()
        if self._stopping:  # asked to while it was starting
            await self.stop()
        watching = asyncio.create_task(bound_log(spec.log, spec.log_bytes, self._log_moved))
        try:
            code = await self._process.wait()
        finally:
            watching.cancel()
        self._on_change()
        return code

    def _log_moved(self) -> None:
        self._log_began = 0
        self._beginning_is_gone = True

    def _open_log(self) -> BinaryIO:
        move_aside(self.spec.log, self.spec.log_bytes)
        file = self.spec.log.open("ab")
        self._log_began = file.tell()
        self._beginning_is_gone = False
        return file


async def bound_log(path: Path, max_bytes: int, on_moved: Callable[[], None] = lambda: None) -> None:
    """Move a log aside each time it has grown too large, until cancelled."""
    while True:
        await asyncio.sleep(LOG_CHECK_SECONDS)
        try:
            if move_aside(path, max_bytes):
                on_moved()
        except OSError as error:
            log.warning("%s cannot be moved aside: %s", path, error)


def move_aside(path: Path, max_bytes: int) -> bool:
    """Move the last `max_bytes` of a log that is larger into `NAME.old.log`, and empty it. Returns whether it was.

    The file stays the same, so that the process continues to append to it. What it writes in between is lost.
    """
    if not path.exists() or path.stat().st_size <= max_bytes:
        return False
    with path.open("r+b") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - max_bytes))
        path.with_suffix(".old.log").write_bytes(file.read(max_bytes))
        file.truncate(0)
    return True


def _die_with(parent: int) -> Callable[[], None]:
    """Return what a child does between fork and exec so that it does not outlive its parent."""
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return prepare
