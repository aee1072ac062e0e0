"""A role's stream as a door: whoever writes into it, each message takes effect once, and as the ledger has it."""

import asyncio
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import redis.asyncio as redis
from hypothesis import example, given
from hypothesis import strategies as st

from agents.inbox import Consumer, Inbox
from damascus.bus.doorbell import Doorbell
from damascus.bus.streams import MESSAGE_FIELD, Bus
from damascus.core.messages import Message, MessageType
from damascus.core.records.tasks import Task
from damascus.ledger.transaction import Transaction
from damascus.supervisor.redis_server import RedisServer
from damascus.work.outbox import Outbox
from damascus.work.tasks import tasks
from tests.fixtures.fuzz import door, spoilt

LEASE = timedelta(seconds=30)
GOOD: dict[str, Any] = {
    "id": "@id@", "from": "vp", "to": "pm", "type": "assignment", "parent": None, "content": "Do it",
    "context": {"task_id": "task_1"}, "timestamp": "2026-11-21T05:00:00Z",
}  # fmt: skip


def forged(**changes: Any) -> dict[str, Any]:
    return {**GOOD, **changes}


class Reader:
    """The inbox of a role, read until these messages took effect; `seen` is what did, each with its words."""

    def __init__(self, outbox: Outbox, bus: Bus, role: str) -> None:
        self.seen: list[tuple[str, str]] = []
        self._ended = asyncio.Event()
        self._awaited: set[str] = set()
        self.room = asyncio.Event()
        self.room.set()
        self._bell = Doorbell(bus, [role])
        handlers = {MessageType.ASSIGNMENT: _as_task}
        self._inbox = Inbox(outbox, bus, Consumer(role, f"{role}-1", LEASE), handlers, self, self._bell)

    async def read(self, *awaited: str) -> None:
        self._awaited = set(awaited)
        async with asyncio.timeout(60), asyncio.TaskGroup() as group:
            working = [group.create_task(self._bell.listen()), group.create_task(self._inbox.run())]
            await self._ended.wait()
            for task in working:
                task.cancel()

    def start(self, task: Task) -> None:
        """Called once the handling has committed."""
        self.seen.append((task.id, task.title))
        if self._awaited <= {id for id, _ in self.seen}:
            self._ended.set()


async def _as_task(tx: Transaction, message: Message) -> Task:
    return replace(tasks.new_task("mis_1", "pm", tx.now), id=message.id, title=message.content)


@door(5)
@given(st.lists(spoilt(GOOD), min_size=1, max_size=4), st.sampled_from(["pm", "sales"]))
@example([forged(type="status")], "pm")
@example([forged(context={})], "pm")
@example([GOOD], "sales")
async def test_no_forgery_takes_a_messages_place_or_its_effect(
    outbox: Outbox, bus: Bus, redis_server: RedisServer, forgeries: list[Any], role: str
) -> None:
    """Forgeries under the id of a message that is under way, in its own stream or another role's, come first."""
    true = Message(sender="vp", to="pm", type=MessageType.ASSIGNMENT, content="true", context={"task_id": "task_1"})
    async with redis.Redis.from_url(redis_server.url) as hand:
        for forgery in forgeries:
            text = json.dumps(forgery).replace("@id@", true.id)
            await hand.xadd(bus.keys.channel(role), {MESSAGE_FIELD: text})
        ends = {
            name: Message(sender="vp", to=name, type=MessageType.ASSIGNMENT, content="end") for name in (role, "pm")
        }
        async with outbox.transaction() as tx:  # known before the forgeries are read, and sent after them
            for message in (true, *ends.values()):
                await tx.messages.post(message)
    for name in sorted(ends, reverse=True):
        reader, mine = Reader(outbox, bus, name), [ends[name], *([true] if name == "pm" else [])]
        await reader.read(*(message.id for message in mine))
        assert sorted(reader.seen) == sorted((message.id, message.content) for message in mine)
