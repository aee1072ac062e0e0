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
from tests.fixtures.firm_at_gitea import Firm, all_tasks, founded
from tests.fixtures.gitea import Double
from tests.fixtures.ledger import sqlite_url

WHOLE = [(kind, at) for kind in ("lost", "killed") for at in ("before", "within", "after", "answer")]
SAMPLE = [
    ("POST /api/v1/user/repos", "killed", "after"),
    ("POST /founder/invoicer.git/git-receive-pack", "lost", "after"),
    ("POST /founder/invoicer.git/git-receive-pack", "killed", "within"),
    ("POST /founder/invoicer.git/git-receive-pack", "killed", "answer"),  # what was pushed is not noticed
    ("POST /api/v1/repos/founder/invoicer/issues", "lost", "answer"),
    ("POST /api/v1/repos/founder/invoicer/labels", "killed", "after"),
    ("POST /api/v1/repos/founder/invoicer/milestones", "lost", "after"),
    ("POST /api/v1/repos/founder/invoicer/releases", "lost", "after"),
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
@pytest.mark.timeout(900)
@pytest.mark.parametrize(("kind", "at"), WHOLE)
async def test_a_mission_survives_a_cut_at_each_of_its_requests(street: Street, kind: str, at: str) -> None:
    """Each request is cut in one way; all of them in all ways take an hour."""
    whole = await a_mission(street, "whole")
    assert len(whole) > 40
    for n, asked in list(enumerate(whole))[WHOLE.index((kind, at)) :: len(WHOLE)]:
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
        await firm.show(61)
        died = gitea.revive() or died
        await firm.succeed()
        for _ in range(8):
            died = gitea.revive() or died
            code = await firm.sync(61)
            if code.settled_at is not None and (await firm.show(1)).settled_at is not None:
                break
        requests = [] if died else gitea.requests()
        assert died == any(fault["kind"] == "killed" for fault in faults), name
        await check_all_is_there_once(firm, name)
    return requests


async def check_all_is_there_once(firm: Firm, where: str) -> None:
    row = await firm.row()
    assert row.settled_at is not None, where
    assert (await firm.board()).settled_at is not None, where
    made = [found["full_name"] for found in firm.gitea.ask("GET", "/user/repos")]
    assert made == ["founder/company", "founder/invoicer"], where
    check_the_board_is_there_once(firm, where)
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


def check_the_board_is_there_once(firm: Firm, where: str) -> None:
    repo = "/repos/founder/invoicer"
    assert len(firm.gitea.ask("GET", f"{repo}/milestones?state=all")) == 1, where
    labels = [label["name"] for label in firm.gitea.ask("GET", f"{repo}/labels")]
    assert len(labels) == len(set(labels)) >= 4, where
    for number in firm.issues():
        assert len(firm.gitea.ask("GET", f"{repo}/issues/{number}/comments")) == 1, where
    (release,) = firm.gitea.ask("GET", f"{repo}/releases")
    assert [asset["name"] for asset in release["assets"]] == ["invoicer.zip"], where
    assert firm.gitea.page("/founder/company/src/branch/main/README.md").status_code == 200, where


def commits(bare: Path) -> list[str]:
    shown = subprocess.run(["git", f"--git-dir={bare}", "rev-list", "main"], capture_output=True, text=True, check=True)
    return shown.stdout.split()
