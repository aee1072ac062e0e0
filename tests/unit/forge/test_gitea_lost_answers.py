"""A push whose connection is cut, anywhere: what the forge has then decides, and nothing is pushed or refused twice."""

import os
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import Conflict, Unavailable
from damascus.core.records.authors import Author
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.port import Repository
from tests.fixtures.gitea import Double

pytestmark = pytest.mark.long
JORDAN = Author("Jordan Kim", "jordan.kim@damascus.local")
MORE_THAN_ONE_CHUNK = 3_000_000  # git then asks whether it may send at all, and sends in pieces

Ready = tuple[GiteaForge, Repository, Callable[[str], Awaitable[str]]]


@pytest.fixture
async def ready(tmp_path: Path, gitea: Double) -> Ready:
    """A published repository that is empty yet, and what commits to it."""
    forge = GiteaForge(tmp_path / "git", tmp_path / "git-dirs", gitea.settings(), SystemClock())
    repository = await forge.create_repository("app", "An app", "mis_1")
    await forge.open_workspace(repository, tmp_path / "work")
    there = await forge.publish(repository)

    async def commit(message: str, size: int = 10) -> str:
        (tmp_path / "work/a").write_bytes(os.urandom(size))
        sha = await forge.commit(tmp_path / "work", message, JORDAN)
        assert sha
        await forge.push(tmp_path / "work", repository)
        return sha

    return forge, there, commit


def commits_at(gitea: Double, name: str = "app") -> list[str]:
    bare = gitea.folder / f"root/git/{gitea.ask('GET', f'/repos/founder/{name}')['id']}.git"
    shown = subprocess.run(["git", f"--git-dir={bare}", "log", "--format=%H"], capture_output=True, text=True)
    return shown.stdout.split()


@pytest.mark.parametrize(("size", "asks_first"), [(10, 0), (MORE_THAN_ONE_CHUNK, 1)])
async def test_a_push_whose_answer_is_lost_is_out(ready: Ready, gitea: Double, size: int, asks_first: int) -> None:
    forge, there, commit = ready
    as_usual = {"kind": "slow", "where": "git", "method": "POST", "times": asks_first}
    first = await commit("Begin", size)
    gitea.faults(as_usual, {"kind": "lost", "where": "git", "method": "POST"})
    await forge.publish(there)
    second = await commit("More", size)
    gitea.faults(as_usual, {"kind": "lost", "where": "git", "method": "POST", "times": 2})
    await forge.publish(there)
    assert commits_at(gitea) == [second, first]


@pytest.mark.parametrize("size", [10, MORE_THAN_ONE_CHUNK])
@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("at", ["before", "within", "after"])
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_cut_anywhere_leaves_a_push_that_is_out_or_is_tried_again(
    ready: Ready, gitea: Double, method: str, at: str, times: int, size: int
) -> None:
    forge, there, commit = ready
    sha = await commit("Begin", size)
    gitea.faults({"kind": "lost", "where": "git", "method": method, "at": at, "times": times})
    try:
        await forge.publish(there)
    except Unavailable:
        gitea.faults()
        await forge.publish(there)
    assert commits_at(gitea) == [sha]


async def test_a_push_that_another_worker_overtook_is_out(ready: Ready, gitea: Double) -> None:
    forge, there, commit = ready
    first = await commit("Begin")
    second = await commit("More")
    await forge.publish(there)
    await forge.publish(there, first)
    assert commits_at(gitea) == [second, first]


async def test_an_answer_that_is_lost_does_not_hide_commits_of_somebody_else(
    ready: Ready, gitea: Double, tmp_path: Path
) -> None:
    forge, there, commit = ready
    first = await commit("Begin")
    await forge.publish(there)
    theirs = tmp_path / "theirs"
    subprocess.run(["git", "clone", "--quiet", gitea.clone_url("founder/app"), str(theirs)], check=True)
    git = ["git", "-C", str(theirs), "-c", "user.name=x", "-c", "user.email=x@y"]
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "Theirs"], check=True)
    subprocess.run([*git, "push", "--quiet", "origin", "HEAD:main"], check=True)
    await commit("More")
    with pytest.raises(Conflict, match="commits from elsewhere"):
        await forge.publish(there)
    assert first in commits_at(gitea)


@pytest.mark.parametrize(
    ("words", "said", "advice"),
    [
        ("error: Not allowed to push to protected branch main", r"declined: Not allowed", "let the token's user push"),
        ("Gitea: User permission denied for writing.", "User permission denied", ""),
        ("our own hook: no commits on Sundays", "no commits on Sundays", ""),
        ("quota exceeded", "quota exceeded", "make room at Gitea"),
        ("", "unpacker error", ""),
    ],
)
async def test_what_gitea_refuses_waits_in_its_own_words_and_is_no_conflict(
    ready: Ready, gitea: Double, words: str, said: str, advice: str
) -> None:
    forge, there, commit = ready
    sha = await commit("Begin", MORE_THAN_ONE_CHUNK)
    gitea.faults({"kind": "refused", "where": "git", "method": "POST", "words": words, "times": 4})
    with pytest.raises(Unavailable, match=said) as refused:
        await forge.publish(there)
    assert advice in str(refused.value)
    assert "off main" not in str(refused.value)
    assert "\n" not in str(refused.value)
    gitea.faults()
    await forge.publish(there)
    assert commits_at(gitea) == [sha]


@pytest.mark.parametrize(
    ("status", "words", "advice"),
    [
        (403, "This repo is archived. You can view files and clone it, but cannot push", "unarchive it at Gitea"),
        (403, "Your account is disabled.", "an admin of Gitea has to unlock"),
        (403, "Forbidden", "its user the right to write there"),
        (413, "quota exceeded", "make room at Gitea"),
        (413, "", "make room at Gitea"),
        (307, "Temporary Redirect", "renamed at Gitea just now"),
        (400, "Client sent an HTTP request to an HTTPS server.", "begins with https://"),
    ],
)
async def test_a_status_of_a_push_has_advice_that_fits(
    ready: Ready, gitea: Double, status: int, words: str, advice: str
) -> None:
    forge, there, commit = ready
    await commit("Begin")
    gitea.faults({"kind": "status", "where": "git", "status": status, "words": words, "times": 9})
    with pytest.raises(Unavailable, match=advice):
        await forge.publish(there)


async def test_what_the_forge_repeats_of_the_token_is_in_no_error(ready: Ready, gitea: Double) -> None:
    forge, there, commit = ready
    await commit("Begin")
    token = gitea.token
    for fault in (
        {"kind": "refused", "where": "git", "method": "POST", "words": f"no {token} here"},
        {"kind": "status", "where": "git", "status": 403, "words": f"token {token} lacks a right"},
        {"kind": "status", "where": "api", "status": 401, "words": f"invalid token {token}"},
        {"kind": "status", "where": "api", "status": 403, "words": f"scope of {token}"},
        {"kind": "status", "where": "api", "status": 500, "words": f"{token}"},
        {"kind": "status", "where": "api", "status": 418, "words": f"{token}"},
    ):
        gitea.faults({**fault, "times": 9})
        with pytest.raises(Unavailable) as refused:
            await forge.publish(replace(there))
        assert token not in str(refused.value)
        assert "***" in str(refused.value) or "(401)" in str(refused.value), fault
