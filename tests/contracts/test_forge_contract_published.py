"""What every forge must do with what is published there; where a remote one obeys, forgets or moves, it is said."""

import asyncio
import os
import subprocess
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from damascus.core.clock import SystemClock
from damascus.core.errors import Conflict, NotFound
from damascus.forge.board import TaskIssue
from damascus.forge.gitea.board_api import BoardApi
from damascus.forge.gitea.forge import GiteaForge
from damascus.forge.harmless import harmless
from damascus.forge.port import Forge
from tests.fixtures.forges import JORDAN, Published, ask, board_of, clone, log
from tests.fixtures.gitea import Double


async def test_what_is_published_can_be_cloned_by_anybody_who_may(published: Published, tmp_path: Path) -> None:
    copy = clone(published.url, tmp_path / "copy")
    assert (copy / "main.py").read_text() == "print('hello')\n"
    assert log(copy, "%H %an <%ae>") == [f"{published.sha} Jordan Kim <jordan.kim@damascus.local>"]


async def test_tabs_that_the_company_does_not_use_are_not_shown(forge: Forge, published: Published) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge has no pages")
    shown = ask(forge, "GET", published.repository)
    assert [shown[tab] for tab in ("has_wiki", "has_projects", "has_packages")] == [False] * 3
    assert shown["has_issues"]


async def test_the_token_opens_a_repository_s_page_which_makes_a_forge_look_at_it(
    forge: Forge, published: Published
) -> None:
    if not isinstance(forge, GiteaForge):
        pytest.skip("the local forge has no pages")
    token, page = forge.settings.read_token(), published.repository.web_url or ""
    await BoardApi(forge.settings, SystemClock()).open_page("/".join(page.split("/")[-2:]))
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(page, auth=("token", token))).status_code == 200
        assert (await http.get(page)).status_code in (401, 404)
    assert ask(forge, "GET", published.repository)["empty"] is False


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
        TaskIssue("task_1", "engineer: Build it", "words", open=True),
        TaskIssue("task_2", "pm: Plan it", "words", open=False),
    ]
    numbers = (await forge.track(published.repository, board_of(*issues))).numbers
    assert (
        await forge.track(published.repository, board_of(*issues))
    ).numbers == numbers  # a crash before they were noted
    if not forge.is_remote:
        assert numbers == {}
        return
    known = [replace(issue, number=numbers[issue.mark], open=not issue.open) for issue in issues]
    assert (await forge.track(published.repository, board_of(*known))).numbers == numbers
    shown = ask(forge, "GET", published.repository, "/issues?state=all&type=issues")
    assert {issue["title"]: issue["state"] for issue in shown} == {
        "engineer: Build it": "closed",
        "pm: Plan it": "open",
    }


async def test_words_that_a_forge_obeys_do_nothing_once_they_are_harmless(
    forge: Forge, published: Published, place: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge obeys no words")
    assert published.repository.web_url
    other = await forge.create_repository(f"other-{uuid4().hex[:8]}", "Another one", f"mis_{uuid4().hex}")
    there = await forge.publish(other)
    assert there.web_url
    full_name = "/".join(there.web_url.split("/")[-2:])
    orders = (f"Closes {full_name}#1", f"Fixes: {there.web_url}/issues/2", f"resolves {full_name}!3")
    for number in (1, 2, 3):
        ask(forge, "POST", there, "/issues", {"title": f"The founder's {number}"})

    async def open_after(messages: Sequence[str]) -> int:
        (place / "more").write_text(str(messages))
        await forge.commit(place, "\n".join(messages), JORDAN)
        await forge.push(place, published.repository)
        await forge.publish(published.repository)
        await asyncio.sleep(2 if "GITEA_URL" in os.environ else 0)  # a real one reads the messages after the push
        return len(ask(forge, "GET", there, "/issues?state=open"))

    try:
        assert await open_after([harmless(order) for order in orders]) == 3
        assert await open_after(orders) < 3
    finally:
        ask(forge, "DELETE", there)


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
    issue = TaskIssue("task_1", "t", "words", open=True)
    assert (await forge.track(published.repository, board_of(issue))).numbers == {"task_1": 1}
    ask(forge, "PATCH", there, body={"name": published.repository.name})


async def test_at_another_address_of_the_same_forge_a_repository_is_the_same_also_if_it_was_renamed(
    forge: Forge, published: Published, tmp_path: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge has no address")
    was: Any = forge
    address = was.settings.url.replace("127.0.0.1", "localhost")
    if address == was.settings.url:
        pytest.skip("this forge has one address only")
    name = f"renamed-{uuid4().hex[:8]}"
    ask(forge, "PATCH", published.repository, body={"name": name})
    settings = was.settings.model_copy(update={"url": address})
    again = await GiteaForge(tmp_path / "shared/git", tmp_path / "private/git-dirs", settings, SystemClock()).publish(
        published.repository
    )
    ask(forge, "PATCH", again, body={"name": published.repository.name})  # for who removes it at the end
    assert again.remote_id == published.repository.remote_id
    owner = (published.repository.web_url or "").split("/")[-2]
    assert again.web_url == f"{address}/{owner}/{name}"


async def test_a_repository_that_vanished_where_it_was_published_is_made_again(
    forge: Forge, published: Published, tmp_path: Path
) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge is where it is published")
    ask(forge, "DELETE", published.repository)
    with pytest.raises(NotFound, match="not at Gitea any more"):
        await forge.track(published.repository, board_of())
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
