"""Tests that notice nothing send a push back; faults are made in what changed, by a program in the jail."""

import json
import shlex
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.tasks import Task
from damascus.forge.port import FileChange
from damascus.ledger.engine import Ledger
from damascus.work.receipts.mutants import MutantsFound, mutated_lines
from damascus.work.receipts.mutator import mutants_of, mutants_of_python, mutants_of_script
from tests.fixtures.workbench import PASSING, Workbench, open_workbench

PRICE = "def price(hours, rate):\n    if hours <= 0:\n        raise ValueError('no hours')\n    return hours * rate\n"
HONEST = (
    "import unittest\nfrom pricing import price\n\n\nclass T(unittest.TestCase):\n    def test_it(self):\n"
    "        self.assertEqual(price(2, 3), 6)\n        self.assertEqual(price(1, 3), 3)\n"
    "        with self.assertRaises(ValueError):\n            price(0, 3)\n"
)
CODE = {"kind": "code", "name": "invoicer"}


@pytest.fixture
async def strict(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus, mutants_caught=60) as workbench:
        workbench.needs_jail()
        yield workbench


async def pushed(workbench: Workbench, files: dict[str, str], task: Task | None = None) -> tuple[Task, str]:
    task = task or await workbench.task(deliverable=CODE)
    await workbench.call(task, "create_repository", name="invoicer", description="d")
    for path, content in files.items():
        await workbench.call(task, "write_file", path=path, content=content)
    await workbench.call(task, "commit", message="m")
    return task, (await workbench.call(task, "push")).text


def made(text: str, *, script: bool = False) -> set[str]:
    """What a program may become, each with its one fault."""
    faults = mutants_of_script(text) if script else mutants_of_python(text)
    return {text[:start] + new + text[end:] for start, end, new, _ in faults}


async def test_a_repository_of_empty_tests_is_not_pushed_and_hears_what_nobody_noticed(strict: Workbench) -> None:
    task, said = await pushed(strict, {"pricing.py": PRICE, "tests/test_it.py": PASSING})

    assert said.startswith("push: main stays where it is: ")
    assert "faults that were made on purpose in what changed they noticed 0, and 60 % must be" in said
    assert "- pricing.py:2: hours <= 0 -> (hours < 0) in: if hours <= 0:" in said
    assert any(not receipt.ok for receipt in await strict.check(task))


async def test_tests_that_notice_are_pushed_with_the_count(strict: Workbench) -> None:
    task, said = await pushed(strict, {"pricing.py": PRICE, "tests/test_it.py": HONEST})

    assert said.startswith("pushed ")
    assert "ran 1 tests and all passed; of 4 faults made in what changed they noticed 4" in said
    receipt = next(receipt for receipt in await strict.check(task) if receipt.kind == "tests")
    assert receipt.ok
    assert (receipt.detail.mutants, receipt.detail.caught) == (4, 4)


async def test_only_what_a_push_changes_is_tried(strict: Workbench) -> None:
    task, _ = await pushed(strict, {"pricing.py": PRICE, "tests/test_it.py": HONEST})
    _, words = await pushed(strict, {"README.md": "words\n"}, task)
    assert words.startswith("pushed ")
    assert "faults" not in words

    _, more = await pushed(strict, {"pricing.py": PRICE + "\n\ndef twice(x):\n    return x * 2\n"}, task)
    assert "main stays where it is" in more
    assert "pricing.py:8" in more
    assert "pricing.py:2" not in more


