"""Brings a ledger to this program's tables, however many processes start at once.

A ledger at HEAD costs one query: Alembic, which takes long to import, is only loaded when there is something to do
(the one import inside a function in this room, for that reason). There is no way back to older tables.

To change a table: change it in tables/, write the next file in migrations/versions/, raise HEAD; the contract tests
say what is missing.
"""

from pathlib import Path

from sqlalchemy import Connection, inspect, select, table, text
from sqlalchemy import column as named

from damascus.core.errors import Misconfigured
from damascus.ledger.engine import Ledger

HEAD = "0003"
SCRIPTS = Path(__file__).parent / "migrations"
# PostgreSQL's advisory lock of this program's migrations; any fixed number does
_LOCK = 7_203_251_100
_VERSION = select(table("alembic_version", named("version_num")).c.version_num)


async def upgrade(ledger: Ledger) -> None:
    """Create all tables or bring them up to date; raises Misconfigured if the ledger is newer than this program."""
    await ledger.run(_upgrade)


def _upgrade(connection: Connection) -> None:
    if _version(connection) == HEAD:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    version = _version(connection)
    if version != HEAD:
        _migrate(connection, version)


def _version(connection: Connection) -> str | None:
    return connection.scalar(_VERSION) if inspect(connection).has_table("alembic_version") else None


def _migrate(connection: Connection, version: str | None) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    if version is not None and version not in known:
        raise Misconfigured(
            f"the ledger has schema version {version}, this program knows {HEAD}; "
            "upgrade the program, or point LEDGER_URL at another database"
        )
    command.upgrade(config, "head")
