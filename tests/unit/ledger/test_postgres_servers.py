"""PostgreSQL as people have it: it works, or start and doctor refuse it alike, in one line without the password."""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import text

from damascus.core.errors import DamascusError, Misconfigured, Unavailable
from damascus.core.settings import LedgerSettings, Settings
from damascus.doctor.checks.ledger import check_ledger
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import upgrade
from damascus.supervisor.redis_server import free_port
from tests.fixtures.company import founded
from tests.fixtures.postgres import Postgres, served
from tests.fixtures.rows import a_message

PASSWORD = "p@ss/w:rd%+?#&"  # of every role here
ENCODED = "p%40ss%2Fw%3Ard%25%2B%3F%23%26"
OLD = """
CREATE FUNCTION old.current_setting(text) RETURNS text LANGUAGE sql AS
$$ SELECT CASE $1 WHEN 'server_version' THEN '9.6.24' ELSE pg_catalog.current_setting($1) END $$
"""


@dataclass(frozen=True)
class Strict:
    """A server with passwords, TLS and TCP, and databases that are each strange in one way."""

    folder: Path
    port: int

    def url(self, database: str, user: str = "us", query: str = "", hosts: str = "") -> str:
        hosts = hosts or f"127.0.0.1:{self.port}"
        return f"postgresql://{user}:{ENCODED}@{hosts}/{database}{'?' if query else ''}{query}"


@pytest.fixture(scope="module")
def server(postgres: Postgres) -> Iterator[Strict]:
    with served(postgres.programs, options="-c listen_addresses=127.0.0.1", port=free_port()) as plain:
        _close(plain)
        _fill(plain)
        yield Strict(plain.folder, plain.port)


def _close(server: Postgres) -> None:
    """Ask everybody but the administrator for a password, and offer TLS."""
    data = server.folder / "data"
    key, certificate = data / "server.key", data / "server.crt"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
         "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost", "-keyout", key, "-out", certificate],
        check=True, capture_output=True,
    )  # fmt: skip
    owner = data.stat()
    for path in (key, certificate):
        shutil.chown(path, owner.st_uid, owner.st_gid)
    key.chmod(0o600)
    (data / "pg_hba.conf").write_text(
        "local all postgres trust\nlocal all all scram-sha-256\nhost all all all scram-sha-256\n"
    )
    with (data / "postgresql.conf").open("a") as conf:
        conf.write("ssl = on\n")
    server.stop()
    server.start()


