"""SQLite, run in place: statements go straight to its driver, without a thread hop and without SQLAlchemy's execution.

A statement inside a transaction takes some ten microseconds, a hop to a thread and back several times as much. So
statements run where they are called; only what may wait does not: the write lock is asked for again and again with
`asyncio.sleep` between, and COMMIT, which waits for the disk, runs in a thread (unless the last one took so little that
the hop would cost more than the wait).

It does not stream: a result is read whole. A query that runs for long holds up the event loop; the ledger has none.
"""

import asyncio
import random
import sqlite3
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, create_engine, event
from sqlalchemy.pool import NullPool

from damascus.core.cancellation import run_to_completion
from damascus.core.errors import Misconfigured
from damascus.ledger.compiled_statements import compile_statement
from damascus.ledger.db_errors import DbErrorTranslator
from damascus.ledger.group_commit import CommitGroup
from damascus.ledger.session import Given, SqlDialect
from damascus.ledger.sqlite_library import check_sqlite

ResultT = TypeVar("ResultT")

# what SQLite itself waits for in a reader: recovery after a crash, the last close of another process
MAX_READER_WAIT_SECONDS = 5
RETRY_SECONDS = (0.0003, 0.002)
MAX_INLINE_COMMIT_SECONDS = 0.003
MAX_IDLE_READERS = 4
PRAGMAS = ("synchronous=FULL", "foreign_keys=ON", "wal_autocheckpoint=2000")


class SqliteSession:
    """A session (session.py) on one connection within a transaction."""

    dialect: SqlDialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection, errors: DbErrorTranslator) -> None:
        self._connection = connection
        self._errors = errors

    async def rows(self, statement: Executable, given: Given | None = None) -> Sequence[Sequence[Any]]:
        compiled = compile_statement(statement)
        values = compiled.bind(given or {})
        try:
            return compiled.read(self._connection.execute(compiled.sql, values).fetchall())
        except sqlite3.Error as error:
            raise self._errors.of_statement(error, compiled.sql) from error

    async def change(self, statement: Executable, given: Given | Sequence[Given] | None = None) -> int:
        compiled = compile_statement(statement)
        try:
            if isinstance(given, Sequence):
                return self._connection.executemany(compiled.sql, [compiled.bind(one) for one in given]).rowcount
            return self._connection.execute(compiled.sql, compiled.bind(given or {})).rowcount
        except sqlite3.Error as error:
            raise self._errors.of_statement(error, compiled.sql) from error


