"""Server-side request forgery: a page's address, a redirect or a name that leads to what is not public.

Each attempt is made by the real fetcher over real sockets. The names are answered by a name server of ours; a site on
loopback stands for everything private and counts what reaches it.
"""

import socket
from collections.abc import AsyncIterator
from http.server import BaseHTTPRequestHandler

import pytest

from damascus.core.clock import SystemClock
from damascus.core.settings import WebSettings
from damascus.web.fetcher import PageFetcher
from damascus.web.port import WebError, WebErrorKind
from tests.fixtures.dns import NameServer
from tests.fixtures.site import Answer, Site

pytestmark = pytest.mark.attack("a page's address leads inside", "request forgery through the reader of pages")

PUBLIC = "93.184.215.14"  # of nothing that answers here: an attempt that gets so far has passed the check
STOPPED = {WebErrorKind.PRIVATE, WebErrorKind.INVALID, WebErrorKind.FORBIDDEN}

# what a person or a page may write for a host that is not public; {port} is that of a site which listens on loopback
ADDRESSES = [
    "http://127.0.0.1:{port}/", "http://127.1:{port}/", "http://127.0.1:{port}/", "http://127.255.255.254:{port}/",
    "http://localhost:{port}/", "http://LOCALHOST:{port}/", "http://localhost.:{port}/", "http://2130706433:{port}/",
    "http://0x7f000001:{port}/", "http://0x7f.1:{port}/", "http://0177.0.0.1:{port}/", "http://017700000001:{port}/",
    "http://127.0.0.1.:{port}/", "http://①②⑦.⓪.⓪.①:{port}/", "http://127。0。0。1:{port}/", "http://0:{port}/",
    "http://0.0.0.0:{port}/", "http://[::]:{port}/", "http://[::1]:{port}/", "http://[0:0:0:0:0:0:0:1]:{port}/",
    "http://[::ffff:127.0.0.1]:{port}/", "http://[::ffff:7f00:1]:{port}/", "http://[::127.0.0.1]:{port}/",
    "http://[::ffff:0:127.0.0.1]:{port}/", "http://[64:ff9b::7f00:1]:{port}/", "http://[64:ff9b:1::7f00:1]:{port}/",
    "http://[2002:7f00:1::]:{port}/", "http://[2001:0:7f00:1::]:{port}/", "http://[fe80::1%25lo]:{port}/",
    "http://[fc00::1]:{port}/", "http://[fd00:ec2::254]:{port}/", "http://[ff02::1]:{port}/", "http://[fec0::1]:{port}/",
    "http://10.0.0.1:{port}/", "http://172.16.0.1:{port}/", "http://192.168.1.1:{port}/", "http://100.64.0.1:{port}/",
    "http://169.254.169.254/latest/meta-data/", "http://169.254.170.2/v2/credentials", "http://2852039166/",
    "http://168.63.129.16/", "http://192.0.0.192/", "http://100.100.100.200/", "http://224.0.0.1:{port}/",
    "http://255.255.255.255:{port}/", "http://240.0.0.1:{port}/", "http://198.18.0.1:{port}/", "http://192.0.2.1/",
    "http://user:s3cret@127.0.0.1:{port}/", "http://example.org@127.0.0.1:{port}/",
    "http://127.0.0.1:{port}\\@example.org/", "http://example.org:pw@127.0.0.1:{port}#@example.org/",
    "file:///etc/passwd", "file://127.0.0.1/etc/passwd", "gopher://127.0.0.1:{port}/_GET", "ftp://127.0.0.1/",
    "dict://127.0.0.1:6379/info", "ldap://127.0.0.1/", "jar:http://127.0.0.1:{port}!/", "data:text/html,hello",
    "unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/info", "javascript:alert(1)", "//127.0.0.1/",
    "http:///127.0.0.1:{port}/", "http:127.0.0.1:{port}", "http://", "http://127.0.0.1:{port}/ HTTP/1.1\r\nX: y",
    "http://example.org:22/", "http://example.org:25/", "http://example.org:110/", "http://ⓛocalhost:{port}/",
]  # fmt: skip

# what the name server says of a name, look by look
NAMES = {
    "loopback": [["127.0.0.1"]],
    "both": [[PUBLIC, "127.0.0.1"]],
    "both-reversed": [["127.0.0.1", PUBLIC]],
    "six": [["::1"]],
    "mapped": [["::ffff:127.0.0.1"]],
    "metadata": [["169.254.169.254"]],
    "nat64": [["64:ff9b::7f00:1"]],
    "zero": [["0.0.0.0"]],
    "rebinds-at-once": [["127.0.0.1"], [PUBLIC]],
    "none": [[]],
}


@pytest.fixture
async def fetcher(name_server: NameServer) -> AsyncIterator[PageFetcher]:
    made = PageFetcher(WebSettings(seconds_between_requests=0.001, seconds=8), SystemClock(), name_server.resolver())
    yield made
    await made.close()


