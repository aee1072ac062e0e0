"""Reviews in the ledger: what was found is kept whole, and the database itself refuses who reviews their own work."""

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.exc import IntegrityError

from damascus.core.records.reviews import LineVerdict, Review, ReviewedLine, ReviewFindings
from damascus.core.records.turns import Turn
from damascus.ledger.engine import Ledger
from tests.fixtures.rows import WHEN, a_task, mission_in

FOUND = ReviewFindings((
    ReviewedLine(1, "it is short", LineVerdict.DOES_NOT_HOLD, "506 prd.md", "too long by 56"),
    ReviewedLine(3, "it is true"),
))  # fmt: skip


def review(mission_id: str, **changes: Any) -> Review:
    columns: dict[str, Any] = {
        "id": "task_r", "task_id": "task_a", "author": "pm", "reviewer": "vp", "turn_id": "t1", "round": 1,
        "findings": FOUND, "created_at": WHEN, "finished_at": None,
    }  # fmt: skip
    return Review(mission_id=mission_id, **{**columns, **changes})


@pytest.fixture
async def mission_id(ledger: Ledger) -> str:
    """A mission with a task of the PM's, one of the VP's and another of the PM's, and two calls of the first."""
    mission_id = await mission_in(ledger)
    async with ledger.transaction() as tx:
        for id, role in (("task_a", "pm"), ("task_r", "vp"), ("task_p", "pm")):
            await tx.tasks.add(a_task(mission_id, id=id, role=role))
        call = Turn("t1", "task_a", 1, "tool", "", "c", "finish", {}, "pending", WHEN, None)
        await tx.turns.add(call, replace(call, id="t2", n=2))
    return mission_id


async def test_a_review_is_read_as_it_was_written_and_ends_once(ledger: Ledger, mission_id: str) -> None:
    async with ledger.transaction() as tx:
        await tx.reviews.add(review(mission_id, findings=ReviewFindings()))
        assert await tx.reviews.answer("task_r", FOUND)
        assert await tx.reviews.of_turn("t1") == review(mission_id)
        await tx.reviews.finish("task_r")
        assert not await tx.reviews.answer("task_r", ReviewFindings())
        (ended,) = await tx.reviews.of_task("task_a")
        assert (ended.findings, ended.finished_at) == (FOUND, tx.now)
        assert await tx.reviews.of_mission(mission_id) == [ended]
        assert await tx.reviews.of_turn("t2") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"reviewer": "pm", "id": "task_p"},  # the author's own role
        {"reviewer": "pm"},  # a role that the reviewing task does not have
        {"author": "sales"},  # a role that the author's task does not have: no way around the first
        {"author": "vp", "reviewer": "pm", "id": "task_p"},
        {"id": "task_a", "author": "pm", "reviewer": "pm"},
        {"round": 0},
        {"round": 3},
        {"turn_id": "t9"},
    ],
)
async def test_the_database_refuses_who_reviews_their_own_work_and_a_third_review(
    ledger: Ledger, mission_id: str, changes: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError):
        async with ledger.transaction() as tx:
            await tx.reviews.add(review(mission_id, **changes))
    async with ledger.transaction() as tx:
        assert await tx.reviews.of_task("task_a") == []


@pytest.mark.parametrize("changes", [{"turn_id": "t2"}, {"round": 2}])
async def test_a_call_asks_for_one_review_and_a_round_has_one(
    ledger: Ledger, mission_id: str, changes: dict[str, Any]
) -> None:
    async with ledger.transaction() as tx:
        await tx.tasks.add(a_task(mission_id, id="task_s", role="sales"))
        await tx.reviews.add(review(mission_id))
    with pytest.raises(IntegrityError):
        async with ledger.transaction() as tx:
            await tx.reviews.add(review(mission_id, id="task_s", reviewer="sales", **changes))
