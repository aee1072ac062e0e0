"""Code of somebody's that the CEO names: the address, and all that is behind it, are a stranger's."""

import os
import subprocess
from pathlib import Path

import pytest

from damascus.core.errors import DamascusError, Invalid, PathOutsideFolder
from damascus.forge import adoption
from damascus.forge.adoption import CloneSource, fetch_from, read_origin
from damascus.forge.local import LocalForge
from tests.fixtures.code_bases import UNITTEST, commit, git

FROM = "code is cloned from where the CEO says, over https or from a folder, and from nowhere else"
INSIDE = "nothing in a clone is executed, followed or taken that the company cannot work with"


@pytest.fixture
def forge(tmp_path: Path) -> LocalForge:
    return LocalForge(tmp_path / "shared/git", tmp_path / "private/git-dirs")


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    return UNITTEST.make(tmp_path / "theirs")


@pytest.mark.attack("an address that runs a command, reads a file or reaches another protocol", FROM)
@pytest.mark.parametrize(
    "origin",
    [
        "ext::sh -c touch% /tmp/x", "ext::sh", "file:///etc", "ssh://host/a/b", "git://host/a/b", "http://host/a/b.git",
        "git@host:a/b.git", "--upload-pack=/bin/sh", "-u/bin/sh", "fd::3", "https://", "https://host", "relative/path",
        "https://host:22/a/b", "https://host:99999/a", "", "https://host/a b", "https://host/a\n", "ftp://host/a",
        "https::https://host/a", "/nowhere/at/all", "x" * 501,
    ],
)  # fmt: skip
async def test_an_address_of_another_kind_is_refused(forge: LocalForge, origin: str, tmp_path: Path) -> None:
    """Class: code is cloned from where the CEO says, over https or from a folder, and from nowhere else."""
    with pytest.raises(Invalid):
        await forge.adopt(origin, "dir_1")
    assert not list((tmp_path / "shared").rglob("*"))


@pytest.mark.attack("a password in an address", FROM)
@pytest.mark.parametrize(
    "origin",
    [
        "https://me:s3cret@host/a/b",
        "https://s3cret@host/a/b",
        "https://host/a/b?token=s3cret",
        "https://host/a/b#s3cret",
    ],
)
async def test_a_password_in_an_address_is_refused_and_not_repeated(forge: LocalForge, origin: str) -> None:
    """Class: code is cloned from where the CEO says. What is refused is written nowhere."""
    with pytest.raises(Invalid) as refused:
        await forge.adopt(origin, "dir_1")
    assert "s3cret" not in str(refused.value)


