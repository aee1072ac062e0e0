"""A directive about code that is there: what runs its tests, what a plan may deliver, and how it is handed over."""

import json
from pathlib import Path

import pytest

from damascus.core.errors import Invalid
from damascus.core.records.directives import ExistingCode
from damascus.core.records.plan import Plan
from damascus.forge.local import LocalForge
from damascus.work.delivery.starting import find_start, tells_of_start
from damascus.work.intake.directives import NewDirective
from damascus.work.intake.existing_code import PLAYBOOK, for_code, with_code
from damascus.work.intake.test_command import find_test_command, tells_of_tests
from tests.fixtures.code_bases import CODE_BASES, UNITTEST, CodeBase, commit

CODE = ExistingCode("shop", "/there/shop", "trunk", "0" * 40, "npm test")


def files_of(code: CodeBase) -> dict[str, bytes]:
    return {path: text.encode() for path, text in code.files.items() if tells_of_tests(tuple(path.split("/")))}


@pytest.mark.parametrize("code", CODE_BASES, ids=lambda code: code.name)
def test_what_runs_the_tests_is_found(code: CodeBase) -> None:
    assert find_test_command(files_of(code)) == code.test_command


@pytest.mark.parametrize(
    ("files", "command"),
    [
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, None),
        ({"package.json": "{}", "test/a.js": "import test from 'node:test'"}, "node --test"),
        ({"pyproject.toml": "[tool.pytest.ini_options]\n", "tests/test_a.py": "import unittest"}, "python3 -m pytest"),
        ({"tests/test_a.py": "def test_it():\n    pass\n"}, "python3 -m pytest"),
        ({"test/test_a.py": "import unittest"}, "python3 -m unittest discover -s test"),
        ({"test_a.py": "import unittest"}, "python3 -m unittest discover"),
        ({"Makefile": "all:\n\ttrue\ntest: all\n\t./check\n"}, "make test"),
        ({"Makefile": "all:\n\ttrue\n"}, None),
        ({"package.json": '{"scripts": {"test": "vitest"}}', "Makefile": "test:\n"}, "npm test"),
        ({}, None),
    ],
)
def test_the_first_sign_counts(files: dict[str, str], command: str | None) -> None:
    assert find_test_command({path: text.encode() for path, text in files.items()}) == command


async def test_a_directive_gets_the_clone_and_its_test_command(tmp_path: Path) -> None:
    forge = LocalForge(tmp_path / "shared/git", tmp_path / "private/git-dirs")
    theirs = UNITTEST.make(tmp_path / "shop")
    first = await with_code(NewDirective("Fix it", key="k" * 12), str(theirs), None, forge)
    assert first.code is not None
    assert (first.playbook, first.code.name, first.code.test_command) == (PLAYBOOK, "shop", UNITTEST.test_command)
    commit(theirs, "Later")
    assert await with_code(NewDirective("Fix it", key="k" * 12), str(theirs), None, forge) == first
    other = await with_code(NewDirective("Fix it", playbook="report"), str(theirs), "make test", forge)
    assert other.code is not None
    assert (other.playbook, other.code.name, other.code.test_command) == ("report", "shop-2", "make test")


async def test_code_without_tests_that_tell_of_themselves_needs_a_command(tmp_path: Path) -> None:
    forge = LocalForge(tmp_path / "shared/git", tmp_path / "private/git-dirs")
    theirs = UNITTEST.make(tmp_path / "shop")
    with pytest.raises(Invalid, match="test_command must be one of"):
        await with_code(NewDirective("Fix it"), str(theirs), "true", forge)
    (theirs / "tests/test_totals.py").unlink()
    commit(theirs, "No tests")
    with pytest.raises(Invalid, match="--test"):
        await with_code(NewDirective("Fix it"), str(theirs), None, forge)


def plan_of(name: str) -> Plan:
    code = {"kind": "code", "name": name, "test_command": "python3 -m unittest"}
    task = {"key": "a", "title": "A", "role": "engineer", "description": "d", "acceptance": ["x"]}
    report = {**task, "key": "b", "deliverable": {"kind": "report", "name": "found"}}
    return Plan.model_validate({"summary": "s", "tasks": [{**task, "deliverable": code}, report]})


def test_a_plan_for_existing_code_is_proven_by_its_own_tests_and_delivers_no_other() -> None:
    planned = for_code(plan_of("shop"), CODE)
    assert [task.deliverable.test_command for task in planned.tasks] == ["npm test", None]
    with pytest.raises(Invalid, match=r"'shop'.*not 'other'"):
        for_code(plan_of("other"), CODE)


@pytest.mark.parametrize(
    ("files", "start"),
    [
        ({"README.md": "## Tests\n```\nnode a.js\n```\n## Usage\n```sh\n$ python3 x.py a\n```\n"}, "python3 x.py a"),
        ({"README.md": "```\npip install x\npython3 -m pytest\nnode x.js\n```\n"}, "node x.js"),
        ({"README.md": "# X\n\n    ./run.sh\n"}, "./run.sh"),
        ({"README.md": "python3 x.py", "x.py": "if __name__ == '__main__':\n    main()\n"}, "python3 x.py"),
        ({"test_x.py": "if __name__ == '__main__':\n    main()\n"}, ""),
        ({"package.json": json.dumps({"scripts": {"start": "node x"}}), "index.html": ""}, "npm start"),
        ({"package.json": "[]"}, ""),
        ({"package.json": "["}, ""),
        ({"x/__main__.py": ""}, "python3 -m x"),
        ({"index.html": ""}, "open index.html"),
        ({"README.md": "```\nmake\x1b[31m `rm`\n```"}, "make[31m rm"),
    ],
)  # fmt: skip
def test_how_it_is_started_is_found(files: dict[str, str], start: str) -> None:
    assert find_start({path: text.encode() for path, text in files.items()}) == start


def test_only_files_that_say_how_to_start_are_read() -> None:
    told = [
        path
        for path in ("README.md", "x.py", "a/x.py", "a/__main__.py", "b.txt")
        if tells_of_start(tuple(path.split("/")))
    ]
    assert told == ["README.md", "x.py", "a/__main__.py"]
