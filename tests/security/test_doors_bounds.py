"""What grows has a bound while it grows, what is private is so from its first moment, and a key means one directive."""

import asyncio
import os
import sqlite3
import stat
import sys
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.composition.company import Company as Parts
from damascus.core.clock import SystemClock
from damascus.core.settings import Settings
from damascus.ledger.engine import Ledger
from damascus.office.log_feed import LogFeed
from damascus.supervisor.child import ChildProcess, ProcessSpec, move_aside
from damascus.work.outbox import Outbox
from tests.fixtures.company import Company, running
from tests.fixtures.living_files import modes_in
from tests.fixtures.processes import until

ONE_MEANING = "a key means one thing"
BOUNDED = "what grows has a bound while it grows"
PRIVATE = "what is written is not for every user"


@pytest.mark.attack("a used key with another order", ONE_MEANING)
@pytest.mark.parametrize(
    "other", [{"text": "Sell it"}, {"text": "Build it", "budget_microusd": 5}, {"playbook": "report"}]
)
def test_a_key_that_was_used_for_another_directive_is_refused(company: Company, other: dict[str, object]) -> None:
    """Class: a key means one thing. Its answer is never that of another text, budget or playbook."""
    key = {"Idempotency-Key": f"key-{os.urandom(8).hex()}"}
    first = company.post("/api/directives", {"text": "Build it"}, **key)
    assert company.post("/api/directives", {"text": " Build it\n"}, **key)["id"] == first["id"]
    again = company.ask("POST", "/api/directives", json={"text": "Build it", **other}, headers=key)
    assert again.status_code == 409
    assert "Idempotency-Key" in again.json()["detail"]


@pytest.mark.attack("a process that writes without end", BOUNDED)
async def test_a_log_has_a_bound_while_its_process_writes_on(tmp_path: Path) -> None:
    """Class: what grows has a bound while it grows. The process is not stopped, and its newest words are kept."""
    log, most = tmp_path / "child.log", 100_000
    code = "import os, time\nfor n in range(10**9):\n os.write(1, b'%d ' % n * 50)\n time.sleep(0.0005)"
    spec = ProcessSpec("child", [sys.executable, "-c", code], {}, tmp_path, log, log_bytes=most)
    child = ChildProcess(spec, SystemClock(), lambda: None)
    keeping = asyncio.create_task(child.keep_running())
    old = tmp_path / "child.old.log"
    await until(old.exists)
    pid, first = child.pid, old.stat().st_mtime_ns
    await until(lambda: old.stat().st_mtime_ns > first)  # and again
    assert old.stat().st_size <= most
    assert child.pid == pid
    await until(lambda: bool(log.read_bytes()))
    assert b"\0" not in log.read_bytes(), "it continues at the front, without a hole"
    await child.stop()
    await keeping


@pytest.mark.attack("a log that is far too large already", BOUNDED)
def test_of_a_log_that_is_far_too_large_the_newest_part_is_kept(tmp_path: Path) -> None:
    """Class: what grows has a bound while it grows. Also what an earlier version left."""
    log = tmp_path / "x.log"
    log.write_bytes(b"old" * 10_000 + b"new")
    assert move_aside(log, 1_000)
    assert (tmp_path / "x.old.log").read_bytes() == (b"old" * 10_000 + b"new")[-1_000:]
    assert log.read_bytes() == b""
    assert not move_aside(log, 1_000)


@pytest.mark.attack("a reader of the live stream that stands still", BOUNDED)
async def test_what_a_reader_does_not_take_is_not_kept_without_end(sqlite_ledger: Ledger, bus: Bus) -> None:
    """Class: what grows has a bound while it grows. Pieces of a model's output, many and large ones."""
    parts = Parts(Settings(), SystemClock(), sqlite_ledger, bus, Outbox(sqlite_ledger, bus))
    feed = LogFeed(parts)
    async with feed.reader(0, None) as reader:
        while not reader.next_pieces():
            await bus.publish_live("task", "is it there")
            await reader.wait(1)
        for n in range(2_000):
            await bus.publish_live("task", f"{n} " + "x" * 100_000 * (n % 50 == 0))
        await bus.publish_live("task", "the last")
        kept = []
        while not kept or b'"the last"' not in kept[-1].frame:
            await reader.wait(1)
            await reader.next_lines()  # makes it wait again
            kept += reader.next_pieces()
    assert len(kept) <= 200
    assert max(len(piece.frame) for piece in kept) <= 20_200


@pytest.mark.attack("another user of the machine", PRIVATE)
def test_nothing_that_a_company_writes_is_for_every_user(tmp_path: Path) -> None:
    """Class: what is written is not for every user. A whole company, and each file and folder of it."""
    before = os.umask(0o000)
    try:
        with running(tmp_path / "root", env={"DESK_SECRET": ""}) as company:
            company.ended(company.give("[reference] Compare three note apps"))
            home, shared = company.root / ".damascus", company.root / "shared"
            assert stat.S_IMODE(home.stat().st_mode) == 0o700
            assert stat.S_IMODE(shared.stat().st_mode) & 0o007 == 0
            written = {path: mode for path, mode in modes_in(shared).items() if not stat.S_ISLNK(mode)}
            open_to_all = [path for path, mode in written.items() if mode & 0o002]
            assert len(written) > 5
            assert open_to_all == []
            for name in ("ledger.sqlite3", "token", "desk-secret", "redis.json", "logs/office.log"):
                assert stat.S_IMODE((home / name).stat().st_mode) & 0o007 == 0, name
    finally:
        os.umask(before)


@pytest.mark.attack("the copy of the ledger that the how-to makes", PRIVATE)
def test_the_documented_copy_of_the_ledger_is_its_owners_only(tmp_path: Path) -> None:
    """Class: what is written is not for every user. The command of docs/how-to/docker.md, on a ledger of the test's."""
    page = (Path(__file__).parents[2] / "docs/how-to/docker.md").read_text()
    code = next(line.split('python3 -c "')[1].rstrip('"') for line in page.splitlines() if ".backup(" in line)
    sqlite3.connect(tmp_path / "ledger.sqlite3").close()
    code = code.replace("/ledger/ledger.sqlite3", str(tmp_path / "ledger.sqlite3"))
    code = code.replace("/company/shared/ledger-copy.sqlite3", str(tmp_path / "copy"))
    before = os.umask(0o022)
    try:
        exec(compile(code, "docker.md", "exec"), {})
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "copy").stat().st_mode) == 0o600
