"""The version of the ledger's tables: a program reads and writes a ledger of its own version, and no other.

Every transaction asks for it first. So a process that was left running when another one upgraded the ledger writes
nothing more, and one that is ahead of the office waits until the office has upgraded it.
"""

from sqlalchemy import column as named
from sqlalchemy import select, table
from sqlalchemy.exc import DBAPIError

from damascus.core.errors import Unavailable
from damascus.ledger.session import Session

HEAD = "0029"
VERSION_TABLE = "alembic_version"
SELECT_VERSION = select(table(VERSION_TABLE, named("version_num")).c.version_num)


async def check_version(session: Session) -> None:
    """Raise Unavailable, with what to do, unless the ledger has the tables of this program."""
    try:
        rows = await session.rows(SELECT_VERSION)
    except DBAPIError as error:
        if VERSION_TABLE in str(error.orig):
            raise mismatch(None) from error
        raise
    version = str(rows[0][0]) if rows else None
    if version != HEAD:
        raise mismatch(version)


def mismatch(version: str | None) -> Unavailable:
    """Return the error for a ledger of another version, which says how to continue."""
    if version is None:
        return Unavailable("the ledger has no tables yet; the office makes them when it starts (`ceo up`)")
    state = f"the ledger has schema version {version}, this program needs {HEAD}"
    if version < HEAD:
        return Unavailable(f"{state}; the office of this version upgrades it when it starts (`ceo up`)")
    return Unavailable(f"{state}; start the version that upgraded it, or go back to the copy (docs/how-to/upgrade.md)")
