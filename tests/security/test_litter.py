"""Class: a limit that counts per command, or per workspace, bounds no disk. What ended missions leave is removed.

Siblings tried: folders closed to their owner, links that lead out, many files, test runs and removals killed half-way.
"""

import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.clock import SystemClock
from damascus.ledger.engine import Ledger
from damascus.work.delivery.handover import Handover
from damascus.work.delivery.workspace_collector import WorkspaceCollector
from damascus.work.tasks import missions
from damascus.workshop import litter
from tests.fixtures.story import planned, running_mission
from tests.fixtures.workbench import Workbench, open_workbench

LITTER = "what ended missions leave does not fill the disk"
LEAVE = (
    "mkdir -p a/b && touch a/b/{{1..500}} && ln -s {outside} a/out && ln -s {outside}/kept b"
    " && chmod 0 a/b a && chmod 0 ."
)
REMOVER = (
    "import sys; from pathlib import Path; from damascus.workshop import litter; litter.discard(Path(sys.argv[1]))"
)


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        workbench.needs_jail()
        yield workbench


@pytest.mark.attack("workspaces of many missions, closed to their owner", LITTER)
async def test_what_commands_left_goes_however_they_left_it(workbench: Workbench, tmp_path: Path) -> None:
    """Class: see above. Real commands, real missions that end; what a link names stays as it is."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept")
    for _ in range(3):
        mission = await running_mission(workbench.outbox, planned("a"))
        task = await workbench.task(mission=mission, role="pm")
        done = await workbench.call(task, "run_command", command=f"bash -c '{LEAVE.format(outside=outside)}'")
        assert done.text.startswith("exit 0"), done.text
        async with workbench.outbox.transaction() as tx:
            await missions.cancel(tx, mission.id, "ceo")
    services = workbench.services
    checks = services.workspaces.parent / "checks"
    (checks / "0123-of-a-killed-run" / "copy").mkdir(parents=True)

    await WorkspaceCollector(
        workbench.outbox,
        services.forge,
        SystemClock(),
        services.workspaces,
        checks,
        1,
        Handover(workbench.outbox, services.forge, services.shared),
    ).collect()

    assert os.listdir(services.workspaces / "code") == [mission.slug]
    assert os.listdir(checks) == []
    assert (outside / "kept").read_text() == "kept"
    (services.workspaces / "code" / mission.slug / "scratch-pm").chmod(0o700)


@pytest.mark.attack("a removal that is killed half-way", LITTER)
def test_a_removal_that_is_killed_is_finished_by_the_next(tmp_path: Path) -> None:
    """Class: see above. SIGKILL while it removes: nobody sees a half of the folder, and none of it stays."""
    place, folder = tmp_path / "place", tmp_path / "place/work"
    for inner in range(20):
        (folder / str(inner)).mkdir(parents=True)
        for number in range(500):
            (folder / str(inner) / str(number)).touch()
    remover = subprocess.Popen([sys.executable, "-c", REMOVER, folder], start_new_session=True)
    until = time.monotonic() + 60
    while folder.exists():
        assert time.monotonic() < until
    os.killpg(remover.pid, signal.SIGKILL)
    remover.wait()

    litter.remove_discarded(place)

    assert os.listdir(place) == []
