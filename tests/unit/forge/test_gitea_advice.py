"""Each refusal of Gitea, Forgejo or what stands before them comes with advice that is true, and with no other."""

import json

import httpx
import pytest
from pydantic import SecretStr

from damascus.core.clock import FixedClock
from damascus.core.errors import ForgeUnavailable
from damascus.core.settings import ForgeSettings
from damascus.forge.gitea.api import GiteaApi
from damascus.forge.gitea.probe import product_of
from damascus.forge.gitea.responses import RequestRefused

TOKEN = "0123456789abcdef0123456789abcdef01234567"
URL = "http://gitea:3000"
HTML = "text/html"

# status, words (JSON's message, or a page), kind, what is said, what is not
SAID = [
    (401, f"access token does not exist [sha: {TOKEN}]", "", "create a new one and set GITEA_TOKEN", "sha"),
    (
        403,
        "token does not have at least one of required scope(s), required=[write:issue]",
        "",
        "lacks a scope",
        "right",
    ),
    (403, "token scope is limited to public repos", "", "public repositories only", "write:issue"),
    (423, "founder/app is archived", "", "unarchive it", "scope"),
    (403, "repo is archived", "", "unarchive it", "scope"),
    (403, "You can not create a repository: the limit is 0", "", "make room", "scope"),
    (422, "The maximum number of repositories was reached", "", "make room", "scope"),
    (413, "quota exceeded", "", "make room", "scope"),
    (403, "This account is prohibited from signing in", "", "unlock the token's user", "scope"),
    (403, "You must change your password", "", "log in at Gitea", "scope"),
    (403, "two-factor authentication is required", "", "log in at Gitea", "scope"),
    (403, "Given user is not allowed to create repository in organization.", "", "has no right to do that", "scope"),
    (403, "", "", "has no right to do that", "scope"),
    (400, "Client sent an HTTP request to an HTTPS server.\n", "text/plain", "begins with https://", "running"),
    (400, "<p>The plain HTTP request was sent to HTTPS port</p>", HTML, "begins with https://", "running"),
    (404, "<h1>404 page not found</h1>", HTML, "the path that Gitea is under", "scope"),
    (500, "", "", "check Gitea's own log", "scope"),
]


def api(answer: httpx.Response | Exception) -> GiteaApi:
    def respond(_: httpx.Request) -> httpx.Response:
        if isinstance(answer, Exception):
            raise answer
        return answer

    settings = ForgeSettings(kind="gitea", url=URL, token=SecretStr(TOKEN))
    return GiteaApi(settings, FixedClock(), httpx.MockTransport(respond))


def response(status: int, words: str, kind: str) -> httpx.Response:
    body = words if kind else json.dumps({"message": words, "url": "x"})
    return httpx.Response(status, text=body, headers={"content-type": kind or "application/json"})


@pytest.mark.parametrize(("status", "words", "kind", "said", "unsaid"), SAID)
async def test_the_advice_is_the_one_that_helps(status: int, words: str, kind: str, said: str, unsaid: str) -> None:
    with pytest.raises(ForgeUnavailable) as refused:
        await api(response(status, words, kind)).create_issue("founder/app", {"title": "t"})
    shown = str(refused.value)
    assert said in shown
    assert unsaid not in shown
    assert TOKEN not in shown
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("error", "said", "unsaid"),
    [
        (httpx.ReadTimeout(""), "is slow", "running"),
        (httpx.WriteTimeout(""), "is slow", "running"),
        (httpx.ConnectTimeout(""), "check that it is running", "slow"),
        (httpx.ConnectError("Connection refused"), "check that it is running", "slow"),
        (httpx.ConnectError("[SSL: WRONG_VERSION_NUMBER] wrong version number"), "begins with http://", "running"),
    ],
)
async def test_slow_is_told_from_not_there(error: Exception, said: str, unsaid: str) -> None:
    with pytest.raises(ForgeUnavailable, match=said) as refused:
        await api(error).user()
    assert unsaid not in str(refused.value)


async def test_a_rename_in_mid_mission_is_no_wrong_address() -> None:
    moved = httpx.Response(301, headers={"location": f"{URL}/api/v1/repos/founder/new/issues"})
    with pytest.raises(ForgeUnavailable, match="renamed at Gitea just now"):
        await api(moved).create_issue("founder/app", {"title": "t"})
    away = httpx.Response(301, headers={"location": "https://login.example.com/"})
    with pytest.raises(ForgeUnavailable, match="set GITEA_URL to that address"):
        await api(away).create_issue("founder/app", {"title": "t"})


async def test_a_refusal_of_one_issue_is_told_from_one_of_all() -> None:
    blocked = response(412, "cannot close this issue because it still has open dependencies", "")
    with pytest.raises(RequestRefused):
        await api(blocked).edit_issue("founder/app", 1, {"state": "closed"})
    with pytest.raises(ForgeUnavailable) as refused:
        await api(response(403, "required scope(s)", "")).edit_issue("founder/app", 1, {"state": "closed"})
    assert not isinstance(refused.value, RequestRefused)


@pytest.mark.parametrize(
    ("version", "name"), [("1.26.3", "Gitea"), ("13.0.2+gitea-1.22.0", "Forgejo"), ("1.27.0+dev-12-gabc", "Gitea")]
)
def test_forgejo_is_called_by_its_name(version: str, name: str) -> None:
    assert product_of(version) == name
