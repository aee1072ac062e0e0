"""What README.md tells people to type is there."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.company import CEO, environment
from tests.fixtures.model import ROOT

README = (ROOT / "README.md").read_text()
COMMANDS = sorted(set(re.findall(r"`(?:uv run |\.venv/bin/|python )?ceo(?:_cli\.py)? ([a-z]+)", README)))


@pytest.fixture(scope="module")
def help_text(tmp_path_factory: pytest.TempPathFactory) -> str:
    place = tmp_path_factory.mktemp("nowhere")
    done = subprocess.run([*CEO, "--help"], cwd=place, env=environment(), capture_output=True, text=True, check=True)
    assert list(place.iterdir()) == [], "`ceo --help` left something behind"
    return done.stdout


def test_the_readme_names_many_commands() -> None:
    assert len(COMMANDS) >= 15


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_of_the_readme_is_one_of_ceo(help_text: str, command: str) -> None:
    assert re.search(rf"^\W*{command}\b", help_text, re.MULTILINE), f"`ceo {command}` is not in `ceo --help`"


def test_every_command_of_ceo_is_in_the_readme(help_text: str) -> None:
    there = set(re.findall(r"^│ ([a-z]+) ", help_text, re.MULTILINE))
    assert there, help_text
    assert there <= set(re.findall(r"ceo ([a-z]+)", README))


def test_the_targets_of_make_parse() -> None:
    targets = set(re.findall(r"^make ([a-z]+)", README, re.MULTILINE)) | {
        "demo",
        "test",
        "bench",
        "lint",
        "setup",
        "lock",
    }
    done = subprocess.run(["make", "-n", *sorted(targets)], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_every_file_that_the_readme_names_is_there() -> None:
    named = re.findall(r"`((?:docs|scripts|agents|playbooks)/[\w./-]+|[A-Z]+\.md|config\.yaml|\.env\.example)`", README)
    assert named
    for name in named:
        assert Path(ROOT / name).exists(), name
