"""A company that stops leaves its ledger whole in one file, also while another process still reads."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from damascus.ledger.checkpoint import write_back

ROWS = 5_000


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    path = tmp_path / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("CREATE TABLE events (seq INTEGER PRIMARY KEY, text TEXT)")
    return path


def fill(path: Path) -> sqlite3.Connection:
    """Write rows that stay in the log, as a process does that is still there."""
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA wal_autocheckpoint=0")
    with connection:
        connection.executemany("INSERT INTO events (text) VALUES (?)", [("bread " * 20,)] * ROWS)
    return connection


def rows_in_the_file_alone(path: Path) -> int:
    copy = path.with_name("copy.sqlite3")
    shutil.copyfile(path, copy)
    with closing(sqlite3.connect(copy)) as connection:
        return int(connection.execute("SELECT count(*) FROM events").fetchone()[0])


def test_the_log_is_written_back_and_emptied(ledger: Path) -> None:
    with closing(fill(ledger)):
        assert rows_in_the_file_alone(ledger) == 0
        assert write_back(ledger)
        assert rows_in_the_file_alone(ledger) == ROWS
        assert ledger.with_name("ledger.sqlite3-wal").stat().st_size == 0


def test_a_process_that_reads_the_newest_does_not_keep_the_file_from_being_whole(ledger: Path) -> None:
    with closing(fill(ledger)) as reader:
        reader.execute("BEGIN")
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (ROWS,)
        assert write_back(ledger, 0.1)
        assert rows_in_the_file_alone(ledger) == ROWS
        assert reader.execute("SELECT count(*) FROM events").fetchone() == (ROWS,)


def test_a_process_that_reads_since_before_is_told_of(ledger: Path, caplog: pytest.LogCaptureFixture) -> None:
    with closing(fill(ledger)) as reader, closing(sqlite3.connect(ledger, isolation_level=None)) as writer:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM events").fetchone()
        writer.execute("INSERT INTO events (text) VALUES ('late')")
        assert not write_back(ledger, 0.1)
    assert "copy both" in caplog.text


def test_what_is_no_ledger_is_left_alone(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    assert write_back(tmp_path / "gone")
    assert not (tmp_path / "gone").exists()
    other = tmp_path / "other"
    other.write_text("words, and more of them than a header has " * 50)
    assert not write_back(other)
    assert "could not be written back" in caplog.text
