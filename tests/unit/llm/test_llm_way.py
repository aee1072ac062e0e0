"""The way to the model: through real proxies and real certificates; what is wrong with it is said as what it is."""

import asyncio
import datetime
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace

import pytest

from damascus.core.errors import Misconfigured, ModelUnavailable
from damascus.llm.port import Unreachable
from tests.fixtures.proxies import forget_proxies

FAR = "model.example.com"


@asynccontextmanager
async def encrypted(server, context) -> AsyncIterator[int]:
    """The scripted server behind TLS; its port."""
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0, ssl=context)
    yield listening.sockets[0].getsockname()[1]
    listening.close()


@pytest.fixture
def at(client_with, server, ask, book, monkeypatch) -> SimpleNamespace:
    """Where a test stands: the scripted server, clients of it, the book, and the environment."""
    return SimpleNamespace(client_with=client_with, server=server, ask=ask, book=book, monkeypatch=monkeypatch)


async def refusal(client, at) -> str:
    with pytest.raises(Unreachable) as error:
        await client.complete(at.ask(), at.book)
    assert at.book.was_lost == [], "nothing was sent, so nothing is paid for"
    assert "\n" not in str(error.value)
    return str(error.value)


@pytest.mark.parametrize("kind", ["http", "socks5", "socks5h"])
async def test_a_server_far_away_is_asked_through_the_proxy(at, proxy, kind):
    port = int(at.server.url.split(":")[2].split("/")[0])
    proxy.leads[FAR] = port
    at.monkeypatch.setenv("ALL_PROXY", f"{kind}://127.0.0.1:{proxy.port}")
    response = await at.client_with(f"http://{FAR}:{port}/v1").complete(at.ask(), at.book)
    assert response.text == "Hello."
    assert len(proxy.asked) == 1
    assert FAR in proxy.asked[0]


@pytest.mark.parametrize("kind", ["http", "socks5h"])
async def test_it_is_encrypted_to_its_end_whatever_the_proxy_is(at, proxy, authority, kind):
    async with encrypted(at.server, authority.context()) as port:
        proxy.leads[FAR] = port
        at.monkeypatch.setenv("https_proxy", f"{kind}://127.0.0.1:{proxy.port}")
        client = at.client_with(f"https://{FAR}/v1", ca=str(authority.file))
        assert (await client.complete(at.ask(), at.book)).text == "Hello."
        assert proxy.asked == [f"CONNECT {FAR}:443" if kind == "http" else f"SOCKS {FAR}:443"]


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"])
async def test_a_server_near_is_asked_directly(at, variable):
    forget_proxies(at.monkeypatch)
    at.monkeypatch.setenv(variable, "http://127.0.0.1:1")
    for host in ("127.0.0.1", "localhost"):
        url = at.server.url.replace("127.0.0.1", host)
        assert (await at.client_with(url).complete(at.ask(), at.book)).text == "Hello."


async def test_a_login_at_the_proxy_is_used_and_never_said(at, proxy):
    port = int(at.server.url.split(":")[2].split("/")[0])
    proxy.leads[FAR], proxy.login = port, "me:proxy-pass-word"
    at.monkeypatch.setenv("HTTP_PROXY", f"http://me:proxy-pass-word@127.0.0.1:{proxy.port}")
    client = at.client_with(f"http://{FAR}:{port}/v1")
    assert (await client.complete(at.ask(), at.book)).text == "Hello."
    proxy.refuse("403 Forbidden")
    said = await refusal(client, at)
    assert f"the proxy http://127.0.0.1:{proxy.port} (HTTP_PROXY) refused (403 Forbidden)" in said
    assert "pass-word" not in said


@pytest.mark.parametrize("scheme", ["http", "https"])
@pytest.mark.parametrize(
    ("status", "login"),
    [("407 Proxy Authentication Required", True), ("403 Forbidden", False), ("502 Bad Gateway", False),
     ("503 Service Unavailable", False), ("504 Gateway Timeout", False)],
)  # fmt: skip
async def test_what_a_proxy_refuses_is_no_wrong_key(at, proxy, scheme, status, login):
    proxy.refuse(status)
    at.monkeypatch.setenv(f"{scheme}_proxy", proxy.url)
    said = await refusal(at.client_with(f"{scheme}://{FAR}/v1", retries=0), at)
    assert f"the proxy {proxy.url} ({scheme}_proxy) refused ({status})" in said
    assert ("put its user and password into" in said) is login
    assert f"name {FAR} in NO_PROXY" in said
    assert "LLM_API_KEY" not in said
    assert at.server.seen == []


