"""The company as a tree of processes: Redis, the model (if it is the rehearsal), the office, one agent per role.

The VP starts with the services and the other roles after it is at work, so that they do not compete with the first
model call for the processor.
"""

import asyncio
import json
import logging
import os
from pathlib import Path

from damascus.bus.server import RedisServer
from damascus.bus.streams import Bus
from damascus.core.clock import Clock
from damascus.core.errors import Misconfigured, Unavailable
from damascus.core.settings import Settings, child_environment
from damascus.supervisor.child import Child, GaveUp, Recipe
from damascus.supervisor.staff import recipes

log = logging.getLogger(__name__)

STATE_FILE = "company.json"
FIRST_AGENT_SECONDS = 10
REDIS_SECONDS = 10


class CompanyTree:
    """All children; `run` until cancelled, then they stop in the order in which they depend on each other."""

    def __init__(self, settings: Settings, root: Path, personas: Path, clock: Clock) -> None:
        self._settings = settings
        self._root = root
        self._personas = personas
        self._clock = clock
        self._children: list[Child] = []
        self._keeping: asyncio.TaskGroup | None = None

    async def run(self) -> None:
        """Start everything and keep it running. Raises Misconfigured when a child never can start."""
        logs = self._settings.home / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        (self._settings.home / "office.json").unlink(missing_ok=True)
        try:
            async with asyncio.TaskGroup() as group:
                self._keeping = group
                url = await self._start_redis(logs)
                plan = recipes(self._settings, self._root, self._personas, url)
                for recipe in (*plan.services, plan.first):
                    self._keep(recipe)
                await self._wait_for_first(url)
                for recipe in plan.others:
                    self._keep(recipe)
        except* GaveUp as group_of:
            raise Misconfigured(str(group_of.exceptions[0])) from None
        finally:
            await self._stop()

    async def _start_redis(self, logs: Path) -> str:
        if self._settings.redis.url:
            return self._settings.redis.url
        server = RedisServer(self._settings.home / "redis", self._root / "redis.conf", self._clock)
        recipe = Recipe("redis", server.prepare(), child_environment(), self._root, logs / "redis.log", False)
        self._keep(recipe)
        until = self._clock.monotonic() + REDIS_SECONDS
        while not await asyncio.to_thread(server.answers):
            if self._clock.monotonic() > until:
                raise Unavailable(f"Redis did not start: {self._children[0].last_words()}")
            await self._clock.sleep(0.02)
        return server.url

    async def _wait_for_first(self, redis_url: str) -> None:
        """Until the first agent says on the system channel that it is at work, or long enough."""
        channels = self._settings.redis.channels
        bus = Bus(redis_url, channels.prefix, self._settings.redis.maxlen, self._clock)
        try:
            async with asyncio.timeout(FIRST_AGENT_SECONDS):
                async for _, text in bus.subscribe(bus.keys.system):
                    if "is at work" in text:
                        return
        except TimeoutError:
            log.warning("the first agent is not at work after %d s; starting the others", FIRST_AGENT_SECONDS)
        finally:
            await bus.close()

    def _keep(self, recipe: Recipe) -> None:
        assert self._keeping is not None
        child = Child(recipe, self._clock, self._write_state)
        self._children.append(child)
        self._keeping.create_task(child.keep())

    async def _stop(self) -> None:
        names = {"office": 1, "rehearsal": 2, "redis": 3}
        for rank in range(4):
            group = [child for child in self._children if names.get(child.recipe.name, 0) == rank]
            await asyncio.gather(*(child.stop() for child in group))
        (self._settings.home / STATE_FILE).unlink(missing_ok=True)
        (self._settings.home / "office.json").unlink(missing_ok=True)

    def _write_state(self) -> None:
        """`.damascus/company.json`, whole by rename: what `ceo status` shows of the processes."""
        children = {c.recipe.name: {"pid": c.pid, "restarts": c.restarts} for c in self._children}
        path = self._settings.home / STATE_FILE
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps({"pid": os.getpid(), "children": children}), encoding="utf-8")
        draft.replace(path)
