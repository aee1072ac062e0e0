"""The typed client: what an office says becomes a schema, and what is wrong becomes the company's own error."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from damascus.api.client import OfficeClient
from damascus.core import errors

JSON, STREAM = "application/json", "text/event-stream"
EVENT = {
    "kind": "log", "author": "pm", "mission_id": "mis_1", "task_id": None, "payload": {"v": 1, "text": "x"},
    "created_at": "2026-01-01T00:00:00Z",
}  # fmt: skip


class StubServer(ThreadingHTTPServer):
    """Answers each path with what a test put in `replies`: status, media type, body; `asked` are the paths."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, tuple[int, str, str]] = {}
        self.asked: list[str] = []

    @property
    def client(self) -> OfficeClient:
        return OfficeClient(f"http://127.0.0.1:{self.server_port}", "a-token")


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, StubServer)
        self.server.asked.append(self.path)
        status, kind, body = self.server.replies[self.path]
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, format: str, *args: Any) -> None:
        """Tests print nothing."""


@pytest.fixture
def server() -> Iterator[StubServer]:
    with StubServer() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, errors.Misconfigured), (402, errors.OverBudget), (404, errors.NotFound), (409, errors.Conflict),
        (422, errors.Invalid), (503, errors.Unavailable), (500, errors.DamascusError),
    ],
)  # fmt: skip
def test_a_problem_is_the_error_that_it_was_with_its_own_words(
    server: StubServer, status: int, kind: type[errors.DamascusError]
) -> None:
    problem = json.dumps({"title": "No", "status": status, "detail": "not today"})
    server.replies["/api/policies"] = (status, "application/problem+json", problem)
    with pytest.raises(kind, match="not today") as caught:
        server.client.policies()
    assert type(caught.value) is kind


@pytest.mark.parametrize("reply", [(200, "text/html", "<html>"), (200, JSON, "[]"), (500, "text/html", "oops")])
def test_what_is_not_an_office_is_not_believed(server: StubServer, reply: tuple[int, str, str]) -> None:
    server.replies["/api/health"] = reply
    with pytest.raises(errors.NotRunning, match=f"HTTP {reply[0]}, but not as the office would; check OFFICE_URL"):
        server.client.health()


def test_who_does_not_listen_is_not_running(server: StubServer) -> None:
    client = server.client
    server.shutdown()
    server.server_close()
    with pytest.raises(errors.NotRunning, match="does not respond"):
        client.policies()
    with pytest.raises(errors.NotRunning, match="does not respond"):
        next(client.events("mis_1", 0))


def test_pages_are_fetched_only_as_far_as_they_are_read(server: StubServer) -> None:
    report = {
        "mission_id": "m", "mission_slug": "s", "title": "t", "path": "p", "absolute": "/p", "task_id": "t",
        "author": "a", "created_at": "2026-01-01T00:00:00Z",
    }  # fmt: skip
    first, second = ({"items": [{**report, "name": name}], "next": after} for name, after in (("a", "r1"), ("b", None)))
    server.replies["/api/reports"] = (200, JSON, json.dumps(first))
    server.replies["/api/reports?after=r1"] = (200, JSON, json.dumps(second))
    reports = server.client.reports()
    assert next(reports).name == "a"
    assert server.asked == ["/api/reports"]
    assert [report.name for report in reports] == ["b"]


def test_events_are_read_until_the_connection_ends_and_half_an_event_is_none(server: StubServer) -> None:
    whole = "".join(f"id: {seq}\nevent: log\ndata: {json.dumps({**EVENT, 'seq': seq})}\n\n" for seq in (8, 9))
    body = f": the company's log\n\n{whole}: ping\n\nid: 10\nevent: log\ndata: {json.dumps({**EVENT, 'seq': 10})}\n"
    server.replies["/api/events?after=7&mission=mis_1"] = (200, STREAM, body)
    assert [event.seq for event in server.client.events("mis_1", 7)] == [8, 9]


def test_events_of_a_mission_that_is_not_there_are_refused(server: StubServer) -> None:
    problem = json.dumps({"title": "Not found", "status": 404, "detail": "there is no mission 'x'"})
    server.replies["/api/events?after=0&mission=x"] = (404, "application/problem+json", problem)
    with pytest.raises(errors.NotFound, match="there is no mission 'x'"):
        next(server.client.events("x", 0))


def test_a_page_instead_of_events_is_not_an_office(server: StubServer) -> None:
    server.replies["/api/events?after=0&mission=x"] = (200, "text/html", "<html>")
    with pytest.raises(errors.NotRunning, match="not as the office would"):
        next(server.client.events("x", 0))


def test_what_the_contract_does_not_allow_is_not_even_sent(server: StubServer) -> None:
    with pytest.raises(errors.Invalid, match=r"text: .*at most 20000"):
        server.client.submit_directive("x" * 20_001, key="a-key-of-mine")
    with pytest.raises(errors.Invalid, match="limit_microusd"):
        server.client.set_budget("day", limit_microusd=0)
    assert server.asked == []
