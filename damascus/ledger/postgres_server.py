"""Whether the PostgreSQL at LEDGER_URL can hold the ledger: what is asked of it before any table is made or read."""

from sqlalchemy import Connection, text

from damascus.core.errors import Misconfigured
from damascus.core.minimums import NEEDED, is_older

_MINIMUM = NEEDED["postgresql"].version
_SERVER = text(
    "SELECT current_setting('server_version'), current_setting('transaction_read_only'), "
    "current_setting('server_encoding')"
)
_PLACE = text(
    "SELECT current_user, current_schema(), has_schema_privilege(current_schema(), 'CREATE'), "
    "current_setting('search_path')"
)


def check_server(connection: Connection) -> None:
    """Raise Misconfigured, in one line, if the database of this connection cannot hold the ledger."""
    if connection.dialect.name != "postgresql":
        return
    version, read_only, encoding = connection.execute(_SERVER).one()
    if is_older(version, _MINIMUM):
        raise Misconfigured(f"PostgreSQL {version} is too old for the ledger: update it to {_MINIMUM} or newer")
    if read_only == "on":
        raise Misconfigured("the ledger's PostgreSQL is read-only here (a standby?); point LEDGER_URL at the primary")
    if encoding != "UTF8":
        raise Misconfigured(
            f"the ledger's database has the encoding {encoding}, which cannot hold every text; make one with "
            "`createdb --encoding=UTF8 --template=template0 NAME` and name it in LEDGER_URL"
        )


def check_may_create(connection: Connection) -> None:
    """Raise Misconfigured if the ledger's tables cannot be made in the schema where this connection would make them."""
    if connection.dialect.name != "postgresql":
        return
    user, schema, may_create, path = connection.execute(_PLACE).one()
    if schema is None:
        raise Misconfigured(
            f"none of the schemas in which the ledger's tables would be made exists (search_path: {path}); "
            f"make one: CREATE SCHEMA ... AUTHORIZATION {user}"
        )
    if not may_create:
        raise Misconfigured(
            f"the ledger's user {user} may make no tables in the schema {schema}: "
            f"GRANT CREATE ON SCHEMA {schema} TO {user}"
        )
