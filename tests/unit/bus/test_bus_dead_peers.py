"""A peer that is gone without a word (a cable, a firewall): the listener notices, and listens anew."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.supervisor.redis_server import RedisServer


class Line:
    """Passes bytes on to Redis; `cut` makes the connections there are silent without closing them."""

    def __init__(self, port: int) -> None:
        self._redis = port
        self._open: list[asyncio.Event] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self.calls = 0

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.calls += 1
        cut = asyncio.Event()
        self._open.append(cut)
        there, back = await asyncio.open_connection("127.0.0.1", self._redis)
        for source, sink in ((reader, back), (there, writer)):
            task = asyncio.create_task(self._pass_on(source, sink, cut))
            self._tasks.add(task)

    def cut(self) -> None:
        for line in self._open:
            line.set()

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _pass_on(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, cut: asyncio.Event) -> None:
        with contextlib.suppress(ConnectionError):
            while data := await source.read(65536):
                if not cut.is_set():
                    sink.write(data)
        sink.close()


@pytest.fixture
async def line(redis_server: RedisServer) -> AsyncIterator[tuple[Line, str]]:
    port = int(redis_server.url.rsplit(":", 1)[1].split("/")[0])
    line = Line(port)
    server = await asyncio.start_server(line.answer, "127.0.0.1", 0)
    yield line, redis_server.url.replace(f":{port}/", f":{server.sockets[0].getsockname()[1]}/")
    await line.close()
    server.close()


def impatient(url: str, prefix: str) -> Bus:
    """One that asks a silent line soon, and soon gives it up."""
    return Bus(url, prefix, 100, SystemClock(), ping_seconds=0.1, read_seconds=1)


async def test_a_listener_whose_line_went_dead_hears_again_on_a_new_one(
    line: tuple[Line, str], redis_server: RedisServer
) -> None:
    wire, url = line
    bus, speaker = impatient(url, "dead-line"), Bus(redis_server.url, "dead-line", 100, SystemClock())
    heard = asyncio.Event()

    async def listen() -> None:
        async for _ in bus.subscribe(bus.keys.changes):
            heard.set()

    async def speak_until_heard() -> None:
        heard.clear()
        while not heard.is_set():
            await speaker.publish_change(1)
            await asyncio.sleep(0.02)

    listening = asyncio.create_task(listen())
    try:
        async with asyncio.timeout(60):
            await speak_until_heard()
            wire.cut()
            await speak_until_heard()
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        await bus.close()
        await speaker.close()
    assert wire.calls >= 2


async def test_a_listener_on_a_silent_channel_keeps_its_line(line: tuple[Line, str], redis_server: RedisServer) -> None:
    wire, url = line
    bus = Bus(url, "silent-line", 100, SystemClock(), ping_seconds=0.1, read_seconds=3)

    async def listen() -> None:
        async for heard in bus.subscribe(bus.keys.changes):
            raise AssertionError(heard)

    try:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(7):  # more than twice what a dead line is given
                await listen()
    finally:
        await bus.close()
    assert wire.calls == 1
