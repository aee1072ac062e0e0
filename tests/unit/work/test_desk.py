"""What may become of what is on the CEO's desk."""

import pytest

from damascus.core.errors import Conflict, Invalid
from damascus.core.events import EventKind
from damascus.core.records.desk_items import DeskItem, DeskItemStatus
from damascus.core.records.tasks import Task
from damascus.work import desk
from damascus.work.outbox import Outbox
from damascus.work.tasks import transcript
from tests.fixtures.story import claim, planned, running_mission, task_of


async def a_task(outbox: Outbox) -> Task:
    return await claim(outbox, await task_of(outbox, await running_mission(outbox, planned("a")), "a"))


async def a_question(outbox: Outbox) -> DeskItem:
    task = await a_task(outbox)
    async with outbox.transaction() as tx:
        return await desk.post_question(tx, task, "Which one?")


async def a_permission(outbox: Outbox) -> DeskItem:
    task = await a_task(outbox)
    async with outbox.transaction() as tx:
        turns = await transcript.record_answer(
            tx, task, 0, transcript.RecordedAnswer("", [transcript.RecordedCall("c", "push", {})])
        )
        return await desk.ask_permission(tx, task, turns[-1].id, "push", {}, "publish")


async def test_a_question_is_answered_not_approved(outbox: Outbox) -> None:
    question = await a_question(outbox)
    with pytest.raises(Invalid, match=f"is a question request; use `ceo answer {question.id} TEXT`"):
        async with outbox.transaction() as tx:
            await desk.approve(tx, question.id)
    async with outbox.transaction() as tx:
        await desk.answer(tx, question.id, "that one")
        assert (await tx.desk_items.get(question.id)).status == DeskItemStatus.ANSWERED


async def test_a_permission_is_approved_not_answered(outbox: Outbox) -> None:
    permission = await a_permission(outbox)
    with pytest.raises(Invalid, match=f"use `ceo approve {permission.id}` or `ceo deny {permission.id}`"):
        async with outbox.transaction() as tx:
            await desk.answer(tx, permission.id, "yes")
    async with outbox.transaction() as tx:
        await desk.approve(tx, permission.id)
        assert (await tx.desk_items.get(permission.id)).status == DeskItemStatus.GRANTED


async def test_a_closed_item_makes_no_move(outbox: Outbox) -> None:
    question = await a_question(outbox)
    async with outbox.transaction() as tx:
        await desk.deny(tx, question.id)
    with pytest.raises(Conflict, match="has already been denied"):
        async with outbox.transaction() as tx:
            await desk.answer(tx, question.id, "late")


async def test_a_request_is_noted_under_the_name_of_who_acted(outbox: Outbox) -> None:
    answered, withdrawn = await a_question(outbox), await a_question(outbox)
    async with outbox.transaction() as tx:
        await desk.answer(tx, answered.id, "that one")
        await desk.withdraw(tx, withdrawn.id, "it is settled")
    async with outbox.reading() as tx:
        told = [event for event in await tx.events.since(0) if event.kind == EventKind.DESK]
    assert [(event.payload["id"], event.payload["after"], event.author) for event in told] == [
        (answered.id, "open", "pm"),
        (withdrawn.id, "open", "pm"),
        (answered.id, "answered", "ceo"),
        (withdrawn.id, "expired", "office"),
    ]
