"""What a persona with `planner: true` does besides; whoever has it, and nobody else."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest

from agents.journal import Journal
from agents.main import check_planner
from agents.outcomes import AgentBlocked, Failed, ModelFailed
from agents.planner import BadPlan, Planner
from agents.run import Run
from damascus.bus.streams import Bus
from damascus.composition.agents import AgentServices
from damascus.core.errors import Misconfigured
from damascus.core.records.turns import Turn
from damascus.ledger.engine import Ledger
from damascus.staff.personas import load_personas
from damascus.work.policies import Autonomy
from damascus.work.tasks import missions
from tests.fixtures.rows import UNTOLD, WHEN
from tests.fixtures.story import SETTINGS, claim, give
from tests.fixtures.workbench import ROLES, Workbench, open_workbench

ROOT = Path(__file__).parents[3]
PERSONAS = load_personas(ROOT / "agents" / "personas")
PLAN = {"kind": "plan", "name": "plan"}


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        yield workbench


@pytest.fixture
def planner(workbench: Workbench) -> Planner:
    nothing, services = cast(Any, None), workbench.services
    staff = AgentServices(
        SETTINGS, services.clock, nothing, nothing, workbench.outbox, nothing, workbench.registry,
        workbench.receipts, nothing, ROLES, ROOT, services.forge_sync, nothing,
        services.memory, services.embedder_for,
    )  # fmt: skip
    return Planner(PERSONAS["vp"], staff)


def test_the_front_matter_says_who_plans() -> None:
    assert [role for role, persona in PERSONAS.items() if persona.planner] == ["vp"]


@pytest.mark.parametrize(("planners", "named"), [((), "none"), (("vp", "pm"), "pm, vp"), (("pm",), "pm")])
def test_a_staff_whose_directives_nobody_would_plan_is_refused(planners: tuple[str, ...], named: str) -> None:
    staff = {r: persona.model_copy(update={"planner": r in planners}) for r, persona in PERSONAS.items()}
    with pytest.raises(Misconfigured, match=f"`planner: true`; with it now: {named}$"):
        check_planner(staff)
    check_planner(PERSONAS)


async def test_the_tools_of_planning_are_for_plans_only(workbench: Workbench, planner: Planner) -> None:
    granted = frozenset({"finish", "leave_trail"})
    plan = await workbench.task("plan", "vp", deliverable=PLAN)
    always = {"submit_plan", "read_trail", "leave_trail", "ask", "blocked"}
    assert planner.grant_tools(plan, granted) == always
    assert planner.grant_tools(replace(plan, key="plan"), granted) == always | {"read_playbook", "ask_direction"}
    assert planner.grant_tools(replace(plan, key="replan:market"), granted) == always | {"refer_gate"}
    assert planner.grant_tools(await workbench.task("synthesis", "vp"), granted) == granted


async def test_a_plan_is_sent_back_so_often_and_no_more(workbench: Workbench, planner: Planner) -> None:
    task, most = await workbench.task("plan", "vp", deliverable=PLAN), SETTINGS.limits.plan_attempts
    turns = [Turn(f"t{n}", task.id, n, "tool", "no", "c1", "submit_plan", {}, "done", WHEN, WHEN) for n in range(most)]
    journal = Journal(workbench.outbox, task, SETTINGS, turns[:-1], Autonomy())
    run = Run(workbench.lease(task), workbench.mission, UNTOLD, journal, 0.0)
    await planner.after_act(run)
    journal.turns = turns
    with pytest.raises(BadPlan, match=f"no valid plan after {most} attempts"):
        await planner.after_act(run)


@pytest.mark.parametrize(
    ("playbook", "expected"),
    [(None, ["research", "answer"]), ("startup", ["ideas", "market", "business-plan", "prd", "mvp", "go-to-market"])],
)
async def test_a_first_plan_that_did_not_come_is_taken_from_the_playbook(
    workbench: Workbench, planner: Planner, playbook: str | None, expected: list[str]
) -> None:
    """Where none was chosen, from the one that fits any question."""
    planning = await claim(workbench.outbox, await give(workbench.outbox, "Sell tea by post"))
    if playbook:
        async with workbench.outbox.transaction() as tx:
            await missions.take_playbook(tx, await tx.missions.get(planning.mission_id), playbook)
    assert await planner.on_failure(planning, BadPlan("no valid plan"))
    async with workbench.outbox.reading() as tx:
        assert (await tx.missions.get(planning.mission_id)).status == "running"
        keys = [task.key for task in await tx.tasks.of_mission(planning.mission_id)]
    assert keys == ["plan", *expected]


@pytest.mark.parametrize("outcome", [AgentBlocked("I cannot"), ModelFailed("away")])
async def test_an_agent_that_gives_up_and_a_model_that_fails_are_not_replaced_by_it(
    workbench: Workbench, planner: Planner, outcome: Failed
) -> None:
    planning = await claim(workbench.outbox, await give(workbench.outbox))
    assert not await planner.on_failure(planning, outcome)


async def test_another_task_s_failure_is_no_matter_of_the_playbook(workbench: Workbench, planner: Planner) -> None:
    assert not await planner.on_failure(await workbench.task(), Failed("why"))
