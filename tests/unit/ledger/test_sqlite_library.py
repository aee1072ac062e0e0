"""An SQLite that cannot hold the ledger is refused in one line before it is asked to."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from damascus.core.errors import Misconfigured
from damascus.ledger import sqlite_library
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import upgrade
from damascus.ledger.sqlite_library import check_sqlite
from tests.fixtures.ledger import sqlite_url


def refused() -> str:
    with pytest.raises(Misconfigured) as refusal:
        check_sqlite()
    line = str(refusal.value)
    assert "\n" not in line
    assert "make setup PYTHON=" in line
    return line


def test_the_one_that_runs_these_tests_will_do() -> None:
    assert check_sqlite() == sqlite3.sqlite_version


@pytest.mark.parametrize("version", ["3.7.17", "3.31.1", "3.34.1"])
def test_an_old_one_is_named_with_its_version_and_its_file(monkeypatch: pytest.MonkeyPatch, version: str) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version", version)
    line = refused()
    assert f"SQLite {version} (" in line
    assert "sqlite3" in line or sys.executable in line
    assert "is older than 3.35" in line


def test_a_ledger_on_an_old_one_is_not_even_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version", "3.34.1")
    with pytest.raises(Misconfigured, match=r"3\.34\.1"):
        Ledger(sqlite_url(tmp_path / "home" / "ledger.sqlite3"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("word", ["RETURNING", "ON CONFLICT", "DROP COLUMN", "WHERE late", "(id, word)"])
def test_one_whose_version_promises_more_than_it_can_is_found_out(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    class Lesser(sqlite3.Connection):
        def execute(self, sql: str, *given: Any) -> sqlite3.Cursor:
            if word in sql:
                raise sqlite3.OperationalError(f'near "{word}": syntax error')
            return super().execute(sql, *given)

    monkeypatch.setattr(sqlite_library.sqlite3, "connect", lambda path: Lesser(path))
    assert f'lacks what the ledger uses (near "{word}": syntax error)' in refused()


async def test_a_file_system_without_shared_memory_is_named_before_the_ledger_is_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sqlite3.connect

    def connect(path: str, **options: Any) -> sqlite3.Connection:  # as SQLite itself does on such a file system
        return real(f"file:{path}?vfs=unix-dotfile", uri=True, **options) if path != ":memory:" else real(path)

    monkeypatch.setattr(sqlite3, "connect", connect)
    ledger = Ledger(sqlite_url(tmp_path / "ledger.sqlite3"))
    with pytest.raises(
        Misconfigured, match=r"ledger\.sqlite3\) is on a file system .* set DAMASCUS_HOME to a local disk"
    ):
        await upgrade(ledger)
    await ledger.close()


def test_a_python_without_sqlite_is_told_apart() -> None:
    script = (
        "import sys; sys.modules['_sqlite3'] = None\n"
        "from damascus.ledger.sqlite_library import check_sqlite\n"
        "try: check_sqlite()\n"
        "except Exception as error: print(type(error).__name__, error)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.startswith(f"Misconfigured {sys.executable} has no SQLite (")
    assert done.stdout.count("\n") == 1
