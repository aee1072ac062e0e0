"""A worker's own look at the parts that it uses: it does with each what its tasks do, and says what is wrong.

What it finds goes along with the next heartbeat, so that `ceo status` shows it, and goes away as its cause does.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from damascus.composition.agents import AgentServices
from damascus.core.errors import DamascusError
from damascus.core.room import check_room
from damascus.core.text import one_line
from damascus.forge.store_check import check_store
from damascus.staff.personas import Persona
from damascus.workshop.command_check import check_command

log = logging.getLogger(__name__)

LOOK_SECONDS = 10
PART_TIMEOUT_SECONDS = 20
WORKSHOP_EVERY = 6  # looks: it starts a process
COMMANDS = ("run_command",)
COMMITS = ("commit", "push")
MAX_PROBLEM_CHARS = 1_000

Look = Callable[[], Awaitable[None]]


class SelfCheck:
    """Looks at the parts that these personas use; `problem` is what is wrong with them, None if nothing is."""

    def __init__(self, personas: Sequence[Persona], services: AgentServices) -> None:
        self._services = services
        self._roles = [persona.role for persona in personas]
        used = {tool for persona in personas for tool in persona.tools}
        self._runs = bool(used & {*COMMANDS})
        self._commits = bool(used & {*COMMITS})
        self._rounds = 0
        self._workshop_problem: str | None = None
        self.problem: str | None = None

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            await self.look()
            await self._services.clock.sleep(LOOK_SECONDS)

    async def look(self) -> None:
        """Look at every part once."""
        found = [await self._problem_of("redis", partial(self._services.bus.check, role)) for role in self._roles]
        found.append(await self._problem_of("disk", self._room))
        if self._commits:
            found.append(await self._problem_of("store", self._store))
        if self._runs and self._rounds % WORKSHOP_EVERY == 0:
            self._workshop_problem = await self._problem_of("workshop", self._command)
        found.append(self._workshop_problem)
        self._rounds = 0 if self._workshop_problem else self._rounds + 1
        before, lines = self.problem, list(dict.fromkeys(filter(None, found)))
        self.problem = "; ".join(lines)[:MAX_PROBLEM_CHARS] or None
        if self.problem != before:
            log.warning("what this worker uses: %s", self.problem or "is well again")

    async def _problem_of(self, part: str, look: Look) -> str | None:
        try:
            async with asyncio.timeout(PART_TIMEOUT_SECONDS):
                await look()
        except TimeoutError:
            return f"{part}: no response within {PART_TIMEOUT_SECONDS} s"
        except (DamascusError, OSError) as error:
            return f"{part}: {one_line(str(error))}"
        return None

    async def _room(self) -> None:
        settings = self._services.settings
        for folder in (settings.home, settings.shared, settings.workspaces):
            await asyncio.to_thread(check_room, folder)

    async def _store(self) -> None:
        await asyncio.to_thread(check_store, self._services.settings.shared / "git", self._services.clock)

    async def _command(self) -> None:
        await check_command(self._services.workshop, self._services.settings.workspaces)
