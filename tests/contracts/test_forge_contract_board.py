"""What every forge must do with a board, a release and a pull request; where it has no pages, that is nothing."""

import asyncio
import io
import subprocess
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from damascus.core.errors import Invalid, NotFound
from damascus.core.records.authors import Author
from damascus.forge.board import Label, PullRequest, Release, TaskIssue
from damascus.forge.port import Forge
from tests.fixtures.code_bases import git
from tests.fixtures.forges import JORDAN, Published, ask, board_of, clone, download, log

AT_WORK, DONE = Label("state/at work", "2f7fd6", "it is"), Label("state/done", "2e9e5b", "it is")
ENGINEER = Label("role/engineer", "7057c9", "work of the engineer")
BUILD = TaskIssue("task_1", "Build it", "> words  \n> more", open=True, labels=(AT_WORK, ENGINEER))


@pytest.fixture(autouse=True)
def has_pages(forge: Forge) -> None:
    if not forge.is_remote:
        pytest.skip("the local forge has no pages")


def labels_of(issue: Any) -> list[str]:
    return sorted(label["name"] for label in issue["labels"])


async def test_a_task_is_one_issue_whose_labels_move_with_it_and_whose_result_is_said_once(
    forge: Forge, published: Published
) -> None:
    there = published.repository
    first = await forge.track(there, board_of(BUILD))
    assert first.problem is None
    done = replace(
        BUILD, number=first.numbers["task_1"], open=False, labels=(DONE, ENGINEER), comment="**Done.** It works."
    )
    for known in (done, replace(done, number=None), done):  # a crash before it was noted
        tracked = await forge.track(there, board_of(known, milestone=first.milestone))
        assert (tracked.numbers, tracked.problem) == (first.numbers, None)
    (issue,) = ask(forge, "GET", there, "/issues?state=all&type=issues")
    assert (issue["title"], issue["state"], issue["comments"]) == ("Build it", "closed", 1)
    assert labels_of(issue) == ["role/engineer", "state/done"]
    (comment,) = ask(forge, "GET", there, f"/issues/{issue['number']}/comments")
    assert comment["body"].startswith("**Done.** It works.")
    assert sorted(label["name"] for label in ask(forge, "GET", there, "/labels")) == [
        "role/engineer", "state/at work", "state/done",
    ]  # fmt: skip


async def test_labels_of_a_persons_stay_on_an_issue(forge: Forge, published: Published) -> None:
    there = published.repository
    first = await forge.track(there, board_of(BUILD))
    theirs = ask(forge, "POST", there, "/labels", {"name": "urgent", "color": "#ff0000"})
    ask(forge, "POST", there, f"/issues/{first.numbers['task_1']}/labels", {"labels": [theirs["id"]]})
    await forge.track(there, board_of(replace(BUILD, labels=(DONE, ENGINEER)), milestone=first.milestone))
    (issue,) = ask(forge, "GET", there, "/issues?state=all&type=issues")
    assert labels_of(issue) == ["role/engineer", "state/done", "urgent"]


async def test_a_mission_is_one_milestone_that_has_its_issues_and_is_closed_with_it(
    forge: Forge, published: Published
) -> None:
    there = published.repository
    first = await forge.track(there, board_of(BUILD))
    again = await forge.track(there, board_of(BUILD))  # a crash before it was noted
    assert first.milestone == again.milestone
    await forge.track(there, board_of(milestone=first.milestone, open=False))
    (milestone,) = ask(forge, "GET", there, "/milestones?state=all")
    assert (milestone["title"], milestone["state"], milestone["open_issues"]) == ("The mission", "closed", 1)
    assert "what it is about" in milestone["description"]


async def test_what_a_person_removed_of_a_board_is_made_again_if_it_is_open_still(
    forge: Forge, published: Published
) -> None:
    there = published.repository
    first = await forge.track(there, board_of(BUILD))
    ask(forge, "DELETE", there, f"/milestones/{first.milestone}")
    gone = replace(BUILD, number=first.numbers["task_1"] + 7, open=False)
    tracked = await forge.track(there, board_of(gone, milestone=first.milestone))
    assert tracked.problem is None
    assert tracked.milestone != first.milestone
    assert len(ask(forge, "GET", there, "/issues?state=all&type=issues")) == 1


async def test_a_repository_is_described_in_words_and_shows_no_id_of_ours(forge: Forge, published: Published) -> None:
    assert ask(forge, "GET", published.repository)["description"] == "An app"
    again = await forge.create_repository(published.repository.name, "Sends invoices", "mis_other")
    assert again.name != published.repository.name


