"""The office's daemon: outbox sweep, re-send, lease recovery, messages from outside. Plain code; it never thinks.

One leader by a ledger lease, so that two offices do not send everything twice.
"""

import asyncio
import logging
import secrets
from datetime import datetime, timedelta

from damascus.composition.company import Company
from damascus.core.errors import DamascusError, Invalid, Unavailable
from damascus.core.failpoints import failpoint
from damascus.core.ids import new_id
from damascus.core.messages import MAX_HOPS, Message, MessageType
from damascus.core.records.roles import PLANNER
from damascus.office import door
from damascus.work.intake import directives
from damascus.work.tasks import recovery

log = logging.getLogger(__name__)

TICK_SECONDS = 1.0
LEASE = timedelta(seconds=10)
LEADER = "daemon"


class Daemon:
    """Ticks once a second and listens on the roles' channels; a tick with nothing to do costs a few queries."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._name = new_id("office")
        self._ticked: tuple[datetime, float] | None = None
        self._recovers_from = 0.0

    async def run(self) -> None:
        """Until cancelled."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._tick_for_ever())
                group.create_task(self._listen())
        finally:
            await self._step_down()

    async def tick(self) -> None:
        """One round: nothing unless this daemon leads.

        What it recovers commits together with its lease: one that stood still until another led recovers nothing.
        """
        company = self._company
        async with company.outbox.transaction() as tx:
            if not await tx.leases.take(LEADER, self._name, tx.now, tx.now + LEASE):
                return
            roles = sorted({row.role for row in await tx.agents.list()} | {PLANNER})
            ticked = (company.clock.now(), company.clock.monotonic())
            patient = self._is_patient(*ticked)
            recovered = 0 if patient else await recovery.recover_expired(tx, company.settings)
            orphans = await recovery.count_orphans(tx, company.settings)
        self._ticked = ticked  # only now: where this could not commit nobody could renew a lease
        failpoint("after-lead")
        resend_after = timedelta(seconds=company.settings.limits.resend_after)
        resent = await company.outbox.sweep(resend_after, roles)
        if recovered or orphans or resent:
            log.info("recovered %d tasks, counted %d lost calls, sent %d messages", recovered, orphans, resent)

    def _is_patient(self, now: datetime, passed: float) -> bool:
        """Whether leases may have run out that nobody could renew: after a time in which the ledger or this machine
        stood still, or its clock was put forward, everybody has the time of a lease to show life."""
        lease, before = self._company.settings.limits.lease, self._ticked
        gap = abs((now - before[0]).total_seconds()) if before else float("inf")
        if before is None or max(gap, passed - before[1]) > lease / 2 + TICK_SECONDS:
            self._recovers_from = passed + lease
        return passed < self._recovers_from

    async def take_in(self, channel: str, text: str) -> None:
        """A message that was published on a role's channel: known ones are ours, others come in at the door."""
        try:
            message = Message.from_json(text)
            if await self._known(message.id):
                return
            self._check(message)
            order = directives.NewDirective(message.content, message.sender, _budget(message), _playbook(message))
            await door.check_playbook(order.playbook)
            async with self._company.outbox.transaction() as tx:
                if await tx.messages.find(message.id) is not None:
                    return
                directive = await directives.submit(tx, order, message.id)
            log.info("took in directive %s from %s on %s", directive.id, message.sender, channel)
        except Unavailable:
            raise
        except DamascusError as error:
            log.warning("refused a message on %s: %s", channel, error)
            await self._say(f"refused a message on {channel}: {error}")

    async def _known(self, id: str) -> bool:
        async with self._company.outbox.reading() as tx:
            return await tx.messages.find(id) is not None

    def _check(self, message: Message) -> None:
        """Raise Invalid unless it is a directive from somebody who may give one."""
        if message.hops >= MAX_HOPS:
            raise Invalid(f"it was passed on {message.hops} times; {MAX_HOPS} is the end of it")
        if message.type is not MessageType.DIRECTIVE:
            raise Invalid(f"only a directive is taken in from outside, not a {message.type}")
        secret = self._company.settings.office.desk_secret.get_secret_value()
        given = str(message.context.get("desk_secret", ""))
        if secret and message.sender == "ceo" and not secrets.compare_digest(given.encode(), secret.encode()):
            raise Invalid("it says that it is from the CEO but does not carry the desk's secret (DESK_SECRET)")

    async def _listen(self) -> None:
        bus = self._company.bus
        doors = [bus.keys.channel("ceo"), bus.keys.channel(PLANNER)]
        async for channel, text in bus.subscribe(*doors):
            try:
                await self.take_in(channel, text)
            except Unavailable as error:
                log.warning("a message on %s could not be taken in: %s", channel, error)

    async def _tick_for_ever(self) -> None:
        while True:
            try:
                await self.tick()
            except Unavailable as error:
                log.warning("the daemon waits: %s", error)
            await self._company.clock.sleep(TICK_SECONDS)

    async def _say(self, words: str) -> None:
        try:
            message = Message(sender="office", to="all", type=MessageType.SYSTEM, content=words[:2000])
            await self._company.bus.send(message)
        except Unavailable as error:
            log.warning("could not say on the system channel: %s", error)

    async def _step_down(self) -> None:
        try:
            async with self._company.ledger.transaction() as tx:
                await tx.leases.release(LEADER, self._name)
        except Unavailable as error:
            log.info("left without giving the lead back: %s", error)


def _budget(message: Message) -> int | None:
    value = message.context.get("budget_microusd")
    if value is not None and (not isinstance(value, int) or isinstance(value, bool)):
        raise Invalid("context.budget_microusd is a whole number of micro-USD")
    return value


def _playbook(message: Message) -> str | None:
    value = message.context.get("playbook")
    if value is not None and not isinstance(value, str):
        raise Invalid("context.playbook is a name")
    return value
