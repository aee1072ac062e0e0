"""Power cuts, kills and removed folders: the next one who comes goes on, and nothing is lost or taken from others."""

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from damascus.core.errors import Conflict, DamascusError, Unavailable

COMMIT_AND_PUSH = """
import asyncio, sys
from pathlib import Path
from damascus.core.records.authors import Author
from damascus.forge.local import LocalForge
from damascus.forge.port import Repository
root, git_dirs, place = map(Path, sys.argv[1:])
forge = LocalForge(root, git_dirs)
asyncio.run(forge.commit(place, "Words", Author("A", "a@b")))
asyncio.run(forge.push(place, Repository("app", str(root / "app.git"))))
"""

SLOW_PUSH = """#!/bin/sh
case " $* " in *" push "*) touch {began}; cat {gate} > /dev/null;; esac
exec {git} "$@"
"""


async def test_a_removed_working_copy_is_laid_out_again_with_its_unpushed_commits(bench: Any) -> None:
    (bench.place / "a").write_text("pushed")
    await bench.publish()
    (bench.place / "b").write_text("committed")
    sha = await bench.commit()
    shutil.rmtree(bench.place)
    await bench.forge.open_workspace(bench.repository, bench.place)
    assert sorted(os.listdir(bench.place)) == ["a", "b"]
    assert await bench.commit() is None
    assert await bench.forge.workspace_head(bench.place) == sha


async def test_work_stays_when_the_git_data_is_lost(bench: Any) -> None:
    (bench.place / "a").write_text("pushed")
    (bench.place / "b").write_text("pushed")
    await bench.publish()
    (bench.place / "a").write_text("newer")
    (bench.place / "b").unlink()
    shutil.rmtree(bench.git_dirs)
    await bench.forge.open_workspace(bench.repository, bench.place)
    assert ((bench.place / "a").read_text(), (bench.place / "b").read_text()) == ("newer", "pushed")
    await bench.publish()


async def test_locks_that_a_power_cut_left_behind_stop_nobody(bench: Any) -> None:
    (bench.place / "a").write_text("a")
    await bench.publish()
    for name in ("index.lock", "HEAD.lock", "refs/heads/main.lock"):
        (bench.git_dir() / name).touch()
    left = Path(bench.repository.url) / "refs/heads/main.lock"
    left.touch()
    os.utime(left, (1, 1))
    (bench.place / "a").write_text("b")
    await bench.publish()


async def test_a_commit_that_died_while_it_wrote_its_objects_is_made_again(bench: Any, tmp_path: Path) -> None:
    (bench.place / "a").write_text("a")
    await bench.commit()
    for index in (bench.git_dir() / "objects/pack").glob("*.idx"):
        index.rename(index.with_name(f"{index.name}.lock"))
    (bench.git_dir() / "refs/heads/main").unlink()
    sha = await bench.publish()
    await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
    assert (tmp_path / "fresh/a").read_text() == "a"


async def test_git_data_that_a_power_cut_damaged_is_said_in_one_line(bench: Any) -> None:
    (bench.place / "a").write_text("a")
    await bench.commit()
    for pack in (bench.git_dir() / "objects/pack").glob("*.pack"):
        pack.chmod(0o644)
        pack.write_bytes(pack.read_bytes()[:-30] + bytes(30))
    (bench.place / "a").write_text("b")
    with pytest.raises(Unavailable, match="the git data at") as error:
        await bench.commit()
    assert "\n" not in str(error.value)


async def test_two_who_commit_at_once_make_one_history(bench: Any) -> None:
    for n in range(4):
        (bench.place / f"{n}").write_text("x" * n)
    made = await asyncio.gather(*(bench.commit(f"{n}") for n in range(4)))
    assert sum(sha is not None for sha in made) == 1
    assert await bench.forge.workspace_head(bench.place) in made


async def test_a_fresh_lock_in_the_repository_is_somebodys_push_and_stays(bench: Any) -> None:
    (bench.place / "a").write_text("a")
    await bench.commit()
    lock = Path(bench.repository.url) / "refs/heads/main.lock"
    lock.touch()
    with pytest.raises(Unavailable, match="cannot lock ref"):
        await bench.forge.push(bench.place, bench.repository)
    assert lock.exists()


async def test_git_that_outlives_its_killed_owner_keeps_the_lock(bench: Any, tmp_path: Path) -> None:
    (bench.place / "a").write_text("a")
    gate, began = tmp_path / "gate", tmp_path / "began"
    os.mkfifo(gate)
    slow = tmp_path / "bin/git"
    slow.parent.mkdir()
    slow.write_text(SLOW_PUSH.format(began=began, gate=gate, git=shutil.which("git")))
    slow.chmod(0o755)
    shut = os.open(gate, os.O_RDWR)  # while it is open, git waits
    try:
        owner = subprocess.Popen(
            [
                sys.executable,
                "-c",
                COMMIT_AND_PUSH,
                str(Path(bench.repository.url).parent),
                bench.git_dirs,
                bench.place,
            ],
            env={**os.environ, "PATH": f"{slow.parent}:{os.environ['PATH']}"},
        )
        async with asyncio.timeout(60):
            while not began.exists():
                await asyncio.sleep(0.01)
        os.kill(owner.pid, signal.SIGKILL)
        owner.wait()
        lock = bench.git_dir().with_name(f"{bench.git_dir().name}.lock")
        with lock.open() as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        following = asyncio.create_task(bench.commit())
    finally:
        os.close(shut)
    await following
    await bench.forge.push(bench.place, bench.repository)


async def test_a_repository_that_somebody_else_put_there_is_not_taken(bench: Any, tmp_path: Path) -> None:
    (bench.place / "a").write_text("a")
    await bench.publish()
    theirs = Path(bench.repository.url).parent / "theirs.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", bench.repository.url, str(theirs)], check=True)
    made = await bench.forge.create_repository("theirs", "", "mis_1")
    assert made.name == "theirs-2"


async def test_a_push_leaves_no_git_at_work_behind_it(bench: Any) -> None:
    config = (Path(bench.repository.url) / "config").read_text()
    assert "autogc = false" in config


@pytest.mark.parametrize("lost", ["repository", "git"])
async def test_a_part_that_is_gone_is_said_in_one_line(
    bench: Any, tmp_path: Path, lost: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if lost == "git":
        (tmp_path / "bin").mkdir()
        (tmp_path / "bin/env").symlink_to(shutil.which("env") or "")
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    else:
        shutil.rmtree(bench.repository.url)
    with pytest.raises(Unavailable, match="install git" if lost == "git" else "does not appear to be") as error:
        await bench.forge.open_workspace(bench.repository, tmp_path / "other")
    assert "\n" not in str(error.value)


async def test_what_is_no_working_copy_cannot_be_committed_or_pushed(bench: Any, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    with pytest.raises(Conflict, match="not a working copy"):
        await bench.forge.commit(tmp_path / "other", "Words", None)
    with pytest.raises(DamascusError, match="not a working copy"):
        await bench.forge.push(tmp_path / "other", bench.repository)
