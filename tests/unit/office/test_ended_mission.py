"""What is refused of a mission that has ended, over the office's door."""

import httpx
import pytest

from damascus.composition.company import Company
from damascus.core.records.missions import Mission
from damascus.work.budget.limits import mission_scope
from damascus.work.tasks import missions
from tests.fixtures.story import planned, running_mission


@pytest.fixture
async def mission(office: Company) -> Mission:
    return await running_mission(office.outbox, planned("a"))


async def test_a_limit_of_an_ended_mission_is_refused(
    office: Company, mission: Mission, http: httpx.AsyncClient
) -> None:
    async with office.outbox.reading() as tx:
        spent = (await tx.budgets.get(mission_scope(mission.id))).spent
    raised = await http.post(f"/api/missions/{mission.slug}/budget", json={"limit_microusd": spent + 9_000_000})
    assert raised.json()["limit_microusd"] == spent + 9_000_000
    async with office.outbox.transaction() as tx:
        await missions.cancel(tx, mission.id, "ceo")

    refused = await http.post(f"/api/missions/{mission.slug}/budget", json={"limit_microusd": spent + 1})

    assert refused.status_code == 409
    assert f"the mission {mission.slug} has ended (cancelled)" in refused.json()["detail"]
    async with office.outbox.reading() as tx:
        assert (await tx.budgets.get(mission_scope(mission.id))).limit == spent + 9_000_000
