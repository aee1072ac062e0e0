"""A product is handed over as a folder and a zip of the tested commit, whatever becomes of them afterwards."""

import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.artifacts import ArtifactKind
from damascus.ledger.engine import Ledger
from damascus.work.delivery.handover import Handover
from tests.fixtures.workbench import Workbench, open_workbench

CODE = {"kind": "code", "name": "invoicer"}
README = "# Invoicer\n\n## Usage\n\n```\npython3 a.py\n```\n"


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as found:
        found.needs_jail()
        yield found


async def pushed(workbench: Workbench) -> tuple[Path, Path]:
    task = await workbench.task(deliverable=CODE)
    await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
    await workbench.tested(task)
    await workbench.call(task, "write_file", path="a.py", content="x = 1\n")
    await workbench.call(task, "write_file", path="README.md", content=README)
    await workbench.call(task, "commit", message="Begin")
    assert "pushed" in (await workbench.call(task, "push")).text
    folder = workbench.services.shared / "code" / workbench.mission.slug / "invoicer"
    return folder, folder.with_name("invoicer.zip")


async def test_a_push_leaves_a_folder_a_zip_and_how_to_start_it(workbench: Workbench) -> None:
    folder, zipped = await pushed(workbench)
    with zipfile.ZipFile(zipped) as file:
        names = file.namelist()
    assert {"a.py", "README.md"} <= set(names)
    assert not any("__pycache__" in name for name in names)
    assert (folder / "a.py").is_file()
    async with workbench.outbox.reading() as tx:
        (row,) = await tx.artifacts.of_mission(workbench.mission.id, ArtifactKind.REPOSITORY)
    assert row.detail.start == "python3 a.py"


async def test_a_zip_that_is_gone_is_written_again_as_it_was(workbench: Workbench) -> None:
    _, zipped = await pushed(workbench)
    before = zipped.read_bytes()
    services = workbench.services
    handover = Handover(workbench.outbox, services.forge, services.shared)
    zipped.unlink()
    await handover.complete()
    assert zipped.read_bytes() == before
    written = zipped.stat().st_mtime_ns
    await handover.complete()
    assert zipped.stat().st_mtime_ns == written


async def test_what_a_person_put_there_or_took_away_stays_so(workbench: Workbench) -> None:
    folder, zipped = await pushed(workbench)
    (folder.parent / "notes").mkdir()
    folder.rename(folder.with_name(".gone"))
    zipped.unlink()
    services = workbench.services
    await Handover(workbench.outbox, services.forge, services.shared).complete()
    assert sorted(path.name for path in folder.parent.glob("*.zip")) == []


async def test_a_place_that_cannot_be_written_stops_no_push(workbench: Workbench) -> None:
    shared = workbench.services.shared
    (shared / "code").mkdir(parents=True)
    (shared / "code" / workbench.mission.slug).write_text("a file is in the way")
    _, zipped = await pushed(workbench)
    assert not zipped.exists()
