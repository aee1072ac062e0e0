"""One process of the company: started with its output in a log, started again when it crashes, stopped for sure.

The kernel kills a child when the supervisor dies, however it dies (PR_SET_PDEATHSIG, Linux only), so nothing is left
running; work survives that, since every turn is in the ledger first. A child has a session of its own: Ctrl-C in the
terminal is for the supervisor, which stops its children in order.
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

from damascus.core.clock import Clock
from damascus.core.errors import Misconfigured, Unavailable

log = logging.getLogger(__name__)

MISCONFIGURED = 2
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
STABLE_SECONDS = 30
GRACE_SECONDS = 8
LOG_BYTES = 5_000_000
LAST_WORDS_BYTES = 20_000
START_ATTEMPTS = 4
NEVER_RAN = -1
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """How to run a child; `must_configure`: its exit code 2 means that it never will start.

    `grace_seconds` is what it has to end by itself; a log of more than `log_bytes` is put aside when it starts.
    """

    name: str
    command: list[str]
    env: dict[str, str]
    cwd: Path
    log: Path
    must_configure: bool = True
    grace_seconds: float = GRACE_SECONDS
    log_bytes: int = LOG_BYTES


class ChildProcess:
    """Keeps one recipe running until `stop`; tells `changed` each time its process came or went."""

    def __init__(self, recipe: ProcessSpec, clock: Clock, changed: Callable[[], None]) -> None:
        self.recipe = recipe
        self.restarts = 0
        self._clock = clock
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._log_began = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def keep(self, must_start: Callable[[], bool] = lambda: False) -> None:
        """Run, and run again after a crash: at once the first time, then with growing pauses, until `stop`.

        Raises Misconfigured when it says that it never can run, and Unavailable when it crashed START_ATTEMPTS times
        in a row while `must_start()` held.
        """
        pause, crashes = 0.0, 0
        while not self._stopping:
            began = self._clock.monotonic()
            code = await self._run_once()
            if self._stopping:
                return
            if code == MISCONFIGURED and self.recipe.must_configure:
                raise Misconfigured(self.last_words())
            if self._clock.monotonic() - began > STABLE_SECONDS:
                pause, crashes = 0.0, 0
            crashes += 1
            if crashes >= START_ATTEMPTS and must_start():
                raise Unavailable(f"{self.recipe.name} does not start: {self.last_words()} (see {self.recipe.log})")
            log.warning("%s ended with %d; starting it again in %.1f s", self.recipe.name, code, pause)
            await self._clock.sleep(pause)
            pause = min(max(2 * pause, FIRST_PAUSE), LONGEST_PAUSE)
            self.restarts += 1

    async def stop(self) -> None:
        """TERM, then KILL what is left of it after a grace."""
        self._stopping = True
        process = self._process
        if process is None or process.returncode is not None:
            return
        with contextlib.suppress(ProcessLookupError):  # it ended in this very moment
            process.terminate()
        try:
            async with asyncio.timeout(self.recipe.grace_seconds):
                await process.wait()
        except TimeoutError:
            log.warning("%s did not stop in %.0f s and is killed", self.recipe.name, self.recipe.grace_seconds)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def last_words(self) -> str:
        """The last line of what its latest run wrote."""
        try:
            with self.recipe.log.open("rb") as file:
                end = file.seek(0, os.SEEK_END)
                file.seek(max(self._log_began, end - LAST_WORDS_BYTES))
                lines = file.read().decode("utf-8", "replace").split("\n")
        except OSError:
            lines = []
        return next((line.strip() for line in reversed(lines) if line.strip()), f"{self.recipe.name} said nothing")

    async def _run_once(self) -> int:
        recipe = self.recipe
        try:
            with self._open_log() as output:
                self._process = await asyncio.create_subprocess_exec(
                    *recipe.command, cwd=recipe.cwd, env=recipe.env, stdin=asyncio.subprocess.DEVNULL,
                    stdout=output, stderr=output, preexec_fn=_die_with(os.getpid()), start_new_session=True,
                )  # fmt: skip
        except OSError as error:  # no memory, no disk, no such program: a crash like any other
            log.warning("%s cannot be run: %s", recipe.name, error)
            return NEVER_RAN
        self._changed()
        if self._stopping:  # asked to while it was starting
            await self.stop()
        code = await self._process.wait()
        self._changed()
        return code

    def _open_log(self) -> BinaryIO:
        path = self.recipe.log
        if path.exists() and path.stat().st_size > self.recipe.log_bytes:
            path.replace(path.with_suffix(".old.log"))
        file = path.open("ab")
        self._log_began = file.tell()
        return file


def _die_with(parent: int) -> Callable[[], None]:
    """What a child does between fork and exec so that it does not outlive its parent."""
    if sys.platform != "linux":
        return lambda: None
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # it died before the line above
            os._exit(1)

    return prepare
