"""Browsers at the office's port: who logs in once is known, and neither a stranger nor a page elsewhere acts as one."""

import json
import re
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import pytest

from damascus.bus.streams import Bus
from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.settings import Settings
from damascus.ledger.engine import Ledger
from damascus.office.app import create_app
from damascus.office.browsers import MAX_WRONG_LOGINS, WRONG_LOGINS_SECONDS
from damascus.work.outbox import Outbox
from damascus.work.sessions import MAX_TRIES
from tests.fixtures.certificates import Authority, authority
from tests.fixtures.company import wait_for
from tests.security.test_doors_token import office as start_office

__all__ = ["authority"]

TOKEN = "a-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
ONCE = "a code logs in one browser, once"
FOREIGN = "no web page speaks with the office"
GUESS = "what is guessed is guessed in vain"
OPEN = {("GET", "/api/health"), ("POST", "/api/session")}  # says that it is up; takes what logs in
OWN = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock()


@pytest.fixture
async def office(sqlite_ledger_url: str, bus: Bus, clock: FixedClock) -> AsyncIterator[Company]:
    ledger = Ledger(sqlite_ledger_url, clock)
    outbox = Outbox(ledger, bus)
    yield Company(Settings(), clock, ledger, bus, outbox)
    await outbox.close()
    await ledger.close()


def at(office: Company) -> httpx.AsyncClient:
    """A browser of its own at a process of its own, as after a restart of the office: both share the ledger only."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(create_app(office, TOKEN)), base_url="http://localhost")


async def code_of(office: Company, kind: str = "link") -> dict[str, Any]:
    async with at(office) as http:
        answer = await http.post("/api/sessions/codes", json={"kind": kind}, headers=BEARER)
    assert answer.status_code == 201
    return dict(answer.json())


@asynccontextmanager
async def closing(browser: httpx.AsyncClient) -> AsyncIterator[None]:
    yield
    await browser.aclose()


async def logged_in(office: Company, kind: str = "link") -> tuple[httpx.AsyncClient, dict[str, str]]:
    """A browser that is logged in, and the header with which its pages change something."""
    browser = at(office)
    answer = await browser.post("/api/session", json={"code": (await code_of(office, kind))["code"]}, headers=OWN)
    assert answer.status_code == 201, answer.text
    return browser, {**OWN, "X-CSRF-Token": answer.json()["csrf"]}


@pytest.mark.attack("a link that somebody else finds later", ONCE)
@pytest.mark.parametrize("kind", ["link", "pairing"])
async def test_a_used_code_logs_nobody_in(office: Company, kind: str) -> None:
    """Class: a code logs in one browser, once. From a history, a terminal's scrollback, over a shoulder."""
    code = (await code_of(office, kind))["code"]
    async with at(office) as first, at(office) as second:
        assert (await first.post("/api/session", json={"code": code})).status_code == 201
        refused = await second.post("/api/session", json={"code": code})
        assert refused.status_code == 401
        assert "set-cookie" not in refused.headers
        assert (await second.get("/api/missions")).status_code == 401
        assert (await first.get("/api/missions")).status_code == 200


@pytest.mark.attack("the cookie in a script's hands", ONCE)
async def test_the_cookie_is_for_the_browser_alone(office: Company) -> None:
    """Class: a code logs in one browser, once. No script reads the cookie, no other site has it sent, no log has it."""
    async with at(office) as http:
        answer = await http.post("/api/session", json={"code": (await code_of(office))["code"]})
    (morsel,) = SimpleCookie(answer.headers["set-cookie"]).values()
    assert (morsel["httponly"], morsel["samesite"], morsel["path"]) == (True, "strict", "/")
    assert morsel["domain"] == ""
    assert morsel.value not in answer.text
    assert "no-store" in answer.headers["cache-control"]


