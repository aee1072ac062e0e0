"""A ledger of an earlier version keeps its rows, under the names of today."""

import pytest

from damascus.core.records.desk_items import DeskItemStatus
from damascus.core.records.forge_syncs import ForgeSyncKind, ForgeSyncStatus
from damascus.core.records.turns import Speaker, TurnStatus
from damascus.ledger.engine import Ledger
from damascus.ledger.migrate import upgrade
from tests.fixtures.old_ledger import build_version_0002
from tests.fixtures.rows import WHEN


@pytest.fixture
async def upgraded(blank_url: str) -> Ledger:
    """A ledger that the program of version 0002 wrote, after this program's first start."""
    ledger = Ledger(blank_url)
    await ledger.run(build_version_0002)
    await upgrade(ledger)
    return ledger


async def test_an_answered_question_is_answered_and_a_granted_permission_granted(upgraded: Ledger) -> None:
    async with upgraded.reading() as tx:
        question, permission, budget = await tx.desk_items.of_mission("mis_1")

    assert (question.status, question.answer) == (DeskItemStatus.ANSWERED, "Austria")
    assert (question.created_at, question.decided_at) == (WHEN, WHEN)
    assert (permission.status, permission.turn_id) == (DeskItemStatus.GRANTED, "turn_3")
    assert (budget.status, budget.amount, budget.decided_at) == (DeskItemStatus.OPEN, 5_000_000_000, None)
    await upgraded.close()


async def test_what_had_to_reach_the_forge_has_to_reach_it_still(upgraded: Ledger) -> None:
    async with upgraded.reading() as tx:
        pending, refused, synced = await tx.forge_syncs.of_mission("mis_1")
        due = await tx.forge_syncs.due(WHEN, ForgeSyncKind.CODE)

    assert (pending.status, pending.remote_id, pending.target_sha, pending.remote_sha) == (
        ForgeSyncStatus.PENDING, None, "a" * 40, None,
    )  # fmt: skip
    assert (refused.status, refused.desk_item_id, refused.reason) == (ForgeSyncStatus.REFUSED, "apr_1", "theirs")
    assert (synced.status, synced.remote_id, synced.remote_sha) == (ForgeSyncStatus.SYNCED, "7", "b" * 40)
    assert {task: tuple(issue) for task, issue in synced.issues.items()} == {"task_1": (3, True)}
    assert [row.id for row in due] == ["art_1", "art_2"]
    await upgraded.close()


async def test_a_transcript_is_read_on_where_it_ended(upgraded: Ledger) -> None:
    async with upgraded.reading() as tx:
        turns = await tx.turns.of_task("task_1")

    assert [(turn.n, turn.speaker, turn.status) for turn in turns] == [
        (1, Speaker.ASSISTANT, TurnStatus.DONE),
        (2, Speaker.TOOL, TurnStatus.DONE),
        (3, Speaker.TOOL, TurnStatus.WAITING),
    ]
    assert turns[1].arguments == {"path": None}
    assert turns[0].arguments is None
    await upgraded.close()


async def test_tasks_missions_and_usage_are_whole(upgraded: Ledger) -> None:
    async with upgraded.reading() as tx:
        mission = await tx.missions.get("mis_1")
        task = await tx.tasks.get("task_1")
        (spent,) = await tx.usage.by("role", "mis_1")

    assert (mission.directive_text, mission.status) == ("Sell tea by post", "running")
    assert (task.title, task.status, task.lease_owner) == ("Find tea", "parked", None)
    assert (spent.of, spent.cost, spent.calls) == ("pm", 1200, 1)
    await upgraded.close()
