"""The how-to for newcomers is done, line by line, to a copy of the repository."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.long
ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "how-to" / "extend.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(python|diff)\n(?:#|\+\+\+) ([\w/.]+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
SECTIONS = dict(section.split("\n", 1) for section in PAGE.split("\n## ")[1:])
MAX_FILES = 3  # besides tests


def apply(root: Path, section: str) -> Iterator[str]:
    """Write and change what a section says; the files, as they are named there."""
    for kind, name, text in BLOCK.findall(section):
        path = root / name
        if kind == "python":
            assert not path.exists(), f"{name} is there already: show a diff"
            path.write_text(text, encoding="utf-8")
        else:
            for hunk in re.split(r"^@@\n", text, flags=re.MULTILINE):
                change(path, hunk.splitlines())
        yield name


def change(path: Path, hunk: list[str]) -> None:
    """Replace the lines of a hunk, which must be in the file just once; the last may be the beginning of one."""
    before = "\n".join(line[1:] for line in hunk if not line.startswith("+"))
    after = "\n".join(line[1:] for line in hunk if not line.startswith("-"))
    text = path.read_text(encoding="utf-8")
    assert text.count(before) == 1, f"{path}: these lines are not there just once:\n{before}"
    path.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The repository without its history, its tools and what it made at run time."""
    for name in ("agents", "damascus", "playbooks", "tests"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("config.yaml", "pyproject.toml", "redis.conf"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def test_all_that_is_shown_can_be_done_and_its_tests_pass(copy: Path) -> None:
    files = [name for section in SECTIONS.values() for name in apply(copy, section)]
    tests = [name for name in files if name.startswith("tests/")]
    assert len(tests) > len(SECTIONS)

    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests],
        cwd=copy, capture_output=True, text=True, timeout=300,
    )  # fmt: skip

    assert ended.returncode == 0, ended.stdout


@pytest.mark.parametrize("title", SECTIONS)
def test_an_extension_needs_three_files_besides_its_tests(title: str) -> None:
    files = {name for _, name, _ in BLOCK.findall(SECTIONS[title]) if not name.startswith("tests/")}
    assert 0 < len(files) <= MAX_FILES


def test_every_block_of_code_has_a_file() -> None:
    assert len(BLOCK.findall(PAGE)) == len(re.findall(r"^```\w+$", PAGE, re.MULTILINE))
