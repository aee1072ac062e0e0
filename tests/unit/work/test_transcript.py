"""What is kept of an answer: all that a person or a later call can use, and no more than later calls can carry."""

from damascus.work.outbox import Outbox
from damascus.work.tasks import transcript
from damascus.work.tasks.transcript import MAX_TURN_CHARS
from tests.fixtures.story import claim, planned, running_mission, task_of


async def test_an_overlong_answer_is_cut_with_a_mark_before_later_calls_pay_for_it(outbox: Outbox) -> None:
    mission = await running_mission(outbox, planned("a"))
    task = await claim(outbox, await task_of(outbox, mission, "a"))
    async with outbox.transaction() as tx:
        await transcript.record_answer(tx, task, 1, transcript.RecordedAnswer("x" * MAX_TURN_CHARS))
        await transcript.record_answer(tx, task, 2, transcript.RecordedAnswer("y" * 4_000_000))
    async with outbox.reading() as tx:
        whole, cut = await tx.turns.of_task(task.id)
    assert whole.content == "x" * MAX_TURN_CHARS
    assert cut.content == "y" * MAX_TURN_CHARS + "\n[3960000 more characters were cut off here]"