@pytest.mark.attack("a page that posts with the browser's cookie", FOREIGN)
async def test_what_changes_something_needs_what_only_a_page_of_the_office_knows(office: Company) -> None:
    """Class: no web page speaks with the office. Another port of this host is the same site: the cookie comes along."""
    browser, known = await logged_in(office)
    other, others = await logged_in(office)
    body = {"text": "Give me the company"}
    async with closing(browser), closing(other):
        for headers in ({}, OWN, {**OWN, "X-CSRF-Token": ""}, {**OWN, "X-CSRF-Token": "a" * 64}, others):
            refused = await browser.post("/api/directives", json=body, headers=headers)
            assert refused.status_code == 403, headers
        for path in ("/api/session", "/api/sessions/ses_1"):
            assert (await browser.delete(path, headers=OWN)).status_code == 403
        for spoilt in ({"Origin": "http://localhost:3000"}, {"Sec-Fetch-Site": "same-site"}):
            refused = await browser.post("/api/directives", json=body, headers={**known, **spoilt})
            assert refused.status_code == 403
            assert (await browser.get("/api/session", headers={**known, **spoilt})).status_code == 403
        assert (await browser.post("/api/directives", json=body, headers=known)).status_code == 201


@pytest.mark.attack("a door that was added since", FOREIGN)
async def test_every_door_there_is_is_shut_to_strangers_and_to_other_pages(office: Company) -> None:
    """Class: no web page speaks with the office. Every operation of its OpenAPI, whenever it came."""
    browser, _ = await logged_in(office)
    async with closing(browser), at(office) as stranger:
        described = (await browser.get("/api/openapi.json")).json()["paths"]
        doors = [(method.upper(), re.sub(r"\{\w+\}", "x", path)) for path, all in described.items() for method in all]
        assert len(doors) >= 60
        for method, path in doors:
            if (method, path) not in OPEN:
                assert (await stranger.request(method, path)).status_code == 401, (method, path)
            for spoilt in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
                assert (await browser.request(method, path, headers=spoilt)).status_code == 403, (method, path)
            if method != "GET" and (method, path) not in OPEN:
                assert (await browser.request(method, path, headers=OWN)).status_code == 403, (method, path)


