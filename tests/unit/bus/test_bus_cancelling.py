"""A caller that is cancelled during a command of Redis stops, at whichever step of the command that falls."""

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.supervisor.redis_server import RedisServer


async def listen(bus: Bus) -> None:
    async for _ in bus.subscribe("p:x"):
        pass


async def read_on(bus: Bus) -> None:
    while True:
        await bus.receive("pm", "pm-1", 1)


async def ask_on(bus: Bus) -> None:
    while True:
        await bus.ping()


@pytest.mark.parametrize("work", [listen, read_on, ask_on])
async def test_a_cancellation_is_heeded_at_every_step(
    redis_server: RedisServer, work: Callable[[Bus], Awaitable[None]]
) -> None:
    for steps in range(60):
        bus = Bus(redis_server.url, "p", 100, SystemClock())
        job = asyncio.ensure_future(work(bus))
        for _ in range(steps):
            await asyncio.sleep(0)
        job.cancel()
        ended, _ = await asyncio.wait({job}, timeout=30)  # one that goes on would do so without end
        job.cancel()
        await bus.close()
        assert ended, f"it was cancelled after {steps} steps and continues"
        assert job.cancelled()
