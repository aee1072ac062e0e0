"""`POST /missions/NAME/wake` over the office's door, and what a start of the office does of itself."""

from dataclasses import replace
from datetime import timedelta

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.clock import FixedClock
from damascus.core.records.forge_syncs import ForgeSyncRow, ForgeSyncStatus
from damascus.core.records.missions import Mission
from damascus.office.daemon import Daemon
from damascus.work.delivery import sync_state
from tests.fixtures.story import planned, running_mission


@pytest.fixture
async def mission(office: Company) -> Mission:
    return await running_mission(office.outbox, planned("a"))


async def stuck_row(office: Company, clock: FixedClock, mission: Mission) -> ForgeSyncRow:
    async with office.outbox.transaction() as tx:
        await sync_state.open_board(tx, mission.id)
        later = clock.now() + timedelta(hours=1)
        await tx.forge_syncs.change(mission.id, reason="Gitea is away", attempts=9, retry_at=later)
        return await tx.forge_syncs.get(mission.id)


async def row_of(office: Company, mission: Mission) -> ForgeSyncRow:
    async with office.outbox.reading() as tx:
        return await tx.forge_syncs.get(mission.id)


async def test_what_waits_for_the_forge_is_tried_at_once(
    office: Company, clock: FixedClock, mission: Mission, http: httpx.AsyncClient
) -> None:
    stuck = await stuck_row(office, clock, mission)
    response = await http.post(f"/api/missions/{mission.slug}/wake")
    assert (response.status_code, response.json()["slug"]) == (200, mission.slug)
    assert await row_of(office, mission) == replace(stuck, attempts=0, retry_at=clock.now())


async def test_a_mission_that_waits_for_nothing_is_told_so(
    office: Company, clock: FixedClock, mission: Mission, http: httpx.AsyncClient
) -> None:
    await stuck_row(office, clock, mission)
    async with office.outbox.transaction() as tx:  # what its row says is a note then
        await sync_state.move(tx, await tx.forge_syncs.get(mission.id), ForgeSyncStatus.SYNCED)
    response = await http.post(f"/api/missions/{mission.slug}/wake")
    assert response.status_code == 409
    assert "waits for a model or for the forge" in response.json()["detail"]


@pytest.mark.parametrize("name", ["no-such-mission", "mis_0", "%20", "a%00b"])
async def test_an_unknown_mission_is_told_so(name: str, http: httpx.AsyncClient) -> None:
    response = await http.post(f"/api/missions/{name}/wake")
    assert response.status_code in (404, 422)
    assert response.json()["detail"].count("\n") == 0


async def test_nobody_wakes_anything_without_the_token(
    office: Company, clock: FixedClock, mission: Mission, http: httpx.AsyncClient
) -> None:
    stuck = await stuck_row(office, clock, mission)
    response = await http.post(f"/api/missions/{mission.slug}/wake", headers={"Authorization": "Bearer wrong"})
    assert response.status_code == 401
    assert await row_of(office, mission) == stuck


async def test_an_office_that_starts_tries_what_waits_for_the_forge_once(
    office: Company, clock: FixedClock, mission: Mission
) -> None:
    stuck = await stuck_row(office, clock, mission)
    daemon = Daemon(office)
    await daemon.tick()
    assert (await row_of(office, mission)).retry_at == clock.now()
    async with office.outbox.transaction() as tx:
        await tx.forge_syncs.change(mission.id, attempts=9, retry_at=stuck.retry_at)
    await daemon.tick()
    assert await row_of(office, mission) == stuck
