"""PostgreSQL, through SQLAlchemy's asyncio and asyncpg.

A process that stalls in a transaction has rows locked that all others need (the log's counter, the budgets, the
leader's lease). So the server ends a transaction that does nothing for `MAX_IDLE_SECONDS`; its process is told at its
next statement.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import Connection, Executable, event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from damascus.ledger.db_errors import DbErrorTranslator
from damascus.ledger.session import Given, SqlDialect

ResultT = TypeVar("ResultT")
POOL = {"pool_size": 8, "max_overflow": 8}
MAX_IDLE_SECONDS = 5  # a transaction waits for nothing but the ledger
CONNECT_ARGS = {"server_settings": {"idle_in_transaction_session_timeout": f"{MAX_IDLE_SECONDS}s"}}
READ_OPTIONS = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


class PostgresSession:
    """A session (session.py) on one connection within a transaction."""

    dialect: SqlDialect = "postgresql"

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def rows(self, statement: Executable, given: Given | None = None) -> Sequence[Sequence[Any]]:
        return (await self._connection.execute(statement, given)).all()

    async def change(self, statement: Executable, given: Given | Sequence[Given] | None = None) -> int:
        return (await self._connection.execute(statement, given)).rowcount


class PostgresDatabase:
    """The database at `url`."""

    def __init__(self, url: URL, errors: DbErrorTranslator) -> None:
        self._errors = errors
        self._writes = create_async_engine(url, pool_pre_ping=True, connect_args=CONNECT_ARGS, **POOL)
        event.listen(self._writes.sync_engine, "handle_error", errors.on_error)
        self._reads = self._writes.execution_options(**READ_OPTIONS)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[PostgresSession]:
        """Open a transaction that writes: committed at the end of the block, undone if it raises."""
        async with self._begun(self._writes) as connection:
            yield PostgresSession(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresSession]:
        """Open a transaction that only reads: one consistent view, never in a writer's way."""
        async with self._begun(self._reads) as connection:
            yield PostgresSession(connection)

    async def run(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Run `work` on SQLAlchemy's own connection, in a writing transaction: for migrations and tests."""
        async with self._begun(self._writes) as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._writes.dispose()

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            with self._errors.translated():
                connection = await stack.enter_async_context(engine.connect())
                await stack.enter_async_context(connection.begin())
            yield connection
