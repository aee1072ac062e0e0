"""What the machine's user has set for git has no say in what a persona commits."""

from pathlib import Path
from typing import Any

import pytest


async def test_git_variables_of_a_calling_hook_are_not_obeyed(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_DIR", "GIT_WORK_TREE", "GIT_TRACE"):
        monkeypatch.setenv(name, str(tmp_path / "foreign"))
    monkeypatch.setenv("GIT_AUTHOR_DATE", "not a date")
    (bench.place / "a").write_text("a")
    sha = await bench.publish()
    await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
    assert (tmp_path / "fresh/a").read_text() == "a"
    assert not (tmp_path / "foreign").exists()


async def test_the_users_own_ignore_file_hides_nothing(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CONFIG_HOME", "HOME"):
        config = tmp_path / name / ("git" if name == "XDG_CONFIG_HOME" else ".config/git")
        config.mkdir(parents=True)
        (config / "ignore").write_text("*.md\n")
        monkeypatch.setenv(name, str(tmp_path / name))
        (bench.place / f"{name}.md").write_text("words")
        assert await bench.commit()


async def test_no_program_of_the_work_tree_is_found_on_the_path(
    bench: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sprung = tmp_path / "sprung"
    for name in ("git", "env"):
        (bench.place / name).write_text(f"#!/bin/sh\ntouch {sprung}\n")
        (bench.place / name).chmod(0o755)
    monkeypatch.setenv("PATH", ".", prepend=":")
    await bench.publish()
    assert not sprung.exists()
