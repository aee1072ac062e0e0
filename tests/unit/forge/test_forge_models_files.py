"""What a model may leave in its workspace, out of malice or by mistake: it is taken, or refused in words."""

import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from damascus.core.errors import Conflict, Invalid, NotFound


async def test_a_pipe_is_refused_and_not_waited_for(bench: Any) -> None:
    (bench.place / "a").write_text("a")
    os.mkfifo(bench.place / ".gitignore")
    with pytest.raises(Invalid, match=r"\.gitignore is a pipe"):
        await bench.commit()


async def test_links_to_endless_devices_are_only_links(bench: Any) -> None:
    for name in (".gitignore", ".gitattributes", "a"):
        (bench.place / name).symlink_to("/dev/zero")
    assert await bench.commit()


async def test_a_name_that_git_does_not_take_is_named(bench: Any) -> None:
    (bench.place / "sub/.GIT").mkdir(parents=True)
    (bench.place / "sub/.GIT/config").write_text("[core]\n")
    with pytest.raises(Invalid, match=r"sub/\.GIT"):
        await bench.commit()


async def test_an_attribute_that_git_cannot_follow_is_named(bench: Any) -> None:
    (bench.place / ".gitattributes").write_text("a working-tree-encoding=UTF-16\n")
    (bench.place / "a").write_text("abc")
    with pytest.raises(Invalid, match="cannot add these files"):
        await bench.commit()


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
    (bench.place / ".gitattributes").write_text("crlf eol=crlf\nident ident\n")
    (bench.place / "crlf").write_text("a\nb\n")
    (bench.place / "ident").write_text("$Id$\n")
    (bench.place / "run").write_text("#!/bin/sh\n")
    (bench.place / "run").chmod(0o755)
    (bench.place / "out").symlink_to("/etc/hostname")
    sha = await bench.publish()
    await bench.forge.checkout(bench.repository, sha, tmp_path / "fresh")
    subprocess.run(["git", "clone", "--quiet", bench.repository.url, str(tmp_path / "clone")], check=True)
    fresh, clone = tmp_path / "fresh", tmp_path / "clone"
    assert {path.name for path in fresh.iterdir()} == {path.name for path in clone.iterdir()} - {".git"}
    for name in ("crlf", "ident"):
        assert (fresh / name).read_bytes() == (clone / name).read_bytes()
    assert os.access(fresh / "run", os.X_OK)
    assert (fresh / "out").readlink() == Path("/etc/hostname")


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
