"""Gitea as a door: whatever answers in its place, there is a value that fits the ledger, or one line and no token."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from itertools import cycle
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from damascus.core.clock import FixedClock
from damascus.core.errors import Conflict, ForgeUnavailable, NotFound, Unavailable
from damascus.core.settings import ForgeSettings
from damascus.forge.board import Label, TaskIssue
from damascus.forge.gitea.board_api import BoardApi
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.gitea.probe import probe
from damascus.forge.port import Repository
from tests.fixtures.forges import board_of
from tests.fixtures.fuzz import door, is_one_line, json_text

TOKEN = "t0ken-of-gitea"
SETTINGS = ForgeSettings(kind="gitea", url="http://gitea.test:3000", token=SecretStr(TOKEN))
REPOSITORY = {"id": 7, "full_name": "founder/app", "description": "An app (mission mis_1)", "name": "app"}
ISSUE = {"number": 3, "state": "open", "body": "Task: task_1", "title": "x"}
LABEL, MILESTONE = {"id": 5, "name": "state/done"}, {"id": 6, "title": "t", "description": "<!-- mis_1 -->"}
RELEASE = {"id": 8, "tag_name": "v1", "body": "", "assets": []}
GOOD = (
    REPOSITORY,
    [ISSUE],
    [],
    ISSUE,
    LABEL,
    [LABEL],
    MILESTONE,
    [MILESTONE],
    RELEASE,
    [RELEASE],
    {"login": "founder"},
    {"version": "1.26"},
    {"message": "no"},
)
BODY = st.sampled_from(GOOD).flatmap(json_text).map(str.encode) | st.binary(max_size=40)
HEADERS = st.dictionaries(
    st.sampled_from(["retry-after", "location", "content-encoding", "link"]),
    st.sampled_from(
        ["0", "-1", "inf", "9" * 400, "\xb2", "soon", "gzip", "http://[", "//other/x", "/api/v1/x", "\xff"]
    ),
    max_size=2,
)
STATUS = st.sampled_from(
    [200, 200, 200, 200, 201, 204, 301, 307, 400, 401, 403, 404, 404, 409, 422, 429, 500, 503, 599]
)
KIND = st.sampled_from(["application/json", "application/json", "text/html", ""])


@st.composite
def answers(draw: st.DrawFn) -> tuple[int, dict[str, str], bytes]:
    return draw(STATUS), {"content-type": draw(KIND), **draw(HEADERS)}, draw(BODY)


ANSWERS = st.lists(answers(), min_size=1, max_size=6)


class Stranger(httpx.AsyncBaseTransport):
    """Whoever answers at Gitea's address: one answer after the other, from the beginning again after the last."""

    def __init__(self, given: list[tuple[int, dict[str, str], bytes]]) -> None:
        self._answers: Iterator[tuple[int, dict[str, str], bytes]] = cycle(given)
        self.asked = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.asked += 1
        assert self.asked < 1_000
        assert request.url.host == "gitea.test"
        status, headers, body = next(self._answers)
        raw = [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]
        return httpx.Response(status, headers=raw, stream=httpx.ByteStream(body), request=request)


async def every_issue(api: BoardApi) -> list[int]:
    return [issue.number async for issue in api.issues("founder/app")]


async def every(found: AsyncIterator[Any]) -> list[Any]:
    return [one async for one in found]


CALLS: dict[str, Callable[[BoardApi], Awaitable[Any]]] = {
    "version": lambda api: api.version(),
    "user": lambda api: api.user(),
    "by_id": lambda api: api.repository_by_id("7"),
    "repository": lambda api: api.repository("founder", "app"),
    "create": lambda api: api.create_repository(None, "app", "An app"),
    "issues": every_issue,
    "check_may_write": lambda api: api.check_may_write("/user/repos"),
    "one_of_mine": lambda api: api.one_of_mine(),
    "create_issue": lambda api: api.create_issue("founder/app", {"title": "t"}),
    "edit_issue": lambda api: api.edit_issue("founder/app", 3, {"state": "closed"}),
    "labels": lambda api: api.labels("founder/app"),
    "create_label": lambda api: api.create_label("founder/app", Label("state/done", "ffffff", "")),
    "milestones": lambda api: every(api.milestones("founder/app")),
    "create_milestone": lambda api: api.create_milestone("founder/app", "t", "x", "open"),
    "comments": lambda api: api.comments("founder/app", 3),
    "releases": lambda api: every(api.releases("founder/app")),
    "create_release": lambda api: api.create_release("founder/app", "v1", "a" * 40, "t", "x"),
    "pull_requests": lambda api: every(api.pull_requests("founder/app")),
    "create_pull_request": lambda api: api.create_pull_request("founder/app", "b", "main", "t", "x"),
    "probe": lambda api: probe(api, SETTINGS),
}


