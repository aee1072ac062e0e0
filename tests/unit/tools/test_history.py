"""What an agent sees of its work's history, and gets back of it, without a git of its own."""

import pytest

from damascus.core.records.tasks import Task
from tests.fixtures.workbench import Workbench


@pytest.fixture
async def task(workbench: Workbench) -> Task:
    task = await workbench.task(deliverable={"kind": "code", "name": "invoicer"})
    await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
    return task


async def write(workbench: Workbench, task: Task, path: str, content: str) -> None:
    await workbench.call(task, "write_file", path=path, content=content)


async def commit(workbench: Workbench, task: Task, message: str) -> str:
    return (await workbench.call(task, "commit", message=message)).text.split()[1]


async def says(workbench: Workbench, task: Task, tool: str, **arguments: object) -> str:
    return (await workbench.call(task, tool, **arguments)).text


async def test_before_the_first_commit_there_is_nothing_but_the_changes(workbench: Workbench, task: Task) -> None:
    assert await says(workbench, task, "history") == "(there is no commit yet)"
    assert await says(workbench, task, "diff") == "(nothing changed)"
    await write(workbench, task, "a.py", "x = 1\n")
    assert "+x = 1" in await says(workbench, task, "diff")
    assert "no commit yet" in await says(workbench, task, "restore", path="a.py")


async def test_changes_are_shown_until_they_are_committed_and_then_by_their_commit(
    workbench: Workbench, task: Task
) -> None:
    await write(workbench, task, "a.py", "x = 1\n")
    await write(workbench, task, "sub/ü.py", "y = 1\n")
    first = await commit(workbench, task, "Begin")
    await write(workbench, task, "a.py", "x = 2\n")
    await write(workbench, task, "sub/ü.py", "y = 2\n")
    shown = await says(workbench, task, "diff")
    assert "a.py" in shown
    assert "-x = 1\n+x = 2" in shown
    assert "-y = 1\n+y = 2" in shown
    only = await says(workbench, task, "diff", path="sub")
    assert "sub/ü.py" in only
    assert "x = 2" not in only
    second = await commit(workbench, task, "Change x\n\nand why")
    assert await says(workbench, task, "diff") == "(nothing changed)"
    assert "-x = 1\n+x = 2" in await says(workbench, task, "diff", commit=second[:8])
    assert "+x = 1" in await says(workbench, task, "diff", commit=first)
    listed = await says(workbench, task, "history")
    assert [line.split(": ")[1] for line in listed.splitlines() if "Jordan Kim: " in line] == ["Change x", "Begin"]
    assert second.startswith(listed.split()[0])
    assert "Begin" not in await says(workbench, task, "history", limit=1)


async def test_a_file_or_folder_comes_back_as_it_was_and_nothing_else_changes(workbench: Workbench, task: Task) -> None:
    place = workbench.workspace("invoicer")
    for name in ("a.py", "sub/b.py", "sub/c.py"):
        await write(workbench, task, name, "old\n")
    (place / "a.py").chmod(0o755)
    first = await commit(workbench, task, "Begin")
    for name in ("a.py", "sub/b.py", "sub/new.py"):
        await write(workbench, task, name, "new\n")
    (place / "sub/c.py").unlink()
    assert await says(workbench, task, "restore", path="sub") == "restored sub/b.py, sub/c.py"
    assert [(place / name).read_text() for name in ("sub/b.py", "sub/c.py", "sub/new.py", "a.py")] == [
        "old\n", "old\n", "new\n", "new\n",
    ]  # fmt: skip
    await commit(workbench, task, "More")
    (place / "a.py").unlink()
    assert await says(workbench, task, "restore", path="a.py", commit=first) == "restored a.py"
    assert (place / "a.py").stat().st_mode & 0o111
    assert (await says(workbench, task, "restore", path=".")).startswith("restored a.py, sub/")


@pytest.mark.parametrize("commit", ["HEAD", "--output=x", "0000000", "main@{0}", "abc", "f" * 41])
async def test_only_a_commit_that_is_there_is_taken(workbench: Workbench, task: Task, commit: str) -> None:
    await write(workbench, task, "a.py", "x")
    await workbench.call(task, "commit", message="Begin")
    for tool, more in (("diff", {}), ("restore", {"path": "a.py"})):
        assert "`history` lists them" in await says(workbench, task, tool, commit=commit, **more)


@pytest.mark.parametrize("path", ["../x", ".git/config", "/etc/passwd"])
async def test_no_path_leads_out(workbench: Workbench, task: Task, path: str) -> None:
    await write(workbench, task, "a.py", "x")
    await workbench.call(task, "commit", message="Begin")
    for tool in ("diff", "restore"):
        assert "diff --git" not in (said := await says(workbench, task, tool, path=path))
        assert said.startswith(f"{tool}: ")


async def test_a_path_is_a_name_and_no_pattern(workbench: Workbench, task: Task) -> None:
    for name in ("a.py", "[a].py", "*"):
        await write(workbench, task, name, f"{name}\n")
    shown = await says(workbench, task, "diff", path="*")
    assert "diff --git a/* b/*" in shown
    assert shown.count("diff --git") == 1


async def test_a_change_without_end_is_cut_off(workbench: Workbench, task: Task) -> None:
    for n in range(5):
        await write(workbench, task, f"{n}", "a line of text\n" * 60_000)
    assert "more is left out; name a path" in await says(workbench, task, "diff")


async def test_who_calls_git_in_the_workshop_hears_of_the_tools(workbench: Workbench, task: Task) -> None:
    workbench.needs_jail()
    for command in ("git status", "git log --oneline | head"):
        said = await says(workbench, task, "run_command", command=command)
        assert "`history` for `git log`" in said
    assert "git log" not in await says(workbench, task, "run_command", command="echo hello")


async def test_without_a_repository_the_tools_say_so(workbench: Workbench) -> None:
    task = await workbench.task()
    for tool, more in (("diff", {}), ("history", {}), ("restore", {"path": "a"})):
        assert "call `create_repository` first" in await says(workbench, task, tool, **more)
