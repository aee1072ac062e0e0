"""PostgreSQL, through SQLAlchemy's asyncio and asyncpg.

A process that stalls in a transaction has rows locked that all others need (the log's counter, the budgets, the
leader's lease). So the server ends a transaction that does nothing for `MAX_IDLE_SECONDS`; its process is told at its
next statement.

A pooler between us and the server (pgbouncer) does not take that setting with the connection, or takes it for nobody,
and may give each transaction another of the server's connections. Behind one the setting is made in each transaction,
and no statement is kept from one to the next.
"""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, TypeVar

import asyncpg
from sqlalchemy import Connection, Executable, event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.util import await_only

from damascus.core.errors import Misconfigured
from damascus.ledger.db_errors import DbErrorTranslator
from damascus.ledger.postgres_address import PostgresAddress
from damascus.ledger.session import Given, SqlDialect

ResultT = TypeVar("ResultT")
POOL = {"pool_size": 8, "max_overflow": 8}
MAX_IDLE_SECONDS = 5  # a transaction waits for nothing but the ledger
IDLE_LIMIT = "idle_in_transaction_session_timeout"
_SET_IDLE_LIMIT = f"SET LOCAL {IDLE_LIMIT} = '{MAX_IDLE_SECONDS}s'"
# a simple query, which no pooler takes apart; divides by zero if the setting was passed over
_HAS_IDLE_LIMIT = f"SELECT 1 / (current_setting('{IDLE_LIMIT}') = '{MAX_IDLE_SECONDS}s')::int"
KEPT_STATEMENTS = 100  # by the driver, for each connection
READ_OPTIONS = {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
_FAILURES = (OSError, asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError)


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
    """The database at `address`."""

    def __init__(self, address: PostgresAddress, errors: DbErrorTranslator) -> None:
        self._address = address
        self._errors = errors
        self._is_pooled = False  # by another program, as far as is known
        self._writes = create_async_engine("postgresql+asyncpg://", creator=self._create, pool_pre_ping=True, **POOL)
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
                if self._is_pooled:
                    await connection.exec_driver_sql(_SET_IDLE_LIMIT)
            yield connection

    def _create(self) -> Any:
        """Open a connection for SQLAlchemy's pool, which calls this where it can wait."""
        opened = await_only(self._open())

        async def hand_over() -> asyncpg.Connection:
            return opened

        dbapi: Any = self._writes.sync_engine.dialect.dbapi
        if self._is_pooled:  # a statement without a name is made where it is used
            return dbapi.connect(
                async_creator_fn=hand_over, prepared_statement_cache_size=0, prepared_statement_name_func=lambda: ""
            )
        return dbapi.connect(async_creator_fn=hand_over)

    async def _open(self) -> asyncpg.Connection:
        """Connect. Raises Unavailable or Misconfigured, in one line."""
        try:
            if not self._is_pooled:
                connection = await self._open_directly()
                if connection is not None:
                    return connection
                self._is_pooled = True
            return await self._connect({}, kept_statements=0)
        except asyncpg.ClientConfigurationError as error:
            raise Misconfigured(f"ledger.url (LEDGER_URL) is not usable: {' '.join(str(error).split())}") from None
        except _FAILURES as error:
            raise self._errors.of_failure(error) from error

    async def _open_directly(self) -> asyncpg.Connection | None:
        """Connect to the server itself; None if a pooler shows itself."""
        try:
            connection = await self._connect({IDLE_LIMIT: f"{MAX_IDLE_SECONDS}s"}, KEPT_STATEMENTS)
        except asyncpg.PostgresError as error:
            if IDLE_LIMIT in str(error):
                return None
            raise
        try:
            await connection.execute(_HAS_IDLE_LIMIT)
        except asyncpg.DivisionByZeroError:
            await connection.close()
            return None
        return connection

    async def _connect(self, settings: dict[str, str], kept_statements: int) -> asyncpg.Connection:
        seconds = self._address.seconds
        try:
            return await asyncpg.connect(
                self._address.dsn,
                timeout=seconds,
                server_settings={**self._address.server_settings, **settings},
                statement_cache_size=kept_statements,
            )
        except TimeoutError:
            raise TimeoutError(f"no response within {seconds:g} s") from None
