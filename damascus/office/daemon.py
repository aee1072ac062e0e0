"""The office's daemon: leads by a lease in the ledger, and does the periodic jobs. Plain code; it never thinks.

One leads, so that two offices do not do everything twice.
"""

import asyncio
import logging
from datetime import datetime, timedelta

from damascus.composition.company import Company
from damascus.core.errors import Unavailable
from damascus.core.failpoints import failpoint
from damascus.core.ids import new_id
from damascus.core.records.roles import PLANNER
from damascus.office.foreign_directives import ForeignDirectives
from damascus.office.jobs import JOBS, Tick
from damascus.work.named_lease import NamedLease

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
LEADER_LEASE = timedelta(seconds=10)
LEADER_LEASE_NAME = "daemon"


class Daemon:
    """Ticks once a second and listens on the roles' channels; a tick with nothing to do costs a few queries."""

    def __init__(self, company: Company, desk_secret: str = "") -> None:
        self._company = company
        self._desk_secret = desk_secret
        self._lease = NamedLease(company.ledger, LEADER_LEASE_NAME, new_id("office"), LEADER_LEASE)
        self._ticked: tuple[datetime, float] | None = None
        self._grace_until = 0.0

    async def run(self) -> None:
        """Work until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tick_for_ever())
                group.create_task(ForeignDirectives(self._company, self._desk_secret).listen())
        finally:
            await self._lease.release()

    async def tick(self) -> None:
        """Do one round of the jobs; nothing unless this daemon leads.

        What jobs do in the transaction commits together with the lease: one that was suspended until another led
        recovers nothing.
        """
        company, done = self._company, {}
        async with company.outbox.transaction() as tx:
            if not await self._lease.take(tx):
                return
            roles = sorted({row.role for row in await tx.agents.list()} | {PLANNER})
            ticked = (company.clock.now(), company.clock.monotonic())
            tick = Tick(company, roles, self._in_grace_period(*ticked), is_first=self._ticked is None)
            for job in JOBS:
                if job.in_transaction is not None:
                    done[job.name] = await job.in_transaction(tx, tick)
        self._ticked = ticked  # only now: where this could not commit nobody could renew a lease
        failpoint("after-lead")
        for job in JOBS:
            if job.after_commit is not None:
                done[job.name] = await job.after_commit(tick)
        if any(done.values()):
            log.info("daemon: %s", ", ".join(f"{count} {name}" for name, count in done.items() if count))

    def _in_grace_period(self, now: datetime, passed: float) -> bool:
        """Return True while leases may have run out that no worker could renew.

        After a time in which the ledger or this machine was suspended, or its clock was changed, every worker has the
        time of one lease for a heartbeat.
        """
        lease, before = self._company.settings.limits.lease, self._ticked
        gap = abs((now - before[0]).total_seconds()) if before else float("inf")
        if before is None or max(gap, passed - before[1]) > lease / 2 + TICK_SECONDS:
            self._grace_until = passed + lease
        return passed < self._grace_until

    async def _tick_for_ever(self) -> None:
        while True:
            try:
                await self.tick()
            except Unavailable as error:
                log.warning("the daemon waits: %s", error)
            await self._company.clock.sleep(TICK_SECONDS)
