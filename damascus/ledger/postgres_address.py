"""LEDGER_URL as libpq reads it, for a driver that knows most of libpq's parameters.

Those that it knows are passed on; of the others each is taken here, or has no effect and is left out, or is refused by
its name: none is handed to the server as one of its settings, and none is passed over in silence that asks for safety.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from damascus.core.errors import Misconfigured

MAX_CONNECT_SECONDS = 10.0  # where the address names no other time
FOR_EVER_SECONDS = 366 * 86_400.0
FORM = "expected postgresql://USER:PASSWORD@HOST[:PORT]/DATABASE[?PARAMETER=VALUE], special characters percent-encoded"

_THE_DRIVERS = {
    "host", "port", "user", "password", "dbname", "passfile", "krbsrvname", "gsslib",
    "target_session_attrs", "sslmode", "sslcert", "sslkey", "sslpassword", "sslrootcert", "sslcrl", "sslnegotiation",
    "ssl_min_protocol_version", "ssl_max_protocol_version",
}  # fmt: skip
_THE_SERVERS = {"application_name", "options"}
_OURS = {"connect_timeout", "fallback_application_name", "ssl"}
_NO_EFFECT = {
    "keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", "sslcompression",
    "sslsni", "client_encoding",
}  # fmt: skip
_FILES = {"sslcert", "sslkey", "sslrootcert", "sslcrl"}
_ONLY = {
    "target_session_attrs": {"any", "read-write", "read-only", "primary", "standby", "prefer-standby"},
    "channel_binding": {"disable", "prefer"},
    "gssencmode": {"disable", "prefer"},
    "load_balance_hosts": {"disable"},
}
_HOST = re.compile(r"(\[[^\[\]]*\]|[^\[\]:,]*)(:[0-9]*)?")


@dataclass(frozen=True)
class PostgresAddress:
    """`dsn` is for the driver, `shown` for people (without a password); it takes `seconds` at most to connect."""

    dsn: str
    shown: str
    seconds: float
    server_settings: dict[str, str]


def parse_postgres(url: str) -> PostgresAddress:
    """Read an address. Raises Misconfigured, without quoting what may be a password, if it cannot be used."""
    try:
        parts = urlsplit(url)
        given = dict(
            parse_qsl(parts.query.replace("+", "%2B"), keep_blank_values=True, strict_parsing=bool(parts.query))
        )
    except ValueError:
        raise Misconfigured(f"ledger.url (LEDGER_URL) is not usable; {FORM}") from None
    credentials, at, hosts = parts.netloc.rpartition("@")
    if not all(_HOST.fullmatch(host) for host in hosts.split(",")) or parts.fragment or "@" in credentials:
        raise Misconfigured(f"ledger.url (LEDGER_URL) is not usable; {FORM}")
    for name, value in given.items():
        _check(name, value)
    if "ssl" in given:  # JDBC's word, which libpq takes too
        given.setdefault("sslmode", "require" if given["ssl"] == "true" else given["ssl"])
    passed = {name: value for name, value in given.items() if name in _THE_DRIVERS}
    settings = {name: given[name] for name in _THE_SERVERS if name in given}
    if "fallback_application_name" in given:
        settings.setdefault("application_name", given["fallback_application_name"])
    query = "&".join(f"{name}={quote(value, safe='/:,')}" for name, value in passed.items())
    user = credentials.partition(":")[0] or quote(given.get("user", ""))
    where = "&".join(f"{name}={given[name]}" for name in ("host", "port", "dbname") if name in given)
    return PostgresAddress(
        dsn=f"postgresql://{parts.netloc}{parts.path.rstrip('/')}{'?' if query else ''}{query}",
        shown=f"postgresql://{unquote(user)}{':***' if ':' in credentials else ''}{at}{hosts}{parts.path}"
        f"{'?' if where else ''}{where}",
        seconds=_seconds(given.get("connect_timeout")),
        server_settings=settings,
    )


def _check(name: str, value: str) -> None:
    if name in _ONLY:
        if value not in _ONLY[name]:
            raise Misconfigured(
                f"ledger.url (LEDGER_URL): `{name}` can only be {', '.join(sorted(_ONLY[name]))} here, or left out"
            )
    elif name in _FILES and value != "system" and not Path(value).expanduser().is_file():
        raise Misconfigured(f"ledger.url (LEDGER_URL): there is no file {value[:200]} ({name})")
    elif name not in _THE_DRIVERS | _THE_SERVERS | _OURS | _NO_EFFECT:
        raise Misconfigured(
            f"ledger.url (LEDGER_URL): the parameter {name[:40]!r} is not known here; leave it out "
            "(settings of the server go into `options`)"
        )


def _seconds(text: str | None) -> float:
    """Return how long to wait for a connection; libpq's 0 is for ever."""
    if text is None:
        return MAX_CONNECT_SECONDS
    try:
        seconds = int(text)
    except ValueError:
        raise Misconfigured("ledger.url (LEDGER_URL): `connect_timeout` is a whole number of seconds") from None
    return float(seconds) if seconds > 0 else FOR_EVER_SECONDS
