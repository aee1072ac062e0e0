"""What every forge must do with code: somebody's that is adopted, a commit as files, names, a zip, and its history."""

import io
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from damascus.core.errors import Conflict, Invalid, NotFound
from damascus.core.records.directives import ExistingCode
from damascus.forge.board import PullRequest
from damascus.forge.port import NOTHING, Forge, Repository
from tests.contracts.test_forge_contract_board import empty_no_more
from tests.fixtures.code_bases import UNITTEST, commit, git
from tests.fixtures.forges import JORDAN, Published, ask, clone, log, with_token


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    """Code of somebody's, under a name that nobody else has at a Gitea that is not ours alone."""
    return UNITTEST.make(tmp_path / f"shop-{uuid4().hex[:8]}")


async def opened(forge: Forge, code: ExistingCode, place: Path) -> Repository:
    """A working copy in adopted code, as a mission has it."""
    (found,) = [one for one in await forge.list_repositories() if one.name == code.name]
    repository = replace(found, branch="damascus/m", base=code.sha)
    await forge.open_workspace(repository, place)
    return repository


async def fixed(forge: Forge, repository: Repository, place: Path) -> str:
    """The fault is mended and pushed to the company's branch. Returns the commit."""
    path, old, new = UNITTEST.edit
    (place / path).write_text((place / path).read_text().replace(old, new))
    sha = await forge.commit(place, "Mend it", JORDAN)
    assert sha
    assert await forge.push(place, repository) == sha
    return sha


async def test_code_of_somebodys_is_adopted_once_for_an_owner_with_its_history(forge: Forge, theirs: Path) -> None:
    first = git(theirs, "rev-parse", "HEAD")
    code = await forge.adopt(str(theirs), "dir_1")
    assert code == ExistingCode(theirs.name, str(theirs), "trunk", first)
    commit(theirs, "Later")
    assert await forge.adopt(str(theirs), "dir_1") == code  # a crash before it was noted
    other = await forge.adopt(str(theirs), "dir_2")
    assert (other.name, other.sha) == (f"{theirs.name}-2", git(theirs, "rev-parse", "HEAD"))


async def test_what_is_no_repository_is_adopted_by_no_forge(forge: Forge, tmp_path: Path) -> None:
    with pytest.raises(Invalid, match="there is no git repository at"):
        await forge.adopt(str(tmp_path), "dir_1")
    assert await forge.list_repositories() == []


async def test_adopted_code_is_published_as_it_was_with_the_work_beside_it(
    forge: Forge, theirs: Path, place: Path, tmp_path: Path
) -> None:
    code = await forge.adopt(str(theirs), "dir_1")
    repository = await opened(forge, code, place)
    assert await forge.head(repository) is None
    sha = await fixed(forge, repository, place)
    there = await forge.publish(repository)
    assert await forge.publish(there) == there
    try:
        copy = clone(with_token(forge, there.url) if forge.is_remote else there.url, tmp_path / "copy")
        heads = git(copy, "for-each-ref", "--format=%(refname:lstrip=3) %(objectname)", "refs/remotes/origin/")
        assert {f"damascus/m {sha}", f"main {code.sha}"} <= set(heads.splitlines())
        assert await forge.head(replace(repository, branch="main", base=None)) == code.sha
        if not forge.is_remote:
            assert await forge.propose(there, sha, PullRequest("mis_1", "damascus/m", "Mend it", "words")) is None
            return
        await empty_no_more(forge, there)
        request = PullRequest("mis_1", "damascus/m", "Mend it", "words")
        assert await forge.propose(there, sha, request) == f"{there.web_url}/pulls/1"
        (shown,) = ask(forge, "GET", there, "/pulls?state=all")
        ends = [(shown[end]["ref"], shown[end]["sha"]) for end in ("base", "head")]
        assert ends == [("main", code.sha), ("damascus/m", sha)]
    finally:
        if forge.is_remote:
            ask(forge, "DELETE", there)


