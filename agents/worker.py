"""One worker process: the inboxes of its personas, the runs it carries at once, and a sign of life."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from agents.base_agent import BaseAgent
from agents.endings import Failed
from agents.engineer_agent import EngineerAgent
from agents.inbox import Inbox
from agents.pm_agent import PMAgent
from agents.sales_agent import SalesAgent
from agents.vp_agent import VPAgent
from damascus.bus.doorbell import Doorbell
from damascus.composition.agents import AgentServices
from damascus.core.errors import Unavailable
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.records.agents import Agent
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import Transaction
from damascus.staff.personas import Persona
from damascus.work.tasks import recovery, tasks

log = logging.getLogger(__name__)

AGENTS: Mapping[str, type[BaseAgent]] = {
    "vp": VPAgent,
    "pm": PMAgent,
    "sales": SalesAgent,
    "engineer": EngineerAgent,
}
LIFE_SIGN_SECONDS = 10
START_PATIENCE = 60


class Worker:
    """`name` (such as `pm-1`) is this process's own: whoever bore it before is dead.

    The file `alive` is touched whenever a sign of life has come through to the ledger.
    """

    def __init__(self, personas: Sequence[Persona], staff: AgentServices, name: str, alive: Path | None = None) -> None:
        self._staff = staff
        self._name = name
        self._alive = alive
        self._agents = {p.role: AGENTS.get(p.role, BaseAgent)(p, staff, name) for p in personas}
        self._lease = timedelta(seconds=staff.settings.limits.lease)
        self._room = asyncio.Event()
        self._room.set()
        self._runs: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Work until cancelled; then hand back what was under way."""
        await self._staff.model.warm()
        await self._arrive()
        bell = Doorbell(self._staff.bus, self._agents)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(bell.listen())
                for agent in self._agents.values():
                    group.create_task(self._inbox(agent, bell).run())
                group.create_task(self._show_life())
                if any("push" in agent.persona.tools for agent in self._agents.values()):
                    group.create_task(self._staff.forge_sync.run())
        finally:
            await self._leave()

    def _inbox(self, agent: BaseAgent, bell: Doorbell) -> Inbox:
        handlers = {MessageType.ASSIGNMENT: self._on_assignment}
        if isinstance(agent, VPAgent):
            handlers[MessageType.DIRECTIVE] = agent.on_directive
        return Inbox(
            self._staff.outbox, self._staff.bus, agent.persona.role, self._name,
            handlers, self._start, self._room, self._lease, bell,
        )  # fmt: skip

    async def _arrive(self) -> None:
        """Wait for the ledger, take back what an earlier life of this worker held, sign in."""
        until = self._staff.clock.monotonic() + START_PATIENCE
        while True:
            try:
                async with self._staff.outbox.transaction() as tx:
                    await recovery.recover_held_by(tx, self._name, self._staff.settings)
                    await self._sign(tx)
                self._touch()
                await self._announce("is at work")
                return
            except Unavailable as error:
                if self._staff.clock.monotonic() > until:
                    raise
                log.info("waiting to start: %s", error)
                await self._staff.clock.sleep(0.1)

    async def _leave(self) -> None:
        for run in self._runs:
            run.cancel()
        await asyncio.gather(*self._runs, return_exceptions=True)
        try:
            async with self._staff.outbox.transaction() as tx:
                await recovery.recover_held_by(tx, self._name, self._staff.settings)
            await self._announce("has left")
        except Unavailable as error:
            log.warning("left without a word: %s", error)

    async def _announce(self, words: str) -> None:
        await self._staff.bus.send(
            Message(sender=next(iter(self._agents)), to="all", type=MessageType.SYSTEM, content=f"{self._name} {words}")
        )

    async def _show_life(self) -> None:
        while True:
            await self._staff.clock.sleep(LIFE_SIGN_SECONDS)
            try:
                async with self._staff.ledger.transaction() as tx:
                    await self._sign(tx)
                self._touch()
            except Unavailable as error:
                log.warning("no sign of life could be written: %s", error)

    async def _sign(self, tx: Transaction) -> None:
        """Of several workers of one role the row names who showed life last: it is alive as long as any of them is."""
        staff = [agent.persona for agent in self._agents.values()]
        await tx.agents.record_heartbeat(
            *(Agent(p.role, p.name, p.title, p.role, self._name, tx.now, tx.now) for p in staff)
        )

    def _touch(self) -> None:
        if self._alive is not None:
            self._alive.touch()

    async def _on_assignment(self, tx: Transaction, message: Message) -> Task | None:
        owner = f"{self._name}/{new_id('run')}"
        return await tasks.claim(tx, str(message.context.get("task_id")), owner, self._lease)

    def _start(self, task: Task) -> None:
        run = asyncio.create_task(self._carry(task), name=task.id)
        self._runs.add(run)
        run.add_done_callback(self._end)
        self._see_room()

    def _end(self, run: asyncio.Task[None]) -> None:
        self._runs.discard(run)
        self._see_room()

    def _see_room(self) -> None:
        if len(self._runs) < self._staff.settings.limits.tasks_per_worker:
            self._room.set()
        else:
            self._room.clear()

    async def _carry(self, task: Task) -> None:
        agent = self._agents[task.role]
        try:
            await agent.run(task)
        except Unavailable as error:
            # its lease runs out and the task is picked up again when the service is back
            log.warning("%s is set down: %s", task.id, error)
        except Exception as error:
            log.exception("%s fails by an error of ours", task.id)
            await agent.fail(task, Failed(f"an error inside the company: {type(error).__name__}: {error}"))
