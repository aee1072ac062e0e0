"""Attacks on receipts: each would have the company call done what is not."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.errors import LeaseLost
from damascus.core.records.artifacts import ArtifactDetail, Citation
from damascus.core.records.missions import Mission
from damascus.core.records.receipts import Receipt
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from damascus.work import artifacts
from damascus.work.delivery import report_files
from damascus.work.outbox import Outbox
from damascus.work.receipts import issue
from damascus.work.tasks import tasks
from tests.fixtures.story import planned, running_mission
from tests.fixtures.workbench import BODY, PASSING, Workbench, open_workbench

COMMAND = "python3 -m unittest discover -s tests"
CODE = {"kind": "code", "name": "invoicer", "test_command": COMMAND}
PRD = {"kind": "report", "name": "prd"}
FAILING = PASSING.replace("assertTrue(True)", "fail('a bug')")


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        workbench.needs_jail()
        yield workbench


@pytest.fixture
async def pushed(workbench: Workbench) -> Task:
    """A task whose tests pass on what it pushed."""
    task = await workbench.task(deliverable=CODE)
    await workbench.call(task, "create_repository", name="invoicer", description="d")
    await workbench.call(task, "write_file", path="tests/test_it.py", content=PASSING)
    await workbench.call(task, "commit", message="m")
    await workbench.call(task, "push")
    assert issue.unmet(await workbench.check(task)) is None
    return task


async def head(workbench: Workbench) -> str:
    found = await workbench.call(await workbench.task(), "list_files")
    assert found
    bare = workbench.services.shared / "git" / "invoicer.git"
    return subprocess.run(
        ["git", "--git-dir", bare, "rev-parse", "main"], capture_output=True, text=True, check=True
    ).stdout.strip()


async def refused(workbench: Workbench, task: Task) -> str:
    """What a push says that leaves main where it was, at what was proven, and the task unfinished."""
    before = await head(workbench)
    said = (await workbench.call(task, "push")).text
    assert said.startswith("push: main stays where it is: ")
    assert await head(workbench) == before
    assert "call `push`" in (issue.unmet(await workbench.check(task)) or "")
    return said


async def test_what_was_committed_after_the_tests_passed_is_tested_again(workbench: Workbench, pushed: Task) -> None:
    await workbench.call(pushed, "write_file", path="tests/test_it.py", content=FAILING)
    await workbench.call(pushed, "run_command", command="echo Ran 5 tests in 0.1s; echo; echo OK")
    sha = (await workbench.call(pushed, "commit", message="looks good")).text.split()[1]
    said = await refused(workbench, pushed)
    assert "a bug" in said
    assert sha[:12] in said


async def test_files_mended_but_not_committed_do_not_help(workbench: Workbench, pushed: Task) -> None:
    await workbench.call(pushed, "write_file", path="tests/test_it.py", content=FAILING)
    await workbench.call(pushed, "commit", message="m")
    await workbench.call(pushed, "write_file", path="tests/test_it.py", content=PASSING)
    assert (await workbench.call(pushed, "run_command", command=COMMAND)).text.startswith("exit 0")
    assert "a bug" in await refused(workbench, pushed)


@pytest.mark.parametrize(
    "command",
    [
        "git --git-dir={bare} update-ref refs/heads/main HEAD~1",
        "git --git-dir={bare} symbolic-ref HEAD refs/heads/other",
        "git push {bare} HEAD:refs/heads/other",
        "git init -q . && git commit -q --allow-empty -m x && git push -f {bare} HEAD:main",
        "echo 0 > {bare}/refs/heads/main",
        "rm -rf {bare}",
    ],
)
async def test_a_command_cannot_move_what_is_pushed(workbench: Workbench, pushed: Task, command: str) -> None:
    before, bare = await head(workbench), workbench.services.shared / "git" / "invoicer.git"
    said = await workbench.call(pushed, "run_command", command=command.format(bare=bare))
    assert not said.text.startswith("exit 0")
    assert await head(workbench) == before
    branches = subprocess.run(["git", "--git-dir", bare, "branch", "--format=%(refname:short)"], capture_output=True)
    assert branches.stdout.decode().split() == ["main"]


async def test_another_branch_in_a_git_of_the_models_own_is_not_what_is_tested(
    workbench: Workbench, pushed: Task
) -> None:
    """The model makes a repository of its own in its working copy, with a commit that pleases it."""
    before = await head(workbench)
    await workbench.call(
        pushed, "run_command", command="git init -q -b main . && git add -A && git commit -q -m mine; true"
    )
    await workbench.call(pushed, "write_file", path="tests/test_it.py", content=FAILING)
    await workbench.call(pushed, "commit", message="m")
    found = await workbench.check(pushed)
    assert "call `push`" in (issue.unmet(found) or "")
    assert await head(workbench) == before


@pytest.mark.parametrize(
    "hollow",
    [
        "import unittest\n",
        "import unittest\n\nclass T(unittest.TestCase):\n    pass\n",
        "def test_it():\n    assert True\n",
        "import unittest\n\nclass T(unittest.TestCase):\n    def check_it(self):\n        self.fail()\n",
        FAILING.replace("class T", "@unittest.skip('x')\nclass T"),
    ],
)
async def test_tests_that_are_there_but_never_run_prove_nothing(
    workbench: Workbench, pushed: Task, hollow: str
) -> None:
    await workbench.call(pushed, "write_file", path="tests/test_it.py", content=hollow)
    await workbench.call(pushed, "commit", message="m")
    assert "ran no test" in await refused(workbench, pushed)


async def test_a_passing_copy_beside_the_repository_does_not_count(workbench: Workbench, pushed: Task) -> None:
    """The tests import a module that lies in the working copy's folder only, past the commit."""
    needy = PASSING.replace("import unittest", "import unittest\nimport sys\nsys.path.insert(0, '..')\nimport beside")
    await workbench.call(pushed, "run_command", command="echo > ../beside.py || true")
    await workbench.call(pushed, "write_file", path="tests/test_it.py", content=needy)
    await workbench.call(pushed, "commit", message="m")
    assert "No module named 'beside'" in await refused(workbench, pushed)


