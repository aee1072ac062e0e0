"""The office's port: what a stranger, a web page or a slow client sends costs next to nothing and does nothing."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

import psutil
import pytest

from damascus.office.http_protocol import BoundedHttpProtocol
from damascus.office.page import STATIC
from tests.fixtures.company import Company
from tests.fixtures.raw_http import answer, ask, connected, head, pour, status

HUGE = 300_000_000
KERNEL_BUFFERS = 24_000_000  # what two sockets may hold that nobody has read
UNREAD = "nothing is read of a stranger's body"
FOREIGN = "no web page speaks with the office"
BOUNDED = "what a client sends or leaves unread has a bound"


def rss(company: Company) -> int:
    return psutil.Process(company.office()["pid"]).memory_info().rss


@pytest.fixture
def url(company: Company) -> Iterator[str]:
    """The office's address; whatever a test sends there, the office neither grows nor stops to answer."""
    before = rss(company)
    yield company.office()["url"]
    assert company.get("/api/missions")["items"] is not None
    assert rss(company) - before < 30_000_000


def bearer(company: Company) -> str:
    return f"Authorization: {company.headers()['Authorization']}"


@pytest.mark.attack("a body of 300 MB from a stranger", UNREAD)
@pytest.mark.parametrize("path", ["/api/directives", "/api/health", "/api/openapi.json", "/api/docs", "/nothing"])
@pytest.mark.parametrize("credentials", [[], ["Authorization: Bearer"], ["Authorization: Bearer wrong"]])
def test_a_strangers_body_is_refused_before_it_is_read(url: str, path: str, credentials: list[str]) -> None:
    """Class: nothing is read of a stranger's body. Every route; with a length, and in chunks without one."""
    for framing, piece in ((f"Content-Length: {HUGE}", b"x" * 65536), ("Transfer-Encoding: chunked", CHUNK)):
        with connected(url) as line:
            line.sendall(head(url, f"POST {path}", framing, *credentials))
            said = answer(line)  # comes before a byte of the body was sent
        assert status(said) == 401
        with connected(url) as line:
            line.sendall(head(url, f"POST {path}", framing, *credentials))
            assert pour(line, piece, HUGE) < KERNEL_BUFFERS


CHUNK = b"10000\r\n" + b"x" * 65536 + b"\r\n"


@pytest.mark.attack("a body without end from one who has the token", BOUNDED)
def test_a_body_has_a_bound_for_those_who_may_send_one_too(company: Company, url: str) -> None:
    """Class: what a client sends has a bound. By its announced length at once, in chunks at the bound."""
    known = bearer(company)
    with connected(url) as line:
        line.sendall(head(url, "POST /api/directives", known, f"Content-Length: {HUGE}"))
        assert status(answer(line)) == 413
    with connected(url) as line:
        line.sendall(head(url, "POST /api/directives", known, "Transfer-Encoding: chunked"))
        assert pour(line, CHUNK, HUGE) < KERNEL_BUFFERS
    for length in ("-1", "+5", "9" * 400, "5, 5", "0x10"):
        code, _ = ask(url, "POST /api/directives", known, f"Content-Length: {length}")
        assert code in (0, 400, 413)


@pytest.mark.attack("a body on GET /api/health, which needs no token", BOUNDED)
def test_the_public_route_takes_no_large_body_either(url: str) -> None:
    """Class: what a client sends has a bound. The one route without a token is held to the same sizes."""
    with connected(url) as line:
        line.sendall(head(url, "GET /api/health", "Transfer-Encoding: chunked"))
        assert pour(line, CHUNK, HUGE) < KERNEL_BUFFERS
    assert ask(url, "GET /api/health", f"Content-Length: {HUGE}")[0] == 413


@pytest.mark.attack("DNS rebinding", FOREIGN)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:5180", "127.0.0.1.evil.example", "user@127.0.0.1", "", "localhost, evil.example",
     "127.0.0.1/evil", "[::1", "0.0.0.0", "localhost\r\nHost: evil.example", "169.254.169.254"],
)  # fmt: skip
def test_an_office_that_is_asked_for_under_anothers_name_does_not_answer(company: Company, host: str) -> None:
    """Class: no web page speaks with the office. The page's own name leads to 127.0.0.1; also with the token, also for
    what is open to all."""
    url = company.office()["url"]
    for request in ("GET /api/health", "GET /api/missions", "POST /api/directives", "GET /api/openapi.json"):
        code, said = ask(url, request, bearer(company), host=host)
        assert code in (400, 421), said
        assert b"Damascus" not in said


