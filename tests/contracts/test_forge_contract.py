"""What every forge must do: the local one, Gitea's stand-in, and a real Gitea where GITEA_URL and GITEA_TOKEN name one.

The stories that publish make repositories of their own at that Gitea and remove them again.
"""

import asyncio
import os
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from pydantic import SecretStr

from damascus.core.clock import SystemClock
from damascus.core.errors import Conflict, Invalid, NotFound, PathOutsideFolder
from damascus.core.records.authors import Author
from damascus.core.settings import ForgeSettings as Settings
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.local import LocalForge
from damascus.forge.port import Forge, Repository, TaskIssue
from tests.fixtures.gitea import Double

JORDAN = Author("Jordan Kim", "jordan.kim@damascus.local")


@pytest.fixture(params=["local", "gitea's stand-in", "gitea"])
def forge(request: pytest.FixtureRequest, tmp_path: Path) -> Forge:
    places = tmp_path / "shared/git", tmp_path / "private/git-dirs"
    if request.param == "local":
        return LocalForge(*places)
    if request.param == "gitea":
        if not (os.environ.get("GITEA_URL") and os.environ.get("GITEA_TOKEN")):
            pytest.skip("no Gitea is named by GITEA_URL and GITEA_TOKEN")
        settings = Settings(
            kind="gitea", url=os.environ["GITEA_URL"], token=SecretStr(os.environ["GITEA_TOKEN"]),
            owner=os.environ.get("GITEA_OWNER", ""),
        )  # fmt: skip
    else:
        settings = request.getfixturevalue("gitea").settings()
    return GiteaForge(*places, settings, SystemClock())


@dataclass(frozen=True)
class Published:
    """A repository with one commit, published, and how anybody with a token reaches it."""

    repository: Repository
    sha: str
    url: str


@pytest.fixture
async def published(forge: Forge, place: Path) -> AsyncIterator[Published]:
    name = f"app-{uuid4().hex[:8]}"
    repository = await forge.create_repository(name, "An app", f"mis_{uuid4().hex}")
    await forge.open_workspace(repository, place)
    (place / "main.py").write_text("print('hello')\n")
    sha = await forge.commit(place, "Begin", JORDAN)
    assert sha
    await forge.push(place, repository)
    there = await forge.publish(repository)
    yield Published(there, sha, there.url if not forge.is_remote else with_token(forge, there.url))
    if forge.is_remote:
        ask(forge, "DELETE", there)


def with_token(forge: Any, url: str) -> str:
    return url.replace("://", f"://any:{forge.settings.read_token()}@")


def ask(forge: Any, method: str, repository: Repository, path: str = "", body: object = None) -> Any:
    """Gitea's own word on a published repository."""
    assert repository.web_url
    full_name = "/".join(repository.web_url.split("/")[-2:])
    answer = httpx.request(
        method, f"{forge.settings.url}/api/v1/repos/{full_name}{path}", json=body,
        headers={"Authorization": f"token {forge.settings.read_token()}"},
    )  # fmt: skip
    assert answer.is_success, answer.text
    return answer.json() if answer.content else None


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "shared/code/mission/app"


def clone(url: str, to: Path) -> Path:
    subprocess.run(["git", "clone", "--quiet", url, str(to)], check=True)
    return to


def log(at: Path, form: str) -> list[str]:
    return subprocess.run(
        ["git", "-C", str(at), "log", f"--format={form}"], check=True, capture_output=True, text=True
    ).stdout.splitlines()


async def test_what_is_pushed_can_be_cloned_by_anybody(forge: Forge, place: Path, tmp_path: Path) -> None:
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, place)
    assert await forge.head(repository) is None
    (place / "main.py").write_text("print('hello')\n")
    sha = await forge.commit(place, "Begin", JORDAN)
    assert await forge.push(place, repository) == sha == await forge.head(repository)
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


async def test_what_is_published_can_be_cloned_by_anybody_who_may(published: Published, tmp_path: Path) -> None:
    copy = clone(published.url, tmp_path / "copy")
    assert (copy / "main.py").read_text() == "print('hello')\n"
    assert log(copy, "%H %an <%ae>") == [f"{published.sha} Jordan Kim <jordan.kim@damascus.local>"]


async def test_publishing_again_changes_nothing(forge: Forge, published: Published, tmp_path: Path) -> None:
    assert await forge.publish(published.repository) == published.repository
    forgetful = replace(published.repository, remote_id=None, web_url=None)  # a crash before it was noted
    found = await asyncio.gather(*(forge.publish(forgetful) for _ in range(3)))
    assert {one.url for one in found} == {published.repository.url}
    assert log(clone(published.url, tmp_path / "copy"), "%H") == [published.sha]