@pytest.mark.attack("an address that leads into the founder's network", FROM)
@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "[::1]", "10.0.0.1", "169.254.169.254", "0x7f000001", "2130706433"]
)
def test_an_address_within_is_not_asked(host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Class: code is cloned from where the CEO says, over https. Also where a proxy would look names up."""
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    subprocess.run(["git", "init", "--quiet", "--bare", tmp_path / "bare.git"], check=True)
    with pytest.raises(DamascusError, match=r"not public|cannot be looked up"):
        fetch_from(read_origin(f"https://{host}/a/b.git", ()))(tmp_path / "bare.git")
    with pytest.raises(DamascusError, match=r"not public|cannot be looked up"):
        adoption._checked(CloneSource("", host.strip("[]")), adoption.is_public, by_proxy=True)


@pytest.mark.attack("a folder of the company's own, by its name, a link or the data of a working tree", FROM)
@pytest.mark.parametrize("way", ["itself", "a link", "its data"])
async def test_the_companys_own_folders_are_not_cloned(forge: LocalForge, tmp_path: Path, way: str) -> None:
    """Class: code is cloned from where the CEO says; private state is not somebody's code."""
    inner = UNITTEST.make(tmp_path / "private/workspaces/secret")
    named = tmp_path / "named"
    if way == "a link":
        named.symlink_to(inner)
    elif way == "its data":
        named.mkdir()
        (named / ".git").write_text(f"gitdir: {inner / '.git'}\n")
    with pytest.raises(Invalid, match="company's own"):
        await forge.adopt(str(inner if way == "itself" else named), "dir_1")


@pytest.mark.attack("hooks, filters, a file monitor and other programs in the repository's configuration", INSIDE)
async def test_nothing_that_a_repository_brings_is_executed(forge: LocalForge, theirs: Path, tmp_path: Path) -> None:
    """Class: nothing in a clone is executed."""
    trap = tmp_path / "ran"
    script = f"#!/bin/sh\ntouch {trap}\n"
    for hook in ("post-checkout", "pre-push", "post-update", "reference-transaction", "pre-receive", "update"):
        (theirs / ".git/hooks" / hook).write_text(script)
        (theirs / ".git/hooks" / hook).chmod(0o755)
    (theirs / ".gitattributes").write_text("* filter=evil diff=evil\n")
    commit(theirs, "Filters")
    program = tmp_path / "program"
    program.write_text(script)
    program.chmod(0o755)
    for key in (
        "filter.evil.smudge", "filter.evil.clean", "core.fsmonitor", "core.sshCommand", "uploadpack.packObjectsHook",
        "core.pager", "core.gitProxy", "diff.evil.textconv", "core.alternateRefsCommand", "credential.helper",
    ):  # fmt: skip
        git(theirs, "config", key, str(program))
    trap.unlink(missing_ok=True)  # this story's own git obeyed
    code = await forge.adopt(str(theirs), "dir_1")
    place = tmp_path / "private/work"
    repository = await forge.create_repository(code.name, "", "dir_1")
    await forge.open_workspace(repository, place)
    assert (place / "ledgerly/totals.py").is_file()
    assert not trap.exists()


@pytest.mark.attack(
    "a missing file that git would fetch, when it is asked for it, by a command of the repository's", INSIDE
)
async def test_what_a_partial_clone_lacks_is_not_fetched(forge: LocalForge, theirs: Path, tmp_path: Path) -> None:
    """Class: nothing in a clone is executed. Any git in that folder does run it: the last lines show that."""
    trap, whole = tmp_path / "ran", tmp_path / "whole"
    subprocess.run(["git", "clone", "--quiet", "--no-local", theirs, whole], check=True)
    lacking = git(theirs, "rev-parse", "HEAD:README.md").strip()
    (theirs / ".git/objects" / lacking[:2] / lacking[2:]).unlink()
    for key, value in (
        ("core.repositoryformatversion", "1"), ("extensions.partialClone", "origin"), ("remote.origin.url", str(whole)),
        ("remote.origin.promisor", "true"), ("remote.origin.uploadpack", f"touch {trap}; git-upload-pack"),
    ):  # fmt: skip
        git(theirs, "config", key, value)
    with pytest.raises(DamascusError, match="unable to read"):
        await forge.adopt(str(theirs), "dir_1")
    assert not trap.exists()
    git(theirs, "cat-file", "-p", lacking)
    assert trap.exists()


@pytest.mark.attack("a link that leads out of the repository", INSIDE)
@pytest.mark.parametrize("target", ["/etc/passwd", "../../secret", "a/../../secret"])
async def test_a_link_that_leads_out_is_refused(forge: LocalForge, theirs: Path, target: str) -> None:
    """Class: nothing in a clone is followed."""
    os.symlink(target, theirs / "link")
    commit(theirs, "Link")
    with pytest.raises(PathOutsideFolder):
        await forge.adopt(str(theirs), "dir_1")


@pytest.mark.attack("a submodule", INSIDE)
async def test_a_submodule_is_refused_and_not_fetched(forge: LocalForge, theirs: Path) -> None:
    """Class: nothing in a clone is taken that the company cannot work with."""
    sha = git(theirs, "rev-parse", "HEAD")
    git(theirs, "update-index", "--add", "--cacheinfo", f"160000,{sha},lib")
    git(theirs, "commit", "--quiet", "-m", "Submodule")
    with pytest.raises(Invalid, match="submodule at lib"):
        await forge.adopt(str(theirs), "dir_1")


@pytest.mark.attack("a file in Git LFS", INSIDE)
async def test_lfs_is_refused_and_nothing_fetched_from_it(forge: LocalForge, theirs: Path) -> None:
    """Class: nothing in a clone is taken that the company cannot work with."""
    (theirs / "big").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n")
    commit(theirs, "LFS")
    with pytest.raises(Invalid, match="big is kept in Git LFS"):
        await forge.adopt(str(theirs), "dir_1")


@pytest.mark.attack("a repository that is huge, or small with a tree that is endless", INSIDE)
@pytest.mark.parametrize("what", ["a file", "a tree of empty folders", "the pack"])
async def test_what_is_huge_is_refused(
    forge: LocalForge, theirs: Path, tmp_path: Path, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Class: nothing in a clone is taken that the company cannot work with; and it takes no disk until then."""
    if what == "a file":
        (theirs / "zeros").write_bytes(bytes(21 << 20))
        commit(theirs, "Zeros")
    elif what == "the pack":
        monkeypatch.setattr(adoption, "MAX_CLONE_BYTES", 1 << 20)
        (theirs / "noise").write_bytes(os.urandom(4 << 20))
        commit(theirs, "Noise")
    else:
        tree = _tree(theirs, "")
        for _ in range(12):
            tree = _tree(theirs, "".join(f"040000 tree {tree}\tf{n}\n" for n in range(10)))
        sha = git(theirs, "commit-tree", tree, "-m", "Bomb")
        git(theirs, "update-ref", "HEAD", sha)
    with pytest.raises(Invalid, match=r"larger than|more than"):
        await forge.adopt(str(theirs), "dir_1")
    assert [path.name for path in (tmp_path / "private/git-dirs").glob("*.git")] == []
    assert await forge.list_repositories() == []


def _tree(at: Path, listing: str) -> str:
    made = subprocess.run(
        ["git", "-C", str(at), "mktree"], input=listing, check=True, capture_output=True, text=True
    )  # fmt: skip
    return made.stdout.strip()


@pytest.mark.attack("an empty folder, a repository without a commit", INSIDE)
async def test_a_repository_without_a_commit_is_refused(forge: LocalForge, tmp_path: Path) -> None:
    """Class: nothing in a clone is taken that the company cannot work with."""
    git(tmp_path, "init", "--quiet", "empty")
    with pytest.raises(Invalid, match="no commit"):
        await forge.adopt(str(tmp_path / "empty"), "dir_1")