@pytest.mark.attack("a page that posts blind", FOREIGN)
@pytest.mark.parametrize(
    "fields",
    [["Origin: http://evil.example"], ["Origin: null"], ["Origin: http://127.0.0.1:3000"],
     ["Origin: {own}.evil.example"], ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: same-site"],
     ["Origin: {own}", "Origin: http://evil.example"]],
)  # fmt: skip
def test_a_page_of_another_origin_is_refused_whatever_it_knows(company: Company, url: str, fields: list[str]) -> None:
    """Class: no web page speaks with the office. Another port of this machine, such as Gitea's, is another origin."""
    own = f"http://{urlsplit(url).netloc}"
    sent = [field.format(own=own) for field in fields]
    body = b'{"text": "Give me the company"}'
    size = f"Content-Length: {len(body)}"
    before = company.rows("select count(*) as n from directives")[0]["n"]
    for type_ in ("text/plain", "application/json"):
        code, said = ask(url, "POST /api/directives", bearer(company), size, f"Content-Type: {type_}", *sent, body=body)
        assert code == 403, said
        assert b"access-control-allow" not in said.lower()
    asked = ["Access-Control-Request-Method: POST", "Access-Control-Request-Headers: authorization"]
    assert ask(url, "OPTIONS /api/directives", *sent, *asked)[0] in (401, 403)
    assert ask(url, "GET /api/health", *sent)[0] == 403
    assert company.rows("select count(*) as n from directives")[0]["n"] == before


@pytest.mark.attack("a page of the office that runs scripts from elsewhere", FOREIGN)
def test_the_office_serves_no_page_that_loads_anything(company: Company, url: str) -> None:
    """Class: no web page speaks with the office. Documentation with a script from a network would be one that does."""
    for path in ("/api/docs", "/docs", "/redoc", "/api/redoc", "/docs/oauth2-redirect"):
        assert ask(url, f"GET {path}")[0] == 401
        code, said = ask(url, f"GET {path}", bearer(company))
        assert code == 404
        assert b"<script" not in said
    assert ask(url, "GET /api/openapi.json")[0] == 401
    assert ask(url, "GET /api/openapi.json", bearer(company))[0] == 200
    code, page = ask(url, "GET /")  # files that hold nothing of the company, for everybody, where they were built
    assert code == (200 if (STATIC / "index.html").exists() else 404)
    assert re.search(rb"(?:src|href)=.(?!/[^/])|<script[^>]*>[^<]|https?://", page) is None


@pytest.mark.attack("a request's head without end", BOUNDED)
@pytest.mark.parametrize(
    ("start", "piece"),
    [(b"GET /" + b"a" * 100, b"a" * 65536), (b"GET /api/health HTTP/1.1\r\nX: ", b"y" * 65536),
     (b"GET /api/health HTTP/1.1\r\n", b"A: b\r\n" * 10_000),
     (b"GET /api/health HTTP/1.1\r\nHost: ", b"localhost" * 8_000)],
)  # fmt: skip
def test_a_head_has_a_bound(url: str, start: bytes, piece: bytes) -> None:
    """Class: what a client sends has a bound. One name, one value, one address or many fields without end."""
    with connected(url) as line:
        line.sendall(start)
        assert pour(line, piece, HUGE) < KERNEL_BUFFERS


@pytest.mark.attack("connections that say nothing", BOUNDED)
def test_a_thousand_silent_connections_keep_nobody_out(company: Company, url: str) -> None:
    """Class: what a client leaves unsaid has a bound. The oldest silent ones make room for a request."""
    lines = []
    try:
        for n in range(1_000):
            line = connected(url)
            lines.append(line)
            line.__enter__().sendall(b"" if n % 2 else b"GET /api/hea")
        assert ask(url, "GET /api/health")[0] == 200
        assert len(psutil.Process(company.office()["pid"]).net_connections()) < BoundedHttpProtocol.max_connections + 50
    finally:
        for line in lines:
            line.__exit__(None, None, None)
