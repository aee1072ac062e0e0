"""Standard streams as shells leave them: a reader that has gone, and closed ones."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.scripted import mission
from tests.unit.cli.scripted_office import ScriptedOffice

ROOT = Path(__file__).parents[3]


def typed(folder: Path, words: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of `ceo WORDS`, which may have redirections; its exit code is that of `ceo` itself."""
    line = f'set -o pipefail; "$0" "$1" {words}'
    command = ["bash", "-c", line, sys.executable, str(ROOT / "ceo_cli.py")]
    env = {
        name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"
    }  # it hides what was not written
    return subprocess.run(command, cwd=folder, env=env, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("words", ["missions", "missions --json", "show m-0"])
def test_a_reader_that_has_read_enough_ends_the_command_without_a_word(
    office: ScriptedOffice, company_folder: Path, words: str
) -> None:
    office.page_size = 500
    office.missions = [mission(f"mis_{n}", f"m-{n}", directive_text="x" * 900) for n in range(400)]
    said = typed(company_folder, f"{words} | true")
    assert said.stderr == ""


def test_head_has_its_line_and_the_command_ends_as_any_other_would(
    office: ScriptedOffice, company_folder: Path
) -> None:
    office.page_size = 500
    office.missions = [mission(f"mis_{n}", f"m-{n}", directive_text="x" * 900) for n in range(400)]
    said = typed(company_folder, "missions --json | head -c 20")
    assert (said.returncode, len(said.stdout), said.stderr) == (141, 20, "")


@pytest.mark.parametrize("closed", ["<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-"])
def test_closed_streams_hinder_no_command(office: ScriptedOffice, company_folder: Path, closed: str) -> None:
    office.missions = [mission("mis_1", "an-app")]
    said = typed(company_folder, f"missions {closed}")
    assert (said.returncode, said.stderr) == (0, "")
    assert ("an-app" in said.stdout) == (">&-" not in closed.replace("2>&-", ""))
    said = typed(company_folder, f"missions --json {closed}")
    assert (said.returncode, said.stderr) == (0, "")


def test_a_mistake_is_still_told_by_its_exit_code_where_nobody_reads_errors(company_folder: Path) -> None:
    assert typed(company_folder, "missions 2>&-").returncode == 4
    said = typed(company_folder, "missions 2>&1 | true")
    assert (said.returncode, said.stderr) == (4, "")


def test_a_full_disk_behind_the_output_is_said(office: ScriptedOffice, company_folder: Path) -> None:
    office.missions = [mission("mis_1", "an-app")]
    said = typed(company_folder, "missions --json >/dev/full")
    assert said.returncode == 2
    assert said.stderr.count("\n") == 1
    assert "No space left on device" in said.stderr