@pytest.mark.attack("a log-in that another site makes", FOREIGN)
async def test_no_other_site_logs_a_browser_in(office: Company) -> None:
    """Class: no web page speaks with the office. Who is logged in as somebody else gives away what is typed."""
    code = (await code_of(office))["code"]
    async with at(office) as http:
        for headers in ({"Origin": "http://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            assert (await http.post("/api/session", json={"code": code}, headers=headers)).status_code == 403
        # the page where one logs in comes from any link, and says nothing
        page = await http.get("/login", headers={"Sec-Fetch-Site": "cross-site"})
        assert page.status_code == 200
        assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
        assert (await http.post("/api/session", json={"code": code})).status_code == 201


@pytest.mark.attack("guessing a pairing code", GUESS)
async def test_a_pairing_code_dies_of_five_wrong_ones_from_whatever_address(office: Company) -> None:
    """Class: what is guessed is guessed in vain. 5 of 2^40, whoever asks; then even the right one is refused."""
    code = (await code_of(office, "pairing"))["code"]
    for number in range(MAX_TRIES):
        transport = httpx.ASGITransport(create_app(office, TOKEN), client=(f"10.0.0.{number}", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
            assert (await http.post("/api/session", json={"code": f"AAAAAAA{number}"})).status_code == 401
    async with at(office) as http:
        assert (await http.post("/api/session", json={"code": code})).status_code == 401


@pytest.mark.attack("guessing without end", GUESS)
async def test_an_address_that_guesses_waits_a_minute(office: Company, clock: FixedClock) -> None:
    """Class: what is guessed is guessed in vain. Also with a code that would fit: it is not even looked at."""
    code = (await code_of(office))["code"]
    async with at(office) as http:
        for _ in range(MAX_WRONG_LOGINS):
            assert (await http.post("/api/session", json={"code": "wrong"})).status_code == 401
        refused = await http.post("/api/session", json={"code": code})
        assert (refused.status_code, refused.headers["retry-after"]) == (429, str(int(WRONG_LOGINS_SECONDS)))
        clock.advance(WRONG_LOGINS_SECONDS)
        assert (await http.post("/api/session", json={"code": code})).status_code == 201


@pytest.mark.attack("a cookie that was ended, or made up", GUESS)
async def test_a_session_outlives_the_office_and_ends_everywhere(office: Company) -> None:
    """Class: what is guessed is guessed in vain. A restart logs nobody out; `ceo session end` does, at once."""
    browser, known = await logged_in(office)
    async with closing(browser), at(office) as restarted, at(office) as thief:
        restarted.cookies = browser.cookies
        own = (await restarted.get("/api/session")).json()
        assert own["csrf"] == known["X-CSRF-Token"]
        (name,) = browser.cookies.keys()
        for made_up in ("", "a", "a" * 5_000, own["id"], browser.cookies[name][:-1], f'"{own["id"]}"'):
            answer = await thief.get("/api/missions", headers={"Cookie": f"{name}={made_up}"})
            assert answer.status_code == 401, made_up
        ended = await thief.delete(f"/api/sessions/{own['id']}", headers=BEARER)
        assert ended.json()["id"] == own["id"]
        for one in (browser, restarted):
            assert (await one.get("/api/missions")).status_code == 401
        assert (await thief.get("/api/sessions", headers=BEARER)).json()["items"] == []


@pytest.mark.attack("a wrong token beside a cookie", GUESS)
async def test_a_wrong_token_is_not_saved_by_a_cookie(office: Company) -> None:
    """Class: what is guessed is guessed in vain. One of the two counts, and it has to fit."""
    browser, _ = await logged_in(office)
    async with closing(browser):
        assert (await browser.get("/api/missions", headers={"Authorization": "Bearer wrong"})).status_code == 401


@pytest.mark.attack("a stranger's large log-in", "nothing is read of a stranger's body")
async def test_a_strangers_log_in_is_small(office: Company) -> None:
    """Class: nothing is read of a stranger's body. The one route that takes one from strangers takes 2 kB."""
    async with at(office) as http:
        assert (await http.post("/api/session", json={"code": "a" * 3_000})).status_code == 413


@pytest.mark.attack("an answer that a browser would run", FOREIGN)
async def test_every_answer_says_what_a_browser_may_do_with_it(office: Company) -> None:
    """Class: no web page speaks with the office. Also refusals, and what is not there."""
    async with at(office) as http:
        for path in ("/login", "/login.js", "/api/health", "/api/missions", "/nothing"):
            for headers in ({}, BEARER, {"Host": "evil.example"}):
                said = (await http.get(path, headers=headers)).headers
                assert "'unsafe-inline'" not in said["content-security-policy"]
                assert said["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
                assert said["x-content-type-options"] == "nosniff"
                assert said["referrer-policy"] == "no-referrer"
                assert said["cross-origin-resource-policy"] == "same-origin"


@pytest.mark.attack("an office for other machines that speaks HTTP", "what other machines reach is encrypted")
def test_an_office_for_other_machines_needs_tls_or_a_word(tmp_path: Path) -> None:
    """Class: what other machines reach is encrypted. Or a setting says that the network between is private."""
    office = start_office(tmp_path, OFFICE_HOST="0.0.0.0", OFFICE_PORT="0")
    said = office.communicate(timeout=60)[1]
    assert office.returncode == 2
    assert "OFFICE_CERTIFICATE" in said
    assert "OFFICE_PLAIN_HTTP" in said
    (tmp_path / "wrong.pem").write_text("not a certificate")
    office = start_office(tmp_path, OFFICE_HOST="0.0.0.0", OFFICE_PORT="0", OFFICE_CERTIFICATE="wrong.pem")
    said = office.communicate(timeout=60)[1]
    assert (office.returncode, "wrong.pem" in said, "Traceback" in said) == (2, True, False)


@pytest.mark.attack("a listener between the office and a browser elsewhere", "what other machines reach is encrypted")
def test_an_office_with_a_certificate_speaks_tls_only(tmp_path: Path, authority: Authority) -> None:
    """Class: what other machines reach is encrypted. The file with its address says so, and HTTP gets no answer."""
    authority.key_and_certificate(tmp_path / "office.pem", "localhost", "127.0.0.1")
    office = start_office(tmp_path, OFFICE_HOST="0.0.0.0", OFFICE_PORT="0", OFFICE_CERTIFICATE="office.pem")
    file = tmp_path / ".damascus/office.json"
    try:
        wait_for(lambda: office.poll() is not None or file.exists(), "its address")
        url = json.loads(file.read_text())["url"]
        assert url.startswith("https://")
        trusted = ssl.create_default_context(cafile=authority.file)
        answer = httpx.get(f"{url}/login", verify=trusted, trust_env=False)
        assert answer.status_code == 200
        with pytest.raises(httpx.TransportError):
            httpx.get(f"http{url.removeprefix('https')}/login", trust_env=False)
    finally:
        office.kill()
        office.communicate(timeout=60)
