"""Who describes a product, or depends on it, opens what was finished: read-only, at the commit that was pushed."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from tests.fixtures.workbench import Workbench, open_workbench

NEXT = "PRICE = 7\n"
CODE = {"kind": "code", "name": "invoicer"}


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as found:
        found.needs_jail()
        yield found


async def built(workbench: Workbench) -> Task:
    """The engineer's task: pushed, and at work on what comes next."""
    task = await workbench.task(deliverable=CODE)
    await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
    await workbench.tested(task)
    await workbench.call(task, "write_file", path="a.py", content="PRICE = 9\n")
    await workbench.call(task, "commit", message="Begin")
    assert "pushed" in (await workbench.call(task, "push")).text
    await workbench.call(task, "write_file", path="a.py", content="PRICE = 1\n")
    await workbench.call(task, "write_file", path="later.py", content="x = 1\n")
    return task


@pytest.mark.parametrize("role", ["pm", "sales", "vp"])
async def test_a_role_without_code_reads_what_was_pushed(workbench: Workbench, role: str) -> None:
    await built(workbench)
    task = await workbench.task(role=role)
    listed = (await workbench.call(task, "list_files")).text
    assert "invoicer/a.py (10)" in listed
    assert "later.py" not in listed
    assert "PRICE = 9" in (await workbench.call(task, "read_file", path="invoicer/a.py")).text
    assert "invoicer/a.py:1: PRICE = 9" in (await workbench.call(task, "search_files", pattern="price")).text
    found = await workbench.call(task, "search_files", pattern="PRI.E = \\d", regex=True)
    assert "invoicer/a.py" in found.text


async def test_who_builds_still_reads_the_working_copy(workbench: Workbench) -> None:
    task = await built(workbench)
    assert "PRICE = 1" in (await workbench.call(task, "read_file", path="a.py")).text


async def test_nothing_is_finished_before_a_push(workbench: Workbench) -> None:
    task = await workbench.task(deliverable=CODE)
    await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
    pm = await workbench.task(role="pm")
    assert "no repository of this mission is finished yet" in (await workbench.call(pm, "list_files")).text


async def test_a_command_of_such_a_role_finds_a_copy_that_is_its_own(workbench: Workbench) -> None:
    await built(workbench)
    pm = await workbench.task(role="pm")
    run = await workbench.call(pm, "run_command", command="cat invoicer/a.py; echo mine > invoicer/a.py; echo n > note")
    assert "PRICE = 9" in run.text
    again = await workbench.call(
        pm, "run_command", command="cat invoicer/a.py note; rm -r invoicer; ln -s /etc invoicer"
    )
    assert "mine\nn" in again.text
    planted = await workbench.call(pm, "run_command", command="ls -ld invoicer; rm invoicer")
    assert "-> /etc" in planted.text
    assert "PRICE = 9" in (await workbench.call(pm, "run_command", command="cat invoicer/a.py")).text
    assert "PRICE = 9" in (await workbench.call(pm, "read_file", path="invoicer/a.py")).text


async def pushed(workbench: Workbench, task: Task, text: str = NEXT) -> str:
    """The engineer pushes once more; the commit, as it is shown."""
    await workbench.call(task, "write_file", path="a.py", content=text)
    await workbench.call(task, "commit", message=f"Next: {text.strip()}")
    said = (await workbench.call(task, "push")).text
    assert said.startswith("pushed "), said
    return said.split()[1][:12]


async def test_after_a_later_push_a_command_and_a_reader_find_that_commit_and_are_told_which(
    workbench: Workbench,
) -> None:
    engineer, pm = await built(workbench), await workbench.task(role="pm")
    first = (await workbench.call(pm, "run_command", command="cat invoicer/a.py; echo mine > invoicer/a.py")).text
    head = await pushed(workbench, engineer)
    again = (await workbench.call(pm, "run_command", command="cat invoicer/a.py")).text
    assert "PRICE = 9" in first
    assert NEXT in again
    assert head not in first
    assert f"[invoicer/ was copied at commit {head}, the last that was pushed]" in again
    assert "is not a copy" not in first + again
    for tool, given in (
        ("read_file", {"path": "invoicer/a.py"}), ("list_files", {}), ("search_files", {"pattern": "price"}),
        ("search_files", {"pattern": "PRI.E", "regex": True}),
    ):  # fmt: skip
        assert (await workbench.call(pm, tool, **given)).text.endswith(f"\n[invoicer/ is at commit {head}]"), tool
    assert "[" not in (await workbench.call(engineer, "read_file", path="a.py")).text


