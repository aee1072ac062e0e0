"""What Gitea refuses, of code or of issues: it waits or is asked about, holds up nothing else, and is tried seldom."""

import signal
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

from damascus.bus.streams import Bus
from damascus.core.errors import NotFound
from damascus.core.records.tasks import TaskStatus
from damascus.work.delivery.sync_state import note
from damascus.work.desk import answer, deny
from tests.fixtures.firm_at_gitea import Firm, all_tasks, founded, somebody_pushes
from tests.fixtures.gitea import a_double


async def test_commits_of_somebody_else_are_not_overwritten_and_the_ceo_is_asked_once(
    firm: Firm, tmp_path: Path
) -> None:
    await firm.begin()
    await firm.push()
    ours = firm.head()
    theirs = await somebody_pushes(firm.gitea, tmp_path / "theirs")
    said = await firm.push("x = 2\n")
    assert "commits from elsewhere; nothing was overwritten" in said
    assert "do not push again" in said
    assert (await firm.sync()).status == "refused"
    assert firm.head() == theirs
    (question,) = await firm.desk_questions()
    assert "The code is safe in the local store" in question
    git = ["git", "-C", str(tmp_path / "theirs")]
    subprocess.run([*git, "push", "--quiet", "--force", "origin", f"{ours}:main"], check=True)
    row = await firm.sync()
    assert (row.status, firm.head()) == ("synced", row.target_sha)
    assert await firm.desk_questions() == []


async def test_the_question_stays_on_the_desk_as_long_as_its_cause_also_after_the_mission(
    firm: Firm, tmp_path: Path
) -> None:
    await firm.begin()
    await firm.push()
    ours, _ = firm.head(), await somebody_pushes(firm.gitea, tmp_path / "theirs")
    await firm.push("x = 2\n")
    asked = (await firm.row()).desk_item_id
    await firm.end()
    assert len(await firm.desk_questions()) == 1
    row = await firm.sync()
    assert (row.status, row.desk_item_id) == ("refused", asked)
    assert len(await firm.desk_questions()) == 1
    git = ["git", "-C", str(tmp_path / "theirs")]
    subprocess.run([*git, "push", "--quiet", "--force", "origin", f"{ours}:main"], check=True)
    assert (await firm.sync()).remote_sha == firm.head() != ours
    assert await firm.desk_questions() == []


async def test_a_push_that_gitea_refuses_for_another_reason_waits_and_asks_nobody(firm: Firm) -> None:
    await firm.begin()
    refused = {"kind": "refused", "where": "git", "method": "POST", "words": "Not allowed to push to protected branch"}
    firm.gitea.faults({**refused, "times": 9})
    assert "Not allowed to push to protected branch" in await firm.push()
    row = await firm.sync()
    assert row.status == "pending"
    assert await firm.desk_questions() == []
    firm.gitea.faults()
    row = await firm.sync()
    assert firm.head() == row.target_sha


async def test_where_issues_are_off_code_goes_out_and_the_board_settles_with_its_mission(firm: Firm) -> None:
    await firm.begin()
    await firm.show()
    count = len(firm.issues())
    firm.gitea.ask("PATCH", "/repos/founder/invoicer", {"has_issues": False})
    assert "and at the forge" in await firm.push()
    await firm.workbench.task()
    row = await firm.show()
    assert (row.status, row.reason) == ("pending", "issues are switched off for founder/invoicer")
    assert note(await firm.row(), row) == "its board waits: issues are switched off for founder/invoicer"
    assert "and at the forge" in await firm.push("x = 2\n")  # code does not wait for tickets
    firm.gitea.ask("PATCH", "/repos/founder/invoicer", {"has_issues": True})
    await firm.show()
    assert len(firm.issues()) == count + 1
    firm.gitea.ask("PATCH", "/repos/founder/invoicer", {"has_issues": False})
    await firm.end()
    assert (await firm.show()).settled_at is not None


async def test_an_issue_that_cannot_be_closed_holds_up_no_other_and_no_code(firm: Firm) -> None:
    await firm.begin()
    await firm.workbench.task()  # whose issue is after the one that is stuck
    issues = (await firm.show()).issues
    mine = issues[firm.task.id][0]
    firm.gitea.ask("POST", "/repos/founder/invoicer/issues", {"title": "the founder's own"})
    blocker = {"owner": "founder", "repo": "invoicer", "index": len(issues) + 1}
    firm.gitea.ask("POST", f"/repos/founder/invoicer/issues/{mine}/dependencies", blocker)
    await firm.end()
    row = await firm.show()
    states = firm.issues()
    assert {states[number] for number, _ in issues.values() if number != mine} == {"closed"}
    assert states[mine] == "open"
    assert "still has open dependencies" in (row.reason or "")
    firm.gitea.ask("PATCH", f"/repos/founder/invoicer/issues/{len(issues) + 1}", {"state": "closed"})
    await firm.show()
    assert firm.issues()[mine] == "closed"
    comments = firm.gitea.ask("GET", f"/repos/founder/invoicer/issues/{mine}/comments")
    assert len(comments) == 1
    await firm.sync()
    assert (await firm.show()).settled_at is not None


