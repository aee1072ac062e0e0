"""main is at a commit that its tests passed on, at every moment and whoever pushes, or the mission does not succeed."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.base_agent import BaseAgent
from damascus.bus.streams import Bus
from damascus.composition.agents import open_agent_services
from damascus.core.errors import LeaseLost
from damascus.core.records.artifacts import ArtifactDetail
from damascus.core.records.authors import Author
from damascus.core.records.receipts import Receipt
from damascus.core.records.tasks import Task
from damascus.core.settings import CompanySettings, LedgerSettings, RedisSettings, Settings
from damascus.ledger.engine import Ledger
from damascus.staff.personas import load_personas
from damascus.supervisor.redis_server import RedisServer
from damascus.work import artifacts
from damascus.work.delivery import repositories
from damascus.work.receipts import issue
from damascus.work.tasks import missions, tasks
from tests.fixtures.story import claim, finish, planned, running_mission, task_of
from tests.fixtures.workbench import PASSING, Workbench, needs_jail, open_workbench

ROOT = Path(__file__).parents[3]
CODE = {"kind": "code", "name": "invoicer"}
BROKEN = PASSING.replace("assertTrue(True)", "fail('a bug')")
SOMEBODY = Author("Some Body", "some@body")


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        workbench.needs_jail()
        yield workbench


async def coder(workbench: Workbench) -> Task:
    task = await workbench.task(deliverable=CODE)
    await workbench.call(task, "create_repository", name="invoicer", description="d")
    return task


async def push(workbench: Workbench, task: Task, tests: str) -> str:
    await workbench.call(task, "write_file", path="tests/test_it.py", content=tests)
    await workbench.call(task, "commit", message="m")
    return (await workbench.call(task, "push")).text


async def head(workbench: Workbench) -> str | None:
    async with workbench.outbox.reading() as tx:
        row = await tx.artifacts.named(workbench.mission.id, "repository", "invoicer")
    assert row is not None
    return await workbench.services.forge.head(repositories.repository_of(row))


async def proofs(workbench: Workbench) -> list[Receipt]:
    async with workbench.outbox.reading() as tx:
        return [receipt for receipt in await tx.receipts.of_mission(workbench.mission.id) if receipt.kind == "tests"]


async def complete(workbench: Workbench, task: Task) -> None:
    found = await workbench.check(task)
    assert issue.unmet(found) is None
    async with workbench.outbox.transaction() as tx:
        await issue.write(tx, found)
        await missions.complete(tx, task, "it is done")


async def test_after_its_task_is_done_nobody_breaks_a_repository(workbench: Workbench) -> None:
    first = await coder(workbench)
    await push(workbench, first, PASSING)
    await complete(workbench, first)
    before = await head(workbench)
    note, vp = await workbench.task(), await workbench.task(role="vp")
    assert "a bug" in await push(workbench, note, BROKEN)
    assert "main stays where it is" in (await workbench.call(vp, "push")).text
    assert await head(workbench) == before


async def test_a_later_push_that_passes_is_proven_like_the_first(workbench: Workbench) -> None:
    first = await coder(workbench)
    await push(workbench, first, PASSING)
    await complete(workbench, first)
    said = await push(workbench, await workbench.task(), PASSING + "# better\n")
    assert said.startswith("pushed ")
    assert await head(workbench) == [receipt.detail.commit for receipt in await proofs(workbench) if receipt.ok][-1]


async def test_who_pushes_to_another_s_repository_runs_that_one_s_test_command(workbench: Workbench) -> None:
    owner = await workbench.task(deliverable={**CODE, "test_command": "python3 -m unittest discover -s checks"})
    await workbench.call(owner, "create_repository", name="invoicer", description="d")
    assert "discover -s checks" in await push(
        workbench, await workbench.task(deliverable={"kind": "note", "name": "n"}), PASSING
    )
    assert await head(workbench) is None


async def test_a_task_that_fails_leaves_nothing_unproven_in_main(workbench: Workbench) -> None:
    task = await coder(workbench)
    await push(workbench, task, BROKEN)
    async with workbench.outbox.transaction() as tx:
        await missions.fail_task(tx, task, "I give up")
    assert await head(workbench) is None
    assert issue.unmet(await mains(workbench)) is None


async def test_a_push_that_was_cut_off_after_its_tests_does_not_run_them_again(workbench: Workbench) -> None:
    task = await coder(workbench)
    await workbench.call(task, "write_file", path="tests/test_it.py", content=PASSING)
    sha = (await workbench.call(task, "commit", message="m")).text.split()[1]
    async with workbench.outbox.reading() as tx:
        row = await tx.artifacts.named(workbench.mission.id, "repository", "invoicer")
    assert row is not None
    receipt = await workbench.receipts.verify_commit(task, row, workbench.workspace("invoicer"), sha)
    assert (await head(workbench), receipt.ok) == (None, True)
    assert (await workbench.call(task, "push")).text.startswith(f"pushed {sha}")
    assert await proofs(workbench) == [receipt]


async def test_who_loses_its_task_while_the_tests_run_moves_nothing(workbench: Workbench) -> None:
    task = await coder(workbench)
    slow = PASSING.replace("import unittest", "import time, unittest").replace("self.assertTrue", "time.sleep(2), (")
    await workbench.call(task, "write_file", path="tests/test_it.py", content=f"{slow.rstrip()})\n")
    await workbench.call(task, "commit", message="m")
    context = await workbench.context(task, "push")
    pushing = asyncio.create_task(workbench.registry.run(context, {"push"}, "push", {}))
    async with asyncio.timeout(30):
        while not (workbench.receipts.checks.exists() and list(workbench.receipts.checks.iterdir())):
            await asyncio.sleep(0.01)
    async with workbench.outbox.transaction() as tx:
        assert await tasks.requeue(tx, await tx.tasks.get(task.id), "its lease ran out")
    with pytest.raises(LeaseLost):
        await pushing
    assert await head(workbench) is None
    assert await proofs(workbench) == []


async def mains(workbench: Workbench) -> list[Receipt]:
    async with workbench.outbox.reading() as tx:
        mission = await tx.missions.get(workbench.mission.id)
    return await workbench.receipts.check_main_branches(await workbench.task("synthesis", "vp"), mission)


def by_hand(workbench: Workbench, folder: Path, tests: str) -> str:
    """Somebody clones the company's own store and pushes to it; the commit."""
    subprocess.run(["git", "clone", "--quiet", workbench.services.shared / "git/invoicer.git", folder], check=True)
    (folder / "tests/test_it.py").write_text(tests)
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "commit", "--quiet", "-am", "by hand"], check=True)
    subprocess.run([*git, "push", "--quiet", "origin", "HEAD:main"], check=True)
    shown = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return shown.stdout.strip()


