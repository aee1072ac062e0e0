"""What cannot reach the forge is tried less and less, to one request a minute, whatever it is that it waits for."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.forge_syncs import ForgeSyncRow, ForgeSyncStatus
from damascus.core.records.tasks import TaskStatus
from damascus.work.delivery import sync_state
from tests.fixtures.firm_at_gitea import Firm, founded, somebody_pushes
from tests.fixtures.gitea import Double

EVER = 99_999
MINUTES = 60
STEP_SECONDS = 30
GROWING = 45  # steps until a pause is at its bound
LONG = pytest.mark.long  # a push takes its time
# what Gitea does from the beginning
FAULTS: dict[str, dict[str, Any]] = {
    "down": {"kind": "down"},
    "another program": {"kind": "html"},
    "no answer": {"kind": "lost"},
    "an error": {"kind": "broken"},
    "too many requests": {"kind": "rate"},
    "the token expired": {"kind": "expired"},
    "no scope": {"kind": "forbidden", "where": "api"},
    "no room for a repository": {"kind": "status", "status": 413, "where": "api", "method": "POST"},
    "no room for a push": {"kind": "status", "status": 413, "where": "git"},
    "git is down": {"kind": "down", "where": "git"},
    "git fails": {"kind": "status", "status": 500, "where": "git"},
    "git is cut off": {"kind": "lost", "where": "git"},
    "git takes no token": {"kind": "expired", "where": "git"},
    "the pack's answer is lost": {"kind": "lost", "where": "git", "method": "POST", "at": "before"},
    "a hook": {"kind": "refused", "words": "not on Sundays", "where": "git", "method": "POST"},
    "the disk is full": {"kind": "refused", "where": "git", "method": "POST"},
}
AT_ONCE = ("no scope",)


@pytest.mark.parametrize("stuck", [pytest.param(stuck, marks=() if stuck in AT_ONCE else LONG) for stuck in FAULTS])
async def test_a_gitea_that_takes_nothing_is_asked_once_a_minute(firm: Firm, stuck: str) -> None:
    firm.gitea.faults({**FAULTS[stuck], "times": EVER})
    await firm.begin()
    await firm.push()
    await check_rate(firm, firm.sync)


@pytest.mark.long
async def test_a_gitea_that_nobody_runs_is_asked_once_a_minute(
    tmp_path: Path, sqlite_ledger_url: str, bus: Bus, lonely: Double
) -> None:
    """An attempt is one request then, which nobody is there to count."""
    async with founded(tmp_path, sqlite_ledger_url, bus, lonely) as firm:
        lonely.stop()
        await firm.begin()
        await firm.push()
        for _ in range(GROWING):
            row = await firm.sync(STEP_SECONDS)
        assert "does not respond" in (row.reason or "")
        for _ in range(3):
            assert timedelta(0) < row.retry_at - firm.clock.now() <= timedelta(minutes=1)
            next_one = await firm.sync((row.retry_at - firm.clock.now()).total_seconds())
            assert next_one.attempts == row.attempts + 1
            row = next_one


async def archive(firm: Firm, _: Path) -> None:
    firm.gitea.ask("PATCH", "/repos/founder/invoicer", {"archived": True})


async def push_something_else(firm: Firm, folder: Path) -> None:
    await firm.push("z = 1\n")
    await somebody_pushes(firm.gitea, folder / "theirs")


async def remove_and_forbid(firm: Firm, _: Path) -> None:
    firm.gitea.ask("DELETE", "/repos/founder/invoicer")
    firm.gitea.faults({"kind": "status", "status": 403, "where": "api", "method": "POST", "times": EVER})


AFTERWARDS: dict[str, Callable[[Firm, Path], Awaitable[None]]] = {
    "it was archived": archive,
    "it is gone, and none may be made": remove_and_forbid,
    "somebody else pushed": push_something_else,
}


@pytest.mark.parametrize("stuck", [pytest.param(stuck, marks=() if "gone" in stuck else LONG) for stuck in AFTERWARDS])
async def test_a_repository_that_takes_nothing_any_more_is_asked_for_once_a_minute(
    firm: Firm, stuck: str, tmp_path: Path
) -> None:
    await firm.begin()
    await AFTERWARDS[stuck](firm, tmp_path)
    await firm.push()
    await check_rate(firm, firm.sync)


async def switch_issues_off(firm: Firm) -> None:
    firm.gitea.ask("PATCH", "/repos/founder/invoicer", {"has_issues": False})


async def block_the_issues(firm: Firm) -> None:
    blocker = firm.gitea.ask("POST", "/repos/founder/invoicer/issues", {"title": "the founder's"})["number"]
    for number in range(1, blocker):
        where = f"/repos/founder/invoicer/issues/{number}/dependencies"
        firm.gitea.ask("POST", where, {"owner": "founder", "repo": "invoicer", "index": blocker})


async def refuse_labels(firm: Firm) -> None:
    firm.gitea.faults({"kind": "status", "status": 500, "path": "/labels", "times": EVER})


async def take_no_reports(firm: Firm) -> None:
    await firm.succeed()  # the company's repository tells of it
    firm.gitea.faults({"kind": "refused", "words": "no", "where": "git", "method": "POST", "times": EVER})
    firm.gitea.faults({"kind": "refused", "words": "no", "where": "git", "method": "POST", "times": EVER})


BOARDS: dict[str, Callable[[Firm], Awaitable[None]]] = {
    "it was archived": lambda firm: archive(firm, Path()),
    "issues were switched off": switch_issues_off,
    "the issues are blocked": block_the_issues,
    "labels fail": refuse_labels,
    "the reports are refused": take_no_reports,
}


@pytest.mark.parametrize("stuck", [pytest.param(stuck, marks=() if "blocked" in stuck else LONG) for stuck in BOARDS])
async def test_a_board_that_cannot_be_shown_as_it_is_is_asked_for_once_a_minute(firm: Firm, stuck: str) -> None:
    await firm.begin()
    await firm.show()
    await BOARDS[stuck](firm)
    async with firm.workbench.outbox.transaction() as tx:
        await tx.tasks.transition(firm.task.id, list(TaskStatus), TaskStatus.COMPLETED)
    await check_rate(firm, firm.show)


async def test_a_new_commit_and_the_owner_s_word_do_not_wait_for_a_long_pause(firm: Firm) -> None:
    await firm.begin()
    firm.gitea.faults({"kind": "down", "times": EVER})
    await firm.push()
    for _ in range(GROWING):
        stuck = await firm.sync(STEP_SECONDS)
    async with firm.workbench.outbox.transaction() as tx:
        assert await sync_state.retry_now(tx, "mis_another") == 0
        assert await sync_state.retry_now(tx, firm.task.mission_id) == 1
    asked_for = await firm.sync(0)
    assert (asked_for.attempts, asked_for.retry_at) == (1, firm.clock.now() + timedelta(seconds=5))
    firm.gitea.faults()
    assert (await firm.sync(1)).attempts == 1
    assert "and at the forge" in await firm.push("x = 2\n")
    row = await firm.row()
    assert (row.status, row.remote_sha) == (ForgeSyncStatus.SYNCED, firm.head())
    async with firm.workbench.outbox.transaction() as tx:
        assert await sync_state.retry_now(tx) == 0
    assert stuck.attempts > 1


async def test_what_is_new_on_a_board_does_not_wait_for_what_is_stuck(firm: Firm) -> None:
    await firm.begin()
    await firm.show()
    await block_the_issues(firm)
    async with firm.workbench.outbox.transaction() as tx:
        await tx.tasks.transition(firm.task.id, list(TaskStatus), TaskStatus.COMPLETED)
    for _ in range(GROWING):
        stuck = await firm.show(STEP_SECONDS)
    firm.clock.advance((stuck.retry_at - firm.clock.now()).total_seconds())
    while not any("/dependencies" in one or "PATCH" in one for one in firm.gitea.requests()):
        firm.gitea.faults()
        stuck = await firm.show(STEP_SECONDS)
    firm.gitea.faults()
    new = await firm.workbench.task(title="Send the first invoice")
    row = await firm.show(60)
    assert new.id in row.issues
    assert row.status == ForgeSyncStatus.PENDING
    assert row.reason == stuck.reason
    asked = [one for one in firm.gitea.requests() if one.endswith(f"/issues/{row.issues[firm.task.id][0]}")]
    assert asked == []


async def test_an_issue_that_was_blocked_is_closed_once_when_it_no_longer_is(firm: Firm) -> None:
    await firm.begin()
    await firm.show()
    await block_the_issues(firm)
    async with firm.workbench.outbox.transaction() as tx:
        await tx.tasks.transition(firm.task.id, list(TaskStatus), TaskStatus.COMPLETED)
    for _ in range(5):
        row = await firm.show(60)
    number, blocker = row.issues[firm.task.id][0], max(firm.issues())
    assert "cannot close" in (row.reason or "")
    assert firm.issues()[number] == "open"
    firm.gitea.ask("PATCH", f"/repos/founder/invoicer/issues/{blocker}", {"state": "closed"})
    assert (await firm.show()).reason is None
    assert firm.issues()[number] == "closed"
    assert len(firm.gitea.ask("GET", f"/repos/founder/invoicer/issues/{number}/comments")) == 1


async def check_rate(firm: Firm, later: Callable[[float], Awaitable[ForgeSyncRow]]) -> None:
    for _ in range(GROWING):
        row = await later(STEP_SECONDS)
    before = len(firm.gitea.requests())
    while len(firm.gitea.requests()) == before:
        row = await later(STEP_SECONDS)
        assert row.settled_at is None, row
    before = len(firm.gitea.requests())
    for _ in range(MINUTES * 60 // STEP_SECONDS):
        row = await later(STEP_SECONDS)
    made = firm.gitea.requests()[before:]
    assert 0 < len(made) <= MINUTES, made
    assert row.reason is not None
