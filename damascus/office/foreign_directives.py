"""Directives from outside: what foreign programs publish on the channels of the CEO and the VP."""

import logging
import secrets

from damascus.composition.company import Company
from damascus.core.errors import DamascusError, Invalid, Unavailable
from damascus.core.messages import MAX_HOPS, Message, MessageType
from damascus.core.records.roles import PLANNER
from damascus.staff.playbooks import check_playbook
from damascus.work.intake import directives

log = logging.getLogger(__name__)

MAX_REFUSAL_CHARS = 2000


class ForeignDirectives:
    """Submits directives that were published on a channel, each once.

    Each must carry `secret`, under any name: all programs that reach Redis can write any sender. An empty secret
    fits no message.
    """

    def __init__(self, company: Company, secret: str) -> None:
        self._company = company
        self._secret = secret

    async def listen(self) -> None:
        """Accept messages until cancelled."""
        bus = self._company.bus
        channels = [bus.keys.channel("ceo"), bus.keys.channel(PLANNER)]
        async for channel, text in bus.subscribe(*channels):
            try:
                await self.accept_foreign_message(channel, text)
            except Unavailable as error:
                log.warning("message on %s could not be processed: %s", channel, error)

    async def accept_foreign_message(self, channel: str, text: str) -> None:
        """Submit the directive in a published message; one that the company sent itself is left alone.

        A message that is not a valid directive is refused on the system channel.

        Raises Unavailable if the ledger or the bus does not respond.
        """
        try:
            message = Message.from_json(text)
            if await self._is_known(message.id):
                return
            self._check(message)
            new = directives.NewDirective(message.content, message.sender, _budget(message), _playbook(message))
            await check_playbook(new.playbook)
            async with self._company.outbox.transaction() as tx:
                if await tx.messages.find(message.id) is not None:
                    return
                directive = await directives.submit(tx, new, message.id)
            log.info("directive %s: accepted from %s on %s", directive.id, message.sender, channel)
        except Unavailable:
            raise
        except DamascusError as error:
            log.warning("message on %s refused: %s", channel, error)
            await self._announce(f"refused a message on {channel}: {error}")

    async def _is_known(self, id: str) -> bool:
        async with self._company.outbox.reading() as tx:
            return await tx.messages.find(id) is not None

    def _check(self, message: Message) -> None:
        """Raise Invalid unless it is a directive from a sender that may give one."""
        if message.hops >= MAX_HOPS:
            raise Invalid(f"it was passed on {message.hops} times; at most {MAX_HOPS - 1} are accepted")
        if message.type is not MessageType.DIRECTIVE:
            raise Invalid(f"only a directive is accepted from outside, not a {message.type}")
        given = str(message.context.get("desk_secret", ""))
        if not self._secret or not secrets.compare_digest(given.encode(errors="replace"), self._secret.encode()):
            raise Invalid("it does not carry the desk's secret as context.desk_secret (DESK_SECRET)")

    async def _announce(self, text: str) -> None:
        try:
            message = Message(sender="office", to="all", type=MessageType.SYSTEM, content=text[:MAX_REFUSAL_CHARS])
            await self._company.bus.send(message)
        except Unavailable as error:
            log.warning("refusal could not be announced on the system channel: %s", error)


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
