"""Brings a ledger to this program's tables, however many processes start at once.

A ledger at HEAD costs one query: Alembic, which takes long to import, is only loaded when there is something to do
(the one import inside a function in this room, for that reason). There is no way back to older tables.

A ledger that holds something is copied first. To change a table: change it in tables/, write the next file in
migrations/versions/, raise HEAD in schema_version.py; the contract tests say what is missing.
"""

import logging
from pathlib import Path

from sqlalchemy import Connection, inspect, text

from damascus.core.errors import Misconfigured
from damascus.ledger.copy_before_upgrade import copy_ledger
from damascus.ledger.engine import Ledger
from damascus.ledger.postgres_server import check_may_create, check_server
from damascus.ledger.schema_version import HEAD, SELECT_VERSION, VERSION_TABLE, mismatch

log = logging.getLogger(__name__)

SCRIPTS = Path(__file__).parent / "migrations"
# PostgreSQL's advisory lock of this program's migrations; any fixed number does
_LOCK = 7_203_251_100
# on a busy machine the import of Alembic alone takes longer than a transaction may do nothing (postgres.py)
_MAY_TAKE_LONG = text("SET LOCAL idle_in_transaction_session_timeout = '10min'")


async def upgrade(ledger: Ledger) -> None:
    """Create all tables or bring them up to date.

    Raises Misconfigured if the ledger is newer than this program, or its PostgreSQL cannot hold one.
    """
    await ledger.run(_upgrade)


async def read_version(ledger: Ledger) -> str | None:
    """Return the version of the ledger's tables; None if it has none yet, and they can be made.

    Raises Misconfigured if its PostgreSQL cannot hold a ledger, or this program may not make or upgrade its tables.
    """
    return await ledger.run(_checked_version)


def _upgrade(connection: Connection) -> None:
    if _checked_version(connection) == HEAD:
        return
    if connection.dialect.name == "postgresql":
        connection.execute(_MAY_TAKE_LONG)
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    version = _version(connection)
    if version != HEAD:
        _migrate(connection, version)


def _checked_version(connection: Connection) -> str | None:
    check_server(connection)
    version = _version(connection)
    if version != HEAD:
        check_may_create(connection)
    return version


def _version(connection: Connection) -> str | None:
    return connection.scalar(SELECT_VERSION) if inspect(connection).has_table(VERSION_TABLE) else None


def _migrate(connection: Connection, version: str | None) -> None:
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", str(SCRIPTS).replace("%", "%%"))
    known = [script.revision for script in ScriptDirectory.from_config(config).walk_revisions()]
    if version is not None and version not in known:
        raise Misconfigured(str(mismatch(version)))
    if version is not None:
        log.warning(
            "the ledger is upgraded from %s to %s; as it was: %s", version, HEAD, copy_ledger(connection, version)
        )
    command.upgrade(config, "head")
