"""The migrations build what the models say, whoever starts first."""

import asyncio
import sqlite3
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from damascus.core.errors import Misconfigured
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import SCRIPTS, upgrade
from damascus.ledger.schema_version import HEAD
from damascus.ledger.tables import metadata
from damascus.ledger.tables.memories import FULL_TEXT
from damascus.ledger.tables.search import SEARCH_TEXT
from tests.fixtures.ledger import sqlite_url

STARTER = """
import asyncio, sys
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import upgrade

async def start():
    ledger = Ledger(sys.argv[1])
    await upgrade(ledger)
    async with ledger.reading() as tx:
        assert await tx.events.last() == 0
    await ledger.close()
    print("alembic" in sys.modules)

asyncio.run(start())
"""


def compare_default(*compared: Any) -> bool | None:
    """Compare the defaults of JSON columns as texts, since PostgreSQL knows no equality of JSON; others as ever."""
    there, wanted = compared[3], compared[5]
    return there != f"'{wanted}'::json" if str(there).endswith("::json") else None


def is_of_a_model(_item: object, name: str | None, *_: object) -> bool:
    """Whether the models say it: not the index of full text, which each database has in its own way."""
    return not (name or "").startswith((FULL_TEXT, SEARCH_TEXT))


def differences(connection: Connection) -> list[object]:
    options = {"compare_type": True, "compare_server_default": compare_default, "include_object": is_of_a_model}
    context = MigrationContext.configure(connection, opts=options)
    return list(compare_metadata(context, metadata))


def query(sql: str) -> Callable[[Connection], list[tuple[Any, ...]]]:
    return lambda connection: [tuple(row) for row in connection.execute(text(sql)).all()]


async def start_a_process(url: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", STARTER, url, stdout=asyncio.subprocess.PIPE, cwd=Path(__file__).parents[2]
    )


async def test_the_migrations_build_the_tables_of_the_models(ledger: Ledger) -> None:
    assert await ledger.run(differences) == []


async def test_money_of_a_span_of_time_is_found_by_its_index(ledger: Ledger) -> None:
    """PostgreSQL reads few rows whole all the same, unless it is told not to."""
    span = "FROM usage WHERE created_at >= '2026-01-01' AND created_at < '2026-01-02' GROUP BY role"
    is_sqlite = ledger.url.startswith("sqlite")

    def explain(connection: Connection) -> str:
        if not is_sqlite:
            connection.execute(text("SET LOCAL enable_seqscan = off"))
        how = "EXPLAIN QUERY PLAN" if is_sqlite else "EXPLAIN"
        return str(connection.execute(text(f"{how} SELECT role, sum(cost) {span}")).all())

    assert "ix_usage_created_at" in await ledger.run(explain)


async def test_a_column_that_a_migration_forgot_is_noticed(ledger: Ledger) -> None:
    await ledger.run(lambda connection: connection.execute(text("ALTER TABLE tasks DROP COLUMN summary")))
    assert len(await ledger.run(differences)) == 1


async def test_upgrading_again_changes_nothing(blank_url: str) -> None:
    ledger = Ledger(blank_url)
    await upgrade(ledger)
    await upgrade(ledger)
    counters = await ledger.run(query("SELECT name, value FROM counters ORDER BY name"))
    assert counters == [("events", 0), ("memories", 0), ("search", 0)]
    assert await ledger.run(query("SELECT version_num FROM alembic_version")) == [(HEAD,)]
    await ledger.close()


async def test_processes_that_start_at_once_upgrade_once(blank_url: str) -> None:
    started = [await start_a_process(blank_url) for _ in range(3)]
    await asyncio.gather(*(process.wait() for process in started))

    assert [process.returncode for process in started] == [0, 0, 0]
    ledger = Ledger(blank_url)
    assert await ledger.run(query("SELECT count(*) FROM counters")) == [(3,)]
    assert await ledger.run(differences) == []
    await ledger.close()


async def test_a_ledger_that_is_up_to_date_does_not_load_alembic(ledger_url: str) -> None:
    process = await start_a_process(ledger_url)
    printed, _ = await process.communicate()

    assert printed.strip() == b"False"


async def test_a_ledger_newer_than_the_program_is_refused_in_one_line(ledger: Ledger) -> None:
    newer = text("UPDATE alembic_version SET version_num = '9999'")
    await ledger.run(lambda connection: connection.execute(newer))

    with pytest.raises(Misconfigured, match="schema version 9999, this program needs") as refusal:
        await upgrade(ledger)
    assert "\n" not in str(refusal.value)


async def test_a_migration_that_dies_half_way_leaves_nothing_behind(tmp_path: Path) -> None:
    """A table of ours stands in the way of one of the later ones; once it is gone the upgrade works."""
    path = tmp_path / "ledger.sqlite3"
    with sqlite3.connect(path) as foreign:
        foreign.execute("CREATE TABLE usage (id)")
    ledger = Ledger(sqlite_url(path))
    with pytest.raises(Exception, match="usage already exists"):
        await upgrade(ledger)

    with sqlite3.connect(path) as foreign:
        assert [name for (name,) in foreign.execute("SELECT name FROM sqlite_master")] == ["usage"]
        foreign.execute("DROP TABLE usage")
    await upgrade(ledger)
    await ledger.close()


def test_the_head_that_the_quick_path_compares_with_is_the_newest_version() -> None:
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))

    assert ScriptDirectory.from_config(config).get_current_head() == HEAD
