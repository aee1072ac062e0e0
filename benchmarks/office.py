"""`python -m benchmarks.office`: what the office takes for a thousand events, and for 200 who follow the log.

The office is a process of its own, those who follow it are sockets of this one. Half of them lose their connection in
the middle and resume by `Last-Event-ID`; none may miss an event or get one twice. No browser takes part.
"""

import asyncio
import contextlib
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psutil
import uvicorn

from damascus.bus.streams import Bus
from damascus.composition.company import Company
from damascus.core.clock import SystemClock
from damascus.core.events import EventKind, TrailNote
from damascus.core.settings import Settings
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import upgrade
from damascus.office.app import create_app
from damascus.office.http_protocol import BoundedHttpProtocol
from damascus.supervisor.redis_server import RedisServer, free_port
from damascus.work.outbox import Outbox

TOKEN = "a-token"
PREFIX = "damascus"
EVENTS, PAGE, READS = 1_000, 500, 15
VIEWERS, COMMITS, PAUSE = 200, 100, 0.1
NOTE = "Freelancers say in 4 of 5 interviews that they would pay for this each month. " * 2


async def company_of(ledger_url: str, redis_url: str) -> Company:
    clock = SystemClock()
    ledger, bus = Ledger(ledger_url, clock), Bus(redis_url, PREFIX, 10_000, clock)
    return Company(Settings(), clock, ledger, bus, Outbox(ledger, bus))


async def serve(ledger_url: str, redis_url: str, port: int) -> None:
    app = create_app(await company_of(ledger_url, redis_url), TOKEN)
    await uvicorn.Server(uvicorn.Config(app, port=port, http=BoundedHttpProtocol, log_level="error", ws="none")).serve()


class Viewer:
    """Follows the log from its end, and notes when each event came."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.seen: dict[int, float] = {}
        self.twice = 0
        self._writer: asyncio.StreamWriter | None = None

    async def follow(self, after: int) -> None:
        """Read until the connection is gone, then resume behind what was seen."""
        while True:
            last = max(self.seen, default=after)
            reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
            head = f"GET /api/events HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {TOKEN}\r\n"
            self._writer.write(f"{head}Last-Event-ID: {last}\r\n\r\n".encode())
            while line := await reader.readline():
                if line.startswith(b"id: "):
                    self.twice += int(line[4:]) in self.seen
                    self.seen[int(line[4:])] = time.monotonic()

    def hang_up(self) -> None:
        if self._writer is not None:
            self._writer.transport.abort()


async def append(company: Company, count: int) -> int:
    async with company.outbox.transaction() as tx:
        for _ in range(count):
            tx.events.append(EventKind.LOG, "pm", TrailNote(text=NOTE))
    assert tx.events.last_seq is not None
    return tx.events.last_seq


async def read_thousand(http: httpx.AsyncClient) -> float:
    began, after = time.perf_counter(), 0
    for _ in range(EVENTS // PAGE):
        page = (await http.get("/api/log", params={"after": after, "limit": PAGE})).raise_for_status().json()
        after = page["items"][-1]["seq"]
    return time.perf_counter() - began


async def followed(company: Company, port: int, last: int) -> tuple[list[float], int, int]:
    """Return the seconds from each commit to each viewer, and how many events were missed and came twice."""
    viewers = [Viewer(port) for _ in range(VIEWERS)]
    following = [asyncio.create_task(viewer.follow(last)) for viewer in viewers]
    await asyncio.sleep(5)
    committed: dict[int, float] = {}
    for number in range(COMMITS):
        if number == COMMITS // 2:
            for viewer in viewers[::2]:
                viewer.hang_up()
        seq = await append(company, 1)
        committed[seq] = time.monotonic()
        await asyncio.sleep(PAUSE)
    await asyncio.sleep(5)
    for task in following:
        task.cancel()
    await asyncio.gather(*following, return_exceptions=True)
    took = [viewer.seen[seq] - at for viewer in viewers for seq, at in committed.items() if seq in viewer.seen]
    missed = sum(seq not in viewer.seen for viewer in viewers for seq in committed)
    return took, missed, sum(viewer.twice for viewer in viewers)


def cpu(process: psutil.Process) -> float:
    return sum(process.cpu_times()[:2])


async def measure() -> int:
    with tempfile.TemporaryDirectory() as place:
        url, port = f"sqlite:///{place}/ledger.sqlite3", free_port()
        redis = RedisServer(Path(place) / "redis", Path("redis.conf"), SystemClock())
        await redis.start()
        company = await company_of(url, redis.url)
        await upgrade(company.ledger)
        last = await append(company, EVENTS)
        command = [sys.executable, "-m", "benchmarks.office", url, redis.url, str(port)]
        office = await asyncio.create_subprocess_exec(*command, env={**os.environ})
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=30) as http:
            while True:
                with contextlib.suppress(httpx.TransportError):
                    await http.get("/api/health")
                    break
                await asyncio.sleep(0.1)
            process = psutil.Process(office.pid)
            before = cpu(process)
            reads = [await read_thousand(http) for _ in range(READS)]
            per_read, before = (cpu(process) - before) / READS, cpu(process)
            took, missed, twice = await followed(company, port, last)
            per_event = (cpu(process) - before) / COMMITS
            memory = process.memory_info().rss
        office.terminate()
        await office.wait()
        await company.outbox.close()
        await company.bus.close()
        await company.ledger.close()
        redis.stop()
    took.sort()
    quick, median = min(reads) * 1000, statistics.median(reads) * 1000
    print(f"{EVENTS} events from the API, median and quickest  {median:8.1f} ms {quick:.1f} ms")
    print(f"  of it CPU of the office                          {per_read * 1000:8.1f} ms")
    print(f"CPU of the office per event, to all of them        {per_event * 1000:8.1f} ms")
    print(f"commit to arrival at {VIEWERS} viewers, median     {statistics.median(took) * 1000:8.1f} ms")
    print(f"commit to arrival, 99 of 100                       {took[len(took) * 99 // 100] * 1000:8.1f} ms")
    print(f"missed, twice                                      {missed:8} {twice}")
    print(f"the office's memory with them                      {memory / 1e6:8.1f} MB")
    return 1 if missed or twice else 0


def main() -> int:
    if len(sys.argv) > 1:
        asyncio.run(serve(sys.argv[1], sys.argv[2], int(sys.argv[3])))
        return 0
    return asyncio.run(measure())


if __name__ == "__main__":
    raise SystemExit(main())
