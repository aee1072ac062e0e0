"""Anybody with the password may write any bytes; nobody's reader may end of it."""

import asyncio

import redis.asyncio as redis

from damascus.bus.streams import Bus
from damascus.supervisor.redis_server import RedisServer

NOISE = b"\xff\xfe"


async def test_bytes_that_are_no_text_arrive_as_a_bad_message(bus: Bus, redis_server: RedisServer) -> None:
    async with redis.Redis.from_url(redis_server.url) as hand:
        await hand.xadd(bus.keys.channel("pm"), {"message": NOISE})
        await hand.xadd(bus.keys.channel("pm"), {NOISE: "x"})
    deliveries = await bus.receive("pm", "pm-1", 10)
    assert [d.message for d in deliveries] == [None, None]
    assert len(await bus.reclaim("pm", "pm-2", 0)) == 2
    await bus.ack("pm", [d.entry_id for d in deliveries])
    assert await bus.reclaim("pm", "pm-2", 0) == []


async def test_a_listener_hears_on_after_bytes_that_are_no_text(bus: Bus, redis_server: RedisServer) -> None:
    desk = bus.keys.channel("ceo")
    heard: list[str] = []

    async def listen() -> None:
        async for _, text in bus.subscribe(desk):
            heard.append(text)
            if len(set(heard)) == 2:
                return

    listening = asyncio.create_task(listen())
    async with redis.Redis.from_url(redis_server.url) as hand, asyncio.timeout(60):
        while not listening.done():
            await hand.publish(desk, NOISE)
            await hand.publish(desk, "words")
            await asyncio.sleep(0.01)
    await listening
    assert "words" in heard