async def test_what_the_server_itself_refuses_through_a_proxy_is_still_the_servers(at, proxy, reply):
    port = int(at.server.url.split(":")[2].split("/")[0])
    proxy.leads[FAR] = port
    at.monkeypatch.setenv("HTTP_PROXY", proxy.url)
    at.server.will(reply.status(403, {"error": {"message": "this key is blocked"}}))
    with pytest.raises(Exception, match="this key is blocked") as error:
        await at.client_with(f"http://{FAR}:{port}/v1").complete(at.ask(), at.book)
    assert "LLM_API_KEY" in str(error.value)


@pytest.mark.parametrize("kind", ["http", "socks5"])
@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_is_not_there_is_named_and_not_the_server(at, kind, scheme):
    forget_proxies(at.monkeypatch)
    at.monkeypatch.setenv("ALL_PROXY", f"{kind}://127.0.0.1:1")
    said = await refusal(at.client_with(f"{scheme}://{FAR}/v1", retries=0), at)
    assert f"the proxy {kind}://127.0.0.1:1 (ALL_PROXY) does not respond" in said


async def test_a_socks_proxy_that_refuses_is_named(at, proxy):
    proxy.refuse("x")
    at.monkeypatch.setenv("ALL_PROXY", proxy.socks)
    said = await refusal(at.client_with(f"http://{FAR}/v1", retries=0), at)
    assert f"the proxy {proxy.socks} (ALL_PROXY) refused" in said


async def test_a_login_page_in_place_of_an_answer_may_be_the_proxys(at, proxy):
    proxy.refuse("200 OK")
    at.monkeypatch.setenv("HTTP_PROXY", proxy.url)
    with pytest.raises(Exception, match=f"web page, perhaps that of the proxy {proxy.url}"):
        await at.client_with(f"http://{FAR}/v1", retries=0).complete(at.ask(), at.book)


async def test_a_proxy_of_another_kind_is_one_line_before_anything_is_asked(at):
    forget_proxies(at.monkeypatch)
    at.monkeypatch.setenv("ALL_PROXY", "socks4://127.0.0.1:1")
    with pytest.raises(Misconfigured, match=r"^ALL_PROXY names no proxy"):
        await at.client_with(f"http://{FAR}/v1").warm()


async def test_a_certificate_is_checked_on_this_machine_too_and_its_fault_told(at, authority):
    forget_proxies(at.monkeypatch)
    async with encrypted(at.server, authority.context()) as port:
        client = at.client_with(f"https://127.0.0.1:{port}/v1", ca=str(authority.file))
        assert (await client.complete(at.ask(), at.book)).text == "Hello."
        said = await refusal(at.client_with(f"https://127.0.0.1:{port}/v1", retries=0), at)
        assert "name the signer's certificate in LLM_CA" in said
    old = authority.context(expires=datetime.datetime(2020, 1, 1))
    async with encrypted(at.server, old) as port:
        client = at.client_with(f"https://127.0.0.1:{port}/v1", ca=str(authority.file), retries=0)
        assert "has expired" in await refusal(client, at)


async def test_a_wrong_path_is_one_line_before_anything_is_asked(at, tmp_path):
    with pytest.raises(Misconfigured, match=r"^LLM_CA is '.*none', which cannot be read: No such file"):
        await at.client_with(ca=str(tmp_path / "none")).warm()


async def test_a_list_of_prices_that_a_proxy_withholds_stops_no_call(at, proxy):
    """It is asked for first; the call's own failure is what is said."""
    proxy.refuse("403 Forbidden")
    at.monkeypatch.setenv("HTTP_PROXY", proxy.url)
    client = at.client_with(
        f"http://{FAR}/v1", retries=0, tiers=dict.fromkeys(("strong", "standard", "cheap"), "unheard")
    )
    with pytest.raises(ModelUnavailable, match=f"the proxy {proxy.url}"):
        await client.complete(at.ask(), at.book)
    assert [line.split()[0] for line in proxy.asked] == ["GET", "GET", "POST"]
