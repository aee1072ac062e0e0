"""`make load`: many queued tasks over four worker processes, on each database, and what an idle persona costs.

Tasks are claimed by the real inbox from a real Redis, and completed as an agent would, without a model. A task's cost
is the CPU time of the four processes by the number of tasks; the database's own processes are not in it.
"""

import argparse
import asyncio
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
import uvloop

from agents.inbox import Consumer, Inbox
from agents.worker import Worker
from benchmarks.company import ROOT
from damascus.bus.doorbell import Doorbell
from damascus.bus.streams import Bus
from damascus.composition.agents import open_agent_services
from damascus.core import settings
from damascus.core.clock import SystemClock
from damascus.core.ids import new_id
from damascus.core.messages import Message, MessageType
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import upgrade
from damascus.ledger.transaction import Transaction
from damascus.staff.personas import load_personas
from damascus.supervisor.redis_server import RedisServer
from damascus.work.outbox import Outbox
from damascus.work.tasks import missions, tasks
from tests.fixtures.postgres import find_programs, served
from tests.fixtures.story import planned, running_mission

ROLE, LEASE = "pm", timedelta(hours=1)
WORKERS, PER_MISSION, AT_ONCE = 4, 10, 24
FEW, MANY = 1_000, 10_000
PERSONAS = 1_000
CLAIMS, IDLE, GROWTH = 1_000, 100, 1.2  # the bounds


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one run: claims a second, milliseconds of CPU per task."""

    claims: float
    cost: float


@contextmanager
def sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="damascus-load-") as folder:
        yield f"sqlite:///{folder}/ledger.sqlite3"


@contextmanager
def postgres() -> Iterator[str]:
    programs = find_programs()
    if programs is None:
        raise SystemExit("no PostgreSQL found; install its server package, or put initdb on the PATH")
    with served(programs, durable=True) as server:
        yield server.database()


@contextmanager
def redis() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="damascus-load-") as folder:
        server = RedisServer(Path(folder) / "redis", ROOT / "redis.conf", SystemClock())
        asyncio.run(server.start())
        try:
            yield server.url
        finally:
            server.stop()


def bus_at(url: str) -> Bus:
    return Bus(url, "damascus", 2 * MANY, SystemClock())


async def fill(ledger_url: str, redis_url: str, count: int) -> None:
    """Queue `count` tasks, in missions of ten, and send their assignments."""
    ledger, bus = Ledger(ledger_url), bus_at(redis_url)
    await upgrade(ledger)
    outbox = Outbox(ledger, bus)
    plan = [{**planned(f"t-{number}"), "role": ROLE} for number in range(PER_MISSION)]
    for _ in range(0, count, PER_MISSION * 10):
        await asyncio.gather(*(running_mission(outbox, *plan) for _ in range(10)))
    await outbox.close()
    await bus.close()
    await ledger.close()


class Slots:
    """Takes note of claimed tasks, and when they came; nothing comes until there is `room`."""

    def __init__(self) -> None:
        self.room = asyncio.Event()
        self.claimed: list[Task] = []
        self.times: list[float] = []

    def start(self, task: Task) -> None:
        self.claimed.append(task)
        self.times.append(time.time())


async def work(ledger_url: str, redis_url: str, name: str) -> None:
    """Run a worker process: claim until told on standard input, complete what was claimed, and print what it took."""
    ledger, bus = Ledger(ledger_url), bus_at(redis_url)
    outbox, bell = Outbox(ledger, bus), Doorbell(bus, [ROLE])
    slots = Slots()

    async def claim(tx: Transaction, message: Message) -> Task | None:
        return await tasks.claim(tx, str(message.context["task_id"]), f"{name}/{new_id('run')}", LEASE)

    handlers = {MessageType.ASSIGNMENT: claim}
    inbox = Inbox(outbox, bus, Consumer(ROLE, name, LEASE), handlers, slots, bell)
    reading = [asyncio.create_task(bell.listen()), asyncio.create_task(inbox.run())]
    await _line("ready")
    before = time.process_time()
    slots.room.set()
    await _line()
    for task in reading:
        task.cancel()
    at_once = asyncio.Semaphore(AT_ONCE)

    async def complete(task: Task) -> None:
        async with at_once, outbox.transaction() as tx:
            await missions.complete(tx, task, "done")

    await asyncio.gather(*map(complete, slots.claimed))
    spent = time.process_time() - before
    await outbox.close()
    times = slots.times
    _say({"first": times[0], "last": times[-1], "claimed": len(slots.claimed), "cpu": spent})


async def _line(say: str | None = None) -> None:
    if say:
        _say(say)
    await asyncio.to_thread(sys.stdin.readline)


def _say(what: Any) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def measure(ledger_url: str, redis_url: str, count: int) -> Figures:
    uvloop.run(fill(ledger_url, redis_url, count))
    command = [sys.executable, "-m", "benchmarks.load", "work", ledger_url, redis_url]
    workers = [
        subprocess.Popen(
            [*command, f"w-{n}"], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )
        for n in range(WORKERS)
    ]
    for worker in workers:
        _pipe(worker.stdout).readline()
    for worker in workers:
        _pipe(worker.stdin).write("go\n")
    asyncio.run(_until(ledger_url, count))
    for worker in workers:
        _pipe(worker.stdin).write("complete\n")
    reports = [json.loads(_pipe(worker.stdout).readline()) for worker in workers]
    for worker in workers:
        worker.communicate()
    asyncio.run(_check(ledger_url, count))
    seconds = max(one["last"] for one in reports) - min(one["first"] for one in reports)
    return Figures(count / seconds, sum(one["cpu"] for one in reports) / count * 1000)


def _pipe(pipe: Any) -> Any:
    return pipe


async def _until(ledger_url: str, count: int) -> None:
    ledger = Ledger(ledger_url)
    claimed = _count("SELECT count(*) FROM tasks WHERE status = 'claimed'")
    while await ledger.run(claimed) < count:  # noqa: ASYNC110 (other processes claim them)
        await asyncio.sleep(0.5)
    await ledger.close()


async def _check(ledger_url: str, count: int) -> None:
    """Check that no task was claimed or completed twice, and that none is left."""
    ledger = Ledger(ledger_url)
    done = await ledger.run(_count(f"SELECT count(*) FROM tasks WHERE role = '{ROLE}' AND status = 'completed'"))
    moved = "SELECT count(*) FROM events WHERE author = '{}' AND CAST(payload AS TEXT) LIKE '%\"after\": \"{}\"%'"
    moves = [await ledger.run(_count(moved.format(ROLE, after))) for after in ("claimed", "completed")]
    await ledger.close()
    if (done, *moves) != (count, count, count):
        raise SystemExit(f"of {count} tasks {done} were completed, in {moves} steps")


def _count(sql: str) -> Callable[[Any], int]:
    return lambda connection: int(connection.exec_driver_sql(sql).scalar_one())


async def idle(redis_url: str) -> None:
    """Print the kB that one worker process needs for each of a thousand idle personas."""
    template = next((ROOT / "agents/personas").glob("pm.md")).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory(prefix="damascus-load-") as name:
        folder = Path(name)
        for number in range(PERSONAS):
            text = template.replace("role: pm", f"role: r{number}")
            (folder / f"r{number}.md").write_text(text, encoding="utf-8")
        env = {"DAMASCUS_HOME": name, "LLM_BASE_URL": "http://127.0.0.1:9", "LLM_MODEL": "m", "REDIS_URL": redis_url}
        config = settings.load(ROOT, env)
        few = load_personas(ROOT / "agents/personas")
        async with open_agent_services(config, ROOT, few, []) as services:
            await upgrade(services.ledger)
            first = asyncio.create_task(Worker([*few.values()], services, "first").run())
            await asyncio.sleep(3)
            before = psutil.Process().memory_info().rss
            personas = load_personas(folder)
            second = asyncio.create_task(Worker([*personas.values()], services, "staff").run())
            await asyncio.sleep(10)
            _say((psutil.Process().memory_info().rss - before) / 1000 / PERSONAS)
            for worker in (first, second):
                worker.cancel()
            await asyncio.gather(first, second, return_exceptions=True)


def idle_kilobytes() -> float:
    with redis() as url:
        command = [sys.executable, "-m", "benchmarks.load", "idle", "", url]
        return float(subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout)


def main() -> int:
    """Print each figure beside its bound; return 1 if one does not hold."""
    rows: list[tuple[str, float, str, bool]] = []
    for name, database, runs, least in (
        ("SQLite, synchronous=FULL", sqlite, 3, CLAIMS),
        ("PostgreSQL, fsync on", postgres, 1, 0),
    ):
        few, many = (_median([_run(database, count) for _ in range(runs)]) for count in (FEW, MANY))
        growth = many.cost / few.cost
        rows += [
            (f"{name}: claims a second, {MANY} tasks", many.claims, f">= {least}", many.claims >= least),
            (f"{name}: CPU per task of {FEW}, ms", few.cost, "", True),
            (f"{name}: CPU per task of {MANY}, ms", many.cost, f"<= {few.cost * GROWTH:.2f}", growth <= GROWTH),
        ]
    kilobytes = idle_kilobytes()
    rows.append((f"an idle persona of {PERSONAS} in one process, kB", kilobytes, f"<= {IDLE}", kilobytes <= IDLE))
    print(f"{'figure':60} {'measured':>10} {'bound':>10}")
    for figure, value, within, holds in rows:
        print(f"{figure:60} {value:10.2f} {within:>10}  {'holds' if holds else 'DOES NOT HOLD'}")
    return 0 if all(holds for *_, holds in rows) else 1


def _median(runs: list[Figures]) -> Figures:
    return Figures(statistics.median(run.claims for run in runs), statistics.median(run.cost for run in runs))


def _run(database: Callable[[], AbstractContextManager[str]], count: int) -> Figures:
    with database() as ledger_url, redis() as redis_url:
        return measure(ledger_url, redis_url, count)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", nargs="?", choices=["work", "idle"])
    parser.add_argument("rest", nargs="*")
    options = parser.parse_args()
    if options.part == "work":
        uvloop.run(work(*options.rest))
    elif options.part == "idle":
        uvloop.run(idle(options.rest[-1]))
    else:
        sys.exit(main())
