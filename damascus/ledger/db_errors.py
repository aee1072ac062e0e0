"""Tells the database's own trouble (gone, locked, full) from mistakes of the program, and words it.

Trouble becomes Unavailable where the database raises it, so that an error of the code inside a transaction's block is
never taken for one of the ledger's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import ExceptionContext
from sqlalchemy.engine import URL
from sqlalchemy.exc import DBAPIError, TimeoutError

from damascus.core.errors import Unavailable

_START = "check that the database is there and may be written"
_SPACE = "free some space on that disk"
_HELD = "another program holds it; close that program"
_DAMAGED = "put back a copy of the file, or move it away to begin anew"
_SQLITE = {
    sqlite3.SQLITE_PERM: _START,
    sqlite3.SQLITE_BUSY: _HELD,
    sqlite3.SQLITE_LOCKED: _HELD,
    sqlite3.SQLITE_READONLY: _START,
    sqlite3.SQLITE_IOERR: "check that disk",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: _SPACE,
    sqlite3.SQLITE_CANTOPEN: _START,
    sqlite3.SQLITE_PROTOCOL: _HELD,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
# by the beginning of PostgreSQL's SQLSTATE; the longer ones first
_POSTGRES = {
    "53100": _SPACE,
    "53300": "raise max_connections there",
    "25006": "it takes no writes; point LEDGER_URL at the primary",
    "25P03": "this process stood still in the middle of it; look at its machine's load",
    "28": "check the user and the password in LEDGER_URL",
    "3D": "make that database, or correct LEDGER_URL",
    "08": _START,
    "53": _START,
    "55P03": _HELD,
    "57": _START,
    "58": _START,
    "40": "two transactions crossed; try again",
}


class DbErrorTranslator:
    """Words the trouble of the database behind `url`."""

    def __init__(self, url: URL) -> None:
        file = url.get_backend_name() == "sqlite"
        self._where = (url.database or "") if file else url.render_as_string(hide_password=True)

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Around opening a connection, where whatever fails is the database's."""
        try:
            yield
        except (OSError, DBAPIError, sqlite3.Error, TimeoutError) as error:
            raise self.of_failure(error) from error

    def on_error(self, context: ExceptionContext) -> None:
        """SQLAlchemy's hook on what a statement or a commit raised; raises Unavailable for trouble."""
        if context.is_pre_ping:
            return  # the pool found out that a connection is dead, and opens another
        error = context.original_exception
        mend = _mend(error) or (_START if context.is_disconnect else None)
        if mend and isinstance(error, Exception):
            raise self._unavailable(error, mend) from error

    def of_failure(self, error: Exception) -> Unavailable:
        """What to raise when the database could not be opened or did not commit, whatever the reason."""
        return self._unavailable(error, _mend(error) or _START)

    def of_statement(self, error: sqlite3.Error, sql: str) -> Exception:
        """What to raise for what SQLite's driver raised: Unavailable, or SQLAlchemy's word for the same mistake."""
        mend = _mend(error)
        return self._unavailable(error, mend) if mend else DBAPIError.instance(sql, None, error, sqlite3.Error)

    def _unavailable(self, error: Exception, mend: str) -> Unavailable:
        reason = getattr(error, "orig", None) or error
        text = " ".join(str(reason).split()).removeprefix(f"{type(reason)}: ") or type(reason).__name__
        return Unavailable(f"the ledger ({self._where}) did not take it: {text}; {mend}")


def _mend(error: BaseException) -> str | None:
    """What to do about trouble; None when it is not the service's but the statement's."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    if isinstance(cause, OSError):
        return _START
    state = getattr(cause, "sqlstate", None) or ""
    return next((mend for prefix, mend in _POSTGRES.items() if state.startswith(prefix)), None)
