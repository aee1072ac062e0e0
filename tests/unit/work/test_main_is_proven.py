"""main is at a commit that its tests passed on, at every moment and whoever pushes, or the mission does not succeed."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from agents.base_agent import BaseAgent
from damascus.bus.streams import Bus
from damascus.composition.agents import open_staff
from damascus.core.errors import LeaseLost
from damascus.core.records.authors import Author
from damascus.core.records.receipts import Receipt
from damascus.core.records.tasks import Task
from damascus.core.settings import CompanySettings, LedgerSettings, Redis, Settings
from damascus.ledger.engine import Ledger
from damascus.staff.personas import load_personas
from damascus.supervisor.redis_server import RedisServer
from damascus.work import artifacts
from damascus.work.delivery import repositories
from damascus.work.receipts import issue
from damascus.work.tasks import missions, tasks
from tests.fixtures.desk import PASSING, Desk, needs_jail, open_desk
from tests.fixtures.story import claim, finish, planned, task_of, under_way

ROOT = Path(__file__).parents[3]
CODE = {"kind": "code", "name": "invoicer"}
BROKEN = PASSING.replace("assertTrue(True)", "fail('a bug')")
SOMEBODY = Author("Some Body", "some@body")


@pytest.fixture
async def desk(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, sqlite_ledger, bus) as desk:
        desk.needs_jail()
        yield desk


async def coder(desk: Desk) -> Task:
    task = await desk.task(deliverable=CODE)
    await desk.call(task, "create_repository", name="invoicer", description="d")
    return task


async def push(desk: Desk, task: Task, tests: str) -> str:
    await desk.call(task, "write_file", path="tests/test_it.py", content=tests)
    await desk.call(task, "commit", message="m")
    return (await desk.call(task, "push")).text


async def head(desk: Desk) -> str | None:
    async with desk.outbox.reading() as tx:
        row = await tx.artifacts.named(desk.mission.id, "repository", "invoicer")
    assert row is not None
    return await desk.services.forge.head(repositories.repository_of(row))


async def proofs(desk: Desk) -> list[Receipt]:
    async with desk.outbox.reading() as tx:
        return [receipt for receipt in await tx.receipts.of_mission(desk.mission.id) if receipt.kind == "tests"]


async def complete(desk: Desk, task: Task) -> None:
    found = await desk.check(task)
    assert issue.unmet(found) is None
    async with desk.outbox.transaction() as tx:
        await issue.write(tx, found)
        await missions.complete(tx, task, "it is done")


async def test_after_its_task_is_done_nobody_breaks_a_repository(desk: Desk) -> None:
    first = await coder(desk)
    await push(desk, first, PASSING)
    await complete(desk, first)
    before = await head(desk)
    note, vp = await desk.task(), await desk.task(role="vp")
    assert "a bug" in await push(desk, note, BROKEN)
    assert "main stays where it is" in (await desk.call(vp, "push")).text
    assert await head(desk) == before


async def test_a_later_push_that_passes_is_proven_like_the_first(desk: Desk) -> None:
    first = await coder(desk)
    await push(desk, first, PASSING)
    await complete(desk, first)
    said = await push(desk, await desk.task(), PASSING + "# better\n")
    assert said.startswith("pushed ")
    assert await head(desk) == [receipt.detail["commit"] for receipt in await proofs(desk) if receipt.ok][-1]


async def test_who_pushes_to_another_s_repository_runs_that_one_s_test_command(desk: Desk) -> None:
    owner = await desk.task(deliverable={**CODE, "test_command": "python3 -m unittest discover -s checks"})
    await desk.call(owner, "create_repository", name="invoicer", description="d")
    assert "discover -s checks" in await push(desk, await desk.task(deliverable={"kind": "note", "name": "n"}), PASSING)
    assert await head(desk) is None


async def test_a_task_that_fails_leaves_nothing_unproven_in_main(desk: Desk) -> None:
    task = await coder(desk)
    await push(desk, task, BROKEN)
    async with desk.outbox.transaction() as tx:
        await missions.fail_task(tx, task, "I give up")
    assert await head(desk) is None
    assert issue.unmet(await mains(desk)) is None


async def test_a_push_that_was_cut_off_after_its_tests_does_not_run_them_again(desk: Desk) -> None:
    task = await coder(desk)
    await desk.call(task, "write_file", path="tests/test_it.py", content=PASSING)
    sha = (await desk.call(task, "commit", message="m")).text.split()[-1]
    async with desk.outbox.reading() as tx:
        row = await tx.artifacts.named(desk.mission.id, "repository", "invoicer")
    assert row is not None
    receipt = await desk.evidence.verify_commit(task, row, desk.workspace("invoicer"), sha)
    assert (await head(desk), receipt.ok) == (None, True)
    assert (await desk.call(task, "push")).text.startswith(f"pushed {sha}")
    assert await proofs(desk) == [receipt]


async def test_who_loses_its_task_while_the_tests_run_moves_nothing(desk: Desk) -> None:
    task = await coder(desk)
    slow = PASSING.replace("import unittest", "import time, unittest").replace("self.assertTrue", "time.sleep(2), (")
    await desk.call(task, "write_file", path="tests/test_it.py", content=f"{slow.rstrip()})\n")
    await desk.call(task, "commit", message="m")
    context = await desk.context(task, "push")
    pushing = asyncio.create_task(desk.registry.run(context, {"push"}, "push", {}))
    async with asyncio.timeout(30):
        while not (desk.evidence.checks.exists() and list(desk.evidence.checks.iterdir())):
            await asyncio.sleep(0.01)
    async with desk.outbox.transaction() as tx:
        assert await tasks.requeue(tx, await tx.tasks.get(task.id), "its lease ran out")
    with pytest.raises(LeaseLost):
        await pushing
    assert await head(desk) is None
    assert await proofs(desk) == []


async def mains(desk: Desk) -> list[Receipt]:
    async with desk.outbox.reading() as tx:
        mission = await tx.missions.get(desk.mission.id)
    return await desk.evidence.check_main_branches(await desk.task("synthesis", "vp"), mission)


def by_hand(desk: Desk, folder: Path, tests: str) -> str:
    """Somebody clones the company's own store and pushes to it; the commit."""
    subprocess.run(["git", "clone", "--quiet", desk.services.shared / "git/invoicer.git", folder], check=True)
    (folder / "tests/test_it.py").write_text(tests)
    git = ["git", "-C", str(folder), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "commit", "--quiet", "-am", "by hand"], check=True)
    subprocess.run([*git, "push", "--quiet", "origin", "HEAD:main"], check=True)
    shown = subprocess.run([*git, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return shown.stdout.strip()


async def test_what_somebody_pushed_past_the_company_is_tested_before_the_mission_ends(
    desk: Desk, tmp_path: Path
) -> None:
    await push(desk, await coder(desk), PASSING)
    assert await mains(desk) == []
    better = by_hand(desk, tmp_path / "better", PASSING + "# better\n")
    (found,) = await mains(desk)
    assert (found.ok, found.detail["commit"]) == (True, better)
    worse = by_hand(desk, tmp_path / "worse", BROKEN)
    summary = await desk.task("synthesis", "vp", deliverable={"kind": "report", "name": "README"})
    missing = issue.unmet(await desk.check(summary)) or ""
    assert f"main of invoicer was moved to {worse[:12]} by somebody outside of the company" in missing
    assert "a bug" in missing


async def test_a_mission_whose_code_is_not_proven_fails_and_says_why_before_it_pays_for_a_summary(
    tmp_path: Path, sqlite_ledger_url: str, redis_server: RedisServer
) -> None:
    settings = Settings(
        company=CompanySettings(home=tmp_path / "home", shared=tmp_path / "shared"),
        ledger=LedgerSettings(url=sqlite_ledger_url), redis=Redis(url=redis_server.url),
    )  # fmt: skip
    async with open_staff(settings, ROOT, ["vp", "pm"], []) as staff:
        needs_jail(staff.evidence.workshop)
        mission = await under_way(staff.outbox, planned("a"))
        task, forge = await task_of(staff.outbox, mission, "a"), staff.evidence.forge
        made = await forge.create_repository("invoicer", "d", mission.id)
        place = repositories.workspace(settings.workspaces, mission, "invoicer")
        await forge.open_workspace(made, place)
        (place / "main.py").write_text("print(1)")
        sha = await forge.commit(place, "no test", SOMEBODY)
        await forge.push(place, made)
        async with staff.outbox.transaction() as tx:
            detail = {"repository": made.name}
            await artifacts.record(tx, task, "repository", "invoicer", path=made.url, detail=detail)
        await finish(staff.outbox, mission, "a")
        summary = await claim(staff.outbox, await task_of(staff.outbox, mission, "synthesis"))
        await BaseAgent(load_personas(ROOT / "agents" / "personas")["vp"], staff).run(summary)
        async with staff.outbox.reading() as tx:
            ended = await tx.missions.get(mission.id)
            assert await tx.usage.of_task(summary.id) == []
    assert ended.status == "failed"
    assert sha is not None
    assert f"main of invoicer was moved to {sha[:12]}" in (ended.reason or "")
