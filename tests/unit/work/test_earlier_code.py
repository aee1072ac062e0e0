"""A Gitea that is configured later gets what was pushed before: once, after each cut, and nothing newer is lost."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.forge_syncs import ForgeSyncKind
from damascus.forge.gitea.forge import GiteaForge
from damascus.ledger.engine import Ledger
from damascus.work import desk, policies
from damascus.work.delivery.earlier_code import note_earlier_code
from damascus.work.delivery.forge_sync import ForgeSync
from tests.fixtures.clock import ManualClock
from tests.fixtures.firm_at_gitea import CODE, Firm, somebody_pushes
from tests.fixtures.gitea import Double
from tests.fixtures.workbench import open_workbench


@pytest.fixture
async def firm(tmp_path: Path, sqlite_ledger_url: str, bus: Bus, gitea: Double) -> AsyncIterator[Firm]:
    """A firm that knows no Gitea yet; what it would sync with once it does is at hand."""
    clock = ManualClock()
    ledger = Ledger(sqlite_ledger_url, clock)
    async with open_workbench(tmp_path, ledger, bus) as workbench:
        firm = Firm(workbench, gitea, clock, await workbench.task(deliverable=CODE))
        firm.syncing = firm.another_sync(forge=at_gitea(firm))
        yield firm
    await ledger.close()


def at_gitea(firm: Firm) -> GiteaForge:
    home = firm.workbench.services.shared.parent
    return GiteaForge(home / "shared/git", home / "home/git-dirs", firm.gitea.settings(), firm.clock)


async def note(firm: Firm) -> int:
    return await note_earlier_code(firm.workbench.outbox)


async def test_what_was_pushed_before_there_was_a_gitea_gets_there_once_and_links_lead_there(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    await firm.end()
    firm.clock.advance(400 * 24 * 3600)
    assert await firm.tale() == []
    assert sorted(await asyncio.gather(*(note(firm) for _ in range(3)))) == [0, 0, 1]
    row = await firm.sync()
    assert (row.status, row.remote_sha, row.target_sha) == ("synced", row.target_sha, firm.head())
    assert row.settled_at is not None
    async with firm.workbench.outbox.reading() as tx:
        made = await tx.artifacts.of_mission(firm.workbench.mission.id)
    link = f"{firm.gitea.url}/founder/invoicer"
    assert [artifact.path for artifact in made] == [f"{link}.git", f"{link}/commit/{row.target_sha}"]
    assert await firm.tale() == ["synced"]
    firm.gitea.faults()
    assert await note(firm) == 0
    await firm.sync()
    assert firm.gitea.requests() == []


async def test_a_worker_that_starts_does_it_by_itself_also_if_the_ledger_is_away_at_first(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    assert firm.syncing is not None
    working = asyncio.create_task(firm.syncing.run())
    async with asyncio.timeout(20):
        while not firm.gitea.ask("GET", "/user/repos") or (await firm.row()).status != "synced":
            firm.clock.advance(3)
            await asyncio.sleep(0.05)
    working.cancel()
    with suppress(asyncio.CancelledError):
        await working
    assert firm.head() == (await firm.row()).target_sha


async def test_where_the_forge_is_the_local_store_nothing_is_noted(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    services = firm.workbench.services
    await ForgeSync(firm.workbench.outbox, services.forge, firm.clock, services.shared).run()
    async with firm.workbench.outbox.reading() as tx:
        assert await tx.forge_syncs.waiting() == []


async def test_what_is_cut_off_goes_on_and_a_second_start_begins_nothing_anew(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    firm.gitea.faults({"kind": "down"})
    assert await note(firm) == 1
    assert (await firm.sync()).attempts == 1
    assert await note(firm) == 0
    assert (await firm.row()).attempts == 1
    firm.gitea.faults()
    assert (await firm.sync()).status == "synced"
    assert firm.head() == (await firm.row()).target_sha


async def test_what_was_pushed_while_the_gitea_was_switched_off_follows(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    await note(firm)
    first = await firm.sync()
    await firm.push("x = 2\n")
    assert await note(firm) == 1
    row = await firm.sync()
    assert row.target_sha != first.target_sha
    assert (row.status, firm.head()) == ("synced", row.target_sha)
    await firm.end()
    assert (await firm.sync()).settled_at is not None
    assert await note(firm) == 0


async def test_what_is_newer_at_gitea_stays_and_the_ceo_is_asked_once(firm: Firm, tmp_path: Path) -> None:
    await firm.begin()
    await firm.push()
    await note(firm)
    await firm.sync()
    theirs = await somebody_pushes(firm.gitea, tmp_path / "theirs")
    await firm.push("x = 2\n")
    assert await note(firm) == 1
    assert (await firm.sync()).status == "refused"
    assert firm.head() == theirs
    (question,) = await firm.desk_questions()
    assert "cannot be pushed to Gitea" in question
    async with firm.workbench.outbox.transaction() as tx:
        (item,) = await tx.desk_items.open()
        await desk.deny(tx, item.id, "leave it so")
    await firm.sync()
    assert await note(firm) == 0
    assert (await firm.sync()).settled_at is not None
    assert firm.head() == theirs


async def test_a_repository_without_a_push_is_left_and_every_page_of_them_is_looked_at(firm: Firm) -> None:
    await firm.workbench.call(firm.task, "create_repository", name="empty", description="nothing yet")
    assert await note(firm) == 0
    for name in ("one", "two", "three"):
        task = await firm.workbench.task(deliverable={"kind": "code", "name": name})
        await firm.workbench.call(task, "create_repository", name=name, description="d")
        await firm.workbench.tested(task)
        await firm.workbench.call(task, "commit", message="Begin")
        said = await firm.workbench.call(task, "push")
        assert said.text.startswith("pushed"), said.text
    assert await note_earlier_code(firm.workbench.outbox, page_size=2) == 3
    firm.clock.advance(5)
    assert firm.syncing is not None
    await firm.syncing.sync_due(ForgeSyncKind.CODE)
    assert sorted(one["name"] for one in firm.gitea.ask("GET", "/user/repos")) == ["one", "three", "two"]


async def test_what_a_forge_would_execute_of_code_of_before_is_asked_about_also_after_its_mission(firm: Firm) -> None:
    """With the local forge alone CI files are committed: nothing executes them there."""
    await firm.begin()
    await firm.workbench.call(firm.task, "write_file", path=".gitea/workflows/ci.yml", content="on: push\n")
    await firm.push()
    await firm.end()
    await note(firm)
    assert (await firm.sync()).status == "refused"
    (question,) = await firm.desk_questions()
    assert "has files that a forge executes by itself: .gitea/workflows" in question
    assert firm.gitea.ask("GET", "/user/repos") == []
    async with firm.workbench.outbox.transaction() as tx:
        await policies.write(tx, "delivery", {"ci_files": "send"})
    row = await firm.sync()
    assert (row.status, firm.head()) == ("synced", row.target_sha)
    assert await firm.desk_questions() == []