async def test_what_a_repository_is_called_follows_until_there_is_code_in_it(forge: Forge, place: Path) -> None:
    name, mission = f"app-{uuid4().hex[:8]}", f"mis_{uuid4().hex}"
    there = await forge.publish(await forge.create_repository(name, "Planned", mission), "")
    repository = await forge.create_repository(name, "Sends invoices", mission)
    await forge.publish(repository, "")
    assert ask(forge, "GET", there)["description"] == "Sends invoices"
    await forge.open_workspace(repository, place)
    (place / "a").write_text("a")
    await forge.commit(place, "Begin", JORDAN)
    await forge.push(place, repository)
    await forge.publish(repository)
    await empty_no_more(forge, there)
    ask(forge, "PATCH", there, body={"description": "The founder's words"})
    await forge.publish(await forge.create_repository(name, "Something else", mission))
    assert ask(forge, "GET", there)["description"] == "The founder's words"
    ask(forge, "DELETE", there)


async def empty_no_more(forge: Forge, there: Any) -> None:
    """Gitea calls a repository empty for a moment after the first push."""
    for _ in range(60):
        if not ask(forge, "GET", there)["empty"]:
            return
        await asyncio.sleep(1)
    raise AssertionError("it is empty still")


async def test_a_release_is_made_once_on_its_commit_with_a_zip_of_its_files(
    forge: Forge, published: Published, place: Path
) -> None:
    (place / "pkg/__pycache__").mkdir(parents=True)
    (place / "pkg/__pycache__/a.cpython-311.pyc").write_bytes(b"\0")
    (place / "pkg/a.py").write_text("a = 1\n")
    sha = await forge.commit(place, "More", JORDAN)
    await forge.push(place, published.repository)
    there = await forge.publish(published.repository)
    release = Release("mis_1", published.sha, "app", "Handed over", "app.zip")
    await empty_no_more(forge, there)
    assert [await forge.release(there, release) for _ in range(2)] == ["v1", "v1"]
    second = Release("mis_2", sha or "", "app", "Handed over again", "app.zip")
    assert [await forge.release(there, second) for _ in range(2)] == ["v2", "v2"]
    newer, older = ask(forge, "GET", there, "/releases")
    assert [len(one["assets"]) for one in (newer, older)] == [1, 1]
    assert tags(clone(published.url, place.parent / "copy")) == {"v1": published.sha, "v2": sha}
    with zipfile.ZipFile(io.BytesIO(download(forge, newer["assets"][0]["browser_download_url"]))) as zipped:
        assert sorted(zipped.namelist()) == ["main.py", "pkg/a.py"]


def tags(at: Path) -> dict[str, str]:
    shown = subprocess.run(["git", "-C", str(at), "show-ref", "--tags"], check=True, capture_output=True, text=True)
    return {ref.removeprefix("refs/tags/"): sha for sha, ref in (line.split() for line in shown.stdout.splitlines())}


async def test_a_release_whose_zip_a_crash_lost_gets_it_later(forge: Forge, published: Published) -> None:
    there = published.repository
    release = Release("mis_1", published.sha, "app", "Handed over", "app.zip")
    await empty_no_more(forge, there)
    await forge.release(there, release)
    (made,) = ask(forge, "GET", there, "/releases")
    ask(forge, "DELETE", there, f"/releases/{made['id']}/assets/{made['assets'][0]['id']}")
    assert await forge.release(there, release) == "v1"
    (made,) = ask(forge, "GET", there, "/releases")
    assert [asset["name"] for asset in made["assets"]] == ["app.zip"]


async def test_work_on_code_of_somebodys_is_a_branch_and_one_pull_request_and_main_stays(
    forge: Forge, published: Published, place: Path, tmp_path: Path
) -> None:
    there = published.repository
    (place / "more").write_text("more")
    sha = await forge.commit(place, "More", JORDAN)
    await forge.push(place, there)
    await empty_no_more(forge, there)
    request = PullRequest("mis_1", "damascus/more", "Add more", "words")
    links = {await forge.propose(there, sha or "", request) for _ in range(2)}
    changed = replace(request, text="other words")
    links.add(await forge.propose(there, sha or "", changed))
    assert links == {f"{there.web_url}/pulls/1"}
    (shown,) = ask(forge, "GET", there, "/pulls?state=all")
    assert (shown["title"], shown["head"]["ref"], shown["base"]["ref"]) == ("Add more", "damascus/more", "main")
    assert "other words" in shown["body"]
    assert log(clone(published.url, tmp_path / "copy"), "%H") == [published.sha]
    ask(forge, "PATCH", there, "/pulls/1", {"state": "closed"})
    assert await forge.propose(there, sha or "", request) == f"{there.web_url}/pulls/1"  # a person's decision
    (shown,) = ask(forge, "GET", there, "/pulls?state=all")
    assert shown["state"] == "closed"


