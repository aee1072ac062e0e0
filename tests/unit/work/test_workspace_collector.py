"""Ended missions leave the last workspaces only, and nothing that somebody still works on or waits for goes."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from damascus.work.delivery import sync_state
from damascus.work.delivery.handover import Handover
from damascus.work.delivery.workspace_collector import WorkspaceCollector
from damascus.work.tasks import missions
from damascus.workshop import litter
from tests.fixtures.story import planned, running_mission
from tests.fixtures.workbench import Workbench, open_workbench


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        yield workbench


def collector(workbench: Workbench, keep: int) -> WorkspaceCollector:
    services = workbench.services
    return WorkspaceCollector(
        workbench.outbox,
        services.forge,
        SystemClock(),
        services.workspaces,
        services.workspaces.parent / "checks",
        keep,
        Handover(workbench.outbox, services.forge, services.shared),
    )


async def at_work(workbench: Workbench) -> tuple[Mission, Task]:
    """A mission with a repository, a commit that is not pushed, and what no commit has."""
    mission = await running_mission(workbench.outbox, planned("a"))
    task = await workbench.task(mission=mission, deliverable={"kind": "code", "name": "app"})
    await workbench.call(task, "create_repository", name="app", description="d")
    await workbench.call(task, "write_file", path="deep/file.txt", content="words")
    await workbench.call(task, "commit", message="m")
    folder(workbench, mission).joinpath("scratch-pm").mkdir()
    return mission, task


async def ended(workbench: Workbench) -> Mission:
    mission, _ = await at_work(workbench)
    await end(workbench, mission)
    return mission


async def end(workbench: Workbench, mission: Mission) -> None:
    async with workbench.outbox.transaction() as tx:
        await missions.cancel(tx, mission.id, "ceo")


def folder(workbench: Workbench, mission: Mission) -> Path:
    return workbench.services.workspaces / "code" / mission.slug


def git_data(workbench: Workbench) -> list[str]:
    """What lies under git-dirs, but for the lock of the whole store."""
    return sorted(set(os.listdir(workbench.services.workspaces.parent / "git-dirs")) - {"forge.lock"})


async def test_the_last_ended_missions_keep_their_workspaces_and_the_others_lose_all(workbench: Workbench) -> None:
    running, _ = await at_work(workbench)
    first, second, third = [await ended(workbench) for _ in range(3)]

    await collector(workbench, 2).collect()

    kept = [folder(workbench, mission) for mission in (running, second, third)]
    assert litter.folders(workbench.services.workspaces / "code") == sorted(kept)
    assert not folder(workbench, first).exists()
    assert len(git_data(workbench)) == 6  # a folder and a lock each
    assert (kept[0] / "app/deep/file.txt").read_text() == "words"

    await collector(workbench, 0).collect()

    assert litter.folders(workbench.services.workspaces / "code") == [folder(workbench, running)]
    assert len(git_data(workbench)) == 2
    assert len(list((workbench.services.shared / "git").iterdir())) == 4


async def test_a_mission_under_way_parked_or_unknown_keeps_its_workspace(workbench: Workbench) -> None:
    mission, task = await at_work(workbench)
    await workbench.call(task, "ask", to="ceo", question="Which one?")
    unknown = workbench.services.workspaces / "code" / "of-another-ledger"
    unknown.mkdir()

    await collector(workbench, 0).collect()

    assert litter.folders(unknown.parent) == sorted([folder(workbench, mission), unknown])


async def test_what_waits_for_the_forge_keeps_its_workspace_until_it_is_there(workbench: Workbench) -> None:
    mission, _ = await at_work(workbench)
    async with workbench.outbox.transaction() as tx:
        (repository,) = await tx.artifacts.of_mission(mission.id, ArtifactKind.REPOSITORY)
        await sync_state.schedule(tx, repository, "0" * 40)
    await end(workbench, mission)

    await collector(workbench, 0).collect()
    assert (folder(workbench, mission) / repository.name).is_dir()

    async with workbench.outbox.transaction() as tx:
        assert await tx.forge_syncs.settle(repository.id, "0" * 40, tx.now)
    await collector(workbench, 0).collect()
    assert not folder(workbench, mission).exists()


async def test_two_who_collect_at_once_and_one_who_comes_late_do_no_harm(workbench: Workbench) -> None:
    gone = [await ended(workbench) for _ in range(4)]
    late = folder(workbench, gone[0]) / "app"

    await asyncio.gather(*(collector(workbench, 0).collect() for _ in range(4)))

    assert os.listdir(workbench.services.workspaces / "code") == []
    assert git_data(workbench) == []
    assert await workbench.services.forge.workspace_head(late) is None


async def test_a_crash_between_git_data_and_files_is_made_good(workbench: Workbench) -> None:
    mission = await ended(workbench)
    (name,) = [name for name in git_data(workbench) if not name.endswith(".lock")]
    git_dirs = workbench.services.workspaces.parent / "git-dirs"
    (git_dirs / name).rename(git_dirs / f"{name}.forgotten")  # as far as it came

    await collector(workbench, 0).collect()

    assert git_data(workbench) == []
    assert not folder(workbench, mission).exists()


async def test_it_collects_at_once_when_it_is_started(workbench: Workbench) -> None:
    mission = await ended(workbench)
    running = asyncio.create_task(collector(workbench, 0).run())
    async with asyncio.timeout(60):
        while folder(workbench, mission).exists():
            await asyncio.sleep(0.01)
    running.cancel()