async def test_nothing_changes_under_a_command_that_runs(workbench: Workbench) -> None:
    engineer, pm, other = await built(workbench), await workbench.task(role="pm"), await workbench.task(role="pm")
    waits = "touch began; until [ -e go ]; do sleep 0.05; done; cat invoicer/a.py"
    running = asyncio.create_task(workbench.call(pm, "run_command", command=waits))
    scratch = workbench.services.workspaces / f"code/{workbench.mission.slug}/scratch-pm"
    async with asyncio.timeout(30):
        while not (scratch / "began").exists():
            await asyncio.sleep(0.02)
    old = (await workbench.call(other, "run_command", command="cat invoicer/a.py")).text
    head = await pushed(workbench, engineer)
    meanwhile = (await workbench.call(other, "run_command", command="cat invoicer/a.py; touch go")).text
    assert "PRICE = 9" in meanwhile
    assert f"{head} was pushed since, and is there when no other command runs in this folder]" in meanwhile
    assert old.partition("[invoicer/ was copied at commit ")[2][:12] in meanwhile
    assert "PRICE = 9" in (await running).text
    assert NEXT in (await workbench.call(other, "run_command", command="cat invoicer/a.py")).text


@pytest.mark.parametrize("end", ["is stopped", "ends by itself", "never starts"])
async def test_a_background_command_holds_what_it_runs_in_until_it_ends(workbench: Workbench, end: str) -> None:
    engineer, pm = await built(workbench), await workbench.task(role="pm")
    command = "until [ -e go ]; do sleep 0.05; done" if end != "never starts" else "exit 3"
    began = (await workbench.call(pm, "run_command", command=command, background=True)).text
    head = await pushed(workbench, engineer)
    if end != "never starts":
        assert began.endswith("the last that was pushed]")
        assert "PRICE = 9" in (await workbench.call(pm, "run_command", command="cat invoicer/a.py")).text
        if end == "is stopped":
            await workbench.call(pm, "background_command", name=began.split()[0], action="stop")
        else:
            await workbench.call(pm, "run_command", command="touch go; sleep 0.5")
    found = (await workbench.call(pm, "run_command", command="cat invoicer/a.py")).text
    assert NEXT in found
    assert head in found


async def test_a_copy_of_which_nobody_knows_the_commit_is_made_again(workbench: Workbench) -> None:
    """A worker that died between placing and noting it, or one of a version that noted nothing."""
    await built(workbench)
    pm = await workbench.task(role="pm")
    await workbench.call(pm, "run_command", command="echo old > invoicer/a.py")
    folder = workbench.services.workspaces / f"code/{workbench.mission.slug}"
    note = folder / ".scratch-pm.invoicer"
    note.unlink()
    assert "PRICE = 9" in (await workbench.call(pm, "run_command", command="cat invoicer/a.py")).text
    note.write_bytes(b"\xff")
    assert "PRICE = 9" in (await workbench.call(pm, "run_command", command="cat invoicer/a.py")).text
    assert len(note.read_text()) == 40
    assert [path.name for path in folder.iterdir() if path.name.startswith(".discarded")] == []


async def test_many_at_once_find_one_whole_copy(workbench: Workbench) -> None:
    engineer = await built(workbench)
    tasks = [await workbench.task(role="pm") for _ in range(4)]
    for text, shown in (("", "PRICE = 9"), (NEXT, NEXT)):
        if text:
            await pushed(workbench, engineer, text)
        command = "cat invoicer/a.py invoicer/tests/test_it.py"
        found = await asyncio.gather(*(workbench.call(task, "run_command", command=command) for task in tasks))
        assert all(shown in one.text and "exit 0" in one.text for one in found), found


async def test_of_two_who_add_a_missing_copy_beside_a_command_the_first_ones_stays(workbench: Workbench) -> None:
    await built(workbench)
    pm = await workbench.task(role="pm")
    await workbench.call(pm, "run_command", command="until [ -e go ]; do sleep 0.05; done", background=True)
    others = [await workbench.task(role="pm") for _ in range(3)]
    await workbench.call(pm, "run_command", command="rm -r invoicer")
    command = "stat -c 'inode %i' invoicer; sleep 0.5; stat -c 'inode %i' invoicer; cat invoicer/a.py"
    found = await asyncio.gather(*(workbench.call(task, "run_command", command=command) for task in others))
    assert len({line for one in found for line in one.text.splitlines() if line.startswith("inode")}) == 1, found
    assert all("PRICE = 9" in one.text and "the last that was pushed]" in one.text for one in found)
