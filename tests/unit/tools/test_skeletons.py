"""Each skeleton runs and is tested offline in the workshop, as it is."""

import shutil
import subprocess

import pytest

from damascus.tools.forge.skeleton import TEST_COMMANDS, Skeleton, files_of
from tests.fixtures.workbench import Workbench


def node_version() -> tuple[int, ...]:
    node = shutil.which("node", path="/usr/local/bin:/usr/bin:/bin")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout if node else "v0"
    return tuple(int(part) for part in said.strip().removeprefix("v").split("."))


@pytest.mark.parametrize("kind", TEST_COMMANDS)
async def test_a_skeleton_passes_its_tests_and_a_fault_in_it_does_not(workbench: Workbench, kind: Skeleton) -> None:
    workbench.needs_jail()
    if kind == Skeleton.NODE and node_version() < (20,):
        pytest.skip("the workshop has no Node 20")
    if kind == Skeleton.TYPESCRIPT and node_version() < (22, 6):
        pytest.skip("the workshop has no Node 22.6, which takes types away")
    task = await workbench.task(deliverable={"kind": "code", "name": "app"})
    made = await workbench.call(task, "create_repository", name="app", description="an app", kind=kind)
    assert TEST_COMMANDS[kind] in made.text
    assert (await workbench.call(task, "run_command", command=TEST_COMMANDS[kind])).text.startswith("exit 0")
    for path in workbench.workspace("app").iterdir():
        if path.suffix in (".py", ".js", ".ts", ".html"):
            path.write_text(path.read_text().replace("Hello", "Hallo").replace("style.css", "gone.css"))
    assert not (await workbench.call(task, "run_command", command=TEST_COMMANDS[kind])).text.startswith("exit 0")


def test_there_are_files_for_each_kind_but_the_empty_one() -> None:
    assert {kind for kind in Skeleton if list(files_of(kind))} == set(TEST_COMMANDS) == set(Skeleton) - {Skeleton.EMPTY}
    for kind in TEST_COMMANDS:
        assert {"README.md"} < {path for path, _ in files_of(kind)}


async def test_a_repository_that_is_opened_again_keeps_its_files(workbench: Workbench) -> None:
    task = await workbench.task(deliverable={"kind": "code", "name": "app"})
    call = {"name": "app", "description": "an app", "kind": "python"}
    await workbench.call(task, "create_repository", **call)
    await workbench.call(task, "write_file", path="app.py", content="mine = True\n")
    assert "opened repository" in (await workbench.call(task, "create_repository", **call)).text
    assert (workbench.workspace("app") / "app.py").read_text() == "mine = True\n"
