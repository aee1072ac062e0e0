"""Whether the SQLite that this Python was built with, or that was put before it, can hold the ledger."""

import re
import sys
from contextlib import closing
from pathlib import Path

from damascus.core.errors import Misconfigured
from damascus.core.minimums import NEEDED, is_older

try:
    import sqlite3
except ImportError as error:  # a Python that was built without it, or beside a library that does not fit
    _MISSING = str(error)
else:
    _MISSING = ""

_MINIMUM = NEEDED["sqlite"].version
_USED = (
    "CREATE TABLE used (id INTEGER PRIMARY KEY, word TEXT, late TEXT)",
    "CREATE UNIQUE INDEX open_word ON used (word) WHERE late IS NULL",
    "INSERT INTO used VALUES (1, 'a', NULL) ON CONFLICT (id) DO UPDATE SET word = excluded.word RETURNING word",
    "UPDATE used SET late = 'b' WHERE (id, word) > (0, 'a') RETURNING late",
    "DROP INDEX open_word",
    "ALTER TABLE used DROP COLUMN late",
)
_ADVICE = (
    "use a Python with a newer one (`rm -rf .venv && make setup PYTHON=...`), "
    "or a PostgreSQL for the ledger (LEDGER_URL)"
)


def check_sqlite() -> str:
    """Return SQLite's version once it has done what the ledger asks of it.

    Raises Misconfigured, in one line, if it is missing, too old, or built without something that is used.
    """
    if _MISSING:
        raise Misconfigured(f"{sys.executable} has no SQLite ({_MISSING}): {_ADVICE}")
    version = sqlite3.sqlite_version
    if is_older(version, _MINIMUM) is not False:
        raise Misconfigured(f"SQLite {version}{_place()} is older than {_MINIMUM}: {_ADVICE}")
    try:
        with closing(sqlite3.connect(":memory:")) as connection:
            for statement in _USED:
                connection.execute(statement)
    except sqlite3.Error as error:
        raise Misconfigured(f"SQLite {version}{_place()} lacks what the ledger uses ({error}): {_ADVICE}") from None
    return version


def _place() -> str:
    """Return the library's file in brackets, as far as the system tells it."""
    try:
        found = re.search(r"\S*/libsqlite3\S*", Path("/proc/self/maps").read_text(encoding="utf-8", errors="replace"))
    except OSError:
        return ""
    return f" ({found[0]})" if found else f" (in {sys.executable})"
