"""What every forge must do: the local one, Gitea's stand-in, and a real Gitea where GITEA_URL and GITEA_TOKEN name one.

The stories that publish make repositories of their own at that Gitea and remove them again.
"""

import asyncio
import os
import subprocess
from pathlib import Path

import pytest

from damascus.core.errors import Conflict, Invalid, NotFound, PathOutsideFolder
from damascus.forge.port import Forge
from tests.fixtures.forges import JORDAN, clone, log


async def test_what_is_pushed_can_be_cloned_by_anybody(forge: Forge, place: Path, tmp_path: Path) -> None:
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, place)
    assert await forge.head(repository) is None
    (place / "main.py").write_text("print('hello')\n")
    sha = await forge.commit(place, "Begin", JORDAN)
    assert await forge.push(place, repository) == sha == await forge.head(repository)
    assert await forge.file_names(repository, sha) == ["main.py"]
    copy = clone(repository.url, tmp_path / "copy")
    assert (copy / "main.py").read_text() == "print('hello')\n"
    assert log(copy, "%an <%ae> %s") == ["Jordan Kim <jordan.kim@damascus.local> Begin"]


async def test_every_step_may_be_done_twice(forge: Forge, place: Path, tmp_path: Path) -> None:
    for _ in range(2):
        repository = await forge.create_repository("app", "An app", "mis_1")
        await forge.open_workspace(repository, place)
        (place / "a").write_text("a")
        await forge.commit(place, "Begin", JORDAN)
        await forge.push(place, repository)
    assert await forge.commit(place, "Nothing", JORDAN) is None
    assert len(log(clone(repository.url, tmp_path / "copy"), "%H")) == 1
    assert [r.name for r in await forge.list_repositories()] == ["app"]


async def test_what_is_not_pushed_can_be_laid_out_and_just_that_pushed(
    forge: Forge, place: Path, tmp_path: Path
) -> None:
    """A commit is looked at before it goes out; what is committed meanwhile does not go with it."""
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, place)
    (place / "a").write_text("first")
    first = await forge.commit(place, "First", JORDAN)
    (place / "a").write_text("second")
    await forge.commit(place, "Second", JORDAN)
    assert first is not None
    await forge.checkout_from_workspace(place, first, tmp_path / "looked-at")
    assert [(path.name, path.read_text()) for path in (tmp_path / "looked-at").iterdir()] == [("a", "first")]
    for _ in range(2):
        assert await forge.push(place, repository, first) == first == await forge.head(repository)
    with pytest.raises(NotFound):
        await forge.checkout_from_workspace(place, "f" * 40, tmp_path / "nothing")
    with pytest.raises(Conflict):
        await forge.checkout_from_workspace(place, first, tmp_path / "looked-at")


async def test_another_missions_repository_is_never_taken(forge: Forge) -> None:
    first = await forge.create_repository("app", "", "mis_1")
    second = await forge.create_repository("app", "", "mis_2")
    assert (first.name, second.name) == ("app", "app-2")
    assert await forge.create_repository("app", "", "mis_2") == second


async def test_many_who_create_at_once_get_one_each(forge: Forge) -> None:
    made = await asyncio.gather(*(forge.create_repository("app", "", f"mis_{i % 4}") for i in range(12)))
    assert len({repository.name for repository in made}) == 4


async def test_a_name_cannot_lead_out(forge: Forge, tmp_path: Path) -> None:
    repository = await forge.create_repository("../../etc/passwd", "", "mis_1")
    assert Path(repository.url).parent == tmp_path / "shared/git"


async def test_a_commit_that_was_cut_off_is_made_whole(forge: Forge, place: Path, tmp_path: Path) -> None:
    repository = await forge.create_repository("app", "", "mis_1")
    await forge.open_workspace(repository, place)
    [git_dir] = [p for p in (tmp_path / "private/git-dirs").iterdir() if p.is_dir()]
    (git_dir / "index.lock").touch()  # what a killed git leaves behind
    (git_dir / "damascus-ready").unlink()
    (place / "a").write_text("a")
    await forge.open_workspace(repository, place)
    assert await forge.commit(place, "Begin", JORDAN)


async def test_a_new_working_copy_begins_with_what_was_pushed(forge: Forge, place: Path, tmp_path: Path) -> None:
    repository = await forge.create_repository("app", "", "mis_1")
    await forge.open_workspace(repository, place)
    (place / "a").write_text("a")
    await forge.commit(place, "Begin", JORDAN)
    await forge.push(place, repository)
    other = tmp_path / "elsewhere/app"
    await forge.open_workspace(repository, other)
    assert (other / "a").read_text() == "a"


