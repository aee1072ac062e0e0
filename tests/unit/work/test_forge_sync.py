"""What has to reach the forge reaches it, whatever happens there: once, in step, and nothing of it is lost."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.errors import Conflict
from damascus.core.records.forge_syncs import ForgeSyncKind, ForgeSyncStatus
from damascus.ledger.engine import Ledger
from damascus.work.delivery.summary_footer import summary_footer
from damascus.work.delivery.sync_state import move, pending_reason, sync_note
from tests.fixtures.firm_at_gitea import CODE, Firm, all_tasks, founded
from tests.fixtures.gitea import Double
from tests.fixtures.workbench import open_workbench


async def test_code_goes_out_at_once_and_everything_links_to_it(firm: Firm) -> None:
    await firm.begin()
    said = await firm.push()
    row = await firm.row()
    assert (row.status, row.remote_sha, firm.head()) == ("synced", row.target_sha, row.target_sha)
    link = f"{firm.gitea.url}/founder/invoicer/commit/{row.target_sha}"
    assert said.startswith(f"pushed {row.target_sha} to main ({link}), and at the forge; `python3 -m unittest")
    assert said.endswith("ran 1 tests and all passed")
    async with firm.workbench.outbox.reading() as tx:
        made = await tx.artifacts.of_mission(firm.workbench.mission.id)
        words = await summary_footer(tx, firm.workbench.mission, firm.workbench.services.shared)
    assert [artifact.path for artifact in made] == [f"{firm.gitea.url}/founder/invoicer.git", link]
    assert f"`git clone {firm.gitea.url}/founder/invoicer.git`" in words
    assert link in words
    assert "waits" not in words
    assert await firm.tale() == ["synced", "synced"]
    assert firm.gitea.page(f"/founder/invoicer/commit/{row.target_sha}").status_code == 200


async def test_a_mission_that_ended_is_left_alone(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    await firm.end()
    assert (await firm.sync()).settled_at is not None
    assert (await firm.show()).settled_at is not None
    async with firm.workbench.outbox.reading() as tx:
        for kind in ForgeSyncKind:
            assert await tx.forge_syncs.due(firm.clock.now(), kind) == []


async def test_a_gitea_that_is_down_for_an_hour_stops_nobody_and_gets_everything_later(
    tmp_path: Path, sqlite_ledger_url: str, bus: Bus, lonely: Double
) -> None:
    async with founded(tmp_path, sqlite_ledger_url, bus, lonely) as firm:
        lonely.stop()
        await firm.begin()
        said = await firm.push()
        row = await firm.row()
        assert f"not at Gitea yet: Gitea at {lonely.url} does not respond" in said
        assert row.status == "pending"
        (commit, _) = await firm.workbench.check(firm.task)
        assert commit.ok
        assert commit.text.endswith(", as pushed")
        async with firm.workbench.outbox.reading() as tx:
            written = await summary_footer(tx, firm.workbench.mission, firm.workbench.services.shared)
            assert f"not at the forge when this was written; `ceo show {firm.workbench.mission.slug}`" in written
            assert "waits" not in written  # it is not written again when that is over
            assert f"Gitea at {lonely.url} does not respond" in (
                pending_reason(await tx.forge_syncs.find(row.id)) or ""
            )
            (repository,) = await tx.artifacts.of_mission(firm.workbench.mission.id, "repository")
        assert Path(repository.path).is_dir()  # until then one clones from the company's own
        for _ in range(5):
            assert (await firm.sync(600)).status == "pending"
        lonely.start()
        row = await firm.sync(600)
        assert (row.status, row.remote_sha, firm.head()) == ("synced", row.target_sha, row.target_sha)
        assert await firm.tale() == ["pending", "synced"]
        (commit, _) = await firm.workbench.check(firm.task)
        assert commit.text.endswith("as pushed, and at the forge")
        assert pending_reason(row) is None


async def test_two_workers_sync_the_same_row_once(firm: Firm) -> None:
    firm.gitea.faults({"kind": "down"})
    await firm.begin()
    other = firm.another_sync()
    firm.gitea.faults({"kind": "slow", "seconds": 0.3})
    firm.clock.advance(3600)
    id = (await firm.row()).id
    await asyncio.gather(firm.forge_sync.sync_row(id), other.sync_row(id))
    assert await firm.tale() == ["pending", "synced"]


async def test_a_row_that_a_dead_worker_was_at_is_synced_when_its_lease_has_expired(firm: Firm) -> None:
    firm.gitea.faults({"kind": "down"})
    await firm.begin()
    row = await firm.row()
    firm.clock.advance(600)
    async with firm.workbench.outbox.transaction() as tx:
        await tx.leases.take(f"forge_sync:{row.id}", "dead", tx.now, tx.now + timedelta(seconds=30))
    assert (await firm.sync(1)).status == "pending"
    assert (await firm.sync(30)).status == "synced"


async def test_gitea_is_left_alone_for_as_long_as_it_asks(firm: Firm) -> None:
    firm.gitea.faults({"kind": "rate", "seconds": 900})
    await firm.begin()
    row = await firm.row()
    assert "too many requests" in (row.reason or "")
    assert row.retry_at - firm.clock.now() >= timedelta(seconds=899)
    asked = firm.gitea.requests()
    assert (
        "not at Gitea yet: Gitea asked us to wait" in await firm.push()
    )  # a new commit is a reason to try, not to ask
    assert firm.gitea.requests() == asked
    assert (await firm.sync(800)).status == "pending"
    assert (await firm.sync(200)).status == "synced"


async def test_a_repository_that_was_removed_there_is_made_again_with_its_code_and_issues(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    await firm.show()
    firm.gitea.ask("DELETE", "/repos/founder/invoicer")
    assert (await firm.sync()).status == "synced"  # nothing to do: it is not noticed yet
    await firm.end()
    row = await firm.show()
    code = await firm.sync()
    assert firm.head() == code.target_sha
    assert set(firm.issues().values()) == {"closed"}
    assert len(firm.issues()) == len(row.issues) == len(await all_tasks(firm))


async def test_a_renamed_repository_keeps_its_links_true(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    firm.gitea.ask("PATCH", "/repos/founder/invoicer", {"name": "billing"})
    assert f"{firm.gitea.url}/founder/billing/commit/" in await firm.push("x = 2\n")
    async with firm.workbench.outbox.reading() as tx:
        made = await tx.artifacts.of_mission(firm.workbench.mission.id)
    assert all("/founder/billing" in artifact.path for artifact in made)


async def test_creating_it_again_does_not_lose_where_it_is(firm: Firm) -> None:
    await firm.begin()
    await firm.begin()
    async with firm.workbench.outbox.reading() as tx:
        (repository,) = await tx.artifacts.of_mission(firm.workbench.mission.id, "repository")
    assert repository.path == f"{firm.gitea.url}/founder/invoicer.git"


async def test_a_slow_gitea_does_not_hold_up_who_pushes(firm: Firm) -> None:
    firm.gitea.faults({"kind": "down"})
    await firm.begin()
    hasty = firm.another_sync(wait_seconds=0.1)
    firm.gitea.faults({"kind": "slow", "seconds": 2})
    firm.clock.advance(3600)
    row = await hasty.sync_now((await firm.row()).id)
    assert row is not None
    assert row.status == "pending"
    async with asyncio.timeout(30):
        while (await firm.row()).status != "synced":
            await asyncio.sleep(0.05)
    await hasty.close()


async def test_the_loop_syncs_what_is_pending(firm: Firm) -> None:
    firm.gitea.faults({"kind": "down"})
    await firm.begin()
    loop = asyncio.create_task(firm.forge_sync.run())
    async with asyncio.timeout(30):
        while (await firm.row()).status != "synced":
            firm.clock.advance(1)
            await asyncio.sleep(0.05)
    loop.cancel()


async def test_with_the_local_forge_there_is_nothing_to_sync(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> None:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        task = await workbench.task(deliverable=CODE)
        await workbench.call(task, "create_repository", name="invoicer", description="d")
        async with workbench.outbox.reading() as tx:
            assert await tx.forge_syncs.of_mission(workbench.mission.id) == []
        assert sync_note(None, "sha") == ""
        await workbench.services.forge_sync.run()


async def test_a_settled_row_makes_no_move_until_it_is_scheduled_again(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    await firm.end()
    row = await firm.sync()
    for after in ForgeSyncStatus:
        with pytest.raises(Conflict, match=f"invoicer is settled and cannot become {after}"):
            async with firm.workbench.outbox.transaction() as tx:
                await move(tx, row, after)
    async with firm.workbench.outbox.transaction() as tx:
        await firm.forge_sync.schedule(tx, await tx.artifacts.get(row.id), row.target_sha)
        await move(tx, row, ForgeSyncStatus.PENDING)


async def test_a_push_that_comes_while_its_row_is_being_settled_is_not_forgotten(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    row = await firm.row()
    async with firm.workbench.outbox.transaction() as tx:
        await firm.forge_sync.schedule(tx, await tx.artifacts.get(row.id), "b" * 40)
        assert not await tx.forge_syncs.settle(row.id, row.target_sha, tx.now)
    assert (await firm.row()).settled_at is None
