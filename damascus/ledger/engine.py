"""Opens the database and hands out transactions.

Writers on SQLite begin IMMEDIATE and queue in front of one lock within a process; between processes SQLite's own lock
decides (sqlite.py). `synchronous=FULL`: a commit that returned has survived a power cut.

Not promised: that a block which was cancelled while it committed did not commit. It ended, one way or the other.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, TypeVar

from sqlalchemy import Connection
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from damascus.core.clock import Clock, SystemClock
from damascus.core.errors import Misconfigured
from damascus.ledger.db_errors import DbErrorTranslator
from damascus.ledger.postgres_address import FORM, parse_postgres
from damascus.ledger.schema_version import check_version
from damascus.ledger.sqlite import SqliteDatabase
from damascus.ledger.transaction import ReadTransaction, Transaction

if TYPE_CHECKING:
    from damascus.ledger.postgres import PostgresDatabase

ResultT = TypeVar("ResultT")
LOCK_WAIT_SECONDS = 60
POSTGRES = ("postgresql", "postgres")


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
        self._database = _open(url, lock_wait_seconds, max_pages)

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


def _open(url: str, lock_wait_seconds: float, max_pages: int | None) -> "SqliteDatabase | PostgresDatabase":
    kind = url.partition(":")[0].partition("+")[0]
    if kind == "sqlite":
        path = _path(url)
        return SqliteDatabase(path, lock_wait_seconds, DbErrorTranslator(path), max_pages)
    if kind not in POSTGRES:
        # never the address itself: it may contain a password
        raise Misconfigured(f"ledger.url (LEDGER_URL) is not usable; {FORM}, or nothing")
    address = parse_postgres(url)
    # SQLAlchemy's asyncio brings its ORM along: a company with its ledger in SQLite starts without them
    from damascus.ledger.postgres import PostgresDatabase  # noqa: PLC0415

    return PostgresDatabase(address, DbErrorTranslator(address.shown))


def _path(url: str) -> str:
    """Return the path of SQLite's file."""
    try:
        path = make_url(url).database or ""
    except (ArgumentError, ValueError):
        path = ""
    if path in ("", ":memory:"):
        raise Misconfigured("ledger.url (LEDGER_URL) names no file; expected sqlite:///path/to/ledger.sqlite3")
    if "?" in url:
        raise Misconfigured(
            "ledger.url (LEDGER_URL) has a `?`, after which SQLite's address takes nothing; if the file's path has "
            "one, write it as %3F"
        )
    return path
