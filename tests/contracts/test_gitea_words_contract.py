"""How Gitea says no: the stand-in, as either product, and a real one where GITEA_URL and GITEA_TOKEN name one.

The stories use the token's own user, and remove what they made.
"""

import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from damascus.core.settings import ForgeSettings
from tests.fixtures.forges import real_gitea
from tests.fixtures.gitea import a_double

GIT_TO_PUSH = "info/refs?service=git-receive-pack"
GIT_TO_FETCH = "info/refs?service=git-upload-pack"


@dataclass
class Server:
    """One of them, with a private repository `name` of the token's user, and what it answers."""

    settings: ForgeSettings
    user: str = ""
    name: str = ""

    @property
    def repository(self) -> str:
        return f"/repos/{self.user}/{self.name}"

    def ask(self, method: str, path: str, body: Any = None, token: str | None = None) -> httpx.Response:
        headers = {"Authorization": f"token {token or self.settings.read_token()}"}
        where = f"{self.settings.url}/api/v1{path}"
        return httpx.request(method, where, json=body, headers=headers, trust_env=False, timeout=60)

    def git(self, full_name: str, what: str, token: str | None = None) -> httpx.Response:
        auth = ("any", token or self.settings.read_token())
        return httpx.get(f"{self.settings.url}/{full_name}.git/{what}", auth=auth, trust_env=False, timeout=60)


@pytest.fixture(scope="module", params=["gitea's stand-in", "forgejo's stand-in", "real"])
def settings(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ForgeSettings]:
    if request.param == "real":
        yield real_gitea()
        return
    with a_double(tmp_path_factory.mktemp("double"), "--product", request.param.partition("'")[0]) as double:
        yield double.settings()


@pytest.fixture
def server(settings: ForgeSettings) -> Iterator[Server]:
    server = Server(settings)
    server.user = server.ask("GET", "/user").json()["login"]
    server.name = f"app-{uuid4().hex[:8]}"
    made = server.ask("POST", "/user/repos", {"name": server.name, "private": True, "default_branch": "main"})
    assert made.status_code == 201, made.text
    yield server
    assert server.ask("DELETE", server.repository).status_code == 204


NOT_FOUND = r"not found|The target couldn't be found\."
# method, path, body, status, words
REFUSED = [
    ("POST", "/user/repos", {}, 422, r"\[Name\]: Required"),
    ("POST", "/user/repos", {"name": "x" * 101}, 422, r"\[Name\]: MaxSize"),
    ("POST", "/user/repos", {"name": "a b"}, 422, r"\[Name\]: AlphaDashDot"),
    ("POST", "/user/repos", {"name": "-"}, 422, r"name is reserved \[name: -\]"),
    ("POST", "/user/repos", {"name": "a.git"}, 422, r"name pattern is not allowed \[pattern: \*\.git\]"),
    ("POST", "/user/repos", {"name": "a.atom"}, 422, r"name pattern is not allowed \[pattern: \*\.atom\]"),
    ("POST", "/user/repos", {"name": "x", "description": "x" * 2049}, 422, r"\[Description\]: MaxSize"),
    ("POST", "/user/repos", {"name": "x", "default_branch": "x" * 101}, 422, r"\[DefaultBranch\]: MaxSize"),
    ("POST", "/user/repos", {"name": "NAME"}, 409, r"The repository with the same name already exists\."),
    ("GET", "/repos/USER/none", None, 404, NOT_FOUND),
    ("GET", "/repos/nobody-at-all/none", None, 404, "GetUserByName"),
    ("GET", "/repositories/999999999", None, 404, NOT_FOUND),
    ("POST", "/repos/USER/none/issues", {}, 404, NOT_FOUND),
    ("POST", "/repos/USER/NAME/issues", {}, 422, r"\[Title\]: Required"),
    ("PATCH", "/repos/USER/NAME/issues/99", {"state": "open"}, 404, NOT_FOUND),
]


@pytest.mark.parametrize(("method", "path", "body", "status", "words"), REFUSED)
def test_a_request_that_cannot_be_done_is_refused_in_the_same_words(
    server: Server, method: str, path: str, body: Any, status: int, words: str
) -> None:
    named = {key: value.replace("NAME", server.name) for key, value in (body or {}).items()}
    answer = server.ask(method, path.replace("USER", server.user).replace("NAME", server.name), named)
    assert answer.status_code == status, answer.text
    assert re.fullmatch(words, answer.json()["message"]), answer.text


