"""A trail entry that is wrong is corrected: struck through wherever it is told, and flagged where a report cites it."""

import frontmatter

from damascus.core.records.tasks import Task
from damascus.work import desk
from tests.fixtures.workbench import BODY, Workbench

NOTES = {"kind": "report", "name": "notes"}


async def leave(workbench: Workbench, task: Task, text: str, replaces: str | None = None) -> str:
    given = {"replaces": replaces} if replaces else {}
    return (await workbench.call(task, "leave_trail", kind="finding", text=text, **given)).text


async def test_the_old_entry_is_struck_through_and_what_replaces_it_is_shown(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=NOTES)
    await leave(workbench, task, "bread costs 4")
    assert (await leave(workbench, task, "bread costs 5", "e1")).startswith("trail entry e2")
    shown = (await workbench.call(await workbench.task(role="sales"), "read_trail")).text.splitlines()
    assert shown[0].endswith("~~bread costs 4~~ (corrected by e2)")
    assert "(corrects e1) bread costs 5" in shown[1]


async def test_a_report_that_cites_it_is_flagged_and_stays_a_report(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=NOTES)
    await leave(workbench, task, "bread costs 4")
    await leave(workbench, task, "flour costs 1")
    body = f"Bread costs 4 [e1], flour 1 [e2]. {BODY}"
    await workbench.call(task, "write_report", name="notes", title="Notes on [e1]", body=body)
    before = frontmatter.loads(workbench.report("notes").read_text())
    said = await leave(workbench, await workbench.task(role="sales"), "bread costs 5", "e1")
    assert "flagged where it is cited: notes" in said
    after = frontmatter.loads(workbench.report("notes").read_text())
    assert "[e1, corrected by e3]" in after.content
    assert "[e2, own knowledge]" in after.content
    assert after.metadata == before.metadata
    assert all(receipt.ok for receipt in await workbench.check(task))


async def test_a_report_that_is_written_afterwards_is_flagged_too(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=NOTES)
    await leave(workbench, task, "bread costs 4")
    await leave(workbench, task, "bread costs 5", "e1")
    for _ in range(2):
        await workbench.call(task, "write_report", name="notes", title="T", body=f"It costs 4 [e1], 5 [e2]. {BODY}")
        text = workbench.report("notes").read_text()
        assert "[e1, corrected by e2]" in text
        assert "[e2, own knowledge]" in text


async def test_an_entry_is_corrected_once_and_the_same_correction_twice_is_one(workbench: Workbench) -> None:
    task = await workbench.task(role="pm")
    await leave(workbench, task, "bread costs 4")
    first = await leave(workbench, task, "bread costs 5", "e1")
    assert (await leave(workbench, task, "bread costs 5", "e1")).startswith("trail entry e2")
    assert first.startswith("trail entry e2")
    assert "e1 was corrected by e2 already; correct that one" in await leave(workbench, task, "it costs 6", "e1")
    assert (await leave(workbench, task, "it costs 6", "e2")).startswith("trail entry e3")


async def test_what_the_ceo_answered_has_an_id_and_no_agent_corrects_it(workbench: Workbench) -> None:
    task = await workbench.task(role="pm")
    context = await workbench.context(task, "ask", {"to": "ceo", "question": "Which market?"})
    async with workbench.outbox.transaction() as tx:
        item = await desk.ask(tx, task, context.turn.id, "Which market?")
    async with workbench.outbox.transaction() as tx:
        await desk.answer(tx, item.id, "Austria")
    async with workbench.outbox.reading() as tx:
        (turn,) = [turn for turn in await tx.turns.of_task(task.id) if turn.id == context.turn.id]
        (entry,) = await tx.events.trail(workbench.mission.id)
    assert turn.content == "The CEO answers: Austria\n[trail entry e1]"
    assert (entry.kind, entry.author, entry.payload["mark"]) == ("answer", "ceo", "from the CEO")
    assert "Which market?" in entry.payload["text"]
    assert "Austria" in entry.payload["text"]
    other = await workbench.task(role="sales")
    assert "is not what an agent left in this mission" in await leave(workbench, other, "Germany", "e1")
    assert "is not what an agent left in this mission" in await leave(workbench, other, "Germany", "e99")
    assert (await leave(workbench, other, "sales knows Austria")).startswith("trail entry e2")


async def test_what_a_command_came_to_is_an_entry_that_is_shown_when_it_is_asked_for(workbench: Workbench) -> None:
    workbench.needs_jail()
    task = await workbench.task(role="engineer")
    said = (await workbench.call(task, "run_command", command="echo 42; exit 3")).text
    assert said.startswith("exit 3 ")
    assert said.endswith("[trail entry e1]")
    reader = await workbench.task(role="pm", deliverable=NOTES)
    assert (await workbench.call(reader, "read_trail")).text == "(the trail is empty)"
    told = (await workbench.call(reader, "read_trail", kind="command")).text
    assert told.startswith("[e1] command by engineer (computed): `echo 42; exit 3`: exit 3")
    await workbench.call(reader, "write_report", name="notes", title="T", body=f"It printed 42 [e1]. {BODY}")
    assert "[e1, computed]" in workbench.report("notes").read_text()
