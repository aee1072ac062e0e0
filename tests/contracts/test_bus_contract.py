"""What the bus promises: stream and channel in one step, groups that come back, nothing lost with a dead consumer."""

import asyncio
import json
import os
from pathlib import Path

import pytest
import redis.asyncio as redis

from damascus.bus.keys import Keys
from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.errors import Misconfigured, Unavailable
from damascus.core.messages import Message, MessageType
from damascus.supervisor.redis_server import RedisServer


def message(to: str = "pm", type: MessageType = MessageType.ASSIGNMENT, sender: str = "vp") -> Message:
    return Message(sender=sender, to=to, type=type, content="words")


@pytest.mark.parametrize(
    ("said", "name"),
    [
        (message("pm"), "d:pm"),
        (message("ceo", MessageType.REPORT), "d:ceo"),
        (message("vp", MessageType.DIRECTIVE, "ceo"), "d:vp"),
        (message("all", MessageType.STATUS), "d:status"),
        (message("all", MessageType.SYSTEM), "d:system"),
    ],
)
def test_a_message_has_one_stream_and_channel(said: Message, name: str) -> None:
    assert Keys("d").of(said) == name


async def test_what_is_sent_is_on_the_stream_and_on_the_channel_of_the_same_name(
    bus: Bus, redis_server: RedisServer
) -> None:
    async with redis.Redis.from_url(redis_server.url, decode_responses=True) as person, person.pubsub() as listener:
        await listener.subscribe(bus.keys.channel("pm"))
        await listener.get_message(timeout=1)
        sent = message()
        await bus.send(sent)
        heard = await listener.get_message(timeout=1)
    [delivery] = await bus.receive("pm", "pm-1", 10)
    assert heard is not None
    assert heard["data"] == delivery.raw
    assert delivery.message == sent
    assert json.loads(delivery.raw)["from"] == "vp"


async def test_two_consumers_share_a_roles_messages(bus: Bus) -> None:
    await bus.send_many([message() for _ in range(10)])
    first = await bus.receive("pm", "pm-1", 5)
    second = await bus.receive("pm", "pm-2", 10)
    ids = [d.entry_id for d in first + second]
    assert (len(first), len(second), len(set(ids))) == (5, 5, 10)


async def test_what_a_dead_consumer_held_is_taken_over_and_what_was_acknowledged_is_not(bus: Bus) -> None:
    await bus.send_many([message(), message()])
    acked, held = await bus.receive("pm", "dead", 10)
    await bus.ack("pm", [acked.entry_id])
    assert [d.entry_id for d in await bus.reclaim("pm", "alive", 0)] == [held.entry_id]


async def test_a_group_that_vanished_is_made_again_and_misses_nothing(bus: Bus, redis_server: RedisServer) -> None:
    assert await bus.receive("pm", "pm-1", 10) == []
    async with redis.Redis.from_url(redis_server.url) as hand:
        await hand.delete(bus.keys.channel("pm"))
    await bus.send(message())
    assert len(await bus.receive("pm", "pm-1", 10)) == 1


async def test_an_entry_that_is_no_message_is_delivered_with_its_problem(bus: Bus, redis_server: RedisServer) -> None:
    async with redis.Redis.from_url(redis_server.url) as hand:
        await hand.xadd(bus.keys.channel("pm"), {"message": "{not json"})
        await hand.xadd(bus.keys.channel("pm"), {"other": "field"})
    deliveries = await bus.receive("pm", "pm-1", 10)
    assert [d.message for d in deliveries] == [None, None]
    assert all("not of the format" in (d.problem or "") for d in deliveries)


@pytest.fixture
async def own(tmp_path: Path) -> RedisServer:
    return RedisServer(tmp_path / "data", Path("redis.conf").absolute(), SystemClock(), tmp_path / "redis.log")


async def test_a_killed_redis_comes_back_with_its_messages_where_it_was(own: RedisServer) -> None:
    await own.start()
    bus = Bus(own.url, "d", 100, SystemClock())
    try:
        url = own.url
        await bus.send(message())
        await asyncio.sleep(1.1)  # appendfsync everysec: what is older than a second survives even a power cut
        own.kill()
        with pytest.raises(Unavailable, match="does not respond"):
            await bus.send(message())
        await own.start()
        assert own.url == url
        assert len(await bus.receive("pm", "pm-1", 10)) == 1
    finally:
        await bus.close()
        own.stop()


async def test_listeners_hear_again_after_redis_came_back(own: RedisServer) -> None:
    await own.start()
    bus = Bus(own.url, "d", 100, SystemClock())
    heard: asyncio.Queue[tuple[str, str]] = asyncio.Queue()

    async def listen() -> None:
        async for said in bus.subscribe(bus.keys.live("*")):
            await heard.put(said)

    async def say_until_heard() -> tuple[str, str]:
        while heard.empty():
            await bus.publish_live("task_1", "words")
            await asyncio.sleep(0.05)
        return await heard.get()

    listening = asyncio.create_task(listen())
    try:
        assert await say_until_heard() == ("d:live:task_1", "words")
        own.kill()
        await own.start()
        while not heard.empty():
            heard.get_nowait()
        assert await asyncio.wait_for(say_until_heard(), 60) == ("d:live:task_1", "words")
    finally:
        listening.cancel()
        await bus.close()
        own.stop()


async def test_a_full_redis_says_so_and_keeps_what_it_has(own: RedisServer) -> None:
    await own.start()
    bus = Bus(own.url, "d", 100, SystemClock())
    try:
        await bus.send(message())
        async with redis.Redis.from_url(own.url) as hand:
            await hand.config_set("maxmemory", 1)
        with pytest.raises(Unavailable, match="out of memory"):
            await bus.send(message())
        async with redis.Redis.from_url(own.url) as hand:
            await hand.config_set("maxmemory", 0)
        assert len(await bus.receive("pm", "pm-1", 10)) == 1
    finally:
        await bus.close()
        own.stop()


async def test_the_password_is_never_in_an_error_or_on_a_command_line(own: RedisServer) -> None:
    await own.start()
    password = own.url.split(":")[2].split("@")[0]
    assert password not in Path(f"/proc/{own.pid}/cmdline").read_text()
    bus = Bus(own.url, "d", 100, SystemClock())
    own.stop()
    with pytest.raises(Unavailable) as error:
        await bus.ping()
    assert password not in str(error.value)
    await bus.close()


def test_an_address_that_is_none_is_named() -> None:
    with pytest.raises(Misconfigured, match="REDIS_URL"):
        Bus("http://nowhere", "d", 100, SystemClock())


async def test_a_silent_channel_costs_nothing(bus: Bus) -> None:
    """A listener once asked and answered itself without end: the process used a whole processor while idle."""

    async def listen() -> None:
        async for _ in bus.subscribe(bus.keys.changes):
            pytest.fail("nobody said anything")

    listening = asyncio.create_task(listen())
    await asyncio.sleep(0.3)
    before = os.times()
    await asyncio.sleep(1.5)
    after = os.times()
    listening.cancel()
    assert (after.user + after.system) - (before.user + before.system) < 0.3
