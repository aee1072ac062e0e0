"""Readers of the log: none misses an event or gets one twice, and a slow one costs nobody anything."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest
import uvicorn

from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.events import EventKind, TrailNote
from damascus.office import log_feed
from damascus.office.app import create_app
from damascus.office.log_feed import LogFeed
from damascus.office.routes import events
from tests.fixtures.raw_http import connected, head

TOKEN = "a-token"


async def append(office: Company, count: int, mission_id: str | None = None, chars: int = 1) -> None:
    async with office.outbox.transaction() as tx:
        for _ in range(count):
            tx.events.append(EventKind.LOG, "pm", TrailNote(text="x" * chars), mission_id)


async def read(reader: log_feed.Reader, until: int) -> list[int]:
    found: list[int] = []
    async with asyncio.timeout(60):
        while not found or found[-1] < until:
            lines = await reader.next_lines()
            found += [line.seq for line in lines]
            if not lines:
                await reader.wait(1)
    return found


async def test_readers_get_each_event_once_from_wherever_they_begin(office: Company) -> None:
    await append(office, 30)
    feed = LogFeed(office)
    async with feed.reader(0, None) as first, feed.reader(25, None) as second:
        both = asyncio.gather(read(first, 90), read(second, 90))
        for _ in range(60):
            await append(office, 1)
            await asyncio.sleep(0)
        assert await both == [list(range(1, 91)), list(range(26, 91))]


async def test_what_is_new_is_read_once_however_many_read(office: Company, monkeypatch: pytest.MonkeyPatch) -> None:
    feed = LogFeed(office)
    served: list[int] = []
    of = log_feed.EventLine.of
    monkeypatch.setattr(log_feed.EventLine, "of", classmethod(lambda cls, row: served.append(row.seq) or of(row)))
    async with feed.reader(0, None) as one, feed.reader(0, None) as two, feed.reader(0, None) as three:
        await append(office, 1)
        await asyncio.gather(*(read(reader, 1) for reader in (one, two, three)))
        served.clear()
        await append(office, 20)
        for reader in (one, two, three):
            assert await read(reader, 21) == list(range(2, 22))
    assert [seq for seq in served if seq > 1] == list(range(2, 22))  # the feed itself may come to the first one later


async def test_all_readers_are_sent_the_same_bytes_which_were_made_once(office: Company) -> None:
    feed = LogFeed(office)
    async with feed.reader(0, None) as one, feed.reader(0, None) as two:
        await append(office, 1)
        await asyncio.gather(read(one, 1), read(two, 1))
        await append(office, 1)
        kept = []
        for reader in (one, two):
            while not (lines := await reader.next_lines()):
                await reader.wait(1)
            kept += lines
            assert not reader.next_pieces()
        await office.bus.publish_live("task_1", '{"text": "so far"}')
        while not (first := one.next_pieces()):
            await one.wait(1)
            await one.next_lines()
        (second,) = two.next_pieces("task_1")
        assert kept[0].frame is kept[1].frame
        assert first[0].frame is second.frame
        assert two.next_pieces("task_2") == []
        assert await feed.now() is await feed.now()


async def test_a_slow_reader_gets_all_from_the_ledger_and_the_office_keeps_little(
    office: Company, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_feed, "MAX_KEPT_EVENTS", 50)
    monkeypatch.setattr(log_feed, "MAX_KEPT_BYTES", 20_000)
    feed = LogFeed(office)
    async with feed.reader(0, None) as slow, feed.reader(0, None) as quick:
        for _ in range(40):
            await append(office, 10, chars=500)
            await read(quick, quick.seq + 1)
            assert len(feed._lines) <= 50
            assert sum(len(line.frame) for line in feed._lines) == feed._bytes <= 20_000
        await read(quick, 400) if quick.seq < 400 else None
        assert await read(slow, 400) == list(range(1, 401))


async def test_a_reader_of_one_mission_gets_its_events_only(office: Company) -> None:
    feed = LogFeed(office)
    async with feed.reader(0, "mis_1") as reader:
        await append(office, 3, "mis_2")
        await append(office, 1, "mis_1")
        await append(office, 3, "mis_2")
        await append(office, 1, "mis_1")
        assert await read(reader, 8) == [4, 8]


async def test_nothing_is_followed_when_nobody_reads(office: Company) -> None:
    feed = LogFeed(office)
    async with feed.reader(0, None) as reader:
        await append(office, 1)
        await read(reader, 1)
    assert feed._following is None
    await append(office, 5)
    async with feed.reader(1, None) as reader:
        assert await read(reader, 6) == [2, 3, 4, 5, 6]


@pytest.fixture
async def serve(office: Company) -> AsyncIterator[object]:
    """Starts an office on a port, as often as it is asked to; each ends when the next one begins."""
    running: list[tuple[uvicorn.Server, asyncio.Task[None]]] = []

    async def end() -> None:
        for server, task in running:
            server.should_exit = True
            await task
        running.clear()

    async def start() -> str:
        await end()
        config = uvicorn.Config(create_app(office, TOKEN), log_level="error", timeout_graceful_shutdown=0, port=0)
        server = uvicorn.Server(config)
        running.append((server, asyncio.create_task(server.serve())))
        async with asyncio.timeout(30):
            while not server.started:
                await asyncio.sleep(0.01)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield start
    await end()


def ids(url: str, count: int, *fields: str, path: str = "/api/events") -> list[int]:
    """The ids of the next events of a stream; then the connection is cut."""
    with connected(url) as line:
        line.sendall(head(url, f"GET {path}", f"Authorization: Bearer {TOKEN}", *fields))
        said = b""
        while said.count(b"\nid: ") < count or not said.endswith(b"\n\n\r\n"):
            said += line.recv(65536)
    return [int(part.split()[1]) for part in said.decode().split("\n") if part.startswith("id: ")]


async def test_a_stream_resumes_where_it_was_cut_also_at_an_office_that_was_restarted(office: Company, serve) -> None:
    url = await serve()
    await append(office, 10)
    first = await asyncio.to_thread(ids, url, 10, path="/api/events?after=0")
    await append(office, 5)
    url = await serve()
    second = await asyncio.to_thread(ids, url, 5, f"Last-Event-ID: {first[-1]}", path="/api/events?after=0")
    assert first + second == list(range(1, 16))


async def test_a_stream_can_begin_with_where_it_starts(office: Company, serve) -> None:
    await append(office, 3)
    url = await serve()

    def begin() -> bytes:
        with connected(url) as line:
            line.sendall(head(url, "GET /api/events?hello=1", f"Authorization: Bearer {TOKEN}"))
            said = b""
            while b"event: hello" not in said or not said.endswith(b"\n\n\r\n"):
                said += line.recv(65536)
        return said

    (data,) = [line for line in (await asyncio.to_thread(begin)).decode().splitlines() if line.startswith("data: ")]
    assert json.loads(data.removeprefix("data: "))["seq"] == 3


def chunks(url: str, path: str, until: bytes) -> list[bytes]:
    """What a stream sends, write by write, until one of them has these words."""
    with connected(url) as line:
        line.sendall(head(url, f"GET {path}", f"Authorization: Bearer {TOKEN}"))
        said = b""
        while until not in said or not said.endswith(b"\n\n\r\n"):
            said += line.recv(65536)
    body, found = said.partition(b"\r\n\r\n")[2], []
    while body:
        size, _, rest = body.partition(b"\r\n")
        found.append(rest[: int(size, 16)])
        body = rest[int(size, 16) + 2 :]
    return found


async def test_events_are_sent_together_but_in_pieces_of_a_bounded_size(office: Company, serve) -> None:
    await append(office, 40, chars=5_000)
    url = await serve()
    (_, *some) = await asyncio.to_thread(chunks, url, "/api/events?after=0", b"\nid: 40\n")
    assert [line for piece in some for line in piece.decode().splitlines() if line.startswith("id: ")] == [
        f"id: {seq}" for seq in range(1, 41)
    ]
    assert 1 < len(some) < 10
    assert max(map(len, some)) < events.MAX_PIECE_BYTES + 6_000


async def test_who_is_sent_nothing_is_told_from_time_to_time_that_the_stream_lives(
    office: Company, clock: FixedClock, serve
) -> None:
    url = await serve()
    reading = asyncio.create_task(asyncio.to_thread(chunks, url, "/api/events?now=true", b": ping"))
    while not reading.done():
        clock.advance(1)
        await asyncio.sleep(0.01)
    begun, now, *pings = await reading
    assert begun.startswith(b": the company's log\n\nretry: 500\n\n")
    assert now.startswith(b"event: now\ndata: ")
    assert pings == [b": ping\n\n"]
