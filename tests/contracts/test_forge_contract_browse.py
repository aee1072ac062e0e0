"""What people look at in a repository, at every forge: its commits, folders and files, however they are named."""

import os
import subprocess
from pathlib import Path

import pytest

from damascus.core.errors import NotFound
from damascus.forge.port import FileHead, Forge, Repository, TreeItem, TreeItemKind
from tests.fixtures.forges import JORDAN, Published

ODD = ("-rf", "a b", ":(glob)*", "'; id; '", "%2e%2e", "é")


async def pushed(forge: Forge, place: Path, *messages: str) -> tuple[Repository, list[str]]:
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, place)
    made = []
    for number, message in enumerate(messages):
        (place / "count").write_text(str(number))
        made.append(str(await forge.commit(place, message, JORDAN)))
    await forge.push(place, repository)
    return repository, made


async def test_commits_are_told_newest_first_and_go_on_behind_one(forge: Forge, place: Path) -> None:
    repository, made = await pushed(forge, place, "First\n\nwhy", "Second", "Third")
    found = await forge.commits(repository, 2)
    assert [one.sha for one in found] == made[:0:-1]
    rest = await forge.commits(repository, 2, found[-1].sha)
    assert [(one.sha, one.message, one.author) for one in rest] == [
        (made[0], "First\n\nwhy", "Jordan Kim <jordan.kim@damascus.local>")
    ]
    assert await forge.commits(repository, 2, made[0]) == []
    for unknown in ("f" * 40, "main", "--all", made[0][:10], (await forge.commits(repository, 1))[0].sha + "x"):
        with pytest.raises(NotFound):
            await forge.commits(repository, 2, unknown)


async def test_a_repository_without_a_commit_has_none(forge: Forge) -> None:
    assert await forge.commits(await forge.create_repository("app", "", "mis_1"), 5) == []


async def test_a_folder_says_what_each_name_is(forge: Forge, place: Path) -> None:
    (place / "src" / "deep").mkdir(parents=True)
    (place / "src" / "deep" / "app.py").write_text("print()")
    (place / "run").write_text("x")
    (place / "run").chmod(0o755)
    (place / "link").symlink_to("run")
    repository, (sha,) = await pushed(forge, place, "All")
    assert await forge.folder(repository, sha, ()) == [
        TreeItem("count", TreeItemKind.FILE), TreeItem("link", TreeItemKind.LINK),
        TreeItem("run", TreeItemKind.EXECUTABLE), TreeItem("src", TreeItemKind.FOLDER),
    ]  # fmt: skip
    assert await forge.folder(repository, sha, ("src", "deep")) == [TreeItem("app.py", TreeItemKind.FILE)]
    link = FileHead(b"run", 3, TreeItemKind.LINK)
    assert await forge.file_head(repository, sha, ("link",), 100) == link
    for path in (("src", ".."), ("count",), ("src", "none"), ("link",), ("",), ("src/deep",)):
        with pytest.raises(NotFound):
            await forge.folder(repository, sha, path)
    for path in ((), ("src",), ("none",), ("count", "x"), ("..", "app.git", "config"), ("src", "deep", "")):
        with pytest.raises(NotFound):
            await forge.file_head(repository, sha, path, 100)
    with pytest.raises(NotFound):
        await forge.folder(repository, "f" * 40, ())


async def test_names_that_mean_something_elsewhere_are_names_here(forge: Forge, place: Path) -> None:
    place.mkdir(parents=True)
    for name in ODD:
        (place / name).write_text(f"of {name}")
    repository, (sha,) = await pushed(forge, place, "Odd")
    there = {item.name for item in await forge.folder(repository, sha, ())}
    assert there == {*ODD, "count"}
    for name in ODD:
        assert (await forge.file_head(repository, sha, (name,), 100)).data == f"of {name}".encode()


async def test_of_a_large_file_its_beginning_is_read(forge: Forge, place: Path) -> None:
    place.mkdir(parents=True)
    data = os.urandom(5_000_000)
    (place / "large").write_bytes(data)
    (place / "empty").touch()
    repository, (sha,) = await pushed(forge, place, "Large")
    assert await forge.file_head(repository, sha, ("large",), 1_000) == FileHead(
        data[:1_000], 5_000_000, TreeItemKind.FILE
    )
    assert await forge.file_head(repository, sha, ("large",), 5_000_000) == FileHead(data, 5_000_000, TreeItemKind.FILE)
    assert await forge.file_head(repository, sha, ("empty",), 10) == FileHead(b"", 0, TreeItemKind.FILE)


async def test_what_no_working_copy_may_have_is_shown_and_opened_by_nobody(
    forge: Forge, place: Path, tmp_path: Path
) -> None:
    """A commit from elsewhere, as of somebody's code, with a name that is no text, and a repository within."""
    repository, (sha,) = await pushed(forge, place, "Begin")
    bare = tmp_path / "shared/git" / f"{repository.name}.git"
    blob = subprocess.run(
        ["git", "hash-object", "-w", "--stdin"], cwd=bare, input=b"x", capture_output=True, check=True
    ).stdout.decode().strip()  # fmt: skip
    listed = (
        f"100644 blob {blob}\t".encode()
        + b"n\xff\0"
        + f"100644 blob {blob}\t".encode()
        + b"x\ny\0"
        + f"160000 commit {sha}\tsub\0".encode()
    )
    tree = subprocess.run(
        ["git", "mktree", "-z", "--missing"], cwd=bare, input=listed, capture_output=True, check=True
    ).stdout.decode().strip()  # fmt: skip
    env = {**os.environ, "GIT_AUTHOR_NAME": "\x1b[2J", "GIT_AUTHOR_EMAIL": "e", "GIT_COMMITTER_NAME": "n"}
    env |= {"GIT_COMMITTER_EMAIL": "e", "GIT_COMMITTER_DATE": "@1 +0000"}
    odd = subprocess.run(
        ["git", "commit-tree", tree, "-m", "m" * 50_000], cwd=bare, env=env, capture_output=True, check=True
    ).stdout.decode().strip()  # fmt: skip
    assert await forge.folder(repository, odd, ()) == [
        TreeItem("n\ufffd", TreeItemKind.FILE), TreeItem("sub", TreeItemKind.OTHER),
        TreeItem("x\ny", TreeItemKind.FILE),
    ]  # fmt: skip
    for path in (("n\ufffd",), ("sub",), ("sub", "x")):
        with pytest.raises(NotFound):
            await forge.file_head(repository, odd, path, 10)
    subprocess.run(["git", "update-ref", "refs/heads/main", odd], cwd=bare, check=True)
    (commit,) = await forge.commits(repository, 5)
    assert (commit.at.year, len(commit.message)) == (1970, 10_000)


async def test_what_is_published_is_looked_at_too(forge: Forge, published: Published) -> None:
    assert (await forge.file_head(published.repository, published.sha, ("main.py",), 50)).data == b"print('hello')\n"
