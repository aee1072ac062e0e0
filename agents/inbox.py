"""Passes the messages of a role's stream to their handlers, each exactly once.

Marking a message as handled and what its handler writes commit together; only then is the stream entry
acknowledged, and only then does the work begin that it caused.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from damascus.bus.doorbell import Doorbell
from damascus.bus.streams import Bus, Delivery
from damascus.core.errors import DamascusError, Unavailable
from damascus.core.failpoints import failpoint
from damascus.core.messages import Message, MessageType
from damascus.core.records.tasks import Task
from damascus.ledger.queries.messages import to_message
from damascus.ledger.transaction import Transaction
from damascus.work.outbox import Outbox

log = logging.getLogger(__name__)

MessageHandler = Callable[[Transaction, Message], Awaitable[Task | None]]
READ_BATCH = 16
RETRY_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Consumer:
    """Who reads: the worker's name, the role whose stream it is, and after how long a consumer counts as dead."""

    role: str
    worker: str
    lease: timedelta


class TaskSlots(Protocol):
    """Where claimed tasks go."""

    @property
    def room(self) -> asyncio.Event:
        """Set while another task may come."""
        ...

    def start(self, task: Task) -> None:
        """Begin the work on a claimed task."""
        ...


class Inbox:
    """Handles the messages to a role, and starts the tasks that its handlers claim while there is room for them."""

    def __init__(
        self,
        outbox: Outbox,
        bus: Bus,
        consumer: Consumer,
        handlers: Mapping[MessageType, MessageHandler],
        slots: TaskSlots,
        bell: Doorbell,
    ) -> None:
        self._outbox = outbox
        self._bus = bus
        self._role = consumer.role
        self._worker = consumer.worker
        self._lease = consumer.lease
        self._handlers = handlers
        self._slots = slots
        self._bell = bell

    async def run(self) -> None:
        """Handle messages until cancelled; take over, once per lease, what a dead consumer of the role has read."""
        idle_ms = 1000  # the first time: an earlier consumer of this name is dead
        while True:
            try:
                await self._take_all(await self._bus.reclaim(self._role, self._worker, idle_ms))
                idle_ms = int(self._lease.total_seconds() * 1000)
                await self._read_for(self._lease)
            except Unavailable as error:
                log.warning("inbox of %s is waiting: %s", self._role, error)
                await asyncio.sleep(RETRY_SECONDS)

    async def _read_for(self, span: timedelta) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + span.total_seconds()
        while loop.time() < end:
            await self._slots.room.wait()
            deliveries = await self._bus.receive(self._role, self._worker, READ_BATCH)
            if deliveries:
                await self._take_all(deliveries)
            else:
                await self._bell.wait(self._role, max(end - loop.time(), 0))

    async def _take_all(self, deliveries: Sequence[Delivery]) -> None:
        """Handle them concurrently, each in its own transaction: the ledger commits together what comes together."""
        ended = await asyncio.gather(*(self._take(delivery) for delivery in deliveries), return_exceptions=True)
        failpoint("before-ack")
        taken = [delivery.entry_id for delivery, fault in zip(deliveries, ended, strict=True) if fault is None]
        await self._bus.ack(self._role, taken)
        for fault in ended:
            if isinstance(fault, BaseException):
                raise fault

    async def _take(self, delivery: Delivery) -> None:
        if delivery.message is None:
            log.warning("inbox of %s dropped an entry: %s", self._role, delivery.problem)
        else:
            task = await self._handle(delivery.message)
            if task is not None:
                self._slots.start(task)

    async def _handle(self, message: Message) -> Task | None:
        try:
            async with self._outbox.transaction() as tx:
                # a message that the ledger does not know, or knows as another role's, has no effect
                known = await tx.messages.find(message.id)
                if known is None or known.recipient != self._role:
                    return None
                if not await tx.messages.mark_handled(message.id, self._worker):
                    return None
                said = to_message(known)  # the ledger's words: Redis may hold others under its id
                handler = self._handlers.get(said.type)
                return await handler(tx, said) if handler else None
        except Unavailable:
            raise  # not handled: it stays pending and is read again
        except DamascusError as error:
            log.error("message %s could not be handled: %s", message.id, error)
        except Exception:
            # it would fail again each time it is read, and take the whole role with it
            log.exception("message %s failed with an internal error", message.id)
        async with self._outbox.transaction() as tx:
            await tx.messages.mark_handled(message.id, self._worker)
        return None
