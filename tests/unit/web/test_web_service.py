"""Agents read the web through a process of its own: over its socket or port, and without it, in words."""

import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from damascus.core.clock import FixedClock, SystemClock
from damascus.core.settings import SearchSettings, WebSettings
from damascus.supervisor.redis_server import free_port
from damascus.web.port import Page, SearchQuery, Unchanged, WebError, WebErrorKind
from damascus.web.remote import SOCKET_NAME, RemoteWeb
from tests.fixtures.processes import until
from tests.fixtures.site import Answer, Site


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / ("a folder whose name is longer than the address of a socket may be, " * 3)[:120].strip() / "home"


@pytest.fixture
async def service(site: Site, tmp_path: Path, home: Path) -> AsyncIterator[subprocess.Popen[bytes]]:
    config = f"web: {{private_hosts: '{site.host}', seconds_between_requests: 0.001, search: {{without_key: false}}}}\n"
    (tmp_path / "config.yaml").write_text(f"company: {{home: '{home}'}}\n{config}")
    server = subprocess.Popen([sys.executable, "-m", "damascus.web.server"], cwd=tmp_path)
    await until(lambda: (home / SOCKET_NAME).exists())
    yield server
    server.terminate()
    assert server.wait(60) == 0


async def test_a_page_is_read_through_the_service(service: object, site: Site, home: Path) -> None:
    web = RemoteWeb(WebSettings(), home, SystemClock())
    url = site.article("/a", "The market for bread grew by nine percent last year, the office of statistics says. " * 3)
    site.answers["/a"].headers["ETag"] = '"v1"'
    page = await web.fetch(url)
    assert isinstance(page, Page)
    assert "nine percent" in page.text
    site.answers["/a"] = Answer(status=304)
    assert await web.fetch(url, page.validators) == Unchanged(url)
    with pytest.raises(WebError) as error:
        await web.fetch(f"{site.url}/none")
    assert error.value.kind == WebErrorKind.NOT_FOUND
    with pytest.raises(WebError) as error:
        await web.search(SearchQuery("bread"))
    assert error.value.kind == WebErrorKind.NO_PROVIDER
    for url in ("", "x" * 5_000):
        with pytest.raises(WebError) as error:
            await web.fetch(url)
        assert error.value.kind == WebErrorKind.INVALID


def test_only_its_owner_can_open_the_socket(service: object, home: Path) -> None:
    assert (home / SOCKET_NAME).stat().st_mode & 0o777 == 0o600


async def test_the_service_takes_over_the_socket_of_one_that_was_killed(
    service: subprocess.Popen[bytes], site: Site, home: Path, tmp_path: Path
) -> None:
    killed = subprocess.Popen([sys.executable, "-m", "damascus.web.server"], cwd=tmp_path)
    before = (home / SOCKET_NAME).stat().st_ino
    await until(lambda: (home / SOCKET_NAME).exists() and (home / SOCKET_NAME).stat().st_ino != before)
    killed.send_signal(signal.SIGKILL)
    killed.wait(60)
    web = RemoteWeb(WebSettings(), home, FixedClock())
    with pytest.raises(WebError) as error:
        await web.fetch(f"{site.url}/a")
    assert error.value.kind == WebErrorKind.OFFLINE


async def test_without_the_service_a_model_is_told(tmp_path: Path) -> None:
    clock = FixedClock()
    web = RemoteWeb(WebSettings(), tmp_path, clock)
    for asked in (web.fetch("https://example.org/"), web.search(SearchQuery("bread"))):
        with pytest.raises(WebError, match="Continue with what you know") as error:
            await asked
        assert error.value.kind == WebErrorKind.OFFLINE
    assert clock.monotonic() == 2.0  # one more attempt each
    switched_off = RemoteWeb(WebSettings(enabled=False), tmp_path, clock)
    with pytest.raises(WebError, match="looks nothing up"):
        await switched_off.fetch("https://example.org/")
    assert clock.monotonic() == 2.0


async def test_a_page_of_a_browser_cannot_use_the_port(site: Site, tmp_path: Path) -> None:
    port = free_port()
    server = subprocess.Popen(
        [sys.executable, "-m", "damascus.web.server", "--port", str(port)], cwd=tmp_path, env={**os.environ}
    )
    base = f"http://127.0.0.1:{port}"
    await until(lambda: answers(base))
    for headers in ({"Content-Type": "text/plain"}, {}, {"Content-Type": "application/x-www-form-urlencoded"}):
        refused = httpx.post(f"{base}/pages", content=f'{{"url": "{site.url}/a"}}', headers=headers)
        assert refused.status_code == 400
    for body in (b"", b"{", b"[]", b'{"url": 1}', b'{"url": "x", "more": 1}', b'{"url": "' + b"x" * 70_000 + b'"}'):
        refused = httpx.post(f"{base}/pages", content=body, headers={"Content-Type": "application/json"})
        assert refused.status_code in (400, 422)
        assert refused.json()["kind"] == "invalid"
    assert site.asked == []
    server.terminate()
    assert server.wait(60) == 0


async def test_keys_are_sent_with_a_search_and_with_nothing_else(pages: tuple[str, dict[str, object]]) -> None:
    url, answers_by_path = pages
    answers_by_path["/searches"] = (200, {}, {"provider": "tavily", "results": [], "failures": []})
    settings = WebSettings(url=url, search=SearchSettings(tavily_key="k-1"))  # type: ignore[arg-type]
    web = RemoteWeb(settings, Path("/nowhere"), FixedClock())
    assert (await web.search(SearchQuery("bread"))).provider == "tavily"
    answers_by_path["/pages"] = (502, {}, {"oops": True})
    with pytest.raises(WebError, match="HTTP 502"):
        await web.fetch("https://example.org/")
    answers_by_path["/pages"] = (200, {}, {"oops": True})
    with pytest.raises(WebError, match="unreadable"):
        await web.fetch("https://example.org/")


def answers(base: str) -> bool:
    try:
        return httpx.get(f"{base}/health").status_code == 200
    except httpx.HTTPError:
        return False