async def test_a_fault_without_end_is_noticed(strict: Workbench) -> None:
    program = "def count(n):\n    while n > 0:\n        n = n - 1\n    return n\n"
    test = HONEST.split("from pricing")[0] + (
        "from count import count\n\n\nclass T(unittest.TestCase):\n    def test_it(self):\n"
        "        self.assertEqual(count(3), 0)\n"
    )
    _, said = await pushed(strict, {"count.py": program, "tests/test_it.py": test})
    assert said.startswith("pushed ")


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("x = a < b\n", {"x = (a <= b)\n"}),
        ("x = a in b and not c\n", {"x = (a not in b) and not c\n",
                                    "x = (a in b or not c)\n", "x = a in b and (c)\n"}),
        ("def f():\n    return x\n", {"def f():\n    return None\n"}),
        ("f(1)\n", {"pass\n", "f(2)\n"}),
        ("ü = 'é' if ok is True else 2\n", {"ü = 'é' if (ok is not True) else 2\n", "ü = 'é' if ok is False else 2\n",
                                            "ü = 'é' if ok is True else 3\n"}),
        ("def f(a: 1 = 2) -> 3: ...\n", {"def f(a: 1 = 3) -> 3: ...\n"}),
        ("import a\nif __name__ == '__main__':\n    main()\n", set()),
        ("def f():\n    '''words 1'''\n    return None\n", set()),
        ("f'{a < b}'\n", set()),
    ],
)  # fmt: skip
def test_faults_of_python(text: str, faults: set[str]) -> None:
    assert made(text) == faults


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("a === b", {"a !== b"}),
        ("x = a => a && 'b < c' // d < e\n", {"x = a => a || 'b < c' // d < e\n"}),
        ("/* 1 */ return x", {"/* 1 */ return void x"}),
        ("const r = /a<b+/g; f(`1 < 2`, i++, 7)", {"const r = /a<b+/g; f(`1 < 2`, i++, 8)"}),
        ("x1 = 1.5 + true", {"x1 = 1.5 - true", "x1 = 1.5 + false", "x1 = 1.6 + true"}),
    ],
)
def test_faults_of_javascript(text: str, faults: set[str]) -> None:
    assert made(text, script=True) == faults


@pytest.mark.parametrize("text", ["(" * 10_000, "x = 1\0", "def f(:\n", "\udcff", "'" * 50_000, "/*" * 50_000])
def test_what_cannot_be_read_has_no_faults_and_hangs_nobody(tmp_path: Path, text: str) -> None:
    for name in ("a.py", "a.js"):
        (tmp_path / name).write_bytes(text.encode("utf-8", "surrogateescape"))
        list(mutants_of(str(tmp_path / name), [[1, 9]]))


def test_a_mark_at_the_beginning_hides_nothing(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("\ufeffx = 1\n")
    (fault,) = mutants_of(str(tmp_path / "a.py"), [[1, 2]])
    text = (tmp_path / "a.py").read_text()
    assert text[: fault["start"]] + fault["new"] + text[fault["end"] :] == "\ufeffx = 2\n"


def test_programs_are_changed_and_tests_are_not() -> None:
    lines = (range(3, 5),)
    paths = (
        "a.py",
        "src/b.mjs",
        "tests/c.py",
        "test_d.py",
        "e_test.py",
        "f.test.js",
        "g.md",
        "conftest.py",
        "contests/h.ts",
    )
    assert mutated_lines([FileChange(path, 2, 0, lines) for path in paths]) == {
        "a.py": [(3, 5)], "src/b.mjs": [(3, 5)], "contests/h.ts": [(3, 5)],
    }  # fmt: skip
    assert mutated_lines([FileChange("a.py", 0, 3)]) == {}


def test_the_share_counts() -> None:
    assert MutantsFound(10, 6).holds(60)
    assert not MutantsFound(10, 5).holds(60)
    assert MutantsFound().holds(100)
    many = MutantsFound(12, 2, tuple(f"a.py:{n}: x" for n in range(10)))
    assert many.complaint(60).count("\n- ") == 7
    assert many.complaint(60).endswith("- and 4 more")


@pytest.mark.parametrize("path", ["a.py", f"{'d/' * 400}a.py", f"{chr(39) * 200}.py", f"{chr(0x1F600) * 200}.py"])
def test_however_much_a_push_changes_a_command_can_say_it(path: str) -> None:
    lines = tuple(range(n, n + 1) for n in range(1, 20_000, 2))
    found = mutated_lines([FileChange(f"{n}{path}", 10_000, 0, lines) for n in range(100)])
    assert found
    assert len(shlex.quote(json.dumps({"files": found, "limit": 12}))) < 50_000


def test_a_file_that_is_too_large_to_be_put_back_whole_gets_no_fault(tmp_path: Path) -> None:
    path = tmp_path / "large.py"
    path.write_text("x = 1\n" + "#" * 1_000_000)
    assert list(mutants_of(str(path), [[1, 2]])) == []
    path.write_text("x = 1\n")
    assert len(list(mutants_of(str(path), [[1, 2]]))) == 1
