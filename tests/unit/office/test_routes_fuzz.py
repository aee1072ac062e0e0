"""The office's API as a door: whatever is asked, a value or a problem on one line, and a refusal changes nothing."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import httpx
import pytest
from fastapi import FastAPI
from hypothesis import example, given
from hypothesis import strategies as st

from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.records.artifacts import ArtifactDetail
from damascus.office.app import create_app
from damascus.work import artifacts, desk
from damascus.work.budget import limits
from tests.fixtures.fuzz import ABYSS, ODD_TEXT, door, is_one_line, json_text
from tests.fixtures.story import claim, planned, running_mission, task_of

TOKEN = "a-token"
ROUTES = (
    ("POST", "/api/directives"), ("GET", "/api/directives/*"), ("GET", "/api/missions"), ("GET", "/api/missions/*"),
    ("GET", "/api/missions/*/tasks"), ("POST", "/api/missions/*/budget"), ("POST", "/api/missions/*/cancel"),
    ("POST", "/api/missions/*/wake"), ("POST", "/api/missions/*/say"), ("GET", "/api/directives"),
    ("GET", "/api/tasks/*"), ("GET", "/api/tasks/*/trail"), ("GET", "/api/tasks/*/turns"), ("GET", "/api/reports"),
    ("GET", "/api/reports/*/*"), ("GET", "/api/repositories"), ("GET", "/api/repositories/*"),
    ("GET", "/api/repositories/*/commits"), ("GET", "/api/repositories/*/tree"), ("GET", "/api/repositories/*/file"),
    ("GET", "/api/desk"), ("POST", "/api/desk/*/answer"),
    ("POST", "/api/desk/*/approve"), ("POST", "/api/desk/*/deny"), ("GET", "/api/staff"), ("GET", "/api/budget"),
    ("POST", "/api/budget/*"),
    ("GET", "/api/inbox"), ("POST", "/api/inbox/*/answer"), ("GET", "/api/team"), ("POST", "/api/money/*"),
    ("GET", "/api/money/series"),
    ("GET", "/api/money/calls"),
    ("GET", "/api/log"), ("GET", "/api/log/*"), ("GET", "/api/now"),
    ("GET", "/api/turns/*"), ("GET", "/api/tasks/*/opening"), ("POST", "/api/desk/decisions"), ("GET", "/api/desk/*"),
    ("GET", "/api/sessions"), ("DELETE", "/api/sessions/*"),
    ("GET", "/api/session"), ("POST", "/api/session"), ("POST", "/api/sessions/codes"),
    ("GET", "/api/policies"),
    ("GET", "/api/policies/*"), ("GET", "/api/playbooks"), ("PUT", "/api/policies/*"), ("GET", "/api/health"),
)  # fmt: skip
NAMES = st.sampled_from(
    ["MISSION", "TASK", "QUESTION", "BUDGET", "a", "autonomy", "..", "latin", "gone", "day", "company"]
)
WORD = (NAMES | NAMES | ODD_TEXT | st.text(max_size=20)).map(lambda text: text.encode(errors="replace").decode())
QUERY = st.dictionaries(
    st.sampled_from(["after", "before", "kind", "limit", "mission", "task", "live", "from", "to", "path", "sha", "x"]),
    WORD | st.sampled_from(["0", "500", "501", "-1", "1e9", "9" * 30, "true", "2026-03-01T12:00:00Z"]),
    max_size=3,
)
GOOD: dict[str, Any] = {
    "text": "Do it", "budget_microusd": 1_000, "playbook": None, "limit_microusd": 5_000_000, "reason": "no",
    "value": {"spend": "ask", "read": "allow"}, "to": "pm", "follows": None,
}  # fmt: skip
BODY = json_text(GOOD).map(lambda text: text.encode(errors="replace")) | ABYSS.map(str.encode) | st.binary(max_size=30)


class Asked(NamedTuple):
    """A request: `words` go where its route has stars."""

    route: tuple[str, str]
    words: list[str]
    query: dict[str, str]
    body: bytes
    key: bytes | None = None


KEYS = st.none() | st.sampled_from(["12345678", "a" * 50]) | st.binary(max_size=12)
REQUEST = st.builds(Asked, st.sampled_from(ROUTES), st.lists(WORD, min_size=2, max_size=2), QUERY, BODY, KEYS)


@pytest.fixture
async def names(office: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """A mission with a task that asks, and reports of which one is not UTF-8 and one is gone."""
    monkeypatch.chdir(tmp_path)  # where the office works: what it writes and reads is here
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "latin.md").write_bytes(b"caf\xe9")
    mission = await running_mission(office.outbox, planned("a"))
    task = await claim(office.outbox, await task_of(office.outbox, mission, "a"))
    async with office.outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, office.settings)
        asked = await desk.post_question(tx, task, "Which one?")
        for name in ("latin", "gone"):
            await artifacts.record(tx, task, "report", name, f"{name}.md", ArtifactDetail())
    return {"MISSION": mission.slug, "TASK": task.id, "QUESTION": asked.id, "BUDGET": mission.id}


@pytest.fixture
def app(office: Company) -> FastAPI:
    return create_app(office, TOKEN)


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """Raises what the app raises: an error that nobody words is a fault of the office."""
    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


async def last(office: Company) -> int:
    async with office.outbox.reading() as tx:
        return await tx.events.last()


@door(5)
@example(Asked(("POST", "/api/budget/*"), ["day", "a"], {}, b'{"limit_microusd": 99999999999999999999999}'))
@example(Asked(("POST", "/api/desk/*/answer"), ["QUESTION", "a"], {}, b'{"text": "a\\u0000b"}'))
@example(Asked(("GET", "/api/missions/*"), ["a\0b", "a"], {}, b""))
@example(Asked(("POST", "/api/directives"), ["a", "a"], {}, b'{"text": "\\udcff"}'))
@example(Asked(("GET", "/api/missions"), ["a", "a"], {"after": "\0"}, b""))
@example(Asked(("GET", "/api/missions/*"), ["x" * 3_000, "a"], {}, b""))
@example(Asked(("GET", "/api/reports/*/*"), ["MISSION", "latin"], {}, b""))
@given(REQUEST)
async def test_any_request_is_answered_or_refused_in_one_line(
    office: Company, http: httpx.AsyncClient, names: dict[str, str], asked: Asked
) -> None:
    (method, path), words, query, body, key = asked
    for word in words:
        path = path.replace("*", quote(names.get(word, word), safe=""), 1)
    headers = [(b"Authorization", f"Bearer {TOKEN}".encode())] + ([(b"Idempotency-Key", key)] if key else [])
    before = await last(office)
    url = httpx.URL(f"http://office{path}", params={name: names.get(word, word) for name, word in query.items()})
    answer = await http.request(method, url, headers=headers, content=body if method != "GET" else None)
    assert answer.status_code < 500, answer.text
    if answer.is_error:
        problem = answer.json()
        assert problem["status"] == answer.status_code
        assert is_one_line(problem["detail"]), problem
    if answer.is_error or method == "GET":
        assert await last(office) == before
    elif not answer.is_redirect:  # what an empty name at the end of a path comes to
        json.dumps(answer.json(), allow_nan=False)


async def test_an_absurd_limit_of_a_day_that_has_none_yet_is_refused(
    http: httpx.AsyncClient, names: dict[str, str], clock: FixedClock
) -> None:
    assert names
    clock.advance(10 * 86_400)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    answer = await http.post("/api/budget/day", json={"limit_microusd": 10**23}, headers=headers)
    assert answer.status_code == 422
    assert "a limit is at most" in answer.json()["detail"]


@door(5)
@given(
    st.none() | st.integers() | st.sampled_from([10**15, 2**63]) | WORD,
    st.none() | WORD,
    st.none() | st.integers().map(str) | ODD_TEXT | st.just("\xb2"),
)
@example(None, None, "\xb2")
@example(2**63, None, None)
@example(0, "a\0b", None)
async def test_any_place_in_the_log_is_followed_or_refused(
    app: FastAPI, names: dict[str, str], after: Any, mission: str | None, last_id: str | None
) -> None:
    query = {"after": after, **({} if mission is None else {"mission": names.get(mission, mission)})}
    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {TOKEN}".encode())]
    if last_id is not None:
        headers.append((b"last-event-id", last_id.encode("latin-1", "replace")))
    status, first = await begin(app, str(httpx.QueryParams(query)).encode(), headers)
    assert status in (200, 404, 422), first
    assert first.startswith(b": the company's log\n\n") if status == 200 else is_one_line(json.loads(first)["detail"])


async def begin(app: FastAPI, query: bytes, headers: list[tuple[bytes, bytes]]) -> tuple[int, bytes]:
    """The status and the first piece of a stream that has no end."""
    said: asyncio.Queue[Any] = asyncio.Queue()
    sent: asyncio.Queue[Any] = asyncio.Queue()
    sent.put_nowait({"type": "http.request", "body": b"", "more_body": False})
    scope = {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "method": "GET", "path": "/api/events",
        "raw_path": b"/api/events", "root_path": "", "query_string": query, "headers": headers, "http_version": "1.1",
        "scheme": "http", "server": ("office", 80), "client": ("127.0.0.1", 1),
    }  # fmt: skip
    answering = asyncio.create_task(app(scope, sent.get, said.put))
    telling = asyncio.create_task(_two(said))
    await asyncio.wait({answering, telling}, return_when=asyncio.FIRST_COMPLETED)
    if answering.done():
        answering.result()  # raises what the app raised
    answering.cancel()
    start, body = await telling
    await asyncio.wait({answering})
    return start["status"], body["body"]


async def _two(said: "asyncio.Queue[Any]") -> tuple[Any, Any]:
    return await said.get(), await said.get()
