"""Repositories, commits, pushes and commands, on real git and in the real workshop."""

import subprocess
from pathlib import Path

import pytest

from damascus.core.records.artifacts import ArtifactDetail
from damascus.core.records.tasks import Task
from damascus.tools.terminal.run_command import RunCommandTool, describe
from damascus.work.delivery import repositories
from damascus.work.tasks import missions
from tests.fixtures.story import planned, running_mission
from tests.fixtures.workbench import Workbench

CODE = {"kind": "code", "name": "invoicer"}


@pytest.fixture(autouse=True)
def _jailing_kernel(workbench: Workbench) -> None:
    workbench.needs_jail()


async def coder(workbench: Workbench, **more: object) -> Task:
    task = await workbench.task(**{"deliverable": CODE, **more})
    await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
    return task


async def tested(workbench: Workbench, **more: object) -> Task:
    task = await coder(workbench, **more)
    await workbench.tested(task)
    return task


def log(workbench: Workbench, name: str) -> str:
    bare = workbench.services.shared / "git" / f"{name}.git"
    return subprocess.run(["git", "-C", bare, "log", "main"], capture_output=True, text=True, check=True).stdout


async def test_a_commit_is_the_persona_s_and_names_mission_and_task(workbench: Workbench) -> None:
    task = await tested(workbench)
    await workbench.call(task, "write_file", path="a.py", content="x = 1\n")
    said = (await workbench.call(task, "commit", message="Add a, closes #7\n\nTask: another")).text
    sha, *changed = said.removeprefix("commit ").splitlines()
    assert changed == ["a.py +1 -0", "tests/test_it.py +6 -0"]
    pushed = (await workbench.call(task, "push")).text
    assert pushed.startswith(f"pushed {sha} to main (")
    shown = log(workbench, "invoicer")
    assert shown.startswith(f"commit {sha}\nAuthor: Jordan Kim <jordan.kim@damascus.local>")
    assert "Add a, closes # 7\n" in shown
    assert shown.rstrip().endswith(f"Mission: {task.mission_id}\n    Task: {task.id}")
    async with workbench.outbox.reading() as tx:
        (row,) = await tx.artifacts.of_task(task.id, "commit")
        (repository,) = await tx.artifacts.of_task(task.id, "repository")
    assert row.name == sha
    assert row.path in pushed
    assert row.detail == ArtifactDetail(message="Add a, closes #7\n\nTask: another", repository="invoicer", pushed=True)
    assert Path(repository.path).is_dir()


async def test_all_of_it_may_be_called_again(workbench: Workbench) -> None:
    task = await coder(workbench)
    again = await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
    assert "opened repository invoicer" in again.text
    assert "is there already" in again.text
    assert "write files first" in (await workbench.call(task, "commit", message="m")).text
    assert "commit first" in (await workbench.call(task, "push")).text
    await workbench.tested(task)
    sha = (await workbench.call(task, "commit", message="m")).text.split()[1]
    assert (await workbench.call(task, "commit", message="m")).text == f"nothing to commit, head is {sha}"
    pushed = (await workbench.call(task, "push")).text
    assert pushed.startswith("pushed ")
    assert (await workbench.call(task, "push")).text == pushed
    async with workbench.outbox.reading() as tx:
        assert len(await tx.artifacts.of_task(task.id)) == 2
        assert len(await tx.receipts.of_task(task.id)) == 1


async def test_a_code_task_s_repository_bears_its_deliverable_s_name(workbench: Workbench) -> None:
    task = await workbench.task(deliverable=CODE)
    wrong = await workbench.call(task, "create_repository", name="other", description="d")
    assert "delivers the repository 'invoicer'" in wrong.text
    assert "`name`" in (await workbench.call(task, "create_repository", name="../x", description="d")).text
    vp = await workbench.task(role="vp")
    assert "kept for" in (await workbench.call(vp, "create_repository", name="scratch-pm", description="d")).text


async def test_another_task_s_repository_is_not_taken_until_that_task_has_failed(workbench: Workbench) -> None:
    first, second = await coder(workbench), await workbench.task(deliverable=CODE)
    refused = await workbench.call(second, "create_repository", name="invoicer", description="d")
    alike = await workbench.call(await workbench.task(), "create_repository", name="Invoicer", description="d")
    assert "another task's" in refused.text
    assert "too like" in alike.text
    async with workbench.outbox.transaction() as tx:
        await missions.fail_task(tx, first, "gave up")
    taken = (await workbench.call(second, "create_repository", name="invoicer", description="d")).text
    assert taken.startswith("opened repository invoicer")


async def test_two_missions_may_have_a_repository_of_one_name(workbench: Workbench) -> None:
    mission = await running_mission(workbench.outbox, planned("b"))
    one, two = await tested(workbench), await tested(workbench, mission=mission)
    for task, text in ((one, "1"), (two, "2")):
        await workbench.call(task, "write_file", path="a", content=text)
        await workbench.call(task, "commit", message=text)
        assert "pushed" in (await workbench.call(task, "push")).text
    assert "1\n" in log(workbench, "invoicer")
    assert "2\n" in log(workbench, "invoicer-2")


