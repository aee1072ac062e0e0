"""The OpenAPI document is what the office does: schemathesis asks every route, and holds each answer against it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import httpx
import pytest
import schemathesis
import uvicorn
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from damascus.bus.streams import Bus
from damascus.composition.company import Company
from damascus.core.clock import SystemClock
from damascus.core.settings import Settings
from damascus.ledger.engine import Ledger
from damascus.office.app import create_app
from damascus.supervisor.redis_server import RedisServer
from damascus.work import desk
from damascus.work.budget import limits
from damascus.work.outbox import Outbox
from tests.fixtures.story import claim, planned, running_mission, task_of

pytestmark = pytest.mark.long
TOKEN = "a-token"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
STREAMS = "/api/events"  # has no end; tests/unit/office/test_routes_fuzz.py begins it anywhere
EXAMPLES = 15
NOT_OF_A_SCHEMA = {  # whether there is code at an address, or a folder of that name, no schema says
    ("post", "/api/directives"): [positive_data_acceptance],
    ("get", "/api/money/series"): [positive_data_acceptance],  # nor that one time comes before another
}


async def serve(url: str, redis: str, told: dict[str, Any], ready: threading.Event) -> None:
    """An office with a mission and a question, on a port, until it is told to end."""
    clock = SystemClock()
    ledger, bus = Ledger(url, clock), Bus(redis, f"t{uuid4().hex[:8]}", 1000, clock)
    outbox = Outbox(ledger, bus)
    company = Company(Settings(), clock, ledger, bus, outbox)
    async with outbox.transaction() as tx:
        await limits.ensure_company_limit(tx, company.settings)
    task = await claim(outbox, await task_of(outbox, await running_mission(outbox, planned("a")), "a"))
    async with outbox.transaction() as tx:
        await desk.post_question(tx, task, "Which one?")
    server = uvicorn.Server(uvicorn.Config(create_app(company, TOKEN), port=0, log_level="error", ws="none"))
    told["server"] = server
    serving = asyncio.create_task(server.serve())
    while not server.started and not serving.done():
        await asyncio.sleep(0.01)
    told["url"] = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    ready.set()
    await serving
    await outbox.close()
    await bus.close()
    await ledger.close()


@pytest.fixture(scope="module")
def url(sqlite_template: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    file = tmp_path_factory.mktemp("openapi") / "ledger.sqlite3"
    file.write_bytes(sqlite_template.read_bytes())
    told: dict[str, Any] = {}
    ready = threading.Event()
    work = serve(f"sqlite:///{file}", redis_server.url, told, ready)
    thread = threading.Thread(target=lambda: asyncio.run(work))
    thread.start()
    assert ready.wait(60)
    yield told["url"]
    told["server"].should_exit = True
    thread.join()


@pytest.fixture(scope="module")
def schema(url: str) -> Any:
    return schemathesis.openapi.from_url(f"{url}/api/openapi.json", headers=BEARER).exclude(path=STREAMS)


ROUTES = [
    (method, path)
    for path, methods in create_app(cast(Company, None), "").openapi()["paths"].items()
    for method in methods
    if path != STREAMS
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_each_answer_is_as_the_document_says(schema: Any, method: str, path: str) -> None:
    @given(case=schema[path][method].as_strategy())
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=True, phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    def ask(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=BEARER, excluded_checks=NOT_OF_A_SCHEMA.get((method, path), []))

    ask()


def test_each_route_says_what_may_go_wrong(url: str) -> None:
    paths = httpx.get(f"{url}/api/openapi.json", headers=BEARER).json()["paths"]
    for path, methods in paths.items():
        for method, operation in methods.items():
            errors = {code: answer for code, answer in operation["responses"].items() if code >= "400"}
            assert {"401", "403", "413", "421", "422", "503", "default"} <= errors.keys(), (method, path)
            for answer in errors.values():
                assert list(answer["content"]) == ["application/problem+json"]


@pytest.mark.parametrize("path", ["/api/missions", "/api/health", "/api/desk", "/metrics"])
def test_a_method_that_a_route_does_not_take_is_told_which_it_takes(url: str, path: str) -> None:
    answer = httpx.request("DELETE", f"{url}{path}", headers=BEARER)
    assert (answer.status_code, answer.headers["allow"]) == (405, "GET")
    assert answer.headers["content-type"] == "application/problem+json"


def test_prometheus_reads_what_the_office_and_its_company_do(url: str) -> None:
    httpx.get(f"{url}/api/missions")  # a stranger's
    httpx.request("PURGE", f"{url}/api/missions", headers=BEARER)
    answer = httpx.get(f"{url}/metrics", headers=BEARER)
    assert answer.headers["content-type"].startswith("text/plain")
    assert 'damascus_requests_total{method="other"' in answer.text
    assert "PURGE" not in answer.text
    assert "damascus_desk_open" in answer.text
    assert httpx.get(f"{url}/metrics").status_code == 401