async def test_code_that_is_at_the_companys_gitea_is_worked_on_there(
    forge: Any, published: Published, place: Path, tmp_path: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge is where it is published")
    there = published.repository
    theirs = clone(published.url, tmp_path / "theirs")
    first = commit(theirs, "Theirs")
    git(theirs, "push", "--quiet", "origin", "HEAD:trunk")
    await empty_no_more(forge, there)
    ask(forge, "PATCH", there, body={"default_branch": "trunk", "description": "Our shop"})
    code = await forge.adopt(there.web_url, "dir_1")
    assert (code.origin, code.base, code.sha) == (there.web_url, "trunk", first)
    assert await forge.adopt(f"{there.url}", "dir_2") != code
    repository = await opened(forge, code, place.with_name("adopted"))
    (place.with_name("adopted") / "new.py").write_text("x = 1\n")
    sha = await forge.commit(place.with_name("adopted"), "New", JORDAN)
    assert sha
    await forge.push(place.with_name("adopted"), repository)
    at = await forge.publish(repository)
    assert (at.web_url, at.remote_id) == (there.web_url, there.remote_id)
    link = await forge.propose(at, sha, PullRequest("mis_1", repository.branch, "New", "words"))
    assert link == f"{there.web_url}/pulls/1"
    (shown,) = ask(forge, "GET", there, "/pulls?state=all")
    assert [shown[end]["ref"] for end in ("base", "head")] == ["trunk", repository.branch]
    heads = git(theirs, "ls-remote", "--heads", published.url)
    assert {line.partition("refs/heads/")[2]: line[:40] for line in heads.splitlines()} == {
        "main": published.sha, "trunk": first, repository.branch: sha,
    }  # fmt: skip
    assert ask(forge, "GET", there)["description"] == "Our shop"


async def test_code_that_was_cloned_from_a_gitea_before_it_was_the_companys_goes_back_to_it(
    forge: Any, published: Published, place: Path, tmp_path: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge is where it is published")
    there, theirs = published.repository, clone(published.url, tmp_path / "theirs")
    code = await forge.adopt(str(theirs), "dir_1")
    git(tmp_path / f"shared/git/{code.name}.git", "config", "damascus.origin", there.url)  # as from a public address
    repository = await opened(forge, code, place.with_name("adopted"))
    (place.with_name("adopted") / "new.py").write_text("x = 1\n")
    sha = await forge.commit(place.with_name("adopted"), "New", JORDAN)
    await forge.push(place.with_name("adopted"), repository)
    for _ in range(2):
        at = await forge.publish(repository)
        assert (at.web_url, at.remote_id) == (there.web_url, there.remote_id)
    heads = git(theirs, "ls-remote", "--heads", published.url).splitlines()
    assert {line.partition("refs/heads/")[2]: line[:40] for line in heads} == {
        "main": published.sha, repository.branch: sha,
    }  # fmt: skip


async def test_what_gitea_does_not_have_or_has_no_more_is_not_worked_on(
    forge: Any, published: Published, place: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge is where it is published")
    with pytest.raises(Invalid, match="Gitea shows the company no"):
        await forge.adopt(f"{published.repository.web_url}-none", "dir_1")
    await empty_no_more(forge, published.repository)
    code = await forge.adopt(published.repository.url, "dir_2")
    repository = await opened(forge, code, place.with_name("adopted"))
    ask(forge, "DELETE", published.repository)
    with pytest.raises(Conflict, match="is not at Gitea any more; the work is in the company's own store"):
        await forge.publish(repository)
    await forge.publish(published.repository)  # for who removes it at the end


async def test_a_pull_request_that_a_person_merged_or_whose_branch_is_gone_stays_as_it_is(
    forge: Forge, published: Published, place: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge has no pull requests")
    there = published.repository
    (place / "more").write_text("more")
    sha = await forge.commit(place, "More", JORDAN)
    await forge.push(place, there)
    await empty_no_more(forge, there)
    request = PullRequest("mis_1", "damascus/more", "Add more", "words")
    link = await forge.propose(there, sha or "", request)
    git(clone(published.url, place.with_name("theirs")), "push", "--quiet", "origin", f"{published.sha}:refs/heads/x")
    ask(forge, "PATCH", there, "/pulls/1", {"state": "closed", "title": "Not now"})
    git(place.with_name("theirs"), "push", "--quiet", "origin", ":damascus/more")
    assert await forge.propose(there, sha or "", request) == link
    (shown,) = ask(forge, "GET", there, "/pulls?state=all")
    assert (shown["title"], shown["state"]) == ("Not now", "closed")


async def test_a_commits_files_are_named_read_and_zipped_without_caches_and_links(forge: Forge, place: Path) -> None:
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, place)
    (place / "b").mkdir()
    for path in ("b/run.sh", "a.txt"):
        (place / path).write_text(path)
    (place / "b/run.sh").chmod(0o755)
    (place / "link").symlink_to("a.txt")
    (place / "large").write_bytes(b"x" * 300_000)
    await forge.commit(place, "Begin", JORDAN)
    await forge.push(place, repository)
    caches = {"b/__pycache__/x.pyc": b"\0", "node_modules/m/index.js": b"x"}
    sha = await forge.add_files(repository, caches, "Caches, as code of somebody's may have them", JORDAN)
    assert sha
    later = await forge.add_files(repository, {"a.txt": b"later"}, "Later", JORDAN)
    names = ["a.txt", "b/__pycache__/x.pyc", "b/run.sh", "large", "link", "node_modules/m/index.js"]
    assert await forge.file_names(repository, sha) == names
    read = await forge.read_files(repository, sha, lambda parts: parts[0] in ("a.txt", "link", "large"))
    assert read == {"a.txt": b"a.txt"}
    data = await forge.zip(repository, sha)
    assert data == await forge.zip(repository, sha) != await forge.zip(repository, later or "")
    with zipfile.ZipFile(io.BytesIO(data)) as zipped:
        modes = {entry.filename: oct(entry.external_attr >> 16 & 0o777) for entry in zipped.infolist()}
        assert modes == {"a.txt": "0o644", "b/run.sh": "0o755", "large": "0o644"}
        assert zipped.read("a.txt") == b"a.txt"
    for ask_for in (forge.file_names, forge.zip):
        with pytest.raises(NotFound):
            await ask_for(repository, "0" * 40)
    with pytest.raises(NotFound):
        await forge.read_files(repository, "0" * 40, lambda _: True)


async def test_ones_own_work_is_shown_compared_and_restored(forge: Forge, place: Path) -> None:
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, place)
    assert await forge.history(place, 5) == ""
    (place / "a.txt").write_text("one\ntwo\n")
    first = await forge.commit(place, "First", JORDAN)
    (place / "a.txt").write_text("one\nthree\nfour\n")
    second = await forge.commit(place, "Second", JORDAN)
    assert first
    assert second
    assert [line for line in ("First", "Second") if line in await forge.history(place, 5)] == ["First", "Second"]
    assert "First" not in await forge.history(place, 1)
    (change,) = await forge.changes(place, second)
    assert (change.path, change.added, change.removed, change.lines) == ("a.txt", 2, 1, (range(2, 4),))
    (whole,) = await forge.changes(place, second, NOTHING)
    assert (whole.added, whole.removed) == (3, 0)
    assert "-two" in await forge.diff(place, second, "")
    (place / "a.txt").write_text("lost\n")
    assert "+lost" in await forge.diff(place, None, "a.txt")
    assert await forge.restore(place, "a.txt", first) == ["a.txt"]
    assert (place / "a.txt").read_text() == "one\ntwo\n"
    assert await forge.workspace_head(place) == second
    for lost in (forge.changes(place, "0" * 40), forge.diff(place, "0" * 40, ""), forge.restore(place, "b", first)):
        with pytest.raises(NotFound):
            await lost


async def test_a_working_copy_that_is_forgotten_keeps_its_files_and_what_was_pushed(
    forge: Forge, place: Path, tmp_path: Path
) -> None:
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, place)
    (place / "a").write_text("a")
    sha = await forge.commit(place, "Begin", JORDAN)
    await forge.push(place, repository)
    for _ in range(2):
        await forge.forget_workspace(place)
    assert (place / "a").read_text() == "a"
    with pytest.raises(Conflict):
        await forge.history(place, 1)
    assert log(clone(repository.url, tmp_path / "copy"), "%H") == [sha]
    await forge.open_workspace(repository, place)
    assert await forge.workspace_head(place) == sha


async def test_ci_files_are_those_of_the_history_that_a_forge_does_not_have_yet(forge: Forge, place: Path) -> None:
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, place)
    (place / "a").write_text("a")
    first = await forge.commit(place, "Begin", JORDAN)
    (place / ".gitea/workflows").mkdir(parents=True)
    (place / ".gitea/workflows/ci.yml").write_text("on: push\n")
    second = await forge.commit(place, "CI", JORDAN)
    subprocess.run(["rm", "-r", str(place / ".gitea")], check=True)
    third = await forge.commit(place, "None", JORDAN)
    await forge.push(place, repository)
    assert await forge.ci_files(repository, first or "", None) == []
    assert await forge.ci_files(repository, third or "", first) == [".gitea/workflows"]
    assert await forge.ci_files(repository, third or "", second) == []
