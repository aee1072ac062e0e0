"""Tells failures of the database (gone, locked, full) from mistakes of the program, and says how to fix them.

A failure becomes Unavailable where the database raises it, so that an error of the code inside a transaction's block is
never taken for one of the ledger's.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from ssl import SSLError

from sqlalchemy import ExceptionContext
from sqlalchemy.exc import DBAPIError, TimeoutError

from damascus.core.errors import Unavailable

_START = "check that the database exists and can be written"
_SPACE = "free some space on that disk"
_LOCKED = "another program has it locked; close that program"
_DAMAGED = "restore the file from a backup, or move it away to start with an empty ledger"
_SQLITE = {
    sqlite3.SQLITE_PERM: _START,
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _START,
    sqlite3.SQLITE_IOERR: "check that disk: it may be full, or a quota used up",
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_FULL: _SPACE,
    sqlite3.SQLITE_CANTOPEN: _START,
    sqlite3.SQLITE_PROTOCOL: _LOCKED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
}
# by the beginning of PostgreSQL's SQLSTATE; the longer ones first
_POSTGRES = {
    "53100": _SPACE,
    "53300": "raise max_connections there",
    "25006": "it is read-only; point LEDGER_URL at the primary",
    "25P03": "the process stalled inside a transaction and PostgreSQL ended it; check the machine's load",
    "28": "check the user and the password in LEDGER_URL",
    "3D": "create that database, or correct LEDGER_URL",
    "08": _START,
    "53": _START,
    "55P03": _LOCKED,
    "57": _START,
    "58": _START,
    "40": "two transactions conflicted; try again",
    "3F": "create that schema, or correct search_path in LEDGER_URL",
    "42501": "GRANT that to the user of LEDGER_URL",
}
# what poolers and the driver say without an SQLSTATE of their own
_SAID = {
    "rejected SSL upgrade": "it speaks no TLS: switch it on there, or set sslmode=prefer in LEDGER_URL",
    "unsupported startup parameter": "leave it out of LEDGER_URL, or name it in the pooler's ignore_startup_parameters",
    "statement pooling": "set pool_mode of the pooler there to transaction or session",
    "query_wait_timeout": "the pooler there has too few connections: set its pool_mode to transaction",
    "no such database": "correct LEDGER_URL, or the databases that the pooler there knows",
    "no such user": "correct LEDGER_URL, or the users that the pooler there knows",
    "target attribute requirement": "no host in LEDGER_URL is what target_session_attrs asks for",
    "unrecognized configuration parameter": "correct `options` in LEDGER_URL",
}


class DbErrorTranslator:
    """Translates the errors of the database that people know as `where`."""

    def __init__(self, where: str) -> None:
        self._where = where

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Raise Unavailable for whatever fails inside: wraps the opening of a connection."""
        try:
            yield
        except (OSError, DBAPIError, sqlite3.Error, TimeoutError) as error:
            raise self.of_failure(error) from error

    def on_error(self, context: ExceptionContext) -> None:
        """Handle what a statement or a commit raised in SQLAlchemy; raises Unavailable if the database failed."""
        if context.is_pre_ping:
            return  # the pool found out that a connection is dead, and opens another
        error = context.original_exception
        fix = _fix_for(error) or (_START if context.is_disconnect else None)
        if fix and isinstance(error, Exception):
            raise self._unavailable(error, fix) from error

    def of_failure(self, error: Exception) -> Unavailable:
        """Return what to raise if the database could not be opened or did not commit, for any reason."""
        return self._unavailable(error, _fix_for(error) or _START)

    def of_statement(self, error: sqlite3.Error, sql: str) -> Exception:
        """Return what to raise for an error of SQLite's driver: Unavailable, or SQLAlchemy's error for a mistake."""
        fix = _fix_for(error)
        return self._unavailable(error, fix) if fix else DBAPIError.instance(sql, None, error, sqlite3.Error)

    def _unavailable(self, error: Exception, fix: str) -> Unavailable:
        reason = getattr(error, "orig", None) or error
        text = " ".join(str(reason).split()).removeprefix(f"{type(reason)}: ") or type(reason).__name__
        return Unavailable(f"the ledger ({self._where}) failed: {text}; {fix}")


def _fix_for(error: BaseException) -> str | None:
    """Return how to fix a failure; None if it is a mistake in the statement."""
    cause = getattr(error, "orig", None) or error
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF)
    said = next((fix for words, fix in _SAID.items() if words in str(cause)), None)
    if said:
        return said
    if isinstance(cause, SSLError):
        return "check sslmode and sslrootcert in LEDGER_URL"
    if isinstance(cause, OSError):
        return "check that it runs there, and LEDGER_URL"
    state = getattr(cause, "sqlstate", None) or ""
    return next((fix for prefix, fix in _POSTGRES.items() if state.startswith(prefix)), None)
