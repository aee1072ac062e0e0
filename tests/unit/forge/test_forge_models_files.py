"""What a model may leave in its workspace, out of malice or by mistake: it is taken, or refused in words."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from damascus.core.errors import Conflict, Invalid, NotFound, PathOutsideFolder


async def test_a_pipe_is_refused_and_not_waited_for(bench: Any) -> None:
    (bench.place / "a").write_text("a")
    os.mkfifo(bench.place / ".gitignore")
    with pytest.raises(Invalid, match=r"\.gitignore is a pipe"):
        await bench.commit()


@pytest.mark.parametrize("name", [".gitignore", ".gitattributes", "a"])
async def test_links_to_endless_devices_are_refused_and_not_read(bench: Any, name: str) -> None:
    (bench.place / name).symlink_to("/dev/zero")
    with pytest.raises(PathOutsideFolder, match=f"{name} is a link"):
        await bench.commit()


async def test_a_name_that_git_does_not_take_is_named(bench: Any) -> None:
    (bench.place / "sub/.GIT").mkdir(parents=True)
    (bench.place / "sub/.GIT/config").write_text("[core]\n")
    with pytest.raises(Invalid, match=r"sub/\.GIT"):
        await bench.commit()


async def test_an_attribute_changes_nothing_of_what_is_committed(bench: Any, tmp_path: Path) -> None:
    (bench.place / ".gitattributes").write_text("a working-tree-encoding=UTF-16\nb eol=crlf\nb ident\n")
    for name, data in (("a", b"abc"), ("b", b"$Id$\r\n\n")):
        (bench.place / name).write_bytes(data)
    sha = await bench.publish()
    await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
    assert ((tmp_path / "fresh/a").read_bytes(), (tmp_path / "fresh/b").read_bytes()) == (b"abc", b"$Id$\r\n\n")


async def test_what_the_gitignore_files_name_is_not_committed(bench: Any, tmp_path: Path) -> None:
    (bench.place / "sub/out").mkdir(parents=True)
    (bench.place / ".gitignore").write_text("*.tmp\n!keep.tmp\n")
    (bench.place / "sub/.gitignore").write_text("/out\n")
    for name in ("a.tmp", "keep.tmp", "sub/out/x", "sub/y", "out", "node_modules", "c.pyc"):
        (bench.place / name).write_text("x")
    sha = await bench.publish()
    await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
    found = sorted(str(path.relative_to(tmp_path / "fresh")) for path in (tmp_path / "fresh").rglob("*"))
    assert found == [".gitignore", "keep.tmp", "node_modules", "out", "sub", "sub/.gitignore", "sub/y"]


async def test_what_is_ignored_later_leaves_the_next_commit(bench: Any, tmp_path: Path) -> None:
    for name in ("a", "b"):
        (bench.place / name).write_text("x")
    await bench.commit()
    (bench.place / ".gitignore").write_text("a\n")
    sha = await bench.publish()
    await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
    assert sorted(os.listdir(tmp_path / "fresh")) == [".gitignore", "b"]


@pytest.mark.parametrize("message", ["a\0b", "x" * 300_000, "\ud800", "-F/etc/passwd", "# no comment", "--amend"])
async def test_any_message_is_taken_as_words(bench: Any, message: str) -> None:
    (bench.place / "a").write_text("a")
    assert await bench.commit(message)


@pytest.mark.parametrize("message", ["", " \n"])
async def test_no_message_is_refused(bench: Any, message: str) -> None:
    (bench.place / "a").write_text("a")
    with pytest.raises(Invalid, match="message is empty"):
        await bench.commit(message)


async def test_a_commit_cannot_hide_a_file_from_its_own_check(bench: Any, tmp_path: Path) -> None:
    (bench.place / "test_a.py").write_text("assert False")
    (bench.place / ".gitattributes").write_text("test_a.py export-ignore\n")
    sha = await bench.publish()
    await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
    assert (tmp_path / "fresh/test_a.py").read_text() == "assert False"


async def test_a_checkout_is_what_a_clone_would_be(bench: Any, tmp_path: Path) -> None:
    (bench.place / "a").write_text("a\nb\n")
    (bench.place / "run").write_text("#!/bin/sh\n")
    (bench.place / "run").chmod(0o755)
    (bench.place / "sub/sub").mkdir(parents=True)
    (bench.place / "sub/sub/in").symlink_to("../../a")
    (bench.place / "~name with ünicode").write_text("")
    sha = await bench.publish()
    await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
    subprocess.run(["git", "clone", "--quiet", bench.repository.url, str(tmp_path / "clone")], check=True)
    subprocess.run(["git", f"--git-dir={bench.repository.url}", "fsck", "--strict"], check=True)
    fresh, clone = tmp_path / "fresh", tmp_path / "clone"
    assert {path.name for path in fresh.iterdir()} == {path.name for path in clone.iterdir()} - {".git"}
    assert (fresh / "a").read_bytes() == (clone / "a").read_bytes()
    assert os.access(fresh / "run", os.X_OK)
    assert not os.access(fresh / "a", os.X_OK)
    assert (fresh / "sub/sub/in").readlink() == Path("../../a")


@pytest.mark.parametrize("sha", ["main", "--output=owned", "HEAD~0", "0" * 40, ""])
async def test_only_a_commits_full_name_is_checked_out(bench: Any, tmp_path: Path, sha: str) -> None:
    (bench.place / "a").write_text("a")
    await bench.publish()
    with pytest.raises(NotFound):
        await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
    assert not (tmp_path / "fresh").exists()


async def test_a_checkout_never_mixes_with_what_is_there(bench: Any, tmp_path: Path) -> None:
    (bench.place / "a").write_text("a")
    sha = await bench.publish()
    (tmp_path / "fresh").mkdir()
    with pytest.raises(Conflict, match="already exists"):
        await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
