"""The office's API as another program uses it: the event stream, the token, lists, the OpenAPI document."""

import json
import os
import signal
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest
from httpx_sse import EventSource

from tests.fixtures.company import Company, wait_for

REFERENCE = "[reference] Compare three note apps"


def is_the_end(event: dict[str, Any]) -> bool:
    return bool(event["kind"] == "mission" and event["payload"]["after"] == "succeeded")


def read_some(company: Company, last: int, count: int, **query: Any) -> list[dict[str, Any]]:
    """Up to `count` events after `last`, or to the mission's end, as a browser's EventSource asks for them."""
    found: list[dict[str, Any]] = []
    headers = {**company.headers(), "Last-Event-ID": str(last)}
    try:
        with httpx.stream(
            "GET", f"{company.office()['url']}/api/events", headers=headers, params=query, timeout=60, trust_env=False
        ) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            for event in EventSource(answer).iter_sse():
                if event.data:
                    found.append(json.loads(event.data))
                    assert found[-1]["seq"] == int(event.id)
                if len(found) >= count or (found and is_the_end(found[-1])):
                    break
    except httpx.TransportError:
        pass
    return found


def test_a_reader_of_events_misses_nothing_across_a_restart_of_the_office(company: Company) -> None:
    company.model.slow_down(0.1)
    start = company.rows("select coalesce(max(seq), 0) as n from events")[0]["n"]
    mission = company.give(REFERENCE)
    seen = read_some(company, start, 12)
    url = company.office()["url"]
    os.kill(company.office()["pid"], signal.SIGKILL)
    wait_for(company.is_up, "the office")
    assert company.office()["url"] == url
    while not is_the_end(seen[-1]):
        seen += read_some(company, seen[-1]["seq"], 25)
    seqs = [event["seq"] for event in seen]
    assert seqs == list(range(start + 1, seqs[-1] + 1))
    assert company.mission(mission)["status"] == "succeeded"
    written = company.rows("select seq, kind, payload from events where seq > ? order by seq", start)
    assert [(event["seq"], event["kind"]) for event in seen] == [(r["seq"], r["kind"]) for r in written][: len(seen)]


def test_partial_words_of_the_model_are_heard_live_and_are_not_part_of_the_log(company: Company) -> None:
    company.model.slow_down(0.3)
    said: list[str] = []
    headers = company.headers()
    with httpx.stream("GET", f"{company.office()['url']}/api/events?live=1", headers=headers, timeout=60) as answer:
        company.give(REFERENCE)
        event = ""
        for line in answer.iter_lines():
            event = line.removeprefix("event: ") if line.startswith("event: ") else event
            if line.startswith("data: ") and event == "live":
                said.append(json.loads(line.removeprefix("data: "))["text"])
            if event == "mission" and '"succeeded"' in line:
                break
    assert said
    assert company.rows("select 1 from events where kind = 'live'") == []


def routes(company: Company) -> list[tuple[str, str, dict[str, Any]]]:
    document = company.get("/api/openapi.json")
    return [(method, path, operation) for path, item in document["paths"].items() for method, operation in item.items()]


def test_every_route_but_health_and_the_login_asks_for_the_token(company: Company) -> None:
    for method, path, _ in routes(company):
        place = path.replace("{", "").replace("}", "")
        for wrong in ({"Authorization": "Bearer wrong"}, {"Authorization": ""}, {"Authorization": "Basic eDp5"}):
            answer = company.ask(method.upper(), place, headers=wrong)
            if path == "/api/health":
                assert answer.status_code == 200
                continue
            if (method, path) == ("post", "/api/session"):  # where a browser gets what the others ask it for
                assert (answer.status_code, "set-cookie" in answer.headers) == (422, False)
                continue
            assert answer.status_code == 401, (method, path)
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.headers["www-authenticate"] == "Bearer"
            assert {"type", "title", "status", "detail"} <= set(answer.json())


def test_the_token_is_kept_for_its_owner_only(company: Company) -> None:
    home = company.root / ".damascus"
    assert home.stat().st_mode & 0o777 == 0o700
    for name in ("token", "redis.json"):
        assert (home / name).stat().st_mode & 0o777 == 0o600, name
    token = (home / "token").read_text().strip()
    logs = "".join(path.read_text(errors="replace") for path in (home / "logs").iterdir())
    assert token not in logs
    lines = [" ".join(process.cmdline()) for process in company.processes()]
    password = json.loads((home / "redis.json").read_text())["password"]
    assert not any(token in line or password in line for line in lines)


