"""The company as a tree of processes: Redis, the model (if it is the rehearsal), the office, one agent per role.

The services and the VP start together. The other roles start once the VP is online, so that they do not compete with
the first model call for the processor.
"""

import asyncio
import logging
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from damascus.bus.acl import OFFICE
from damascus.core.clock import Clock
from damascus.core.errors import DamascusError, Unavailable
from damascus.core.settings import Settings
from damascus.ledger.checkpoint import write_back
from damascus.supervisor.child import ChildProcess, ProcessSpec
from damascus.supervisor.process_specs import (
    FIRST_ROLE,
    check_environment_is_read,
    check_staff,
    company_specs,
    redis_spec,
    roles,
)
from damascus.supervisor.redis_server import RedisServer
from damascus.supervisor.state import STATE_FILE, ProcessState, Readiness, SupervisorState, fingerprint, write_state
from damascus.supervisor.worker_presence import workers_seen_since

log = logging.getLogger(__name__)

READY_TIMEOUT_SECONDS = 50
COMPLETE_TIMEOUT_SECONDS = 30
POLL_SECONDS = 0.1
HEAD_START_SECONDS = 0.3  # for the VP, before the others take the processor
STOP_ORDER = {"office": 1, "rehearsal": 2, "redis": 3}  # agents: 0


class CompanyProcesses:
    """All processes of one company; they stop in the order in which they depend on each other."""

    def __init__(self, settings: Settings, root: Path, personas: Path, clock: Clock) -> None:
        self._settings = settings
        self._root = root
        self._personas = personas
        self._clock = clock
        self._children: list[ChildProcess] = []
        self._readiness: Readiness = "starting"
        self._started_at = clock.now()

    async def run(self) -> None:
        """Start every process and keep it running until cancelled; when this returns or raises, all have been stopped.

        Raises:
            Misconfigured: if a process says that it can never start.
            Unavailable: if the company does not start.
        """
        check_staff(self._settings, self._root, self._personas)
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
            if self._settings.ledger_file is not None:
                await asyncio.to_thread(write_back, self._settings.ledger_file)
        if failures:
            raise failures[0]

    async def _start(self, group: asyncio.TaskGroup) -> None:
        settings = self._settings
        staff = roles(self._personas)
        redis_urls = dict.fromkeys((OFFICE, *staff), settings.redis.url)
        if not settings.redis.url:
            conf, prefix = self._root / "redis.conf", settings.redis.channels.prefix
            server = RedisServer(settings.home / "redis", conf, self._clock, roles=staff, prefix=prefix)
            self._launch(group, redis_spec(settings, self._root, server.prepare()), server.set_aside_if_unreadable)
            redis_urls = server.urls
        specs = company_specs(settings, self._root, self._personas, redis_urls)
        check_environment_is_read(settings, self._root, specs.first.env)
        for spec in (*specs.services, specs.first):
            self._launch(group, spec)
        if not await self._wait_for({specs.first.name}, READY_TIMEOUT_SECONDS):
            raise Unavailable(self._why_not_ready(specs.first.name))
        self._enter("ready")
        await self._clock.sleep(HEAD_START_SECONDS)
        for spec in (*specs.others, *specs.late):
            self._launch(group, spec)
        if not await self._wait_for({spec.name for spec in specs.others}, COMPLETE_TIMEOUT_SECONDS):
            log.warning(
                "some agents did not start within %d s; see the other logs in this folder", COMPLETE_TIMEOUT_SECONDS
            )
        self._enter("complete")

    async def _wait_for(self, names: set[str], seconds: float) -> bool:
        until = self._clock.monotonic() + seconds
        since: datetime = self._started_at
        while not names <= await asyncio.to_thread(workers_seen_since, self._settings, since):
            if self._clock.monotonic() > until:
                return False
            await self._clock.sleep(POLL_SECONDS)
        return True

    def _why_not_ready(self, first: str) -> str:
        lines = [f"{c.spec.name}: {c.last_log_line()}" for c in self._children if c.spec.name in ("office", first)]
        seconds = READY_TIMEOUT_SECONDS
        return f"the {FIRST_ROLE.upper()} did not start within {seconds} s; last log lines: {'; '.join(lines)}"

    def _launch(
        self, group: asyncio.TaskGroup, spec: ProcessSpec, on_crash: Callable[[str], None] = lambda _output: None
    ) -> None:
        child = ChildProcess(spec, self._clock, self._write_state)
        self._children.append(child)
        group.create_task(child.keep_running(lambda: self._readiness == "starting", on_crash), name=spec.name)

    def _enter(self, readiness: Readiness) -> None:
        self._readiness = readiness
        log.info("the company is %s", readiness)
        self._write_state()

    async def _stop(self) -> None:
        self._enter("stopping")
        for rank in range(len(STOP_ORDER) + 1):
            group = [child for child in self._children if STOP_ORDER.get(child.spec.name, 0) == rank]
            await asyncio.gather(*(child.stop() for child in group))
        (self._settings.home / STATE_FILE).unlink(missing_ok=True)
        (self._settings.home / "office.json").unlink(missing_ok=True)

    def _write_state(self) -> None:
        state = SupervisorState(
            pid=os.getpid(),
            started_at=self._started_at.isoformat(),
            readiness=self._readiness,
            settings=fingerprint(self._settings),
            children={child.spec.name: ProcessState(child.pid, child.restarts) for child in self._children},
        )
        try:
            write_state(self._settings.home, state)
        except OSError as error:  # a full disk: the staff works with what it has, and reports it itself
            log.warning("%s cannot be written: %s", STATE_FILE, error)
