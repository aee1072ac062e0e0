"""What cannot reach the forge is tried less and less, to one attempt a minute, whatever it is that it waits for."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from damascus.core.records.tasks import TaskStatus
from tests.fixtures.firm_at_gitea import Firm, somebody_pushes

EVER = 99_999
MINUTES = 6
LONG = pytest.mark.long  # a push takes its time
# what Gitea does from the beginning, and the requests that an attempt then takes: what is there, a push of two or three
FAULTS: dict[str, tuple[dict[str, Any], int]] = {
    "down": ({"kind": "down"}, 1),
    "another program": ({"kind": "html"}, 1),
    "no answer": ({"kind": "lost"}, 1),
    "an error": ({"kind": "broken"}, 1),
    "too many requests": ({"kind": "rate"}, 1),
    "the token expired": ({"kind": "expired"}, 1),
    "no scope": ({"kind": "forbidden", "where": "api"}, 1),
    "no room for a repository": ({"kind": "status", "status": 413, "where": "api", "method": "POST"}, 3),
    "no room for a push": ({"kind": "status", "status": 413, "where": "git"}, 3),
    "git is down": ({"kind": "down", "where": "git"}, 3),
    "git is cut off": ({"kind": "lost", "where": "git"}, 3),
    "git takes no token": ({"kind": "expired", "where": "git"}, 5),
    "a hook": ({"kind": "refused", "words": "not on Sundays", "where": "git", "method": "POST"}, 4),
    "the disk is full": ({"kind": "refused", "where": "git", "method": "POST"}, 4),
}


@pytest.mark.parametrize(
    "stuck", [pytest.param(stuck, marks=LONG if n > 1 else ()) for stuck, (_, n) in FAULTS.items()]
)
async def test_a_gitea_that_takes_nothing_is_asked_seldom(firm: Firm, stuck: str) -> None:
    fault, requests = FAULTS[stuck]
    firm.gitea.faults({**fault, "times": EVER})
    await firm.begin()
    await firm.push()
    await check_rate(firm, requests)


async def archive(firm: Firm, _: Path) -> None:
    firm.gitea.ask("PATCH", "/repos/founder/invoicer", {"archived": True})


async def push_something_else(firm: Firm, folder: Path) -> None:
    await firm.push("z = 1\n")
    await somebody_pushes(firm.gitea, folder / "theirs")


AFTERWARDS: dict[str, tuple[Callable[[Firm, Path], Awaitable[None]], int]] = {
    "it was archived": (archive, 1),
    "somebody else pushed": (push_something_else, 5),
}


@pytest.mark.parametrize(
    "stuck", [pytest.param(stuck, marks=LONG if n > 2 else ()) for stuck, (_, n) in AFTERWARDS.items()]
)
async def test_a_repository_that_takes_nothing_any_more_is_asked_seldom(firm: Firm, stuck: str, tmp_path: Path) -> None:
    happens, requests = AFTERWARDS[stuck]
    await firm.begin()
    await happens(firm, tmp_path)
    await firm.push()
    await check_rate(firm, requests)


async def switch_issues_off(firm: Firm) -> None:
    firm.gitea.ask("PATCH", "/repos/founder/invoicer", {"has_issues": False})


async def block_the_issues(firm: Firm) -> None:
    blocker = firm.gitea.ask("POST", "/repos/founder/invoicer/issues", {"title": "the founder's"})["number"]
    for number in range(1, blocker):
        where = f"/repos/founder/invoicer/issues/{number}/dependencies"
        firm.gitea.ask("POST", where, {"owner": "founder", "repo": "invoicer", "index": blocker})


# what happens to a board, and the requests that an attempt then takes: of an issue its text, its comments and its end
BOARDS: dict[str, tuple[Callable[[Firm], Awaitable[None]], int]] = {
    "it was archived": (lambda firm: archive(firm, Path()), 1),
    "issues were switched off": (switch_issues_off, 1),
    "the issues are blocked": (block_the_issues, 3 + 3),
}


@pytest.mark.parametrize("stuck", BOARDS)
async def test_a_board_that_cannot_be_shown_as_it_is_is_asked_for_seldom(firm: Firm, stuck: str) -> None:
    happens, requests = BOARDS[stuck]
    await firm.begin()
    await firm.show()
    await happens(firm)
    async with firm.workbench.outbox.transaction() as tx:
        await tx.tasks.transition(firm.task.id, list(TaskStatus), TaskStatus.COMPLETED)
    for _ in range(60):  # until the pause is at its bound
        await firm.show(10)
    firm.gitea.faults()
    for _ in range(MINUTES * 6):
        await firm.show(10)
    made = firm.gitea.requests()
    attempts = [one for one in made if one.startswith("GET /api/v1/repositories/")]
    assert 0 < len(attempts) <= MINUTES, made
    assert len(made) <= MINUTES * requests, made
    assert (await firm.board()).retry_at > firm.clock.now()


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
    assert (await firm.show(60)).reason is None
    assert firm.issues()[number] == "closed"
    assert len(firm.gitea.ask("GET", f"/repos/founder/invoicer/issues/{number}/comments")) == 1


async def check_rate(firm: Firm, per_attempt: int) -> None:
    async with firm.workbench.outbox.transaction() as tx:
        await tx.tasks.transition(firm.task.id, list(TaskStatus), TaskStatus.COMPLETED)
    for _ in range(60):  # until the pause is at its bound
        await firm.sync(10)
    before = len(firm.gitea.requests())
    for _ in range(MINUTES * 6):
        await firm.sync(10)
    made = firm.gitea.requests()[before:]
    assert 0 < len(made) <= MINUTES * per_attempt, made
    assert (await firm.row()).retry_at > firm.clock.now()
