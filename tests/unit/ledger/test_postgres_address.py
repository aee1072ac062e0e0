"""LEDGER_URL for PostgreSQL, read as libpq reads it."""

from pathlib import Path

import pytest

from damascus.core.errors import Misconfigured
from damascus.core.settings import LedgerSettings, RedisSettings, Settings
from damascus.ledger.postgres_address import FOR_EVER_SECONDS, MAX_CONNECT_SECONDS, parse_postgres

U = "postgresql://us:secret@db.internal"


@pytest.mark.parametrize(
    ("url", "dsn"),
    [
        (f"{U}/ledger", f"{U}/ledger"),
        ("postgres://us@h/d", "postgresql://us@h/d"),
        ("postgresql+asyncpg://us@h:5433/d", "postgresql://us@h:5433/d"),
        (f"{U}:1,other:2,third/d?target_session_attrs=any", f"{U}:1,other:2,third/d?target_session_attrs=any"),
        ("postgresql://us:p%40s%2Fs@[::1]:5432/d", "postgresql://us:p%40s%2Fs@[::1]:5432/d"),
        ("postgresql:///d?host=/var/run/pg&port=6000", "postgresql:///d?host=/var/run/pg&port=6000"),
        ("postgresql://%2Fvar%2Frun%2Fpg/d", "postgresql://%2Fvar%2Frun%2Fpg/d"),
        (f"{U}/d?password=a+b%26c", f"{U}/d?password=a%2Bb%26c"),
        (f"{U}/d?sslmode=require&keepalives=1&tcp_user_timeout=3", f"{U}/d?sslmode=require"),
        (f"{U}/d?ssl=true", f"{U}/d?sslmode=require"),
        (f"{U}/d?ssl=verify-full&sslrootcert=system", f"{U}/d?sslrootcert=system&sslmode=verify-full"),
        (f"{U}/d?channel_binding=prefer&gssencmode=disable&client_encoding=auto", f"{U}/d"),
    ],
)  # fmt: skip
def test_what_the_driver_knows_is_passed_on_and_what_has_no_effect_is_left_out(url: str, dsn: str) -> None:
    assert parse_postgres(url).dsn == dsn


@pytest.mark.parametrize(
    ("query", "settings"),
    [
        ("", {}),
        ("?application_name=us", {"application_name": "us"}),
        ("?fallback_application_name=them", {"application_name": "them"}),
        ("?application_name=us&fallback_application_name=them", {"application_name": "us"}),
        ("?options=-c%20search_path%3Dcompany", {"options": "-c search_path=company"}),
        ("?options=-c+x", {"options": "-c+x"}),  # to libpq a plus is a plus
    ],
)
def test_the_servers_own_settings_go_to_the_server(query: str, settings: dict[str, str]) -> None:
    assert parse_postgres(f"{U}/d{query}").server_settings == settings


@pytest.mark.parametrize(
    ("query", "seconds"),
    [("", MAX_CONNECT_SECONDS), ("?connect_timeout=3", 3), ("?connect_timeout=0", FOR_EVER_SECONDS),
     ("?connect_timeout=-1", FOR_EVER_SECONDS)],
)  # fmt: skip
def test_how_long_to_wait_is_said_as_for_libpq(query: str, seconds: float) -> None:
    assert parse_postgres(f"{U}/d{query}").seconds == seconds


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (f"{U}:1,other:2/d?sslmode=require", "postgresql://us:***@db.internal:1,other:2/d"),
        ("postgresql://us@h/d?password=secret", "postgresql://us@h/d"),
        ("postgresql://us:secret@/d?host=/var/run/pg&port=1&sslpassword=secret", "postgresql://us:***@/d?host=/var/run/pg&port=1"),
        ("postgresql:///?dbname=d&user=us&password=secret", "postgresql://us/?dbname=d"),
    ],
)  # fmt: skip
def test_people_see_where_it_is_and_no_password(url: str, shown: str) -> None:
    assert parse_postgres(url).shown == shown


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("pgbouncer=true", "the parameter 'pgbouncer' is not known here; leave it out"),
        ("service=ours", "the parameter 'service' is not known here"),
        ("require_auth=none", "the parameter 'require_auth' is not known here"),
        ("statement_timeout=5", "settings of the server go into `options`"),
        ("channel_binding=require", "`channel_binding` can only be disable, prefer here, or left out"),
        ("gssencmode=require", "`gssencmode` can only be disable, prefer here"),
        ("load_balance_hosts=random", "`load_balance_hosts` can only be disable here"),
        (
            "target_session_attrs=master",
            "can only be any, prefer-standby, primary, read-only, read-write, standby here",
        ),
        ("connect_timeout=soon", "`connect_timeout` is a whole number of seconds"),
        ("sslmode=verify-full&sslrootcert=/nowhere/ca.crt", "there is no file /nowhere/ca.crt (sslrootcert)"),
        ("sslkey=/nowhere/our.key", "there is no file /nowhere/our.key (sslkey)"),
        ("sslmode", "is not usable; expected postgresql://USER:PASSWORD@HOST"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_its_name(query: str, words: str) -> None:
    with pytest.raises(Misconfigured) as refusal:
        parse_postgres(f"{U}/d?{query}")
    assert "LEDGER_URL" in str(refusal.value)
    assert words in str(refusal.value)
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    ["postgresql://us:secr/et@h/d", "postgresql://us:secr@et@h/d", "postgresql://us:secret@h:port/d",
     "postgresql://us:secret@h:1:2/d", "postgresql://us:secr#et@h/d", "postgresql://us:secret@[::1/d",
     "postgresql://us:secret@h/d#part"],
)  # fmt: skip
def test_an_address_that_is_none_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(Misconfigured, match="special characters percent-encoded") as refusal:
        parse_postgres(url)
    for part in ("secr", "et@", "port/"):
        assert part not in str(refusal.value)


def test_a_certificate_that_is_there_is_passed_on(tmp_path: Path) -> None:
    (tmp_path / "ca.crt").touch()
    assert parse_postgres(f"{U}/d?sslrootcert={tmp_path}/ca.crt").dsn.endswith(f"?sslrootcert={tmp_path}/ca.crt")


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("postgresql://us:p%40ss@h/d", {"p%40ss", "p@ss"}),
        ("postgresql://us@h/d?password=in%20query&sslpassword=of-the-key", {"in%20query", "in query", "of-the-key"}),
        ("postgresql://us:many@h1:1,h2:2/d", {"many"}),
        ("postgresql://us@h/d", set()),
    ],
)
def test_a_password_is_redacted_as_it_is_written_and_as_it_is_meant(url: str, secrets: set[str]) -> None:
    assert set(Settings(ledger=LedgerSettings(url=url)).secrets()) == secrets
    assert set(Settings(redis=RedisSettings(url="redis://:r%2Fs@h")).secrets()) == {"r%2Fs", "r/s"}