def test_the_openapi_document_describes_every_answer(company: Company) -> None:
    known = routes(company)
    assert len(known) >= 20
    for method, path, operation in known:
        good = next(answer for code, answer in operation["responses"].items() if code.startswith("2"))
        if path == "/api/events":
            assert "text/event-stream" in good["content"]
            continue
        if path == "/metrics":
            assert list(good["content"]) == ["text/plain"]
            continue
        schema = good["content"]["application/json"]["schema"]
        assert "$ref" in schema or schema.get("type") == "object", (method, path, schema)
        assert "default" in operation["responses"]
        assert operation.get("summary")


def test_errors_are_problem_details(company: Company) -> None:
    cases = [
        ("GET", "/api/missions/nothing", {}, 404),
        ("GET", "/api/no-such-thing", {}, 404),
        ("PUT", "/api/directives", {}, 405),
        ("POST", "/api/directives", {"json": {}}, 422),
        ("POST", "/api/directives", {"json": {"text": " "}}, 422),
        ("POST", "/api/directives", {"json": {"text": "x", "budget_microusd": 0}}, 422),
        ("POST", "/api/directives", {"json": {"text": "x", "budget_microusd": 10**30}}, 422),
        ("POST", "/api/directives", {"json": {"text": "x", "playbook": "no-such-book"}}, 422),
        ("POST", "/api/directives", {"json": {"text": "a\x00b"}}, 422),
        ("POST", "/api/directives", {"content": b"{"}, 422),
        ("POST", "/api/directives", {"content": b"\xff", "headers": {"content-type": "application/json"}}, 422),
        ("GET", "/api/missions?limit=0", {}, 422),
        ("GET", "/api/missions?limit=-1", {}, 422),
        ("GET", "/api/missions?limit=1000000", {}, 422),
        ("GET", "/api/reports?limit=0", {}, 422),
        ("GET", "/api/desk?limit=0", {}, 422),
        ("GET", "/api/reports/nothing/..%2f..%2f.damascus%2ftoken", {}, 404),
        ("POST", "/api/desk/apr_nothing/approve", {"json": {}}, 404),
        ("PUT", "/api/policies/nothing", {"json": {"value": {}}}, 404),
    ]
    for method, path, options, status in cases:
        answer = company.ask(method, path, **options)
        assert answer.status_code == status, (method, path, answer.status_code, answer.text)
        assert answer.headers["content-type"] == "application/problem+json", path
        assert answer.json()["status"] == status
        assert answer.json()["detail"]


def test_lists_are_walked_by_cursor_without_gaps(company: Company) -> None:
    for _ in range(3):
        company.post(f"/api/missions/{company.give(REFERENCE)}/cancel")
    whole = [mission["id"] for mission in company.get("/api/missions", limit=200)["items"]]
    walked, after = [], None
    while True:
        page = company.get("/api/missions", limit=2, **({"after": after} if after else {}))
        assert len(page["items"]) <= 2
        walked += [mission["id"] for mission in page["items"]]
        after = page["next"]
        if after is None:
            break
    assert walked == whole == sorted(whole, reverse=True)


def test_the_same_idempotency_key_gives_one_directive_however_often_it_comes(company: Company) -> None:
    key = "a-key-of-this-test"
    before = len(company.get("/api/missions", limit=200)["items"])

    def give(_: int) -> str:
        body = {"text": REFERENCE}
        answer = httpx.post(
            f"{company.office()['url']}/api/directives", json=body, timeout=60,
            headers={**company.headers(), "Idempotency-Key": key},
        )  # fmt: skip
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    with ThreadPoolExecutor(8) as pool:
        given = set(pool.map(give, range(16)))
    assert given == {f"dir_{key}"}
    mission = wait_for(lambda: company.get(f"/api/directives/dir_{key}")["mission_id"], "the mission")
    assert company.ended(mission)["status"] == "succeeded"
    assert len(company.get("/api/missions", limit=200)["items"]) == before + 1


@pytest.mark.parametrize("key", ["short", "x" * 51, "a key with blanks", "../../../etc"])
def test_an_idempotency_key_that_does_not_fit_is_refused(company: Company, key: str) -> None:
    answer = company.ask("POST", "/api/directives", json={"text": "x"}, headers={"Idempotency-Key": key})
    assert answer.status_code == 422