async def attempt(fetcher: PageFetcher, url: str) -> WebErrorKind:
    with pytest.raises(WebError) as error:
        await fetcher.fetch(url)
    assert "s3cret" not in str(error.value)
    return error.value.kind


@pytest.mark.parametrize("address", ADDRESSES)
async def test_an_address_that_is_not_public_is_not_connected_to(site: Site, address: str) -> None:
    """By the machine's own resolver, as a company has it."""
    fetcher = PageFetcher(WebSettings(seconds_between_requests=0.001, seconds=8), SystemClock())
    kind = await attempt(fetcher, address.replace("{port}", site.url.rpartition(":")[2]))
    await fetcher.close()
    assert site.asked == []
    assert kind in STOPPED | {WebErrorKind.OFFLINE}  # OFFLINE: a name that no resolver knows


@pytest.mark.parametrize("name", NAMES)
async def test_a_name_that_leads_inside_is_not_connected_to(
    fetcher: PageFetcher, site: Site, name_server: NameServer, name: str
) -> None:
    name_server.records[f"{name}.test"] = [list(turn) for turn in NAMES[name]]
    kind = await attempt(fetcher, f"http://{name}.test:{site.url.rpartition(':')[2]}/")
    assert site.asked == []
    assert kind == (WebErrorKind.OFFLINE if name == "none" else WebErrorKind.PRIVATE)


async def test_the_address_that_was_looked_at_is_the_one_connected_to(
    fetcher: PageFetcher, site: Site, name_server: NameServer
) -> None:
    """A name that is public at the first look and private at the next is looked up once for a connection."""
    name_server.records["rebinds.test"] = [[PUBLIC], ["127.0.0.1"]]
    port = site.url.rpartition(":")[2]
    kinds = [await attempt(fetcher, f"http://rebinds.test:{port}/") for _ in range(2)]
    assert site.asked == []
    assert name_server.asked == ["rebinds.test", "rebinds.test"]
    assert kinds[1] == WebErrorKind.PRIVATE


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    "location",
    ["http://127.0.0.1:{private}/", "http://inside.test:{private}/", "//127.0.0.1:{private}/", "file:///etc/passwd",
     "http://[::ffff:127.0.0.1]:{private}/", "gopher://127.0.0.1:{private}/", "http://a:b@127.0.0.1:{private}/"],
)  # fmt: skip
async def test_a_redirect_inside_is_not_followed(
    site: Site, name_server: NameServer, status: int, location: str
) -> None:
    """The site may be read, by the CEO's word; the port that its redirects lead to may not."""
    name_server.records["inside.test"] = [["127.0.0.1"]]
    with socket.create_server(("127.0.0.1", 0)) as private:
        private.setblocking(False)
        port = private.getsockname()[1]
        site.answers["/a"] = Answer(status=status, headers={"Location": location.replace("{private}", str(port))})
        fetcher = PageFetcher(site.settings(), SystemClock(), name_server.resolver())
        assert await attempt(fetcher, f"{site.url}/a") in STOPPED
        await fetcher.close()
        with pytest.raises(BlockingIOError):
            private.accept()


async def test_the_rules_for_robots_lead_inside_as_little(site: Site) -> None:
    with socket.create_server(("127.0.0.1", 0)) as private:
        private.setblocking(False)
        location = f"http://127.0.0.1:{private.getsockname()[1]}/"
        site.answers["/robots.txt"] = Answer(status=302, headers={"Location": location})
        site.article("/a", "words")
        fetcher = PageFetcher(site.settings(), SystemClock())
        assert await attempt(fetcher, f"{site.url}/a") == WebErrorKind.PRIVATE
        await fetcher.close()
        with pytest.raises(BlockingIOError):
            private.accept()


@pytest.mark.parametrize("name", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY"])
async def test_a_proxy_of_the_environment_is_not_used(site: Site, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """It would look names up itself, and reach what stands beside it."""
    monkeypatch.setenv(name, site.url)
    fetcher = PageFetcher(WebSettings(seconds=8), SystemClock())
    await attempt(fetcher, "http://name-of-nothing.invalid/")
    await fetcher.close()
    assert site.asked == []


async def test_a_body_without_end_is_cut(site: Site) -> None:
    """Chunks, of which each is small, or one is huge."""

    def chunks(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Type", "text/html")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b"10000\r\n" + b"a" * 0x10000 + b"\r\n")
        except OSError:
            handler.close_connection = True

    site.answers["/endless"] = Answer(play=chunks)
    fetcher = PageFetcher(site.settings(), SystemClock())
    assert await attempt(fetcher, f"{site.url}/endless") == WebErrorKind.TOO_LARGE
    await fetcher.close()
