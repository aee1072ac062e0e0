"""One worker process: the inboxes of its personas, the runs it carries concurrently, and its heartbeat."""

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from agents.base_agent import BaseAgent
from agents.hooks.isolation import Isolation
from agents.inbox import Consumer, Inbox
from agents.outcomes import Failed
from agents.running_tasks import RunningTasks
from agents.self_check import SelfCheck
from damascus.bus.doorbell import Doorbell
from damascus.composition.agents import AgentServices
from damascus.core.backoff import Backoff, retry
from damascus.core.errors import Unavailable
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.records.agents import Agent
from damascus.core.records.tasks import Task
from damascus.core.records.workers import WorkerRow
from damascus.core.redaction import redact
from damascus.ledger.transaction import Transaction
from damascus.staff.personas import Persona
from damascus.work.intake import proposals
from damascus.work.tasks import answer_spool, recovery, tasks

log = logging.getLogger(__name__)

HEARTBEAT_SECONDS = 10
START_WAIT_SECONDS = 60
START_BACKOFF = Backoff(first_seconds=0.1, max_seconds=0.1)


class Worker:
    """Runs the tasks of its personas' roles.

    `name` (such as `pm-1`) is this process's own: an earlier process of that name is dead. The file `alive` is touched
    whenever a heartbeat has reached the ledger.
    """

    def __init__(
        self, personas: Sequence[Persona], services: AgentServices, name: str, alive: Path | None = None
    ) -> None:
        self._services = services
        self._name = name
        self._alive = alive
        isolation = Isolation()
        self._agents = {p.role: BaseAgent(p, services, isolation) for p in personas}
        self._check = SelfCheck(personas, services)
        self._lease = timedelta(seconds=services.settings.limits.lease)
        self._tasks = RunningTasks(services.settings.limits.tasks_per_worker, self._run_task, isolation)

    async def run(self) -> None:
        """Work until cancelled; then release the tasks that are not done."""
        await self._services.model.warm()
        await self._start_up()
        bell = Doorbell(self._services.bus, self._agents)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(bell.listen())
                for agent in self._agents.values():
                    group.create_task(self._inbox(agent, bell).run())
                group.create_task(self._send_heartbeats())
                group.create_task(self._check.run())
                group.create_task(self._services.collector.run())
                if any("push" in agent.persona.tools for agent in self._agents.values()):
                    group.create_task(self._services.forge_sync.run())
        finally:
            await self._shut_down()

    def _inbox(self, agent: BaseAgent, bell: Doorbell) -> Inbox:
        handlers = {MessageType.ASSIGNMENT: self._on_assignment}
        if agent.persona.planner:
            handlers[MessageType.DIRECTIVE] = self._on_directive
        consumer = Consumer(agent.persona.role, self._name, self._lease)
        return Inbox(self._services.outbox, self._services.bus, consumer, handlers, self._tasks, bell)

    async def _start_up(self) -> None:
        """Wait for the ledger, release what an earlier process of this name held, send the first heartbeat.

        Raises Unavailable if the ledger does not respond within START_WAIT_SECONDS.
        """

        async def attempt() -> None:
            async with self._services.outbox.transaction() as tx:
                await answer_spool.write_kept_answers(tx, self._services.settings)
                await recovery.recover_tasks_of(tx, self._name, self._services.settings)
                await self._record_heartbeat(tx)
            self._touch()
            await self._announce("has started")

        told = ""

        def tell(error: Unavailable) -> None:
            nonlocal told
            if str(error) != told:  # it is asked ten times a second
                log.info("waiting to start: %s", error)
                told = str(error)

        await retry(attempt, Unavailable, tell, self._services.clock, START_BACKOFF, START_WAIT_SECONDS)

    async def _shut_down(self) -> None:
        await self._tasks.cancel()
        try:
            async with self._services.outbox.transaction() as tx:
                await answer_spool.write_kept_answers(tx, self._services.settings)
                await recovery.hand_back(tx, self._name, self._services.settings)
            await self._announce("has stopped")
        except Unavailable as error:
            log.warning("stopped without releasing tasks, their leases will expire: %s", error)

    async def _announce(self, words: str) -> None:
        await self._services.bus.send(
            Message(sender=next(iter(self._agents)), to="all", type=MessageType.SYSTEM, content=f"{self._name} {words}")
        )

    async def _send_heartbeats(self) -> None:
        while True:
            await self._services.clock.sleep(HEARTBEAT_SECONDS)
            try:
                async with self._services.ledger.transaction() as tx:
                    await self._record_heartbeat(tx)
                self._touch()
            except Unavailable as error:
                log.warning("heartbeat failed: %s", error)

    async def _record_heartbeat(self, tx: Transaction) -> None:
        """Write the heartbeat; of several workers of one role the row names the last to do so."""
        personas = [agent.persona for agent in self._agents.values()]
        problem = self._check.problem
        rows = [Agent(p.role, p.name, p.title, p.role, self._name, tx.now, tx.now, problem) for p in personas]
        await tx.agents.record_heartbeat(*rows)
        carried = [WorkerRow(f"{p.role}/{self._name}", p.role, self._name, tx.now, tx.now) for p in personas]
        await tx.workers.record_heartbeat(*carried)

    def _touch(self) -> None:
        if self._alive is not None:
            self._alive.touch()

    async def _on_directive(self, tx: Transaction, message: Message) -> Task | None:
        await proposals.decide(
            tx, str(message.context.get("proposal_id")), self._services.settings, self._services.playbook
        )
        return None

    async def _on_assignment(self, tx: Transaction, message: Message) -> Task | None:
        owner = f"{self._name}/{new_id('run')}"
        return await tasks.claim(tx, str(message.context.get("task_id")), owner, self._lease)

    async def _run_task(self, task: Task) -> None:
        agent = self._agents[task.role]
        try:
            await agent.run(task)
        except Unavailable as error:
            # its lease runs out and the task is picked up again when the service is back
            log.warning("task %s released: %s", task.id, error)
        except Exception as error:
            log.exception("task %s failed with an internal error", task.id)
            await agent.fail(task, Failed(redact(f"an internal error: {type(error).__name__}: {error}")))
