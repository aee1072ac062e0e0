"""Class: a program reads or writes state of another version, as in an upgrade of one process after the other."""

import shutil
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, text

from damascus.core.errors import Unavailable
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import read_version, upgrade
from damascus.ledger.schema_version import HEAD
from tests.fixtures.company import founded
from tests.fixtures.ledger import sqlite_url
from tests.fixtures.old_ledger import build_version_0002

ROOT = Path(__file__).parents[2]
KIND = "state of another version"


def put_version(version: str) -> Any:
    return lambda connection: connection.execute(text("UPDATE alembic_version SET version_num = :v"), {"v": version})


def rows(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {name: sorted(map(tuple, connection.execute(text(f"SELECT * FROM {name}"))), key=repr)
            for name in ("missions", "tasks", "turns", "approvals", "outgoing")}  # fmt: skip


@pytest.mark.attack("a process on a ledger that another version has upgraded", KIND)
@pytest.mark.parametrize("version", ["0001", "9999"])
async def test_a_process_that_was_left_running_neither_reads_nor_writes_a_ledger_of_another_version(
    ledger: Ledger, version: str
) -> None:
    await ledger.run(put_version(version))
    for opened in (ledger.transaction, ledger.reading):
        with pytest.raises(Unavailable, match=f"schema version {version}, this program needs {HEAD}"):
            async with opened():
                pytest.fail("it may not begin")
    await ledger.run(put_version(HEAD))
    async with ledger.transaction() as tx:
        assert await tx.events.last() == 0


@pytest.mark.attack("a process that starts before the office has made the tables", KIND)
async def test_a_ledger_without_tables_is_one_to_wait_for(blank_url: str) -> None:
    ledger = Ledger(blank_url)
    with pytest.raises(Unavailable, match="the office makes them"):
        async with ledger.transaction():
            pytest.fail("it may not begin")
    await upgrade(ledger)
    async with ledger.reading() as tx:
        assert await tx.events.last() == 0
    await ledger.close()


@pytest.mark.attack("an upgrade that has to be undone", KIND)
async def test_a_migration_keeps_the_ledger_as_it_was(blank_url: str, tmp_path: Path) -> None:
    ledger = Ledger(blank_url)
    await ledger.run(build_version_0002)
    before = await ledger.run(rows)
    await upgrade(ledger)
    assert await read_version(ledger) == HEAD
    await ledger.close()

    if blank_url.startswith("sqlite"):
        copy = tmp_path / "ledger.sqlite3.schema-0002"
        assert stat.S_IMODE(copy.stat().st_mode) == 0o600
        assert {path.name for path in tmp_path.glob("*.schema-*")} == {copy.name}
        shutil.copy(copy, tmp_path / "back.sqlite3")
        back = Ledger(sqlite_url(tmp_path / "back.sqlite3"))
    else:
        back = Ledger(blank_url)
        for command in ("DROP SCHEMA public CASCADE", 'ALTER SCHEMA "schema_0002" RENAME TO public'):
            await back.run(lambda connection, command=command: connection.execute(text(command)))  # type: ignore[misc]
    assert await read_version(back) == "0002"
    assert await back.run(rows) == before
    await upgrade(back)  # and once more: what a first, interrupted upgrade left is no hindrance
    await back.run(put_version("0002"))
    await back.close()


@pytest.mark.attack("a migration without space for the copy", KIND)
async def test_without_a_copy_nothing_is_migrated(tmp_path: Path) -> None:
    ledger = Ledger(sqlite_url(tmp_path / "ledger.sqlite3"))
    await ledger.run(build_version_0002)
    (tmp_path / "ledger.sqlite3.schema-0002").mkdir()
    with pytest.raises((OSError, Unavailable)):
        await upgrade(ledger)
    assert await read_version(ledger) == "0002"
    await ledger.close()


@pytest.mark.long
@pytest.mark.attack("a rolling upgrade, in any order", KIND)
def test_a_company_waits_while_its_ledger_is_of_another_version_and_goes_on_after(tmp_path: Path) -> None:
    with founded(tmp_path / "company") as company:
        company.ceo("up", "-d")
        path = company.root / ".damascus" / "ledger.sqlite3"
        assert company.json("run", "[reference] Before")["status"] == "succeeded"
        for other in ("9999", "0002"):
            with closing(sqlite3.connect(path)) as hand, hand:
                hand.execute("UPDATE alembic_version SET version_num = ?", (other,))
            refused = company.ceo("run", "[reference] Meanwhile")
            assert refused.returncode != 0
            assert f"schema version {other}" in refused.stdout + refused.stderr
        with closing(sqlite3.connect(path)) as hand, hand:
            directives = hand.execute("SELECT count(*) FROM directives").fetchone()
            hand.execute("UPDATE alembic_version SET version_num = ?", (HEAD,))
        assert directives == (1,)
        assert company.json("run", "[reference] After")["status"] == "succeeded"
