"""A company whose commands run in a workshop service, which is killed and comes back while the company works."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import WorkshopRefused
from damascus.core.settings import WorkshopSettings
from damascus.workshop.local import LocalWorkshop
from tests.fixtures.company import Company, running, wait_for
from tests.fixtures.model import ROOT, rehearsal
from tests.fixtures.workshop_server import WorkshopServer, workshop_server

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[WorkshopServer]:
    try:
        LocalWorkshop(WorkshopSettings(), SystemClock()).check()
    except WorkshopRefused as why:
        pytest.skip(str(why))
    with workshop_server(tmp_path_factory.mktemp("volume")) as started:
        yield started


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory, server: WorkshopServer) -> Iterator[Company]:
    env = {"WORKSHOP_SOCKET": str(server.socket), "WORKSPACES": str(server.root)}
    folder = tmp_path_factory.mktemp("apart")
    with rehearsal(folder) as model, running(folder / "root", model, env) as company:
        yield company


def runs(server: WorkshopServer) -> int:
    return server.log.read_text().count(": exit code ")


def test_code_is_written_tested_and_pushed_with_the_workshop_killed_in_between(
    apart: Company, server: WorkshopServer
) -> None:
    mission = apart.give("Find a small SaaS for freelancers and build its MVP")
    wait_for(lambda: runs(server), "the first command")
    server.kill()
    before = runs(server)
    server.start()

    ended = apart.ended(mission, 110)

    assert ended["status"] == "succeeded", ended
    assert runs(server) > before
    receipts = apart.rows("select ok from receipts where kind = 'tests' and mission_id = ?", mission)
    assert receipts[-1]["ok"]
    copies = [path for path in (apart.root / "shared/code").glob("*/*") if path.suffix != ".zip"]
    assert copies
    assert all(any(copy.iterdir()) for copy in copies)
    assert list((server.root / "code").glob("*/*"))
    assert list((server.root / "checks").iterdir()) == []
    assert not (apart.root / ".damascus/checks").exists()


def test_doctor_asks_the_workshop_service(apart: Company, server: WorkshopServer) -> None:
    def found() -> dict[str, object]:
        done = apart.ceo("doctor", "--json")
        return next(part for part in json.loads(done.stdout) if part["name"] == "workshop")

    assert found()["ok"] is True
    assert str(server.socket) in str(found()["detail"])
    server.kill()
    try:
        gone = found()
    finally:
        server.start()
    assert gone["ok"] is False
    assert "cannot connect to the workshop at" in str(gone["detail"])


def test_an_agent_touches_its_file_when_it_has_signed_in(apart: Company, tmp_path: Path) -> None:
    alive = tmp_path / "alive"
    env = {**apart.env, "REDIS_URL": json.loads((apart.root / ".damascus/redis.json").read_text())["url"]}
    agent = subprocess.Popen(
        [sys.executable, "-m", "agents.main", "--role", "sales", "--name", "sales-9", "--alive", str(alive)],
        cwd=apart.root, env={**env, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip
    wait_for(alive.exists, "its first sign of life")
    assert apart.rows("select worker from agents where worker = 'sales-9'")
    agent.send_signal(signal.SIGTERM)
    assert agent.wait(60) == 0
