"""From a role's stream to its handlers, each message exactly once.

Marking a message as handled and what its handler writes commit together; only then is the stream entry
acknowledged, and only then does the work it set off begin.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

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

Handler = Callable[[Transaction, Message], Awaitable[Task | None]]
COUNT = 16
PAUSE = 1.0


class Inbox:
    """The messages to `role`; `start` is called with each task that a handler claimed."""

    def __init__(
        self,
        outbox: Outbox,
        bus: Bus,
        role: str,
        worker: str,
        handlers: Mapping[MessageType, Handler],
        start: Callable[[Task], None],
        room: asyncio.Event,
        lease: timedelta,
        bell: Doorbell,
    ) -> None:
        self._outbox = outbox
        self._bus = bus
        self._role = role
        self._worker = worker
        self._handlers = handlers
        self._start = start
        self._room = room
        self._lease = lease
        self._bell = bell

    async def run(self) -> None:
        """Handle messages until cancelled. What a dead consumer of this role held is taken over now and then."""
        idle_ms = 1000  # the first time: whoever held this consumer's name before is dead
        while True:
            try:
                await self._take_all(await self._bus.reclaim(self._role, self._worker, idle_ms))
                idle_ms = int(self._lease.total_seconds() * 1000)
                await self._read_for(self._lease)
            except Unavailable as error:
                log.warning("the inbox of %s waits: %s", self._role, error)
                await asyncio.sleep(PAUSE)

    async def _read_for(self, span: timedelta) -> None:
        loop = asyncio.get_running_loop()
        end = loop.time() + span.total_seconds()
        while loop.time() < end:
            await self._room.wait()  # read no more while the worker carries all it may
            deliveries = await self._bus.receive(self._role, self._worker, COUNT)
            if deliveries:
                await self._take_all(deliveries)
            else:
                await self._bell.wait(self._role, max(end - loop.time(), 0))

    async def _take_all(self, deliveries: Sequence[Delivery]) -> None:
        """Handle them at once, each for itself: the ledger commits together what comes together."""
        ended = await asyncio.gather(*(self._take(delivery) for delivery in deliveries), return_exceptions=True)
        failpoint("before-ack")
        taken = [delivery.entry_id for delivery, fault in zip(deliveries, ended, strict=True) if fault is None]
        await self._bus.ack(self._role, taken)
        for fault in ended:
            if isinstance(fault, BaseException):
                raise fault

    async def _take(self, delivery: Delivery) -> None:
        if delivery.message is None:
            log.warning("dropped an entry of %s's stream: %s", self._role, delivery.problem)
        else:
            task = await self._handle(delivery.message)
            if task is not None:
                self._start(task)

    async def _handle(self, message: Message) -> Task | None:
        try:
            async with self._outbox.transaction() as tx:
                # a message the ledger does not know, or knows as somebody else's, came past the door: no effect
                known = await tx.messages.find(message.id)
                if known is None or known.recipient != self._role:
                    return None
                if not await tx.messages.mark_handled(message.id, self._worker):
                    return None
                said = to_message(known)  # the ledger's words: whoever reaches Redis can write others under its id
                handler = self._handlers.get(said.type)
                return await handler(tx, said) if handler else None
        except Unavailable:
            raise  # not handled: it stays pending and is read again
        except DamascusError as error:
            log.error("the message %s cannot be handled: %s", message.id, error)
        except Exception:
            # it would fail again each time it is read, and take the whole role with it
            log.exception("the message %s fails by an error of ours", message.id)
        async with self._outbox.transaction() as tx:
            await tx.messages.mark_handled(message.id, self._worker)
        return None
