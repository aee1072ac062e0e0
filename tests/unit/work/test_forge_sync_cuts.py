"""A connection that is cut, or a Gitea that is killed, at any request of a mission: all arrives, nothing twice.

The requests are counted as they are made, so one that is new is among them by itself.
"""

import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from damascus.bus.streams import Bus
from damascus.work.tasks import missions
from tests.fixtures.firm_at_gitea import Firm, all_tasks, founded
from tests.fixtures.gitea import Double
from tests.fixtures.ledger import sqlite_url

WHOLE = [(kind, at) for kind in ("lost", "killed") for at in ("before", "within", "after", "answer")]
SAMPLE = [
    ("POST /api/v1/user/repos", "killed", "after"),
    ("POST /founder/invoicer.git/git-receive-pack", "lost", "after"),
    ("POST /founder/invoicer.git/git-receive-pack", "killed", "within"),
    ("POST /api/v1/repos/founder/invoicer/issues", "lost", "answer"),
]


@dataclass
class Street:
    """Where missions are played one after the other, each with a ledger of its own; none knows of another's."""

    folder: Path
    template: Path
    bus: Bus
    gitea: Double


@pytest.fixture
def street(tmp_path: Path, sqlite_template: Path, bus: Bus, lonely: Double) -> Street:
    return Street(tmp_path, sqlite_template, bus, lonely)


@pytest.mark.parametrize(("asked", "kind", "at"), SAMPLE)
async def test_a_mission_survives_a_cut_at_a_request_that_changes_something(
    street: Street, asked: str, kind: str, at: str
) -> None:
    whole = await a_mission(street, "whole")
    await a_mission(street, "cut", [{"kind": "slow", "times": whole.index(asked)}, {"kind": kind, "at": at}])


@pytest.mark.long
@pytest.mark.parametrize(("kind", "at"), WHOLE)
async def test_a_mission_survives_a_cut_at_each_of_its_requests(street: Street, kind: str, at: str) -> None:
    whole = await a_mission(street, "whole")
    assert len(whole) > 15
    for n, asked in enumerate(whole):
        await a_mission(street, f"{n}, {asked}", [{"kind": "slow", "times": n}, {"kind": kind, "at": at}])


async def a_mission(street: Street, name: str, faults: Sequence[dict[str, Any]] = ()) -> list[str]:
    """A mission with a repository, a push, and tasks that end, with the last of these faults. Returns its requests."""
    folder, gitea = street.folder / name.replace("/", "-"), street.gitea
    folder.mkdir()
    shutil.copy(street.template, folder / "ledger.db")
    for repository in gitea.ask("GET", "/user/repos?limit=50"):
        gitea.ask("DELETE", f"/repos/{repository['full_name']}")
    async with founded(folder, sqlite_url(folder / "ledger.db"), street.bus, gitea) as firm:
        gitea.faults(*faults)
        await firm.begin()
        await firm.push()
        died = gitea.revive()
        async with firm.workbench.outbox.transaction() as tx:
            await missions.cancel(tx, firm.workbench.mission.id, "ceo")
        for _ in range(8):
            died = gitea.revive() or died
            if (await firm.sync(61)).settled_at is not None:
                break
        requests = [] if died else gitea.requests()
        assert died == any(fault["kind"] == "killed" for fault in faults), name
        await check_all_is_there_once(firm, name)
    return requests


async def check_all_is_there_once(firm: Firm, where: str) -> None:
    row = await firm.row()
    assert row.settled_at is not None, where
    assert [found["full_name"] for found in firm.gitea.ask("GET", "/user/repos")] == ["founder/invoicer"], where
    assert firm.head() == row.target_sha, where
    ours = firm.workbench.services.shared / "git/invoicer.git"
    theirs = ours.with_name("theirs.git")
    clone = ["git", "clone", "--quiet", "--bare", firm.gitea.clone_url("founder/invoicer"), str(theirs)]
    subprocess.run(clone, check=True)
    assert commits(theirs) == commits(ours), where
    assert len(firm.issues()) == len(await all_tasks(firm)), where
    assert set(firm.issues().values()) == {"closed"}, where
    assert await firm.desk_questions() == [], where
    assert "refused" not in await firm.tale(), where


def commits(bare: Path) -> list[str]:
    shown = subprocess.run(["git", f"--git-dir={bare}", "rev-list", "main"], capture_output=True, text=True, check=True)
    return shown.stdout.split()