async def test_a_token_without_the_scope_for_issues_pushes_all_code(
    tmp_path: Path, sqlite_ledger_url: str, bus: Bus
) -> None:
    with a_double(tmp_path / "gitea", "--scopes", "write:user,write:repository") as narrow:
        async with founded(tmp_path, sqlite_ledger_url, bus, narrow) as firm:
            await firm.begin()
            for text in ("x = 1\n", "x = 2\n"):
                assert "and at the forge" in await firm.push(text)
                assert "issue]" in ((await firm.show()).reason or "")


async def test_a_release_does_not_wait_for_a_gitea_that_has_not_seen_the_push(
    tmp_path: Path, sqlite_ledger_url: str, bus: Bus
) -> None:
    """Nor for one that never will, as it was killed while it took it: the company opens the repository's page."""
    with a_double(tmp_path / "gitea", "--seems-empty", "99999") as gitea:
        async with founded(tmp_path, sqlite_ledger_url, bus, gitea) as firm:
            await firm.begin()
            await firm.push()
            await firm.succeed()
            await firm.sync()
            gitea.stop(signal.SIGKILL)
            gitea.start()
            assert gitea.ask("GET", "/repos/founder/invoicer")["empty"] is True
            gitea.faults({"kind": "status", "status": 404, "where": "page", "times": 3})  # some take no token there
            for _ in range(3):
                row = await firm.show(600)
            assert set(firm.issues().values()) == {"closed"}  # nothing else waits for it
            assert (row.board.released, row.settled_at) == ((), None)
            assert "before Gitea has seen what was pushed" in (row.reason or "")
            row = await firm.show(600)
            assert ([one.tag for one in row.board.released], row.reason) == (["v1"], None)
            assert row.settled_at is not None
            assert "GET /founder/invoicer" in gitea.requests()
            assert len(gitea.ask("GET", "/repos/founder/invoicer/releases")) == 1
            assert await firm.desk_questions() == []


async def test_who_may_make_no_labels_and_milestones_makes_issues_without(firm: Firm) -> None:
    await firm.begin()
    may_not = {"kind": "status", "where": "api", "status": 403, "words": "user should have a permission to write"}
    firm.gitea.faults(*({**may_not, "method": "POST", "path": path, "times": 9} for path in ("/milestones", "/labels")))
    row = await firm.show()
    assert len(firm.issues()) == len(row.issues) == len(await all_tasks(firm))


async def test_a_repository_that_vanishes_again_and_again_is_made_again_ever_more_seldom(firm: Firm) -> None:
    await firm.begin()
    forge = Vanishing(firm.workbench.services.forge)
    firm = replace(firm, syncing=firm.another_sync(forge=forge))
    async with firm.workbench.outbox.transaction() as tx:
        await tx.tasks.transition(firm.task.id, list(TaskStatus), TaskStatus.COMPLETED)
    before = 0
    for _ in range(10):  # until the pause is at its bound
        before = (await firm.show(61)).attempts
    attempts = before
    for _ in range(90):  # three minutes of a worker's ticks
        attempts = (await firm.show(2)).attempts
    assert 1 <= attempts - before <= 4


class Vanishing:
    """A forge that forgets what it has just taken."""

    def __init__(self, forge: Any) -> None:
        self._forge = forge

    def __getattr__(self, name: str) -> Any:
        return getattr(self._forge, name)

    async def track(self, *_: Any) -> Any:
        raise NotFound("it is not at Gitea any more")


async def test_another_default_branch_is_said_and_main_is_pushed_all_the_same(firm: Firm) -> None:
    await firm.begin()
    firm.gitea.ask("PATCH", "/repos/founder/invoicer", {"default_branch": "trunk"})
    await firm.push()
    row = await firm.row()
    assert row.remote_sha == firm.head()
    assert "'trunk'" in (note(row, None) or "")


async def test_a_refused_push_that_the_ceo_lets_lie_is_not_tried_again(firm: Firm, tmp_path: Path) -> None:
    await firm.begin()
    await firm.push()
    await somebody_pushes(firm.gitea, tmp_path / "theirs")
    await firm.push("x = 2\n")
    async with firm.workbench.outbox.transaction() as tx:
        await deny(tx, (await firm.row()).desk_item_id or "", "leave it")
    row = await firm.sync()
    assert row.settled_at is not None
    assert row.remote_sha != row.target_sha


async def test_answering_means_try_again_and_asks_again_if_that_fails(firm: Firm, tmp_path: Path) -> None:
    await firm.begin()
    await firm.push()
    await somebody_pushes(firm.gitea, tmp_path / "theirs")
    await firm.push("x = 2\n")
    first = (await firm.row()).desk_item_id
    async with firm.workbench.outbox.transaction() as tx:
        await answer(tx, first or "", "I moved them")
    assert (await firm.sync()).desk_item_id != first
    assert len(await firm.desk_questions()) == 1