def test_a_token_that_it_does_not_know_is_refused_everywhere(server: Server) -> None:
    unknown = "0" * 40
    for path in ("/user", "/version", server.repository):
        assert server.ask("GET", path, token=unknown).status_code == 401
    assert server.git(f"{server.user}/{server.name}", GIT_TO_PUSH, token=unknown).status_code == 401
    nobody = httpx.get(f"{server.settings.url}/{server.user}/{server.name}.git/{GIT_TO_PUSH}", trust_env=False)
    assert nobody.status_code == 401
    assert nobody.headers["www-authenticate"].startswith("Basic realm=")


def test_git_to_what_is_not_there_is_told_apart_by_what_it_is_for(server: Server) -> None:
    there, missing, nobody = (f"{server.user}/{server.name}", f"{server.user}/none", "nobody-at-all/none")
    shown = {(name, what): server.git(name, what) for name in (there, missing, nobody) for what in GITS}
    assert [shown[key].status_code for key in shown] == [200, 200, 403, 404, 404, 404]
    assert shown[missing, GIT_TO_PUSH].text == "Push to create is not enabled for users."
    assert shown[missing, GIT_TO_FETCH].text == "Repository not found"


GITS = (GIT_TO_PUSH, GIT_TO_FETCH)


def test_what_is_archived_takes_no_push_and_no_issue(server: Server) -> None:
    assert server.ask("PATCH", server.repository, {"archived": True}).is_success
    refused = server.git(f"{server.user}/{server.name}", GIT_TO_PUSH)
    assert refused.status_code == 403
    assert refused.text.startswith("This repo is archived. You can view files and clone it, but cannot push")
    assert server.git(f"{server.user}/{server.name}", GIT_TO_FETCH).status_code == 200
    issue = server.ask("POST", f"{server.repository}/issues", {"title": "t"})
    assert issue.status_code == 423
    assert issue.json()["message"].endswith("is archived")


def test_where_issues_are_off_there_are_none(server: Server) -> None:
    assert server.ask("POST", f"{server.repository}/issues", {"title": "t"}).status_code == 201
    shown = server.ask("PATCH", server.repository, {"has_issues": False})
    assert shown.json()["has_issues"] is False
    for method, path, body in (
        ("GET", "/issues?state=all", None),
        ("POST", "/issues", {"title": "t"}),
        ("PATCH", "/issues/1", {"state": "closed"}),
    ):
        assert server.ask(method, f"{server.repository}{path}", body).status_code == 404
    server.ask("PATCH", server.repository, {"has_issues": True})
    assert server.ask("GET", f"{server.repository}/issues/1").json()["state"] == "open"


def test_an_issue_with_an_open_dependency_stays_open(server: Server) -> None:
    for title in ("first", "second"):
        server.ask("POST", f"{server.repository}/issues", {"title": title})
    blocker = {"owner": server.user, "repo": server.name, "index": 1}
    assert server.ask("POST", f"{server.repository}/issues/2/dependencies", blocker).status_code == 201
    refused = server.ask("PATCH", f"{server.repository}/issues/2", {"state": "closed"})
    assert refused.status_code == 412
    assert re.match(r"cannot close this issue .*because it still has open dependencies", refused.json()["message"])


def test_what_was_renamed_leads_to_its_new_name_by_every_call_and_by_git(server: Server) -> None:
    old, server.name = server.name, f"new-{uuid4().hex[:8]}"
    assert server.ask("PATCH", f"/repos/{server.user}/{old}", {"name": server.name}).is_success
    for method, path in (
        ("GET", ""), ("PATCH", ""), ("GET", "/issues?state=all&page=1"), ("POST", "/issues"), ("PATCH", "/issues/1"),
    ):  # fmt: skip
        moved = server.ask(method, f"/repos/{server.user}/{old}{path}", {"title": "t"})
        assert moved.status_code in (301, 307)
        assert moved.headers["location"] == f"/api/v1{server.repository}{path}"
    moved = server.git(f"{server.user}/{old}", GIT_TO_PUSH)
    assert moved.status_code in (301, 307)
    assert moved.headers["location"] == f"/{server.user}/{server.name}/{GIT_TO_PUSH}"


def test_issues_come_in_pages_with_their_count(server: Server) -> None:
    for n in range(3):
        server.ask("POST", f"{server.repository}/issues", {"title": f"{n}"})
    page = server.ask("GET", f"{server.repository}/issues?state=all&type=issues&limit=2&page=2")
    assert [issue["title"] for issue in page.json()] == ["0"]
    assert page.headers["x-total-count"] == "3"
    assert server.ask("GET", f"{server.repository}/issues?state=all&type=issues&page=9").json() == []


