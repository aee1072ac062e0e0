"""The office does what it does with each part, and what is wrong is in `/api/health` until it is well."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
import redis.asyncio as redis

from damascus.composition.company import Company, open_company
from damascus.core import settings
from damascus.core.records.agents import Agent
from damascus.core.records.artifacts import Artifact, ArtifactDetail, ArtifactKind
from damascus.ledger.migrate import upgrade
from damascus.office.app import create_app
from damascus.supervisor.redis_server import RedisServer
from damascus.work.delivery import sync_state
from tests.fixtures.story import planned, running_mission

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
ROOT = Path(__file__).parents[3]


@pytest.fixture
async def company(tmp_path: Path, own: RedisServer) -> AsyncIterator[Company]:
    given = {
        "DAMASCUS_HOME": str(tmp_path / "home"), "DAMASCUS_SHARED": str(tmp_path / "shared"), "REDIS_URL": own.url,
    }  # fmt: skip
    async with open_company(settings.load(ROOT, given)) as company:
        await upgrade(company.ledger)
        yield company


async def look(company: Company) -> dict[str, dict[str, object]]:
    transport = httpx.ASGITransport(create_app(company, "token"))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        answer = (await client.get("/api/health")).json()
    assert (answer["status"] == "ok") is all(check["ok"] for check in answer["checks"].values())
    return answer["checks"]


async def beat(company: Company, problem: str | None) -> None:
    async with company.ledger.transaction() as tx:
        await tx.agents.record_heartbeat(Agent("vp", "Victor", "VP", "vp", "vp-1", tx.now, tx.now, problem))


async def test_a_company_whose_parts_all_work_is_well(company: Company) -> None:
    await beat(company, None)
    found = await look(company)
    assert [name for name, check in found.items() if not check["ok"]] == []
    assert set(found) == {"ledger", "redis", "disk", "workers", "forge"}


async def test_a_redis_that_answers_but_takes_nothing_is_not_well_until_it_does(
    company: Company, own: RedisServer
) -> None:
    founder = redis.from_url(own.url)
    await founder.config_set("maxmemory", "1")
    assert "is out of memory: raise `maxmemory`" in str((await look(company))["redis"]["detail"])
    await founder.config_set("maxmemory", "0")
    assert (await look(company))["redis"]["ok"]
    await founder.aclose()


async def test_what_a_worker_found_is_said_with_its_name_until_it_is_gone(company: Company) -> None:
    assert (await look(company))["workers"]["detail"] == "none is online"
    await beat(company, "workshop: the jail does not start")
    assert (await look(company))["workers"] == {"ok": False, "detail": "vp-1: workshop: the jail does not start"}
    await beat(company, None)
    assert (await look(company))["workers"]["ok"]


async def test_who_asks_often_is_told_what_was_found_a_moment_ago(company: Company, own: RedisServer) -> None:
    transport = httpx.ASGITransport(create_app(company, "token"))
    founder = redis.from_url(own.url)
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        await client.get("/api/health")
        before = (await founder.xinfo_stream("damascus:check:office"))["last-generated-id"]
        for _ in range(5):
            await client.get("/api/health")
    assert (await founder.xinfo_stream("damascus:check:office"))["last-generated-id"] == before
    await founder.aclose()


async def test_how_much_code_is_at_gitea_and_on_the_way_is_said(tmp_path: Path, own: RedisServer) -> None:
    given = {
        "DAMASCUS_HOME": str(tmp_path / "home"), "DAMASCUS_SHARED": str(tmp_path / "shared"), "REDIS_URL": own.url,
        "FORGE": "gitea", "GITEA_URL": "http://127.0.0.1:1", "GITEA_TOKEN": "0" * 40,
    }  # fmt: skip
    async with open_company(settings.load(ROOT, given)) as company:
        await upgrade(company.ledger)
        assert (await look(company))["forge"]["detail"] == "gitea: 0 repositories there"
        mission = await running_mission(company.outbox, planned("a"))
        async with company.outbox.transaction() as tx:
            await sync_state.open_board(tx, mission.id)  # a board is not a repository
            for name in ("there", "settled", "begun", "later"):
                await sync_state.schedule(tx, artifact(mission.id, name), None if name == "begun" else "a" * 40)
            await tx.forge_syncs.change("there", remote_sha="a" * 40)
            await tx.forge_syncs.change("settled", remote_sha="a" * 40, settled_at=tx.now)
        assert (await look(company))["forge"]["detail"] == "gitea: 2 repositories there, 1 on the way"
        async with company.outbox.transaction() as tx:
            await tx.forge_syncs.change("later", reason="it is full")
        found = (await look(company))["forge"]
        assert (found["ok"], found["detail"]) == (False, "later waits for gitea: it is full")


def artifact(mission_id: str, name: str) -> Artifact:
    return Artifact(
        name, mission_id, "task", ArtifactKind.REPOSITORY, name, "/there", ArtifactDetail(repository=name), WHEN
    )
