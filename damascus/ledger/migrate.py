"""Brings a ledger to this program's tables, whoever starts first and however many start at once.

A ledger at HEAD costs one query: Alembic, which takes long to import, is only loaded when there is something to do
(the one import inside a function in this room, for that reason). There is no way back to older tables.

To change a table: change it in tables/, write the next file in migrations/versions/, raise HEAD; the contract tests
say what is missing.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, select, table, text
from sqlalchemy import column as named
from sqlalchemy.ext.asyncio import AsyncConnection

from damascus.core.errors import Misconfigured
from damascus.ledger.engine import Ledger

HEAD = "0001"
SCRIPTS = Path(__file__).parent / "migrations"
# PostgreSQL's advisory lock of this program's migrations; any fixed number does
_LOCK = 7_203_251_100
_VERSION = select(table("alembic_version", named("version_num")).c.version_num)


async def upgrade(ledger: Ledger) -> None:
    """Make or bring up to date all tables; raises Misconfigured for a ledger newer than this program."""
    async with ledger.connection(write=False) as connection:
        if await _version(connection) == HEAD:
            return
    async with ledger.connection(write=True) as connection:
        if connection.dialect.name == "postgresql":
            await connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        version = await _version(connection)
        if version != HEAD:
            await connection.run_sync(_migrate, version)


async def _version(connection: AsyncConnection) -> str | None:
    if not await connection.run_sync(lambda sync: inspect(sync).has_table("alembic_version")):
        return None
    return await connection.scalar(_VERSION)


def _migrate(connection: Connection, version: str | None) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    if version is not None and version not in known:
        raise Misconfigured(
            f"the ledger's tables are of version {version}, newer than this program's ({HEAD}): "
            "install the newer program, or name another database in LEDGER_URL"
        )
    command.upgrade(config, "head")
