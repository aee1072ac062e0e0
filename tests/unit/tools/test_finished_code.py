"""Who describes a product, or depends on it, opens what was finished: read-only, at the commit that was pushed."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from tests.fixtures.workbench import Workbench, open_workbench

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