async def test_many_who_publish_at_once_make_one_repository(forge: Forge, gitea: Double) -> None:
    repository = await forge.create_repository(f"app-{uuid4().hex[:8]}", "An app", f"mis_{uuid4().hex}")
    made = await asyncio.gather(*(forge.publish(repository) for _ in range(4)))
    assert len({one.url for one in made}) == 1
    if forge.is_remote:
        ask(forge, "DELETE", made[0])


async def test_later_commits_follow(forge: Forge, published: Published, place: Path, tmp_path: Path) -> None:
    (place / "more").write_text("more")
    second = await forge.commit(place, "More", JORDAN)
    await forge.push(place, published.repository)
    await forge.publish(published.repository)
    assert log(clone(published.url, tmp_path / "copy"), "%H") == [second, published.sha]
    assert second in forge.commit_link(published.repository, second or "")


async def test_commits_that_somebody_pushed_where_it_is_published_are_never_overwritten(
    forge: Forge, published: Published, place: Path, tmp_path: Path
) -> None:
    theirs = clone(published.url, tmp_path / "theirs")
    git = ["git", "-C", str(theirs), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "Theirs"], check=True)
    subprocess.run([*git, "push", "--quiet", "origin", "HEAD:main"], check=True)
    (place / "more").write_text("more")
    await forge.commit(place, "More", JORDAN)

    async def push_and_publish() -> None:
        await forge.push(place, published.repository)
        await forge.publish(published.repository)

    with pytest.raises(Conflict, match="from elsewhere"):
        await push_and_publish()
    assert log(clone(published.url, tmp_path / "copy"), "%s")[0] == "Theirs"


async def test_tasks_are_issues_where_a_forge_has_them_once_and_in_step(forge: Forge, published: Published) -> None:
    issues = [
        TaskIssue("task_1", "engineer: Build it", "words\n\nTask: task_1", open=True),
        TaskIssue("task_2", "pm: Plan it", "words\n\nTask: task_2", open=False),
    ]
    numbers = (await forge.track(published.repository, issues)).numbers
    assert (await forge.track(published.repository, issues)).numbers == numbers  # a crash before they were noted
    if not forge.is_remote:
        assert numbers == {}
        return
    known = [replace(issue, number=numbers[issue.mark], open=not issue.open) for issue in issues]
    assert (await forge.track(published.repository, known)).numbers == numbers
    shown = ask(forge, "GET", published.repository, "/issues?state=all&type=issues")
    assert {issue["title"]: issue["state"] for issue in shown} == {
        "engineer: Build it": "closed",
        "pm: Plan it": "open",
    }


async def test_a_repository_that_was_renamed_where_it_is_published_is_found_again(
    forge: Forge, published: Published, place: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge is where it is published")
    name = f"renamed-{uuid4().hex[:8]}"
    ask(forge, "PATCH", published.repository, body={"name": name})
    (place / "more").write_text("more")
    await forge.commit(place, "More", JORDAN)
    await forge.push(place, published.repository)
    there = await forge.publish(published.repository)
    assert there.url.endswith(f"/{name}.git")
    assert there.remote_id == published.repository.remote_id
    issue = TaskIssue("task_1", "t", "Task: task_1", open=True)
    assert (await forge.track(published.repository, [issue])).numbers == {"task_1": 1}
    ask(forge, "PATCH", there, body={"name": published.repository.name})


async def test_a_repository_that_vanished_where_it_was_published_is_made_again(
    forge: Forge, published: Published, tmp_path: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge is where it is published")
    ask(forge, "DELETE", published.repository)
    with pytest.raises(NotFound, match="not at Gitea any more"):
        await forge.track(published.repository, [])
    there = await forge.publish(published.repository)
    assert there.remote_id != published.repository.remote_id
    assert log(clone(published.url, tmp_path / "copy"), "%H") == [published.sha]


async def test_a_name_that_somebody_else_has_where_it_is_published_is_left_alone(
    forge: Forge, published: Published, tmp_path: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge is where it is published")
    other = type(forge)(tmp_path / "other/git", tmp_path / "other/git-dirs", forge.settings, SystemClock())  # type: ignore
    repository = await other.create_repository(published.repository.name, "Another company's", f"mis_{uuid4().hex}")
    there = await other.publish(repository)
    assert there.url.endswith(f"{published.repository.name}-2.git")
    ask(forge, "DELETE", there)
