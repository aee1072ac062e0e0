"""Opens the database and hands out transactions.

Writers on SQLite begin IMMEDIATE and queue in front of one lock within a process; between processes SQLite's own lock
decides (sqlite.py). `synchronous=FULL`: a commit that returned has survived a power cut.

Not promised: that a block which was cancelled while it committed did not commit. It ended, one way or the other.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from damascus.core.clock import Clock, SystemClock
from damascus.core.errors import Misconfigured
from damascus.ledger.db_errors import DbErrorTranslator
from damascus.ledger.schema_version import check_version
from damascus.ledger.sqlite import SqliteDatabase
from damascus.ledger.transaction import ReadTransaction, Transaction

if TYPE_CHECKING:
    from damascus.ledger.postgres import PostgresDatabase

ResultT = TypeVar("ResultT")
LOCK_WAIT_SECONDS = 60
DRIVERS = {"sqlite": "sqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


class Ledger:
    """The database behind `url` (`sqlite:///path` or `postgresql://user:password@host/database`).

    On SQLite a writer waits `lock_wait_seconds` for another process's transaction, and with `max_pages` the file grows
    no further, as on a full disk.
    """

    def __init__(
        self,
        url: str,
        clock: Clock | None = None,
        lock_wait_seconds: float = LOCK_WAIT_SECONDS,
        max_pages: int | None = None,
    ) -> None:
        self.clock = clock or SystemClock()
        self.url = url
        parsed = _parse(url)
        self._database = _open(parsed, lock_wait_seconds, DbErrorTranslator(parsed), max_pages)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Open a transaction that writes: it commits when the block ends and rolls back if the block raises.

        Raises Unavailable if the database cannot be reached, is locked too long, its disk is full, or its tables are
        not of this program's version.
        """
        async with self._database.writing() as session:
            await check_version(session)
            tx = Transaction(session, self.clock)
            yield tx
            await tx.events.flush()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[ReadTransaction]:
        """Open a transaction that only reads: one consistent view, never in a writer's way."""
        async with self._database.reading() as session:
            await check_version(session)
            yield ReadTransaction(session, self.clock)

    async def run(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Run `work` on SQLAlchemy's own connection, in a writing transaction: for migrations and tests."""
        return await self._database.run(work)

    async def close(self) -> None:
        await self._database.close()


def _open(
    url: URL, lock_wait_seconds: float, errors: DbErrorTranslator, max_pages: int | None
) -> "SqliteDatabase | PostgresDatabase":
    if url.get_backend_name() == "sqlite":
        return SqliteDatabase(url.database or "", lock_wait_seconds, errors, max_pages)
    # SQLAlchemy's asyncio brings its ORM along: a company with its ledger in SQLite starts without them
    from damascus.ledger.postgres import PostgresDatabase  # noqa: PLC0415

    return PostgresDatabase(url, errors)


def _parse(url: str) -> URL:
    """Return the address with the one driver that we have for its database."""
    try:
        parsed = make_url(url)
        parsed = parsed.set(drivername=DRIVERS[parsed.get_backend_name()])
    except (ArgumentError, KeyError, ValueError):
        # never the address itself: it may contain a password
        raise Misconfigured(
            "ledger.url (LEDGER_URL) is not usable; expected postgresql://user:password@host/database, or nothing"
        ) from None
    if parsed.get_backend_name() == "sqlite" and parsed.database in (None, "", ":memory:"):
        raise Misconfigured("ledger.url (LEDGER_URL) names no file; expected sqlite:///path/to/ledger.sqlite3")
    if parsed.get_backend_name() == "sqlite" and "?" in url:
        raise Misconfigured(
            "ledger.url (LEDGER_URL) has a `?`, after which SQLite's address takes nothing; if the file's path has "
            "one, write it as %3F"
        )
    return parsed
