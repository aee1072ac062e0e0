"""Commits, then sends: the messages table is the outbox, Redis only the transport.

Messages are sent right after the commit that posted them. That they were sent is noted a moment later, for all of a
burst together; a process that dies before that leaves rows without `sent_at`, which the office's daemon sends again
(receivers handle a message once, however often it arrives). Nothing else is written in the transaction that notes it:
it locks the rows that receivers are handling, and two that locked more than that could deadlock.
"""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator, Collection, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import timedelta

from damascus.bus.streams import Bus
from damascus.core.errors import Unavailable
from damascus.core.failpoints import failpoint
from damascus.core.messages import Message
from damascus.ledger.engine import Ledger
from damascus.ledger.queries.messages import to_message
from damascus.ledger.transaction import ReadTransaction, Transaction

log = logging.getLogger(__name__)

SETTLE_SECONDS = 0.05
TICKS_PER_NOTE = 10  # ticks of SETTLE_SECONDS: well below UNSENT_AFTER
UNSENT_AFTER = timedelta(seconds=3)


class Outbox:
    """The one way to change the ledger: `async with outbox.transaction() as tx`.

    Messages to those who are named in `left_to_the_office` stay for the office's `sweep`: this process has no right to
    send them (bus/acl.py).
    """

    def __init__(self, ledger: Ledger, bus: Bus, left_to_the_office: Collection[str] = ()) -> None:
        self.ledger = ledger
        self._bus = bus
        self._left = left_to_the_office
        self._sent: set[str] = set()
        self._seq = 0
        self._noting: asyncio.Task[None] | None = None

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a writing transaction; the messages that it posts are sent after it committed."""
        async with self.ledger.transaction() as tx:
            yield tx
        await self._send([message for message in tx.messages.posted if message.to not in self._left])
        self._seq = max(self._seq, tx.events.last_seq or 0)
        if (self._sent or tx.events.last_seq) and (self._noting is None or self._noting.done()):
            self._noting = asyncio.create_task(self._note_soon())

    def reading(self) -> AbstractAsyncContextManager[ReadTransaction]:
        """Open a transaction that only reads."""
        return self.ledger.reading()

    async def close(self) -> None:
        """Note what was sent and not noted yet, and announce the last events."""
        if self._noting is not None:
            await self._noting
        await self._tell_of_changes()
        await self._note_sent()

    async def sweep(self, resend_after: timedelta, roles: Sequence[str]) -> int:
        """Send what a crash left unsent, and again what no receiver handled for `resend_after`. Returns how many."""
        now = self.ledger.clock.now()
        async with self.reading() as tx:
            rows = await tx.messages.unsent(now - UNSENT_AFTER)
            rows += await tx.messages.unhandled(now - resend_after, roles)
        if rows:
            await self._send([to_message(row) for row in rows])
            await self._note_sent()
        return len(rows)

    async def _send(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        failpoint("before-send")
        try:
            await self._bus.send_many(messages)
        except Unavailable as error:
            log.warning("%d messages stay in the outbox: %s", len(messages), error)
        else:
            failpoint("after-send")
            self._sent |= {message.id for message in messages}

    async def _note_soon(self) -> None:
        for tick in itertools.count(1):
            await asyncio.sleep(SETTLE_SECONDS)
            await self._tell_of_changes()
            if tick % TICKS_PER_NOTE == 0:
                await self._note_sent()
            if not self._sent and not self._seq:
                return

    async def _tell_of_changes(self) -> None:
        seq, self._seq = self._seq, 0
        if not seq:
            return
        try:
            await self._bus.publish_change(seq)
        except Unavailable as error:
            log.debug("followers of the event log hear of %d later: %s", seq, error)

    async def _note_sent(self) -> None:
        noted, self._sent = self._sent, set()
        if not noted:
            return
        try:
            async with self.ledger.transaction() as tx:
                await tx.messages.mark_sent(noted, tx.now)
        except Unavailable as error:
            log.warning("could not note that %d messages were sent; they may be sent again: %s", len(noted), error)
