"""`ceo doctor` does with each part what the company does, and says what is wrong, where, and what to do."""

import contextlib
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from damascus.core import settings
from damascus.core.clock import SystemClock
from damascus.core.errors import Unavailable
from damascus.core.records.agents import Agent
from damascus.core.room import check_room
from damascus.core.settings import Settings
from damascus.doctor.checks.disk import check_disk
from damascus.doctor.checks.ledger import check_ledger
from damascus.doctor.checks.redis import check_redis
from damascus.doctor.checks.staff import check_staff
from damascus.doctor.checks.workshop import check_workshop
from damascus.forge.local import LocalForge
from damascus.forge.store_check import check_store
from damascus.ledger.engine import Ledger
from damascus.ledger.write_check import check_writable
from tests.fixtures.disk import a_disk, can_mount
from tests.fixtures.ledger import migrated

ROOT = Path(__file__).parents[3]
NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that every user can look into, as those of pytest are not."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.fixture
def company(tmp_path: Path) -> Settings:
    return settings.load(ROOT, {"DAMASCUS_HOME": str(tmp_path / "home"), "DAMASCUS_SHARED": str(tmp_path / "shared")})


async def test_the_companys_own_redis_is_started_used_and_ended(company: Settings) -> None:
    assert (await check_redis(company)).ok
    assert not list(company.home.glob("redis*")), "nothing of it is left in the company's home"


async def test_the_workshop_runs_a_command_and_leaves_nothing(company: Settings) -> None:
    assert (await check_workshop(company)).ok
    assert list(company.workspaces.iterdir()) == []


async def test_a_ledger_that_was_never_started_is_tried_and_left_without_tables(blank_url: str) -> None:
    ledger = Ledger(blank_url)
    await check_writable(ledger)
    await check_writable(ledger)
    await ledger.close()


async def test_a_row_is_written_and_gone_again(ledger: Ledger) -> None:
    await check_writable(ledger)
    async with ledger.transaction() as tx:
        assert await tx.leases.take("damascus", "me", tx.now, tx.now), "nothing is in the way"


async def test_a_full_ledger_is_said(sqlite_ledger: Ledger) -> None:
    with contextlib.closing(sqlite3.connect(sqlite_ledger.url.split("///")[1], isolation_level=None)) as file:
        file.execute("VACUUM")  # what migrations freed within the file is room, too
    full = Ledger(sqlite_ledger.url, max_pages=1)
    with pytest.raises(Unavailable, match=r"full; free some space"):
        await check_writable(full)
    await full.close()
    await check_writable(sqlite_ledger)


async def test_a_ledger_that_others_hold_is_said_before_the_check_is_given_up(
    company: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    await migrated(company.ledger_url)
    monkeypatch.setattr("damascus.doctor.checks.ledger.LOCK_WAIT_SECONDS", 0.1)
    foreign = sqlite3.connect(company.home / "ledger.sqlite3", isolation_level=None)
    foreign.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable, match="another program has it locked"):
        await check_ledger(company)
    foreign.close()
    assert (await check_ledger(company)).ok


@pytest.mark.skipif(not can_mount(), reason="needs root that may mount")
async def test_a_full_disk_is_said_by_the_disk_and_the_ledger(company: Settings, tmp_path: Path) -> None:
    with a_disk(tmp_path / "home", "4m"):
        await migrated(company.ledger_url)
        with pytest.raises(Unavailable, match=r"only \d+ MB are free on the disk of"):
            await check_disk(company)
        filler = os.open(tmp_path / "home" / "filler", os.O_CREAT | os.O_WRONLY)
        with contextlib.suppress(OSError):
            while os.write(filler, b"x" * 4096):
                pass
        os.close(filler)
        with pytest.raises(Unavailable, match="cannot be written: its disk is full; free some space"):
            await check_disk(company)
        with pytest.raises(Unavailable, match=r"it may be full|free some space"):
            await check_ledger(company)
        (tmp_path / "home" / "filler").unlink()
        assert (await check_ledger(company)).ok


async def test_a_store_takes_a_commit_and_nothing_of_the_check_is_left(tmp_path: Path) -> None:
    forge = LocalForge(tmp_path / "git", tmp_path / "dirs")
    await forge.create_repository("app", "An app", "mis_1")
    before = sorted(path.name for path in (tmp_path / "git").rglob("*"))
    check_store(tmp_path / "git", SystemClock())
    assert sorted(path.name for path in (tmp_path / "git").rglob("*")) == before


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to play somebody else")
@pytest.mark.parametrize("part", [".", "app.git/objects", "app.git/refs/heads", "app.git/objects/ab"])
async def test_a_store_that_belongs_to_somebody_else_is_said_with_whose_it_is(open_folder: Path, part: str) -> None:
    forge = LocalForge(open_folder / "git", open_folder / "dirs")
    await forge.create_repository("app", "An app", "mis_1")
    (open_folder / "git/app.git/objects/ab").mkdir()
    for path in (open_folder / "git", *(open_folder / "git").rglob("*")):
        os.chown(path, NOBODY, -1)
    os.chown(open_folder / "git" / part, 0, 0)
    (open_folder / "git" / part).chmod(0o755)
    said = _as_nobody(lambda: check_store(open_folder / "git", SystemClock()))
    assert "no commit can be stored" in said
    assert "it belongs to the user root; give it to the user nobody" in said


@pytest.mark.skipif(os.getuid() != 0, reason="needs root to play somebody else")
def test_a_folder_of_somebody_else_is_said_with_whose_it_is(open_folder: Path) -> None:
    said = _as_nobody(lambda: check_room(open_folder / "shared"))
    assert "cannot be written: it belongs to the user root; give it to the user nobody" in said


def _as_nobody(act: object) -> str:
    """What a process of the user nobody is told."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.setgroups([])
        os.setegid(NOBODY)
        os.seteuid(NOBODY)
        try:
            act()  # type: ignore[operator]
            said = ""
        except Unavailable as error:
            said = str(error)
        except BaseException as error:
            said = repr(error)
        os.write(writer, said.encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        said = file.read()
    os.waitpid(child, 0)
    return said


async def test_what_a_worker_found_wrong_is_shown_while_it_is_online(company: Settings) -> None:
    assert (await check_staff(company)).detail == "nobody is online"
    await migrated(company.ledger_url)
    assert (await check_staff(company)).detail == "nobody is online"
    ledger = Ledger(company.ledger_url)

    async def beat(problem: str | None) -> None:
        async with ledger.transaction() as tx:
            row = Agent("vp", "Victor", "VP", "vp", "vp-1", tx.now, tx.now, problem)
            await tx.agents.record_heartbeat(row)

    await beat("redis: out of memory")
    found = await check_staff(company)
    assert (found.ok, found.detail) == (False, "vp-1: redis: out of memory")
    await beat(None)
    assert (await check_staff(company)).ok
    await ledger.close()
