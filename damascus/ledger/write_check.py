"""Whether the ledger takes what the company writes: a row is committed and removed again."""

from sqlalchemy import Connection, text

from damascus.core.ids import new_id
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import read_version

FILLER_CHARS = 16_000  # more than the space that is left in the pages SQLite has: it needs new ones, as real work does


class _Undone(Exception):
    """Nothing of the block is kept."""


async def check_writable(ledger: Ledger) -> None:
    """Write a row durably and remove it; in a ledger without tables, make a table and undo it.

    Raises Unavailable, with what to do, if the ledger is read-only, full, locked, of another version or not there.
    """
    if await read_version(ledger) is None:
        try:
            await ledger.run(_make_and_undo)
        except _Undone:
            return
    owner = new_id("check")
    async with ledger.transaction() as tx:
        filler = "x" * FILLER_CHARS if tx.session.dialect == "sqlite" else ""
        await tx.leases.take(owner, f"{owner}{filler}", tx.now, tx.now)
    async with ledger.transaction() as tx:
        await tx.leases.release(owner, f"{owner}{filler}")


def _make_and_undo(connection: Connection) -> None:
    connection.execute(text("CREATE TABLE damascus_check (word TEXT)"))
    connection.execute(text("INSERT INTO damascus_check VALUES ('x')"))
    raise _Undone
