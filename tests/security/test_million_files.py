"""A folder of 300,000 names costs who lists it no more than one of a few thousand."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

NAMES = 300_000
MEMORY_MB = 192
LISTER = f"""
import resource, sys
from pathlib import Path
resource.setrlimit(resource.RLIMIT_AS, ({MEMORY_MB} << 20,) * 2)
from damascus.core.confined_folder import ConfinedFolder
from damascus.tools.files.walk import MAX_ENTRIES, Walk
walk = Walk(ConfinedFolder(Path(sys.argv[1])))
assert len(list(walk)) == MAX_ENTRIES
assert walk.cut
"""


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.attack("a folder of a million files", "a poisoned task hurts itself only")
def test_very_many_files_are_listed_in_little_memory(tmp_path: Path) -> None:
    """Class: what is cut is bounded at its source. `list_files` and `search_files` read a folder no further."""
    folder = os.open(tmp_path, os.O_RDONLY)
    for number in range(NAMES):
        os.mknod(f"{number:0240}", dir_fd=folder)
    done = subprocess.run([sys.executable, "-c", LISTER, tmp_path], capture_output=True, text=True)
    subprocess.run(["rm", "-rf", tmp_path], check=True)

    assert done.returncode == 0, done.stderr
