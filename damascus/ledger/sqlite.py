"""SQLite without a thread hop per statement: what SQLAlchemy's aiosqlite dialect drives in place of aiosqlite.

A statement inside a transaction takes some ten microseconds, a hop to a thread and back several times as much, and
aiosqlite makes four per statement. So statements run where they are called; only what may wait does not: the write
lock is asked for again and again with `asyncio.sleep` between, and COMMIT, which waits for the disk, runs in a thread
(unless the last one took so little that the hop would cost more than the wait).

It does not stream: a result is read whole. A query that runs for long holds up the event loop; the ledger has none.
"""

import asyncio
import random
import sqlite3
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Executor
from typing import Any

# for what SQLite itself waits for in a reader: recovery after a crash, the last close of another process
READER_BUSY_SECONDS = 5
# the execution option of a connection whose next transaction only reads
READS = "damascus_reads"
RETRY_SECONDS = (0.0003, 0.002)
QUICK_SECONDS = 0.003
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=2000")


class Cursor:
    """The parts of an async DBAPI cursor that SQLAlchemy asks for; nothing in it waits."""

    def __init__(self, cursor: sqlite3.Cursor) -> None:
        self._cursor = cursor

    async def __aenter__(self) -> "Cursor":
        return self

    @property
    def description(self) -> Any:
        return self._cursor.description

    @property
    def rowcount(self) -> int:
        return self._cursor.rowcount

    @property
    def lastrowid(self) -> int | None:
        return self._cursor.lastrowid

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        self._cursor.execute(sql, parameters)

    async def executemany(self, sql: str, parameters: Iterable[Sequence[Any]]) -> None:
        self._cursor.executemany(sql, parameters)

    async def fetchall(self) -> list[Any]:
        return self._cursor.fetchall()

    async def close(self) -> None:
        self._cursor.close()


class Connection:
    """One SQLite connection; `disk` is the thread that waits for COMMIT."""

    def __init__(self, connection: sqlite3.Connection, disk: Executor, patience: float) -> None:
        # the name is the dialect's: it asks whether a connection is still open through it
        self._connection: sqlite3.Connection | None = connection
        self._disk = disk
        self._patience = patience
        self._writes = True
        self._disk_is_quick = True

    @property
    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            raise sqlite3.OperationalError("connection closed")
        return self._connection

    def cursor(self) -> Cursor:
        return Cursor(self._open.cursor())

    async def create_function(self, *args: Any, **options: Any) -> None:
        self._open.create_function(*args, **options)

    async def begin(self, *, write: bool) -> None:
        """Open a transaction; one that writes waits for the write lock. Raises sqlite3.OperationalError (busy)."""
        if write != self._writes:
            self._open.execute(f"PRAGMA query_only={'OFF' if write else 'ON'}")
            self._writes = write
        if not write:
            self._open.execute("BEGIN")
            return
        now = asyncio.get_running_loop().time
        deadline = now() + self._patience
        while True:
            if self._try_lock(last=now() > deadline):
                return
            # random, so that no process always comes second; SQLite's own pauses grow to 100 ms and starve who waits
            await asyncio.sleep(random.uniform(*RETRY_SECONDS))  # noqa: S311

    def _try_lock(self, *, last: bool) -> bool:
        connection = self._open
        connection.execute("PRAGMA busy_timeout=0")
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if last or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        finally:
            connection.execute(f"PRAGMA busy_timeout={READER_BUSY_SECONDS * 1000}")
        return True

    async def commit(self) -> None:
        """Returns when it is on the disk; also when cancelled, the transaction has ended when this raises."""
        if not self._writes:
            self._open.commit()
            return
        loop = asyncio.get_running_loop()
        began = loop.time()
        if self._disk_is_quick:
            self._open.commit()
        else:
            await _to_the_end(loop.run_in_executor(self._disk, self._open.commit))
        self._disk_is_quick = loop.time() - began < QUICK_SECONDS

    async def rollback(self) -> None:
        self._open.rollback()

    async def close(self) -> None:
        self.stop()

    def stop(self) -> None:
        """Close at once; an open transaction is rolled back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def connector(path: str, disk: Executor, patience: float) -> Callable[..., Any]:
    """What makes connections to the file at `path`; a writer waits `patience` seconds for the lock."""

    async def connect(*_args: Any, **_options: Any) -> Connection:
        raw = sqlite3.connect(path, timeout=READER_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            for pragma in PRAGMAS:
                raw.execute(f"PRAGMA {pragma}")
        except BaseException:
            raw.close()
            raise
        return Connection(raw, disk, patience)

    return connect


async def _to_the_end(job: asyncio.Future[None]) -> None:
    cancelled: asyncio.CancelledError | None = None
    while not job.done():
        try:
            await asyncio.wait([job])
        except asyncio.CancelledError as error:
            cancelled = error
    job.result()
    if cancelled is not None:
        raise cancelled
