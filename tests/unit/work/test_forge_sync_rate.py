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
