"""Leaves a ledger in SQLite whole in its one file: what its log still holds is written back at the end."""

import logging
import sqlite3
from contextlib import closing
from pathlib import Path

log = logging.getLogger(__name__)

WAIT_SECONDS = 5.0


def write_back(path: Path, wait_seconds: float = WAIT_SECONDS) -> bool:
    """Write the log back into the ledger's file and empty it. Returns False if some of it is in the log alone still.

    A process that reads keeps the log from being emptied, not from being written back, unless it has read since before
    the newest commit for longer than `wait_seconds`.
    """
    if not path.exists():
        return True
    try:
        with closing(sqlite3.connect(path, timeout=wait_seconds, isolation_level=None)) as connection:
            busy, logged, written = connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
            if not busy:
                connection.execute("PRAGMA busy_timeout=0")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.Error as error:
        log.warning("the ledger's log could not be written back into %s: %s", path, error)
        return False
    if written < logged:
        log.warning("%s-wal holds what %s does not have yet: another process reads; copy both", path, path.name)
    return bool(written == logged)