# -- reports


async def other_mission(workbench: Workbench) -> tuple[Mission, Task, str]:
    """Another mission with a finding of its own."""
    mission = await running_mission(workbench.outbox, planned("a"))
    task = await workbench.task(role="sales", mission=mission)
    return mission, task, await workbench.cite(task, "a fact of another mission")


async def test_a_report_that_cites_another_missions_finding_is_not_written(workbench: Workbench) -> None:
    _, _, foreign = await other_mission(workbench)
    task = await workbench.task(role="pm", deliverable=PRD)
    said = await workbench.call(task, "write_report", name="prd", title="T", body=BODY, sources=[foreign])
    assert "not in the trail of this mission" in said.text
    assert not workbench.report("prd").exists()


async def force_report(workbench: Workbench, task: Task, ref: str) -> None:
    """File and row of a report that got past the tool, each as the other says."""
    source = Citation(ref, "sales", "x")
    report = report_files.Report(
        "T",
        workbench.mission.slug,
        task.id,
        "a",
        "m",
        0.0,
        True,
        (source,),
        workbench.services.clock.now(),
        False,
        BODY,
    )
    path = report_files.path_of(workbench.mission.slug, "prd")
    report_files.move_into_place(
        report_files.write_draft(workbench.services.shared, path, report_files.render(report)),
        workbench.services.shared,
        path,
    )
    async with workbench.outbox.transaction() as tx:
        detail = ArtifactDetail(title="T", author="a", sources=(source,))
        await artifacts.record(tx, task, "report", "prd", path, detail)


async def test_a_cited_finding_of_another_mission_is_found_out_at_the_end_too(workbench: Workbench) -> None:
    _, _, foreign = await other_mission(workbench)
    task = await workbench.task(role="pm", deliverable=PRD)
    await force_report(workbench, task, foreign)
    missing = issue.unmet(await workbench.check(task)) or ""
    assert foreign in missing
    assert "not in the trail" in missing


@pytest.mark.parametrize("kind", ["task", "turn", "artifact", "mission"])
async def test_an_event_that_is_no_finding_is_no_source(workbench: Workbench, kind: str) -> None:
    """The mission's log is full of events; only what somebody left on the trail can be cited."""
    task = await workbench.task(role="pm", deliverable=PRD)
    await workbench.call(task, "write_report", name="other", title="T", body=BODY, sources=[await workbench.cite(task)])
    async with workbench.outbox.reading() as tx:
        events = await tx.events.since(0, 500, workbench.mission.id)
    ref = f"e{next(event.seq for event in events if event.kind == kind) + 1_000}"
    await force_report(workbench, task, ref)
    assert ref in (issue.unmet(await workbench.check(task)) or "")


@pytest.mark.parametrize("ref", ["e999999", "e0", "e-1", "e1e1", "e" + "9" * 15, "e" + "9" * 16, "e²", "1", ""])
async def test_a_source_that_is_not_there_is_no_source(workbench: Workbench, ref: str) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    await force_report(workbench, task, ref)
    assert issue.unmet(await workbench.check(task)) is not None


# -- who it is that claims


async def test_a_zombie_that_found_all_in_order_issues_no_receipt(workbench: Workbench, pushed: Task) -> None:
    """It checked while it held the task, and writes when another has it."""
    found = await workbench.check(pushed)
    async with workbench.outbox.transaction() as tx:
        assert await tasks.requeue(tx, await tx.tasks.get(pushed.id), "its lease ran out")
        before = await tx.receipts.of_task(pushed.id)
    with pytest.raises(LeaseLost):
        await write_as(workbench.outbox, pushed, found)
    async with workbench.outbox.reading() as tx:
        assert await tx.receipts.of_task(pushed.id) == before


async def write_as(outbox: Outbox, task: Task, found: list[Receipt]) -> None:
    async with outbox.transaction() as tx:
        await tasks.fence(tx, task)
        await issue.write(tx, found)


async def test_two_checks_at_once_do_not_meet(workbench: Workbench, pushed: Task) -> None:
    both = await asyncio.gather(workbench.check(pushed), workbench.check(pushed))
    assert [issue.unmet(found) for found in both] == [None, None]
    assert list(workbench.receipts.checks.iterdir()) == []
