"""One process of the company: started with its output in a log, started again when it crashes, stopped for sure.

A child gets SIGTERM when the supervisor dies, however it dies (PR_SET_PDEATHSIG), so nothing is left running. It has
a session of its own: Ctrl-C in the terminal is for the supervisor, which stops its children in order.
"""

import asyncio
import contextlib
import ctypes
import logging
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from damascus.core.clock import Clock

log = logging.getLogger(__name__)

MISCONFIGURED = 2
FIRST_PAUSE, LONGEST_PAUSE = 0.2, 10.0
STABLE_SECONDS = 30
GRACE_SECONDS = 8
LOG_BYTES = 5_000_000
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to run a child; `must_configure`: its exit code 2 means that it never will start."""

    name: str
    command: list[str]
    env: dict[str, str]
    cwd: Path
    log: Path
    must_configure: bool = True


class GaveUp(Exception):
    """A child says that its configuration is wrong; the message is its last line."""


class Child:
    """Keeps one recipe running until `stop`."""

    def __init__(self, recipe: Recipe, clock: Clock, changed: Callable[[], None]) -> None:
        self.recipe = recipe
        self.restarts = 0
        self._clock = clock
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process and self._process.returncode is None else None

    async def keep(self) -> None:
        """Run, and run again after a crash: at once the first time, then with growing pauses. Raises GaveUp."""
        pause = 0.0
        while not self._stopping:
            began = self._clock.monotonic()
            code = await self._run_once()
            if self._stopping:
                return
            if code == MISCONFIGURED and self.recipe.must_configure:
                raise GaveUp(self.last_words())
            if self._clock.monotonic() - began > STABLE_SECONDS:
                pause = 0.0
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
            async with asyncio.timeout(GRACE_SECONDS):
                await process.wait()
        except TimeoutError:
            log.warning("%s did not stop in %d s and is killed", self.recipe.name, GRACE_SECONDS)
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    def last_words(self) -> str:
        """The last line of its log."""
        try:
            lines = self.recipe.log.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            lines = []
        return lines[-1] if lines else f"{self.recipe.name} said nothing"

    async def _run_once(self) -> int:
        recipe = self.recipe
        if recipe.log.exists() and recipe.log.stat().st_size > LOG_BYTES:
            recipe.log.replace(recipe.log.with_suffix(".old.log"))
        with recipe.log.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *recipe.command, cwd=recipe.cwd, env=recipe.env, stdin=asyncio.subprocess.DEVNULL,
                stdout=output, stderr=output, preexec_fn=_die_with_parent, start_new_session=True,
            )  # fmt: skip
        self._changed()
        if self._stopping:  # asked to while it was starting
            await self.stop()
        code = await self._process.wait()
        self._changed()
        return code


def _die_with_parent() -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
