"""What the CEO says to those who work on a mission: a message that they are told as an order, noted on the trail."""

from collections.abc import Collection

from damascus.core.errors import Conflict, Invalid
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.records.messages import MessageRow
from damascus.core.records.missions import Mission, MissionStatus
from damascus.ledger.transaction import Transaction
from damascus.work import event_log

EVERYBODY = "all"


async def say(
    tx: Transaction, mission: Mission, to: str, text: str, roles: Collection[str], key: str | None = None
) -> MessageRow:
    """Say something to a role of a running mission, or to all; returns it, or what was said under the same `key`.

    Raises Invalid if nobody has the role, Conflict if the mission has ended, or if the key was used for something else.
    """
    mission = await tx.missions.lock(mission.id)
    if to not in {*roles, EVERYBODY}:
        raise Invalid(f"there is nobody called {to[:64]!r}; say it to {', '.join(sorted(roles))} or {EVERYBODY}")
    id = f"msg_{key}" if key else new_id("msg")
    known = await tx.messages.find(id)
    if known is not None:
        if (known.mission_id, known.recipient, known.content) != (mission.id, to, text):
            raise Conflict(f"the Idempotency-Key {key} was used for another message: use a new one for this")
        return known
    if mission.status in MissionStatus.ENDED:
        raise Conflict(f"the mission {mission.slug} has ended ({mission.status}): nobody works on it any more")
    message = Message(
        id=id, sender=event_log.CEO, to=to, type=MessageType.CONVERSATION, content=text,
        context={"mission_id": mission.id},
    )  # fmt: skip
    await tx.messages.post(message)
    event_log.message_sent(tx, message)
    event_log.append_word(tx, mission, to, text)
    return await tx.messages.get(id)
