"""`make setup` where pip was set up for everyday use: in a folder with an odd name, with an index of its own."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.tree import ROOT, tracked


def copied(folder: Path) -> Path:
    """A fresh clone's files."""
    for path in [*tracked("scripts/*", "damascus/*", "agents/*"), *map(ROOT.joinpath, FILES)]:
        there = folder / path.relative_to(ROOT)
        there.parent.mkdir(parents=True, exist_ok=True)
        there.write_bytes(path.read_bytes())
        there.chmod(path.stat().st_mode)
    return folder


FILES = ("Makefile", "pyproject.toml", "requirements.lock", "README.md", "LICENSE")


def made(folder: Path, **more: str) -> subprocess.CompletedProcess[str]:
    home = folder / "home"
    (home / ".config/pip").mkdir(parents=True)
    (home / ".config/pip/pip.conf").write_text("[global]\nuser = true\n")
    env = {**os.environ, "HOME": str(home), "PYTHONPATH": "/none", "PIP_REQUIRE_VIRTUALENV": "1", **more}
    return subprocess.run(["make", "setup"], cwd=folder, env=env, capture_output=True, text=True, timeout=600)


@pytest.mark.long
@pytest.mark.timeout(900)
def test_pips_everyday_settings_and_an_odd_folder_are_no_hindrance(tmp_path: Path) -> None:
    folder = copied(tmp_path / "a b%20ü")
    done = made(folder)
    assert done.returncode == 0, done.stderr
    told = subprocess.run([folder / ".venv/bin/ceo", "--help"], capture_output=True, text=True, timeout=60)
    assert "get results" in told.stdout


@pytest.mark.long
@pytest.mark.timeout(900)
def test_an_index_that_only_pip_knows_is_where_uv_looks(tmp_path: Path) -> None:
    path = f"{ROOT}/.venv/bin:{os.environ['PATH']}"  # with a uv, which is not installed through pip then
    done = made(copied(tmp_path / "company"), PIP_INDEX_URL="http://127.0.0.1:1/simple", PATH=path)
    assert done.returncode != 0
    assert "127.0.0.1:1" in done.stderr