async def test_the_vp_pushes_the_mission_s_only_repository_and_takes_nothing(workbench: Workbench) -> None:
    task, vp = await tested(workbench), await workbench.task(role="vp")
    await workbench.call(task, "write_file", path="a", content="1")
    await workbench.call(task, "commit", message="m")
    assert "pushed" in (await workbench.call(vp, "push")).text
    async with workbench.outbox.reading() as tx:
        assert await tx.artifacts.of_task(vp.id) == []
        assert (await tx.artifacts.of_task(task.id, "commit"))[0].detail.pushed


async def test_a_command_runs_in_the_repository_and_says_how_it_ended(workbench: Workbench) -> None:
    task = await coder(workbench)
    await workbench.call(task, "write_file", path="a.txt", content="hello\n")
    ran = (await workbench.call(task, "run_command", command="cat a.txt; echo bad >&2; exit 3")).text
    assert ran.startswith("exit 3 (")
    assert ran.endswith(" s)\nhello\nbad\n\n[trail entry e1]")


async def test_who_has_no_repository_works_in_a_scratch_folder_not_in_the_engineer_s(workbench: Workbench) -> None:
    task, pm = await coder(workbench), await workbench.task(role="pm")
    await workbench.call(task, "write_file", path="a.txt", content="hello\n")
    assert "a.txt" not in (await workbench.call(pm, "run_command", command="ls; touch mine")).text
    assert (workbench.workspace("scratch-pm") / "mine").exists()


async def test_a_link_that_a_command_made_is_not_followed_by_a_file_tool(workbench: Workbench) -> None:
    task = await coder(workbench)
    secret = workbench.services.shared / "secret"
    secret.write_text("s3cret")
    await workbench.call(task, "run_command", command=f"ln -s {secret} f; ln -s {secret.parent} d")
    for path in ("f", "d/secret"):
        assert "link" in (await workbench.call(task, "read_file", path=path)).text
        assert "link" in (await workbench.call(task, "write_file", path=path, content="mine")).text
    assert "s3cret" not in (await workbench.call(task, "search_files", pattern="s3c")).text
    assert secret.read_text() == "s3cret"


async def test_commits_that_were_not_pushed_are_not_said_to_be_in_the_repository(workbench: Workbench) -> None:
    task = await tested(workbench)
    shas = []
    for text in ("first", "second", "third"):
        await workbench.call(task, "write_file", path="a.txt", content=text)
        shas.append((await workbench.call(task, "commit", message=text)).text.split()[1])
        if text == "second":
            await workbench.call(task, "push")
    async with workbench.outbox.reading() as tx:
        made = await tx.artifacts.of_mission(workbench.mission.id)
    assert [row.name for row in repositories.pushed(made, "invoicer")] == shas[:2]
    assert repositories.pushed(made, "other") == []


async def test_a_commit_says_what_it_holds_and_what_was_ignored(workbench: Workbench) -> None:
    task = await coder(workbench)
    for path, content in {"a.txt": "1\n2\n", "b.txt": "x\n", ".gitignore": "*.csv\n"}.items():
        await workbench.call(task, "write_file", path=path, content=content)
    await workbench.call(task, "commit", message="first")
    await workbench.call(task, "write_file", path="a.txt", content="1\n+++ b.txt\n3\n")
    await workbench.call(task, "write_file", path="counts.csv", content="1\n")
    (workbench.workspace("invoicer") / "b.txt").unlink()
    (workbench.workspace("invoicer") / "empty").touch()
    (workbench.workspace("invoicer") / "bin").write_bytes(b"\0\1")
    (workbench.workspace("invoicer") / "__pycache__").mkdir()
    said = (await workbench.call(task, "commit", message="second")).text.splitlines()
    assert said[1:] == [
        "a.txt +2 -1",
        "b.txt +0 -1",
        "bin +0 -0",
        "empty +0 -0",
        "ignored, and not in the commit: counts.csv",
    ]


async def test_a_push_repeats_what_its_tests_said(workbench: Workbench) -> None:
    task = await tested(workbench)
    await workbench.call(task, "commit", message="m")
    assert "ran 1 tests and all passed" in (await workbench.call(task, "push")).text


async def test_a_command_says_truly_how_much_was_left_out(workbench: Workbench) -> None:
    task = await coder(workbench)
    said = (await workbench.call(task, "run_command", command="seq 40000; seq 9 >&2")).text
    size = len("".join(f"{n}\n" for n in range(1, 40001))) + 18
    assert f" of {size} bytes left out; write it to a file" in said
    assert said.count("left out") == 1
    assert len(said) < 19_000


async def test_a_command_may_be_given_less_time(workbench: Workbench) -> None:
    task = await coder(workbench)
    said = (await workbench.call(task, "run_command", command="sleep 50", timeout=1)).text
    assert said.startswith("exit 124 (")
    assert "`timeout`" in (await workbench.call(task, "run_command", command="true", timeout=0)).text


async def test_the_tool_says_what_a_command_finds(workbench: Workbench) -> None:
    facts = await workbench.services.workshop.facts()
    said = describe(facts)
    for word in (f"Python {facts.python}", "pipefail", "has: pytest", "$TMPDIR", "60 s", "1024 MB", "4000 characters"):
        assert word in said
    assert describe(None) == RunCommandTool.description