async def test_what_somebody_pushed_past_the_company_is_tested_before_the_mission_ends(
    workbench: Workbench, tmp_path: Path
) -> None:
    await push(workbench, await coder(workbench), PASSING)
    assert await mains(workbench) == []
    better = by_hand(workbench, tmp_path / "better", PASSING + "# better\n")
    (found,) = await mains(workbench)
    assert (found.ok, found.detail.commit) == (True, better)
    worse = by_hand(workbench, tmp_path / "worse", BROKEN)
    summary = await workbench.task("synthesis", "vp", deliverable={"kind": "report", "name": "README"})
    missing = issue.unmet(await workbench.check(summary)) or ""
    assert f"main of invoicer was moved to {worse[:12]} by somebody outside of the company" in missing
    assert "a bug" in missing


async def test_a_mission_whose_code_is_not_proven_fails_and_says_why_before_it_pays_for_a_summary(
    tmp_path: Path, sqlite_ledger_url: str, redis_server: RedisServer
) -> None:
    settings = Settings(
        company=CompanySettings(home=tmp_path / "home", shared=tmp_path / "shared"),
        ledger=LedgerSettings(url=sqlite_ledger_url), redis=RedisSettings(url=redis_server.url),
    )  # fmt: skip
    async with open_agent_services(settings, ROOT, ["vp", "pm"], []) as staff:
        needs_jail(staff.receipts.workshop)
        mission = await running_mission(staff.outbox, planned("a"))
        task, forge = await task_of(staff.outbox, mission, "a"), staff.receipts.forge
        made = await forge.create_repository("invoicer", "d", mission.id)
        place = repositories.workspace(settings.workspaces, mission, "invoicer")
        await forge.open_workspace(made, place)
        (place / "main.py").write_text("print(1)")
        sha = await forge.commit(place, "no test", SOMEBODY)
        await forge.push(place, made)
        async with staff.outbox.transaction() as tx:
            detail = ArtifactDetail(repository=made.name)
            await artifacts.record(tx, task, "repository", "invoicer", made.url, detail)
        await finish(staff.outbox, mission, "a")
        summary = await claim(staff.outbox, await task_of(staff.outbox, mission, "synthesis"))
        await BaseAgent(load_personas(ROOT / "agents" / "personas")["vp"], staff).run(summary)
        async with staff.outbox.reading() as tx:
            ended = await tx.missions.get(mission.id)
            assert await tx.usage.of_task(summary.id) == []
    assert ended.status == "failed"
    assert sha is not None
    assert f"main of invoicer was moved to {sha[:12]}" in (ended.reason or "")