@pytest.mark.parametrize("call", sorted(CALLS))
@door(5)
@given(ANSWERS)
async def test_any_answer_is_a_value_or_one_line(call: str, given: list[tuple[int, dict[str, str], bytes]]) -> None:
    api = BoardApi(SETTINGS, FixedClock(), Stranger(given))
    try:
        await CALLS[call](api)
    except ForgeUnavailable as error:
        assert is_one_line(str(error)), repr(str(error))
        assert TOKEN not in str(error)
        assert 0 <= error.retry_after <= 3600


@pytest.fixture
async def repository(tmp_path: Path) -> Repository:
    return await forge_at(tmp_path, []).create_repository("app", "An app", "mis_1")


def forge_at(folder: Path, given: list[tuple[int, dict[str, str], bytes]]) -> GiteaForge:
    clock = FixedClock()
    api = BoardApi(SETTINGS, clock, Stranger(given or [(500, {}, b"")]))
    return GiteaForge(folder / "git", folder / "git-dirs", SETTINGS, clock, api)


@door(5)
@given(ANSWERS, st.booleans())
async def test_whatever_is_published_fits_the_ledger_and_a_line(
    tmp_path: Path, repository: Repository, given: list[tuple[int, dict[str, str], bytes]], known: bool
) -> None:
    forge = forge_at(tmp_path, given)
    try:
        there = await forge.publish(Repository("app", "", remote_id="7" if known else None))
    except (Unavailable, Conflict) as error:
        assert is_one_line(str(error)), repr(str(error))
        return
    assert is_one_line(there.url)
    assert is_one_line(there.web_url or "")
    assert max(len(there.url), len(forge.commit_link(there, "f" * 64))) <= 500
    assert 0 < len(there.remote_id or "") <= 64
    assert not set("\" '`<>()\\") & set(there.url)


@door(5)
@given(ANSWERS, st.none() | st.integers(1, 9))
async def test_whatever_is_tracked_is_a_number_that_the_ledger_takes(
    tmp_path: Path, repository: Repository, given: list[tuple[int, dict[str, str], bytes]], number: int | None
) -> None:
    issue = TaskIssue("task_1", "t", "x", open=False, number=number)
    try:
        found = await forge_at(tmp_path, given).track(Repository("app", "", remote_id="7"), board_of(issue))
    except (Unavailable, NotFound) as error:
        assert is_one_line(str(error)), repr(str(error))
        return
    assert set(found.numbers) <= {"task_1"}
    assert all(1 <= number < 2**63 for number in found.numbers.values())
    assert 0 <= (found.milestone or 0) < 2**63
    assert is_one_line(found.problem or "")


async def test_a_list_of_issues_that_is_the_same_on_every_page_ends() -> None:
    stranger = Stranger([(200, {"content-type": "application/json"}, b'[{"number": 3, "state": "open"}]')])
    async with asyncio.timeout(60):
        assert await every_issue(BoardApi(SETTINGS, FixedClock(), stranger)) == [3]
    assert stranger.asked == 2


@pytest.mark.parametrize("asked", ["\xb2", "\u0663".encode().decode("latin-1"), "1e3", "-1", ""])
async def test_a_pause_that_is_no_number_is_none(asked: str) -> None:
    api = BoardApi(SETTINGS, FixedClock(), Stranger([(503, {"retry-after": asked}, b"")]))
    with pytest.raises(ForgeUnavailable, match="internal error") as error:
        await api.version()
    assert error.value.retry_after == 0


@pytest.mark.parametrize("name", ["a/b/../../admin", "../..", "a/b\nc", "a b/c", "a/`b`", "a/b?x", "/a", "a\0/b", "a"])
async def test_a_name_that_is_no_name_goes_nowhere(name: str) -> None:
    body = httpx.Response(200, json={"id": 7, "full_name": name}).content
    api = BoardApi(SETTINGS, FixedClock(), Stranger([(200, {"content-type": "application/json"}, body)]))
    with pytest.raises(ForgeUnavailable, match="unexpected response from Gitea: full_name"):
        await api.repository("founder", "app")