class SqliteDatabase:
    """The file at `path`; one writer at a time in this process, which waits `max_wait_seconds` for those of others.

    With `max_pages` the file grows no further, as on a full disk.
    """

    def __init__(
        self, path: str, max_wait_seconds: float, errors: DbErrorTranslator, max_pages: int | None = None
    ) -> None:
        check_sqlite()
        try:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            folder = Path(path).parent
            raise Misconfigured(f"the ledger's folder {folder} cannot be created: {error.strerror}") from None
        self._path = path
        self._pragmas = PRAGMAS if max_pages is None else (*PRAGMAS, f"max_page_count={max_pages}")
        self._max_wait_seconds = max_wait_seconds
        self._errors = errors
        self._turn = asyncio.Lock()
        self._waiting = 0
        self._group: CommitGroup | None = None
        self._writer: sqlite3.Connection | None = None
        self._readers: list[sqlite3.Connection] = []
        # one thread: there is one writer at a time, and only COMMIT runs there
        self._disk = ThreadPoolExecutor(1, "ledger")
        self._disk_is_quick = True

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[SqliteSession]:
        """Open a transaction that writes: committed when the block has ended and this returns, undone if it raises.

        Blocks that wait for each other are committed together. So one must not wait for anything but the ledger.
        """
        await self._take_turn()
        try:
            group = self._group or await self._begin()
            try:
                with group.block():
                    yield SqliteSession(group.connection, self._errors)
            finally:
                if not (self._waiting and group.takes_more):
                    await self._end(group)
        finally:
            self._turn.release()
        await run_to_completion(group.ended)

    async def _take_turn(self) -> None:
        """Wait until no other block of this process runs; `_waiting` counts those that wait here."""
        self._waiting += 1
        try:
            await asyncio.sleep(0)  # let others that are about to begin come in: they share a COMMIT
            await self._turn.acquire()
        except BaseException:
            self._waiting -= 1
            if not self._waiting and not self._turn.locked() and self._group:
                async with self._turn:  # no other block will end it
                    await self._end(self._group)
            raise
        self._waiting -= 1

    async def _begin(self) -> CommitGroup:
        with self._errors.translated():
            # a writer never waits inside SQLite: its pauses grow to 100 ms and starve those that wait
            connection = self._writer = self._writer or self._open(busy_seconds=0)
            await self._lock(connection)
        self._group = CommitGroup(connection)
        return self._group

    async def _end(self, group: CommitGroup) -> None:
        """Commit what a group wrote, and tell all that wait for it how that went."""
        self._group = None
        try:
            if group.worth_a_commit:
                if not group.whole:
                    raise sqlite3.OperationalError("a failure undid what had been written before it")
                await self._commit(group.connection)
        except sqlite3.Error as error:
            group.ended.set_exception(self._errors.of_failure(error))
            group.ended.exception()  # seen: a block that was cancelled does not ask for it
        finally:
            if group.whole:
                self._undo(group.connection)
            if not group.ended.done():
                group.ended.set_result(None)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[SqliteSession]:
        """Open a transaction that only reads: one consistent view, never in a writer's way."""
        await asyncio.sleep(0)
        with self._errors.translated():
            connection = self._readers.pop() if self._readers else self._open(MAX_READER_WAIT_SECONDS, "query_only=ON")
            connection.execute("BEGIN")
        try:
            yield SqliteSession(connection, self._errors)
        finally:
            connection.rollback()
            if len(self._readers) < MAX_IDLE_READERS:
                self._readers.append(connection)
            else:
                connection.close()

    async def run(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Run `work` on SQLAlchemy's own connection, in a writing transaction: for migrations and tests."""

        def with_engine() -> ResultT:
            def connect() -> sqlite3.Connection:
                return self._open(self._max_wait_seconds)

            engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
            event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
            with engine.begin() as connection:
                return work(connection)

        with self._errors.translated():
            return await asyncio.to_thread(with_engine)

    async def close(self) -> None:
        async with self._turn:
            for connection in [*self._readers, *([self._writer] if self._writer else [])]:
                connection.close()
            self._readers.clear()
            self._writer = None
        self._disk.shutdown()

    def _open(self, busy_seconds: float, *pragmas: str) -> sqlite3.Connection:
        # the first process to open an old log recovers it, and the others wait for that
        connection = sqlite3.connect(
            self._path, timeout=MAX_READER_WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=WAL").fetchone()
            if mode != "wal":  # SQLite takes another without a word where it cannot share memory between processes
                raise Misconfigured(
                    f"the ledger ({self._path}) is on a file system that SQLite's log cannot be on, such as a "
                    "network's or a shared folder; set DAMASCUS_HOME to a local disk, or LEDGER_URL to a PostgreSQL"
                )
            for pragma in (*self._pragmas, f"busy_timeout={int(busy_seconds * 1000)}", *pragmas):
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection

    async def _lock(self, connection: sqlite3.Connection) -> None:
        """Begin a transaction with the write lock; raises sqlite3.OperationalError if others have it for too long."""
        deadline: float | None = None
        now = asyncio.get_running_loop().time
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError as error:
                deadline = deadline or now() + self._max_wait_seconds
                if now() > deadline or error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                    raise
            else:
                return
            # random, so that no process always comes second
            await asyncio.sleep(random.uniform(*RETRY_SECONDS))  # noqa: S311

    async def _commit(self, connection: sqlite3.Connection) -> None:
        """Commit; returns when it is on the disk. The transaction has ended when this raises, even if cancelled."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        if self._disk_is_quick:
            connection.commit()
        else:
            commit = loop.run_in_executor(self._disk, connection.commit)
            try:
                await run_to_completion(commit)
            finally:
                commit.result()  # an error of the disk before a cancellation: all of the group must hear of it
        self._disk_is_quick = loop.time() - began < MAX_INLINE_COMMIT_SECONDS

    def _undo(self, connection: sqlite3.Connection) -> None:
        try:
            connection.rollback()
        except sqlite3.Error:
            # SQLite undoes it when the connection goes; the next writer opens another
            self._writer = None
            connection.close()
