"""A folder whose name has letters that ASCII does not know, under a locale that knows ASCII only."""

import os
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[3] / "Makefile"
SHOW = "shown: ; @echo $$LC_ALL"


@pytest.mark.parametrize(
    ("given", "used"), [("C", "C.UTF-8"), ("POSIX", "C.UTF-8"), ("de_DE.UTF-8", "de_DE.UTF-8"), ("", "")]
)
def test_every_program_of_make_can_read_the_folder_s_name(given: str, used: str) -> None:
    made = subprocess.run(
        ["make", "--silent", f"--file={MAKEFILE}", f"--eval={SHOW}", "shown"],
        cwd=MAKEFILE.parent, env={**os.environ, "LC_ALL": given}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert made.stdout.strip() == used
