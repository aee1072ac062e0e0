"""`python ceo_cli.py` by whichever Python a person has."""

import ast
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BARE = [sys.executable, "-I", "-S"]  # a Python that has none of the company's packages


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copy(ROOT / "ceo_cli.py", tmp_path)
    return tmp_path


def run(folder: Path, *command: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [*command, str(folder / "ceo_cli.py"), "staff", "--json"],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
    )


def test_without_an_environment_one_line_says_what_to_do(folder: Path) -> None:
    done = run(folder, *BARE)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("ceo: this Python lacks what the company needs (No module named ")
    assert "`make setup`" in done.stderr
    assert done.stderr.count("\n") == 1


def test_an_old_python_is_named(folder: Path) -> None:
    script = folder / "ceo_cli.py"
    script.write_text(script.read_text().replace("OLDEST_PYTHON = (3, 11)", "OLDEST_PYTHON = (9, 9)"))
    done = run(folder, *BARE)
    assert done.returncode == 2
    assert f"this is Python {sys.version.split()[0]}, which is too old; `make setup`" in done.stderr


def test_the_environment_of_make_setup_is_used_with_the_same_arguments(folder: Path) -> None:
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text('#!/bin/sh\necho "$@"\n')
    python.chmod(0o755)
    assert run(folder, *BARE).stdout.split() == [str(folder / "ceo_cli.py"), "staff", "--json"]


def test_an_environment_that_lacks_something_does_not_call_itself_for_ever(folder: Path) -> None:
    (folder / ".venv" / "bin").mkdir(parents=True)
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    done = run(folder, str(folder / ".venv" / "bin" / "python"))
    assert done.returncode == 2
    assert "lacks what the company needs" in done.stderr


def test_pythons_of_ten_years_ago_can_read_it() -> None:
    ast.parse((ROOT / "ceo_cli.py").read_text(), feature_version=(3, 4))
