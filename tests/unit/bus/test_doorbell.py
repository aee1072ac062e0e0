"""One connection wakes every inbox of a process, and none that has nothing to read sleeps through a message."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from damascus.bus.doorbell import Doorbell
from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.errors import Unavailable
from damascus.core.messages import Message, MessageType
from damascus.supervisor.redis_server import RedisServer

LONG = 60


def to(role: str) -> Message:
    return Message(sender="ceo", to=role, type=MessageType.ASSIGNMENT, content="do it", context={})


@asynccontextmanager
async def listening(bus: Bus, *roles: str) -> AsyncIterator[Doorbell]:
    """A doorbell that has rung once for each role, as it does when it begins to listen."""
    bell = Doorbell(bus, roles)
    task = asyncio.create_task(bell.listen())
    for role in roles:
        await bell.wait(role, LONG)
    yield bell
    task.cancel()


async def next_for(bell: Doorbell, bus: Bus, role: str) -> str:
    """Read and wait by turns, and read again what no connection was free for in time, as an inbox does."""
    while True:
        try:
            found = await bus.receive(role, f"{role}-1", 1)
        except Unavailable:
            continue
        if found:
            assert found[0].message
            return found[0].message.to
        await bell.wait(role, LONG)


async def test_a_message_wakes_its_own_role(bus: Bus) -> None:
    async with listening(bus, "pm", "sales") as bell, asyncio.timeout(60):
        pm, sales = (asyncio.create_task(next_for(bell, bus, role)) for role in ("pm", "sales"))
        await bus.send(to("pm"))
        assert await pm == "pm"
        assert not sales.done()
        await bus.send(to("sales"))
        assert await sales == "sales"


async def test_a_ring_while_nobody_waits_is_kept(bus: Bus) -> None:
    async with listening(bus, "pm") as bell, asyncio.timeout(60):
        await bell.wait("pm", 0.01)  # whatever rang at the start has been heard
        await bus.send(to("pm"))
        while not await bus.receive("pm", "pm-1", 1):
            pass
        await bell.wait("pm", LONG)


async def test_what_came_while_the_line_was_down_is_found_when_it_is_up_again(own: RedisServer) -> None:
    bus = Bus(own.url, "d", 100, SystemClock())
    async with listening(bus, "pm") as bell, asyncio.timeout(30):
        own.kill()
        await own.start()
        await bus.send(to("pm"))
        assert await next_for(bell, bus, "pm") == "pm"
    await bus.close()


async def test_a_thousand_roles_share_one_connection(own: RedisServer) -> None:
    bus = Bus(own.url, "d", 100, SystemClock())
    roles = [f"role-{number}" for number in range(1000)]
    async with listening(bus, *roles) as bell, asyncio.timeout(60):
        waiting = [asyncio.create_task(next_for(bell, bus, role)) for role in roles]
        await bus.send_many([to(role) for role in roles])
        assert await asyncio.gather(*waiting) == roles
    await bus.close()


@pytest.mark.parametrize("seconds", [0, 0.01])
async def test_a_wait_ends_after_its_time(bus: Bus, seconds: float) -> None:
    async with listening(bus, "pm") as bell, asyncio.timeout(60):
        await bell.wait("pm", seconds)
        await bell.wait("pm", seconds)