async def test_commits_from_elsewhere_are_never_overwritten(forge: Forge, place: Path, tmp_path: Path) -> None:
    repository = await forge.create_repository("app", "", "mis_1")
    other = tmp_path / "elsewhere/app"
    for path in (place, other):
        await forge.open_workspace(repository, path)
        (path / "a").write_text(str(path))
        await forge.commit(path, "Begin", JORDAN)
    await forge.push(place, repository)
    with pytest.raises(Conflict, match="from elsewhere"):
        await forge.push(other, repository)


async def test_a_checkout_is_exactly_the_commit(forge: Forge, place: Path, tmp_path: Path) -> None:
    repository = await forge.create_repository("app", "", "mis_1")
    await forge.open_workspace(repository, place)
    (place / "a").write_text("a")
    sha = await forge.commit(place, "Begin", JORDAN)
    assert sha
    await forge.push(place, repository)
    (place / "untracked").write_text("not in the commit")
    await forge.checkout(repository, sha, tmp_path / "fresh")
    assert os.listdir(tmp_path / "fresh") == ["a"]
    with pytest.raises(NotFound):
        await forge.checkout(repository, "0" * 40, tmp_path / "none")


async def test_pushing_without_a_commit_says_so(forge: Forge, place: Path) -> None:
    repository = await forge.create_repository("app", "", "mis_1")
    await forge.open_workspace(repository, place)
    with pytest.raises(Invalid, match="commit first"):
        await forge.push(place, repository)


async def test_nothing_that_a_model_wrote_is_executed(forge: Forge, place: Path, tmp_path: Path) -> None:
    """Hooks, filters, fsmonitor, textconv, aliases: a model may write them all; none may run in our process."""
    repository = await forge.create_repository("app", "", "mis_1")
    await forge.open_workspace(repository, place)
    trap, sprung = place / "trap.sh", tmp_path / "sprung"
    trap.write_text(f"#!/bin/sh\ntouch {sprung}\ncat\n")
    trap.chmod(0o755)
    subprocess.run(["git", "init", "--quiet", str(place)], check=True)
    for key in (
        "filter.x.clean",
        "filter.x.smudge",
        "core.fsmonitor",
        "diff.x.textconv",
        "core.sshCommand",
        "core.pager",
    ):
        subprocess.run(["git", "-C", str(place), "config", key, str(trap)], check=True)
    subprocess.run(["git", "-C", str(place), "config", "core.worktree", "/"], check=True)
    for hook in ("pre-commit", "post-commit", "pre-push", "post-index-change", "commit-msg", "reference-transaction"):
        path = place / ".git/hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.symlink_to(trap) if not path.exists() else None
    (place / ".gitattributes").write_text("* filter=x diff=x\n")
    await forge.commit(place, "Begin", JORDAN)
    await forge.push(place, repository)
    (place / "more").write_text("more")
    sha = await forge.commit(place, "More", JORDAN)
    assert sha
    await forge.push(place, repository)
    await forge.checkout(repository, sha, tmp_path / "fresh")
    assert not sprung.exists()


async def test_a_repository_within_the_repository_is_refused(forge: Forge, place: Path) -> None:
    """Git would run `status` in it, with its config."""
    repository = await forge.create_repository("app", "", "mis_1")
    await forge.open_workspace(repository, place)
    subprocess.run(["git", "init", "--quiet", str(place / "inner")], check=True)
    with pytest.raises(Invalid, match=r"inner/\.git"):
        await forge.commit(place, "Begin", JORDAN)


@pytest.mark.parametrize("target", ["/etc", "../app-2", "folder/../../x", "folder/..", ""])
async def test_a_link_that_leads_out_is_refused(forge: Forge, place: Path, target: str) -> None:
    repository = await forge.create_repository("app", "", "mis_1")
    await forge.open_workspace(repository, place)
    (place / "link").symlink_to(target or place)
    with pytest.raises(PathOutsideFolder, match="link is a link that leads"):
        await forge.commit(place, "Begin", JORDAN)


async def test_a_file_too_large_is_named(forge: Forge, place: Path) -> None:
    repository = await forge.create_repository("app", "", "mis_1")
    await forge.open_workspace(repository, place)
    with (place / "big").open("wb") as file:
        file.truncate(21 * 1024 * 1024)
    with pytest.raises(Invalid, match="big is larger than 20 MB"):
        await forge.commit(place, "Begin", JORDAN)
