"""PostgreSQL, through SQLAlchemy's asyncio and asyncpg.

A process that stands still in a transaction holds rows that all others need (the log's counter, the budgets, the lead).
So the server ends a transaction that does nothing for `IDLE_SECONDS`; whoever began it hears of that when it goes on.
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
IDLE_SECONDS = 5  # a transaction waits for nothing but the ledger
OURS = {"server_settings": {"idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s"}}
READS = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}


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

    def __init__(self, url: URL, trouble: DbErrorTranslator) -> None:
        self._trouble = trouble
        self._writes = create_async_engine(url, pool_pre_ping=True, connect_args=OURS, **POOL)
        event.listen(self._writes.sync_engine, "handle_error", trouble.on_error)
        self._reads = self._writes.execution_options(**READS)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[PostgresSession]:
        """A transaction that writes; committed at the end of the block, undone when it raises."""
        async with self._begun(self._writes) as connection:
            yield PostgresSession(connection)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[PostgresSession]:
        """A transaction that only reads: one consistent view, never in a writer's way."""
        async with self._begun(self._reads) as connection:
            yield PostgresSession(connection)

    async def run(self, work: Callable[[Connection], ResultT]) -> ResultT:
        """Do `work` with SQLAlchemy's own connection, in a writing transaction: for migrations and tests."""
        async with self._begun(self._writes) as connection:
            return await connection.run_sync(work)

    async def close(self) -> None:
        await self._writes.dispose()

    @asynccontextmanager
    async def _begun(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        async with AsyncExitStack() as stack:
            with self._trouble.translated():
                connection = await stack.enter_async_context(engine.connect())
                await stack.enter_async_context(connection.begin())
            yield connection
