"""Opens the database and hands out transactions.

Writers on SQLite begin IMMEDIATE and queue in front of one lock within a process; between processes SQLite's own lock
decides (sqlite.py). `synchronous=FULL`: a commit that returned has survived a power cut.

Not promised: that a block which was cancelled while it committed did not commit. It ended, one way or the other.
"""

import asyncio
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from damascus.core.clock import Clock, SystemClock
from damascus.core.errors import Misconfigured
from damascus.ledger import sqlite
from damascus.ledger.transaction import Transaction
from damascus.ledger.trouble import Translator

BUSY_SECONDS = 60
DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgresql": "postgresql+asyncpg",
    "postgres": "postgresql+asyncpg",
}
POOL = {"pool_size": 8, "max_overflow": 8}


class Ledger:
    """The database behind `url` (`sqlite:///path` or `postgresql://user:password@host/database`).

    `patience`: seconds that a writer waits for another process's transaction on SQLite.
    """

    def __init__(self, url: str, clock: Clock | None = None, patience: float = BUSY_SECONDS) -> None:
        self.clock = clock or SystemClock()
        self.url = url
        parsed = _parse(url)
        # one thread: a process has one writer at a time, and only COMMIT runs there
        self._disk = ThreadPoolExecutor(1, "ledger")
        self._trouble = Translator(parsed)
        if parsed.get_backend_name() == "sqlite":
            self._one_writer: asyncio.Lock | None = asyncio.Lock()
            reads: dict[str, Any] = {sqlite.READS: True}
            self._engine = _open_sqlite(parsed, self._disk, patience)
        else:
            self._one_writer = None
            reads = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            self._engine = create_async_engine(parsed, pool_pre_ping=True, **POOL)
        event.listen(self._engine.sync_engine, "handle_error", self._trouble.on_error)
        self._engines = {True: self._engine, False: self._engine.execution_options(**reads)}

    @property
    def engine(self) -> AsyncEngine:
        """The SQLAlchemy engine, for migrations and tests of this room."""
        return self._engine

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """A transaction that writes; commits when the block ends, rolls back when it raises.

        Raises Unavailable when the database cannot be reached, is locked too long or its disk is full.
        """
        async with self.connection(write=True) as connection:
            tx = Transaction(connection, self.clock)
            yield tx
            await tx.events.flush()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Transaction]:
        """A transaction that only reads: one consistent view, never in a writer's way."""
        async with self.connection(write=False) as connection:
            yield Transaction(connection, self.clock)

    @asynccontextmanager
    async def connection(self, *, write: bool) -> AsyncIterator[AsyncConnection]:
        """A bare connection within a transaction, for this room: migrations and tests."""
        async with AsyncExitStack() as stack:
            if write and self._one_writer is not None:
                await stack.enter_async_context(self._one_writer)
            with self._trouble.translated():
                connection = await stack.enter_async_context(self._engines[write].connect())
                await stack.enter_async_context(connection.begin())
            yield connection

    async def close(self) -> None:
        await self._engine.dispose()
        self._disk.shutdown()


def _parse(url: str) -> URL:
    """The address with the one driver that we have for its database."""
    try:
        parsed = make_url(url)
        parsed = parsed.set(drivername=DRIVERS[parsed.get_backend_name()])
    except (ArgumentError, KeyError, ValueError):
        # never the address itself: it may hold a password
        raise Misconfigured(
            "ledger.url (LEDGER_URL) is not usable; expected postgresql://user:password@host/database, or nothing"
        ) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise Misconfigured("ledger.url (LEDGER_URL) names no file; expected sqlite:///path/to/ledger.sqlite3")
    return parsed


def _open_sqlite(url: URL, disk: ThreadPoolExecutor, patience: float) -> AsyncEngine:
    path = Path(url.database or "")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Misconfigured(f"the ledger's folder {path.parent} cannot be made: {error.strerror}") from None
    connect_args = {"async_creator_fn": sqlite.connector(str(path), disk, patience)}
    engine = create_async_engine(url, connect_args=connect_args, pool_reset_on_return=None, **POOL)
    event.listen(engine.sync_engine, "begin", _on_sqlite_begin)
    return engine


def _on_sqlite_begin(connection: Connection) -> None:
    reads = sqlite.READS in connection.get_execution_options()
    adapted: Any = connection.connection.dbapi_connection
    adapted.run_async(lambda driver: driver.begin(write=not reads))
