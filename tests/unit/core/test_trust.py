"""Certificates that settings name: read as people have them, refused in one line, told apart when they fail."""

import datetime
import socket
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import trustme

from damascus.core.errors import Misconfigured
from damascus.core.network import Route, Trust, check_certificates, read_certificates
from tests.fixtures.certificates import Authority, make_authority

FILES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@contextmanager
def greeting(context: ssl.SSLContext | None) -> Iterator[int]:
    """A server that shakes hands, with TLS or without, until the block ends."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                line, _ = listener.accept()
            except OSError:
                return
            try:
                if context is None:
                    line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
                else:
                    line = context.wrap_socket(line, server_side=True)
                line.recv(1)
            except OSError:
                pass
            line.close()

    thread = threading.Thread(target=serve)
    thread.start()
    yield listener.getsockname()[1]
    listener.shutdown(socket.SHUT_RDWR)
    listener.close()
    thread.join()


def shake(port: int, route: Route, name: str = "localhost") -> None:
    context = route.trust.context()
    assert isinstance(context, ssl.SSLContext)
    with socket.create_connection(("127.0.0.1", port)) as line, context.wrap_socket(line, server_hostname=name):
        pass


def route(ca: str = "", **environment: str) -> Route:
    return Route.to("https://localhost:1/v1", "LLM_BASE_URL", ca, "LLM_CA", environment=environment)


def problem(port: int, way: Route, name: str = "localhost") -> str:
    with pytest.raises(OSError) as error:  # noqa: PT011 (what it says is the matter here)
        shake(port, way, name)
    try:
        raise RuntimeError("as a library wraps it") from error.value
    except RuntimeError as wrapped:
        found = way.problem(wrapped)
    assert found
    assert "\n" not in found
    return found


@pytest.fixture
def old(authority: Authority) -> ssl.SSLContext:
    return authority.context(expires=datetime.datetime(2020, 1, 1))


def test_a_signer_is_trusted_only_where_a_setting_or_the_machine_names_it(authority: Authority) -> None:
    named = str(authority.file)
    with greeting(authority.context()) as port:
        shake(port, route(named))
        for variable in FILES:
            shake(port, route(**{variable: named}))
        assert "does not know who signed it; name the signer's certificate in LLM_CA" in problem(port, route())


def test_what_the_machine_trusts_stays_trusted_beside_it(authority: Authority, tmp_path: Path) -> None:
    other = make_authority(tmp_path, "other.pem")
    with greeting(other.context()) as port:
        shake(port, route(str(authority.file), SSL_CERT_FILE=str(other.file)))
        shake(port, route(str(authority.file), REQUESTS_CA_BUNDLE=str(other.file)))


def test_a_folder_of_certificates_in_text_and_in_binary_is_read_whole(authority: Authority, tmp_path: Path) -> None:
    folder = tmp_path / "certificates"
    folder.mkdir()
    other = trustme.CA()
    (folder / "a.pem").write_text(f"Subject: somebody\n\n{authority.ca.cert_pem.bytes().decode()}\n# the end")
    (folder / "b.cer").write_bytes(ssl.PEM_cert_to_DER_cert(other.cert_pem.bytes().decode()))
    (folder / "README").write_text("what they are for")
    (folder / "damaged.pem").write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    (folder / "below").mkdir()
    for each in (authority, Authority(other, folder)):
        with greeting(each.context()) as port:
            shake(port, route(str(folder)))
    assert read_certificates(str(folder), "X").count("BEGIN CERTIFICATE") == 2


def test_the_kinds_of_bad_certificates_are_told_apart(
    authority: Authority, old: ssl.SSLContext, tmp_path: Path
) -> None:
    named = str(authority.file)
    with greeting(old) as port:
        assert "has expired; renew it there" in problem(port, route(named))
    with greeting(authority.context("elsewhere.example.com")) as port:
        assert "the certificate of localhost is for another name; use that one in LLM_BASE_URL" in problem(
            port, route(named)
        )
        assert "is for another name" in problem(port, route(named), "127.0.0.1")
    own = tmp_path / "own"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost", "-addext",
         "subjectAltName=DNS:localhost", "-keyout", f"{own}.key", "-out", f"{own}.crt"],
        check=True, capture_output=True,
    )  # fmt: skip
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{own}.crt", f"{own}.key")
    with greeting(context) as port:
        assert "it is self-signed; name it in LLM_CA" in problem(port, route(named))
        shake(port, route(f"{own}.crt"))
    with greeting(None) as port:
        assert "localhost does not speak TLS; set LLM_BASE_URL to the address that begins with http://" in problem(
            port, route(named)
        )


def test_an_error_that_is_none_of_the_way_is_left_alone() -> None:
    assert route().problem(ValueError("x")) is None
    assert route().problem(ConnectionResetError("reset")) is None


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("SSL certificate problem: certificate has expired", "has expired"),
        ("SSL certificate problem: self-signed certificate in certificate chain", "does not know who signed it"),
        ("SSL certificate problem: self-signed certificate", "self-signed; name it in LLM_CA"),
        ("SSL certificate problem: unable to get local issuer certificate", "does not know who signed it"),
        ("SSL: no alternative certificate subject name matches target host name 'x'", "for another name"),
        ("server certificate verification failed. CAfile: none CRLfile: none", "does not know who signed it"),
        ("SSL: certificate subject name (x) does not match target host name 'y'", "for another name"),
        ("SSL certificate problem: certificate is not yet valid", "not valid yet"),
    ],
)
def test_gits_words_for_a_certificate_are_understood(said: str, expected: str) -> None:
    assert expected in (route().problem_in(f"fatal: unable to access 'https://x/': {said}") or "")
    assert route().problem_in("fatal: repository not found") is None


@pytest.mark.parametrize("kind", ["nothing there", "empty", "a key only", "empty folder", "a folder of other things"])
def test_a_path_without_certificates_is_one_line_that_names_its_setting(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "ca"
    if kind == "empty":
        path.touch()
    elif kind == "a key only":
        path.write_text("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
    elif kind != "nothing there":
        path.mkdir()
        if "other" in kind:
            (path / "README").write_text("none here")
    with pytest.raises(Misconfigured, match=r"^LLM_CA is '.*ca', ") as error:
        route(str(path))
    assert "\n" not in str(error.value)
    check_certificates("", "LLM_CA")


@pytest.mark.parametrize("variable", FILES)
def test_a_variable_of_the_machine_that_leads_nowhere_is_named_when_it_counts(tmp_path: Path, variable: str) -> None:
    for path in (tmp_path / "none", tmp_path / "empty"):
        (tmp_path / "empty").touch()
        with pytest.raises(Misconfigured, match=f"^{variable} is '.*{path.name}'"):
            route(**{variable: str(path)}).client_options()
    plain = Route.to("http://localhost:1", "LLM_BASE_URL", environment={variable: str(tmp_path / "none")})
    assert plain.client_options()["verify"] is False, "without encryption no certificate is looked at"


def test_an_address_that_is_none_is_refused_without_quoting_it() -> None:
    for url in ("http://[", "http://me:secret@host:port/"):
        with pytest.raises(Misconfigured, match=r"^LLM_BASE_URL is not an address") as error:
            Route.to(url, "LLM_BASE_URL", environment={})
        assert "secret" not in str(error.value)


def test_one_file_for_git_holds_what_is_trusted_and_none_is_made_where_the_systems_store_is_all(
    authority: Authority, tmp_path: Path
) -> None:
    assert Trust("", "GITEA_CA", {}).bundle() is None
    own = authority.file.read_text().strip()
    with_the_systems = Trust(str(authority.file), "GITEA_CA", {}).bundle()
    assert with_the_systems
    assert own in with_the_systems
    assert with_the_systems.count("BEGIN CERTIFICATE") > 50
    other = make_authority(tmp_path, "other.pem").file
    both = Trust(str(authority.file), "GITEA_CA", {"SSL_CERT_FILE": str(other)}).bundle()
    assert both
    assert own in both
    assert other.read_text().strip() in both
    assert both.count("BEGIN CERTIFICATE") == 2
