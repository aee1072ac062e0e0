"""In `shared/code` people find what was pushed, and never the folder that a model works in."""

import os
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from tests.fixtures.workbench import Workbench, open_workbench


@pytest.fixture
async def apart(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    """A workbench whose workspaces are on a volume of their own."""
    async with open_workbench(tmp_path, sqlite_ledger, bus, workspaces=tmp_path / "volume") as workbench:
        yield workbench


def copy_of(workbench: Workbench) -> Path:
    return workbench.services.shared / "code" / workbench.mission.slug / "invoicer"


async def coder(workbench: Workbench) -> Task:
    task = await workbench.task(deliverable={"kind": "code", "name": "invoicer"})
    await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
    await workbench.tested(task)
    return task


async def push(workbench: Workbench, task: Task, text: str, path: str = "a.py") -> str:
    await workbench.call(task, "write_file", path=path, content=text)
    await workbench.call(task, "commit", message=f"Write {text}")
    return (await workbench.call(task, "push")).text


async def test_what_is_pushed_is_laid_out_and_what_is_not_is_not(apart: Workbench) -> None:
    task = await coder(apart)
    await push(apart, task, "x = 1\n")
    await apart.call(task, "write_file", path="a.py", content="x = 2\n")
    assert (apart.workspace("invoicer") / "a.py").read_text() == "x = 2\n"
    assert apart.workspace("invoicer").is_relative_to(apart.services.workspaces)
    assert (copy_of(apart) / "a.py").read_text() == "x = 1\n"


async def test_a_later_push_takes_the_place_of_the_earlier_and_leaves_nothing_of_it(apart: Workbench) -> None:
    task = await coder(apart)
    await push(apart, task, "old", path="old.py")
    (apart.workspace("invoicer") / "old.py").unlink()
    await push(apart, task, "new", path="new.py")
    assert sorted(os.listdir(copy_of(apart))) == ["new.py", "tests"]
    assert sorted(os.listdir(copy_of(apart).parent)) == ["invoicer", "invoicer.zip"]


async def test_a_push_again_mends_what_a_crash_left_half_laid_out(apart: Workbench) -> None:
    task = await coder(apart)
    sha = (await push(apart, task, "whole")).split()[1]
    draft = copy_of(apart).with_name(f".invoicer-new-{sha[:12]}")
    copy_of(apart).rename(copy_of(apart).with_name(f".invoicer-old-{sha[:12]}"))
    draft.mkdir()
    (draft / "half").touch()
    await apart.call(task, "push")
    assert (copy_of(apart) / "a.py").read_text() == "whole"
    assert sorted(os.listdir(copy_of(apart).parent)) == ["invoicer", "invoicer.zip"]


async def test_a_copy_that_cannot_be_made_takes_nothing_from_the_push(
    apart: Workbench, caplog: pytest.LogCaptureFixture
) -> None:
    apart.services.shared.mkdir(exist_ok=True)
    (apart.services.shared / "code").write_text("in the way")
    task = await coder(apart)
    assert (await push(apart, task, "x")).startswith("pushed ")
    assert "could not be copied to" in caplog.text


async def test_commands_and_checks_run_on_the_volume(apart: Workbench) -> None:
    task = await coder(apart)
    where = (await apart.call(task, "run_command", command="pwd")).text
    assert str(apart.services.workspaces) in where


async def test_what_people_browse_is_never_the_folder_that_the_model_works_in(workbench: Workbench) -> None:
    task = await coder(workbench)
    assert not copy_of(workbench).exists()
    await push(workbench, task, "x = 1\n")
    await workbench.call(task, "write_file", path="b.py", content="unpushed")
    await workbench.call(task, "run_command", command="git init -q; mkdir __pycache__; touch __pycache__/x.pyc")
    await workbench.call(task, "push")
    assert sorted(os.listdir(copy_of(workbench))) == ["a.py", "tests"]
    assert not workbench.workspace("invoicer").is_relative_to(workbench.services.shared)


async def test_a_push_names_what_it_leaves_out_of_the_copy_and_the_repository_has_all(workbench: Workbench) -> None:
    task = await coder(workbench)
    await workbench.call(task, "write_file", path=".vscode/tasks.json", content="{}")
    pushed = await push(workbench, task, "x = 1\n")
    assert pushed.endswith("tools of theirs run it by themselves: .vscode/tasks.json")
    assert sorted(os.listdir(copy_of(workbench))) == ["a.py", "tests"]
    clone = workbench.services.shared / "clone"
    subprocess.run(["git", "clone", "--quiet", workbench.services.shared / "git/invoicer.git", clone], check=True)
    assert (clone / ".vscode/tasks.json").exists()
