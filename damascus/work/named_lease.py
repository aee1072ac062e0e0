"""A lease with a name: what only one process at a time is to do.

It is taken and renewed for `duration`, and expires by itself when its owner dies.

Not promised: that the owner still has it all the time. A process that was suspended for longer than `duration` has lost
it and does not know. So what is done under a lease must do no harm when it is done twice, or be written in the
transaction that takes the lease (`take`).
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

from damascus.core.errors import Unavailable
from damascus.ledger.engine import Ledger
from damascus.ledger.transaction import Transaction

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class NamedLease:
    """The lease `name` as `owner` takes it; one owner per process and purpose."""

    ledger: Ledger
    name: str
    owner: str
    duration: timedelta

    async def take(self, tx: Transaction) -> bool:
        """Take or renew the lease in the caller's transaction, which commits nothing else without it.

        Returns False while another owner has it.
        """
        return await tx.leases.take(self.name, self.owner, tx.now, tx.now + self.duration)

    async def release(self) -> None:
        """Release the lease, if it is the owner's; without a ledger it is left to expire."""
        try:
            async with self.ledger.transaction() as tx:
                await tx.leases.release(self.name, self.owner)
        except Unavailable as error:
            log.info("the lease %s was not released, it will expire: %s", self.name, error)

    @asynccontextmanager
    async def keep(self) -> AsyncIterator[bool]:
        """Take the lease, renew it three times in its duration while the block runs, and release it at the end.

        The block is given False if another owner has the lease. Raises Unavailable if the ledger cannot be asked.
        """
        if not await self._take():
            yield False
            return
        renewing = asyncio.create_task(self._renew())
        try:
            yield True
        finally:
            renewing.cancel()
            await asyncio.wait({renewing})  # a renewal that is still in flight would outlive the release
            await self.release()

    async def _take(self) -> bool:
        async with self.ledger.transaction() as tx:
            return await self.take(tx)

    async def _renew(self) -> None:
        while True:
            await self.ledger.clock.sleep(self.duration.total_seconds() / 3)
            try:
                await self._take()
            except Unavailable as error:
                log.info("the lease %s was not renewed: %s", self.name, error)