def test_what_was_pushed_to_is_soon_no_longer_empty(server: Server, tmp_path: Path) -> None:
    assert server.ask("GET", server.repository).json()["empty"] is True
    assert server.ask("GET", f"{server.repository}/pulls").status_code == 404
    refused = server.ask("POST", f"{server.repository}/releases", {"tag_name": "v1"})
    assert (refused.status_code, refused.json()["message"]) == (422, "repo is empty")
    push(server, tmp_path, "main")
    assert server.ask("GET", f"{server.repository}/pulls").json() == []
    assert server.ask("POST", f"{server.repository}/releases", {"tag_name": "v1"}).status_code == 201


def push(server: Server, at: Path, *branches: str) -> None:
    """Push branches, each a commit further, and wait until the server has seen it."""
    url = server.settings.url.replace("://", f"://any:{server.settings.read_token()}@")
    git = ["git", "-C", str(at), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run(["git", "init", "--quiet", "--initial-branch=main", str(at)], check=True)
    for branch in branches:
        subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", branch], check=True)
        to = f"{url}/{server.user}/{server.name}.git"
        subprocess.run([*git, "push", "--quiet", to, f"HEAD:refs/heads/{branch}"], check=True)
    until = time.monotonic() + 60
    while server.ask("GET", server.repository).json()["empty"]:
        assert time.monotonic() < until
        time.sleep(0.1)


# of a pull request from `work` to `main`: method, path, body, status, words
PULLS = [
    ("POST", "/pulls", {"title": "t", "head": "none", "base": "main"}, 404, NOT_FOUND),
    ("POST", "/pulls", {"title": "t", "head": "work", "base": "none"}, 404, NOT_FOUND),
    ("POST", "/pulls", {"title": "", "head": "work", "base": "main"}, 422, r"\[Title\]: Required"),
    ("POST", "/pulls", {"title": "t", "head": "main", "base": "main"}, 422, "Invalid PullRequest: There are no .*"),
    ("POST", "/pulls", {"title": "t", "head": "work", "base": "main"}, 409, "pull request already exists for .*"),
    ("PATCH", "/pulls/9", {"title": "t"}, 404, NOT_FOUND),
    ("PATCH", "/pulls/2", {"title": "an issue's"}, 404, NOT_FOUND),
]


def test_a_pull_request_is_made_edited_and_refused_in_the_same_words(server: Server, tmp_path: Path) -> None:
    push(server, tmp_path, "main", "work")
    where = f"{server.repository}/pulls"
    made = server.ask("POST", where, {"title": "t", "head": "work", "base": "main", "body": "b"})
    assert (made.status_code, made.json()["number"], made.json()["state"]) == (201, 1, "open")
    assert server.ask("POST", f"{server.repository}/issues", {"title": "i"}).json()["number"] == 2
    for method, path, body, status, words in PULLS:
        refused = server.ask(method, f"{server.repository}{path}", body)
        assert refused.status_code == status, (path, body, refused.text)
        assert re.match(words, refused.json()["message"]), refused.text
    changed = server.ask("PATCH", f"{where}/1", {"title": "", "body": "c"}).json()
    assert (changed["title"], changed["body"]) == ("t", "c")
    assert server.ask("PATCH", f"{where}/1", {"state": "closed"}).json()["state"] == "closed"
    assert server.ask("PATCH", f"{where}/1", {"title": "later"}).json()["state"] == "closed"
    again = server.ask("POST", where, {"title": "again", "head": "work", "base": "main"})
    assert (again.status_code, again.json()["number"]) == (201, 3)  # only an open one is in its way
    shown = [(one["number"], one["title"], one["state"]) for one in server.ask("GET", f"{where}?state=all").json()]
    assert shown == [(3, "again", "open"), (1, "later", "closed")]
    issues = server.ask("GET", f"{server.repository}/issues?state=all&type=issues").json()
    assert [one["number"] for one in issues] == [2]


def test_what_is_archived_takes_no_pull_request_and_no_release(server: Server, tmp_path: Path) -> None:
    push(server, tmp_path, "main", "work")
    pull = {"title": "t", "head": "work", "base": "main"}
    server.ask("POST", f"{server.repository}/pulls", pull)
    server.ask("PATCH", f"{server.repository}/pulls/1", {"state": "closed"})
    assert server.ask("PATCH", server.repository, {"archived": True}).is_success
    refused = server.ask("POST", f"{server.repository}/pulls", pull)
    assert (refused.status_code, "is archived" in refused.json()["message"]) == (423, True)
    refused = server.ask("POST", f"{server.repository}/releases", {"tag_name": "v1"})
    assert refused.status_code == 500
    assert re.fullmatch(r"<Repository \d+:\S+> is archived", refused.json()["message"])
