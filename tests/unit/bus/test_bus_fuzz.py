"""A stream as a door: whatever lies in it comes out once, as a whole message or as one line that says why not."""

from typing import Any

import pytest
import redis.asyncio as redis
from hypothesis import given
from hypothesis import strategies as st

from damascus.bus.streams import MESSAGE_FIELD, Bus
from damascus.core.messages import Message
from damascus.supervisor.redis_server import RedisServer
from tests.fixtures.fuzz import ABYSS, door, is_one_line, json_text

GOOD = {
    "id": "msg_1", "from": "vp", "to": "pm", "type": "assignment", "parent": None, "content": "Do it",
    "context": {"task_id": "task_1", "hops": 1}, "timestamp": "2026-11-21T05:00:00Z",
}  # fmt: skip
TEXT = json_text(GOOD) | ABYSS
BYTES = TEXT.map(lambda text: text.encode(errors="replace")) | st.binary(max_size=60)
ENTRY = (
    BYTES.map(lambda data: {MESSAGE_FIELD.encode(): data})
    | st.dictionaries(
        st.sampled_from([MESSAGE_FIELD.encode(), b"x"]) | st.binary(max_size=9), BYTES, min_size=1, max_size=3
    )
)  # fmt: skip


@pytest.fixture
async def hand(redis_server: RedisServer) -> Any:
    async with redis.Redis.from_url(redis_server.url) as client:
        yield client


@door(5)
@given(st.lists(ENTRY, min_size=1, max_size=4), st.booleans())
async def test_any_entries_come_out_once_and_each_as_a_message_or_one_line(
    bus: Bus, hand: Any, entries: list[dict[bytes, bytes]], died: bool
) -> None:
    stream = bus.keys.channel("pm")
    ids = [(await hand.xadd(stream, entry)).decode() for entry in entries]
    found = await bus.receive("pm", "pm-1", 10)
    if died:  # before it acknowledged: the next one gets the same
        found = await bus.reclaim("pm", "pm-2", 0)
    assert [delivery.entry_id for delivery in found] == ids
    for delivery in found:
        if delivery.message is None:
            assert is_one_line(delivery.problem or ""), delivery.problem
        else:
            assert delivery.problem is None
            assert Message.from_json(delivery.message.to_json()) == delivery.message
    await bus.ack("pm", ids)
    assert await bus.reclaim("pm", "pm-1", 0) == []
    assert await bus.receive("pm", "pm-1", 10) == []
