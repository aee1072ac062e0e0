"""Keeps a ledger as it was before a migration: a file beside SQLite's, a schema beside PostgreSQL's tables."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import DBAPIError

from damascus.core.errors import Misconfigured

FORBIDDEN = "42501"  # PostgreSQL's insufficient_privilege


def copy_ledger(connection: Connection, version: str) -> str:
    """Copy the whole ledger within the migration's transaction, and return where the copy is.

    A copy of that version which is there already is replaced: an upgrade that did not end left it. Raises Misconfigured
    if PostgreSQL's user may not make a schema, and OSError or sqlite3.Error if there is no space for a file.
    """
    if connection.dialect.name == "sqlite":
        return str(_copy_file(connection, version))
    try:
        return _copy_tables(connection, f"schema_{version}")
    except DBAPIError as error:
        if getattr(error.orig, "sqlstate", None) != FORBIDDEN:
            raise
        raise Misconfigured(
            "the ledger is copied into a schema of its own before it is upgraded, which its user may not make: "
            "GRANT CREATE ON DATABASE ... TO that user"
        ) from error


def _copy_file(connection: Connection, version: str) -> Path:
    path = Path(connection.exec_driver_sql("PRAGMA database_list").all()[0][2])
    copy = path.with_name(f"{path.name}.schema-{version}")
    fresh = copy.with_name(f"{copy.name}.{os.getpid()}")
    try:
        os.close(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        # a second reader: what is committed, while the migration's own transaction keeps every writer out
        with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(fresh)) as target:
            source.backup(target)
        with fresh.open("rb") as file:
            os.fsync(file.fileno())
        fresh.replace(copy)
    finally:
        fresh.unlink(missing_ok=True)
    return copy


def _copy_tables(connection: Connection, schema: str) -> str:
    connection.execute(text(f'DROP SCHEMA IF EXISTS "{schema}" CASCADE'))
    connection.execute(text(f'CREATE SCHEMA "{schema}"'))
    for name in inspect(connection).get_table_names():
        connection.execute(text(f'CREATE TABLE "{schema}"."{name}" (LIKE "{name}" INCLUDING ALL)'))
        connection.execute(text(f'INSERT INTO "{schema}"."{name}" SELECT * FROM "{name}"'))  # noqa: S608
    return f"the schema {schema}"