def _fill(server: Postgres) -> None:
    server.sql(
        *(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'" for name in ("us", "guest")),
        "CREATE DATABASE ours OWNER us",
        "CREATE DATABASE theirs",
        "CREATE DATABASE closed",
        "REVOKE CONNECT ON DATABASE closed FROM PUBLIC",
        "CREATE DATABASE latin OWNER us ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'",
        "CREATE DATABASE ascii OWNER us ENCODING 'SQL_ASCII' TEMPLATE template0",
        "CREATE DATABASE frozen OWNER us",
        "ALTER DATABASE frozen SET default_transaction_read_only = on",
    )
    server.sql("REVOKE CREATE ON SCHEMA public FROM PUBLIC", database="theirs")
    server.sql("CREATE SCHEMA old AUTHORIZATION us", OLD, "CREATE SCHEMA company AUTHORIZATION us", database="ours")


async def started(url: str) -> Ledger:
    """A ledger as a start leaves it, which has been written to and read."""
    ledger = Ledger(url)
    try:
        await upgrade(ledger)
        async with ledger.transaction() as tx:
            await tx.messages.post(a_message("hello \N{SNOWMAN}"))
        async with ledger.reading() as tx:
            assert await tx.messages.unsent(tx.now)
    except BaseException:
        await ledger.close()
        raise
    return ledger


async def examined(url: str) -> str:
    return (await check_ledger(Settings(ledger=LedgerSettings(url=url)))).detail


async def refused(url: str) -> DamascusError:
    """The one line that both say."""
    with pytest.raises(DamascusError) as at_start:
        await started(url)
    with pytest.raises(DamascusError) as by_doctor:
        await examined(url)
    line = str(at_start.value)
    assert str(by_doctor.value) == line
    assert "\n" not in line
    assert PASSWORD not in line
    assert ENCODED not in line
    return at_start.value


@pytest.mark.parametrize(
    "query",
    ["", "sslmode=require", "sslmode=disable", "sslmode=verify-full&sslrootcert={data}/server.crt", "ssl=true",
     "target_session_attrs=read-write", "target_session_attrs=primary&connect_timeout=20", "connect_timeout=0",
     "application_name=us&keepalives=1&keepalives_idle=30&channel_binding=prefer&gssencmode=disable",
     "options=-c%20search_path%3Dpublic%20-c%20statement_timeout%3D60s"],
)  # fmt: skip
async def test_libpqs_parameters_work(server: Strict, query: str) -> None:
    url = server.url("ours", query=query.format(data=server.folder / "data"))
    ledger = await started(url)
    await ledger.close()
    assert "postgresql" in await examined(url)


async def test_tls_is_used_where_it_is_asked_for_and_the_name_is_told(server: Strict) -> None:
    ask = text(
        "SELECT s.ssl, a.application_name FROM pg_stat_ssl s JOIN pg_stat_activity a USING (pid) "
        "WHERE pid = pg_backend_pid()"
    )
    for query, seen in (
        ("sslmode=require&application_name=damascus", (True, "damascus")),
        ("sslmode=disable", (False, "")),
    ):
        ledger = await started(server.url("ours", query=query))
        assert await ledger.run(lambda connection: tuple(connection.execute(ask).one())) == seen
        await ledger.close()


async def test_its_tables_are_made_where_search_path_points(server: Strict) -> None:
    ledger = await started(server.url("ours", query="options=-c%20search_path%3Dcompany"))
    ask = text("SELECT count(*) FROM pg_tables WHERE schemaname = 'company' AND tablename = 'missions'")
    assert await ledger.run(lambda connection: connection.execute(ask).scalar()) == 1
    await ledger.close()


async def test_of_several_hosts_the_one_that_is_there_is_taken(server: Strict) -> None:
    hosts = f"127.0.0.1:1,127.0.0.1:{server.port}"
    ledger = await started(server.url("ours", hosts=hosts, query="target_session_attrs=read-write"))
    await ledger.close()
    gone = await refused(server.url("ours", hosts="127.0.0.1:1,127.0.0.1:2"))
    assert "check that it runs there, and LEDGER_URL" in str(gone)


async def test_a_socket_is_named_as_for_libpq(server: Strict) -> None:
    folder = str(server.folder)
    for url in (
        f"postgresql://us:{ENCODED}@/ours?host={folder}&port={server.port}",
        f"postgresql://us:{ENCODED}@{folder.replace('/', '%2F')}:{server.port}/ours",
        f"postgres:///?dbname=ours&user=us&password={ENCODED}&host={folder}&port={server.port}",
    ):
        await (await started(url)).close()


@pytest.mark.parametrize(
    ("database", "user", "query", "words"),
    [
        ("theirs", "us", "", "user us may make no tables in the schema public: GRANT CREATE ON SCHEMA public TO us"),
        ("closed", "us", "", "permission denied for database"),
        ("nowhere", "us", "", "does not exist; create that database, or correct LEDGER_URL"),
        ("ours", "nobody", "", "check the user and the password in LEDGER_URL"),
        (
            "latin",
            "us",
            "",
            "the encoding LATIN1, which cannot hold every text; make one with `createdb --encoding=UTF8",
        ),
        ("ascii", "us", "", "the encoding SQL_ASCII, which cannot hold every text"),
        ("frozen", "us", "", "is read-only here (a standby?); point LEDGER_URL at the primary"),
        ("ours", "us", "options=-csearch_path%3Dnowhere", "exists (search_path: nowhere); make one: CREATE SCHEMA"),
        ("ours", "us", "options=-cnonsense%3D1", "correct `options` in LEDGER_URL"),
        ("ours", "us", "options=-csearch_path%3Dold,pg_catalog", "PostgreSQL 9.6.24 is too old for the ledger"),
        ("ours", "us", "target_session_attrs=standby", "no host in LEDGER_URL is what target_session_attrs asks for"),
        ("ours", "us", "sslmode=nonsense", "`sslmode` parameter must be one of"),
        ("ours", "us", "pool=5", "the parameter 'pool' is not known here"),
    ],
)
async def test_what_does_not_work_is_refused_by_start_and_doctor_alike(
    server: Strict, database: str, user: str, query: str, words: str
) -> None:
    assert words in str(await refused(server.url(database, user, query)))


async def test_a_certificate_that_does_not_fit_is_refused(server: Strict, tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=another",
         "-keyout", tmp_path / "key", "-out", tmp_path / "ca.crt"], check=True, capture_output=True,
    )  # fmt: skip
    query = f"sslmode=verify-ca&sslrootcert={tmp_path}/ca.crt"
    assert "check sslmode and sslrootcert" in str(await refused(server.url("ours", query=query)))


async def test_a_server_without_tls_is_not_spoken_to_where_tls_is_asked_for() -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readexactly(8)  # a PostgreSQL without TLS answers the request for it with N
        writer.write(b"N")
        await writer.drain()
        writer.close()

    plain = await asyncio.start_server(refuse, "127.0.0.1", 0)
    port = plain.sockets[0].getsockname()[1]
    url = f"postgresql://us:{ENCODED}@127.0.0.1:{port}/ours?sslmode=require"
    assert "it speaks no TLS: switch it on there" in str(await refused(url))
    plain.close()


async def test_a_server_that_says_nothing_is_given_up_after_connect_timeout() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    mute = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = mute.sockets[0].getsockname()[1]
    error = await refused(f"postgresql://us:{ENCODED}@127.0.0.1:{port}/ours?connect_timeout=1")
    assert isinstance(error, Unavailable)
    assert "no response within 1 s; check that it runs there" in str(error)
    mute.close()


async def test_rights_that_are_taken_away_while_it_runs_are_one_line_and_no_crash(server: Strict) -> None:
    ledger = await started(server.url("ours"))
    await ledger.run(lambda connection: connection.execute(text("GRANT SELECT ON alembic_version, messages TO guest")))
    guest = Ledger(server.url("ours", "guest"))
    with pytest.raises(Unavailable, match=r"permission denied for table messages; GRANT that to the user"):
        async with guest.transaction() as tx:
            await tx.messages.post(a_message())
    await guest.close()
    await ledger.close()


def test_ceo_up_on_such_a_ledger_ends_in_that_line(server: Strict, tmp_path: Path) -> None:
    with founded(tmp_path / "company") as company:
        done = company.ceo("up", "--detach", LEDGER_URL=server.url("latin"))
        assert done.returncode == 2
        line = done.stderr.strip().splitlines()[-1]
        assert line.startswith("ceo: ")
        assert "the encoding LATIN1" in line
        assert company.processes() == []


def test_the_refusals_are_mistakes_of_the_settings(server: Strict) -> None:
    for database in ("latin", "frozen", "theirs"):
        assert isinstance(asyncio.run(refused(server.url(database))), Misconfigured)