@pytest.mark.parametrize(
    ("state", "base", "number"),
    [("open", "main", 1), ("closed", "main", 2), ("open", "old", 2)],
    ids=["open", "closed", "for another branch"],
)
async def test_the_pull_request_that_a_person_opened_for_our_branch_serves_as_ours(
    state: str, base: str, number: int, forge: Forge, published: Published, place: Path
) -> None:
    there = published.repository
    (place / "more").write_text("more")
    sha = await forge.commit(place, "More", JORDAN)
    await forge.push(place, there)
    await empty_no_more(forge, there)
    theirs = clone(published.url, place.with_name("theirs"))
    pushes = (f"{sha}:refs/heads/damascus/more", f"{published.sha}:refs/heads/old")
    git(theirs, "fetch", "--quiet", str(forge.bare(there.name)), sha or "")
    git(theirs, "push", "--quiet", "origin", *pushes)
    await empty_no_more(forge, there)
    ask(forge, "POST", there, "/pulls", {"head": "damascus/more", "base": base, "title": "Mine", "body": "my words"})
    ask(forge, "PATCH", there, "/pulls/1", {"state": state})
    request = PullRequest("mis_1", "damascus/more", "Add more", "words")
    links = {await forge.propose(there, sha or "", request) for _ in range(2)}
    assert links == {f"{there.web_url}/pulls/{number}"}
    (mine,) = [each for each in ask(forge, "GET", there, "/pulls?state=all") if each["number"] == 1]
    assert (mine["title"], mine["body"]) == ("Mine", "my words")


async def test_nothing_is_proposed_from_a_branch_that_is_not_ours(forge: Forge, published: Published) -> None:
    with pytest.raises(Invalid, match="main is not ours to push to"):
        await forge.propose(published.repository, published.sha, PullRequest("mis_1", "main", "Add", "words"))


async def test_where_releases_and_pull_requests_are_off_there_are_none(forge: Forge, published: Published) -> None:
    there = published.repository
    ask(forge, "PATCH", there, body={"has_releases": False, "has_pull_requests": False})
    assert await forge.release(there, Release("mis_1", published.sha, "app", "words", "app.zip")) is None
    assert await forge.propose(there, published.sha, PullRequest("mis_1", "work", "Add", "words")) is None


async def test_what_is_gone_is_said_to_be_gone(forge: Forge, published: Published) -> None:
    ask(forge, "DELETE", published.repository)
    with pytest.raises(NotFound, match="not at Gitea any more"):
        await forge.release(published.repository, Release("mis_1", published.sha, "app", "words", "app.zip"))
    with pytest.raises(NotFound, match="not at Gitea any more"):
        await forge.propose(published.repository, published.sha, PullRequest("mis_1", "work", "Add", "words"))
    await forge.publish(published.repository)


async def test_files_of_the_companys_own_go_on_top_of_what_people_did_there(
    forge: Forge, published: Published, tmp_path: Path
) -> None:
    there, office = published.repository, Author("Office", "office@damascus.local")
    theirs = clone(published.url, tmp_path / "theirs")
    (theirs / "notes.md").write_text("theirs\n")
    git = ["git", "-C", str(theirs), "-c", "user.name=x", "-c", "user.email=x@y"]
    for command in (["add", "."], ["commit", "--quiet", "-m", "Theirs"], ["push", "--quiet", "origin", "HEAD:main"]):
        subprocess.run([*git, *command], check=True)
    await forge.add_files(there, {"reports/m/README.md": b"lost"}, "Not pushed yet", office)
    for _ in range(2):  # a crash between push and note
        await forge.refresh(there)
        made = await forge.add_files(there, {"reports/m/README.md": b"a report"}, "A report", office)
        await forge.publish(there, await forge.head(there) or "")
    assert made is None
    copy = clone(published.url, tmp_path / "copy")
    assert log(copy, "%an: %s") == ["Office: A report", "x: Theirs", "Jordan Kim: Begin"]
    assert (copy / "reports/m/README.md").read_text() == "a report"
    assert (copy / "notes.md").read_text() == "theirs\n"
    link = forge.file_link(there, "reports/m/README.md")
    assert link == f"{there.web_url}/src/branch/main/reports/m/README.md"
