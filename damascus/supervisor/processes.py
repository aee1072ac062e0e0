"""The company as a tree of processes: Redis, the model (if it is the rehearsal), the office, one agent per role.

The services and the VP start at once. The other roles start after the VP has come to work, so that they do not compete
with the first model call for the processor.
"""

import asyncio
import logging
import os
from datetime import datetime
from pathlib import Path

from damascus.core.clock import Clock
from damascus.core.errors import DamascusError, Unavailable
from damascus.core.settings import Settings
from damascus.supervisor.child import ChildProcess, ProcessSpec
from damascus.supervisor.process_specs import FIRST_ROLE, check, check_environment_is_read, recipes, redis_recipe
from damascus.supervisor.redis_server import RedisServer
from damascus.supervisor.state import STATE_FILE, ProcessState, Readiness, SupervisorState, fingerprint, write_state
from damascus.supervisor.worker_presence import workers_seen_since

log = logging.getLogger(__name__)

OPEN_SECONDS = 50
COMPLETE_SECONDS = 30
LOOK_SECONDS = 0.1
HEAD_START = 0.3
STOPS_LAST = {"office": 1, "rehearsal": 2, "redis": 3}


class CompanyProcesses:
    """All children; `run` until cancelled, then they stop in the order in which they depend on each other."""

    def __init__(self, settings: Settings, root: Path, personas: Path, clock: Clock) -> None:
        self._settings = settings
        self._root = root
        self._personas = personas
        self._clock = clock
        self._children: list[ChildProcess] = []
        self._stage: Readiness = "starting"
        self._started_at = clock.now()

    async def run(self) -> None:
        """Start everything and keep it running.

        Raises Misconfigured when a child says that it never can run, Unavailable when the company does not start;
        then every child has been stopped.
        """
        check(self._settings, self._root, self._personas)
        (self._settings.home / "logs").mkdir(mode=0o700, exist_ok=True)
        (self._settings.home / "office.json").unlink(missing_ok=True)
        failures: list[DamascusError] = []
        try:
            async with asyncio.TaskGroup() as group:
                await self._start(group)
        except* DamascusError as found:
            failures += [error for error in found.exceptions if isinstance(error, DamascusError)]
        finally:
            await self._stop()
        if failures:
            raise failures[0]

    async def _start(self, group: asyncio.TaskGroup) -> None:
        settings = self._settings
        redis_url = settings.redis.url
        if not redis_url:
            server = RedisServer(settings.home / "redis", self._root / "redis.conf", self._clock)
            self._keep(group, redis_recipe(settings, self._root, server.prepare()))
            redis_url = server.url
        plan = recipes(settings, self._root, self._personas, redis_url)
        check_environment_is_read(settings, self._root, plan.first.env)
        for recipe in (*plan.services, plan.first):
            self._keep(group, recipe)
        if not await self._wait_for({plan.first.name}, OPEN_SECONDS):
            raise Unavailable(self._why_not_open(plan.first.name))
        self._enter("open")
        await self._clock.sleep(HEAD_START)
        for recipe in plan.others:
            self._keep(group, recipe)
        if not await self._wait_for({recipe.name for recipe in plan.others}, COMPLETE_SECONDS):
            log.warning("not everybody came to work within %d s; see the logs beside this one", COMPLETE_SECONDS)
        self._enter("complete")

    async def _wait_for(self, names: set[str], seconds: float) -> bool:
        until = self._clock.monotonic() + seconds
        since: datetime = self._started_at
        while not names <= await asyncio.to_thread(workers_seen_since, self._settings, since):
            if self._clock.monotonic() > until:
                return False
            await self._clock.sleep(LOOK_SECONDS)
        return True

    def _why_not_open(self, first: str) -> str:
        words = [f"{c.recipe.name}: {c.last_words()}" for c in self._children if c.recipe.name in ("office", first)]
        return f"the {FIRST_ROLE} did not come to work within {OPEN_SECONDS} s; last words: {'; '.join(words)}"

    def _keep(self, group: asyncio.TaskGroup, recipe: ProcessSpec) -> None:
        child = ChildProcess(recipe, self._clock, self._write_state)
        self._children.append(child)
        group.create_task(child.keep(must_start=lambda: self._stage == "starting"), name=recipe.name)

    def _enter(self, stage: Readiness) -> None:
        self._stage = stage
        log.info("the company is %s", stage)
        self._write_state()

    async def _stop(self) -> None:
        self._enter("stopping")
        for rank in range(len(STOPS_LAST) + 1):
            group = [child for child in self._children if STOPS_LAST.get(child.recipe.name, 0) == rank]
            await asyncio.gather(*(child.stop() for child in group))
        (self._settings.home / STATE_FILE).unlink(missing_ok=True)
        (self._settings.home / "office.json").unlink(missing_ok=True)

    def _write_state(self) -> None:
        state = SupervisorState(
            pid=os.getpid(),
            started_at=self._started_at.isoformat(),
            stage=self._stage,
            settings=fingerprint(self._settings),
            children={child.recipe.name: ProcessState(child.pid, child.restarts) for child in self._children},
        )
        try:
            write_state(self._settings.home, state)
        except OSError as error:  # a full disk: the staff works on what it has, and says so itself
            log.warning("%s cannot be written: %s", STATE_FILE, error)
