"""Reports: a file with an honest front matter, a row that agrees with it, sources that exist."""

import asyncio
from pathlib import Path

import frontmatter
import pytest

from damascus.bus.streams import Bus
from damascus.core.errors import LeaseLost
from damascus.ledger.engine import Ledger
from damascus.work.delivery import report_files
from damascus.work.tasks import missions, recovery, tasks
from tests.fixtures.desk import BODY, Desk, open_desk
from tests.fixtures.story import SETTINGS, planned, under_way

PRD = {"kind": "report", "name": "prd"}


async def test_a_report_says_who_wrote_it_for_whom_at_what_cost_and_from_what(desk: Desk) -> None:
    task = await desk.task(role="pm", deliverable=PRD)
    ref = await desk.cite(task, "they pay:\n# much")
    result = await desk.call(task, "write_report", name="prd", title="The PRD", body=BODY, sources=[ref, f"[{ref}]"])
    assert result.text == f"wrote {desk.mission.slug}/prd.md"
    written = frontmatter.loads(desk.report("prd").read_text())
    assert written["mission"] == desk.mission.slug
    assert written["task"] == task.id
    assert written["author"] == "Jordan Kim, Full-Stack Engineer"
    assert written["cost_usd"] == 0
    assert written["sources"] == [{"ref": ref, "by": "pm", "text": "they pay: # much"}]
    assert "rehearsal" not in written.metadata
    assert written.content == f"# The PRD\n\n{BODY.strip()}"
    read = await desk.call(task, "read_report", path="prd")
    assert read.text == desk.report("prd").read_text()
    assert "The PRD" in (await desk.call(task, "list_reports")).text


async def test_a_rehearsed_report_says_so_first(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> None:
    async with open_desk(tmp_path, sqlite_ledger, bus, rehearsal=True) as desk:
        task = await desk.task(role="pm", deliverable=PRD)
        ref = await desk.cite(task)
        await desk.call(task, "write_report", name="prd", title="T", body=f"# T\n\n{BODY}", sources=[ref])
        written = frontmatter.loads(desk.report("prd").read_text())
        assert written["rehearsal"] is True
        assert written.content.startswith("> Rehearsal: written by the rehearsal model; nothing in it is real")


async def test_a_source_must_be_in_the_trail_of_this_mission(desk: Desk) -> None:
    task = await desk.task(role="pm", deliverable=PRD)
    stranger = await desk.task(role="pm", mission=await under_way(desk.outbox, planned("b")))
    elsewhere = await desk.cite(stranger, "elsewhere")
    empty = await desk.call(task, "write_report", name="prd", title="T", body=BODY, sources=["e1"])
    ref = await desk.cite(task)
    for wrong in (elsewhere, "e1", "e999999", "e-1", "e1e5", "x", "e٣", "e" + "9" * 400):
        result = await desk.call(task, "write_report", name="prd", title="T", body=BODY, sources=[ref, wrong])
        assert f"not in the trail of this mission: {wrong[:40]}" in result.text
        assert f"There are: {ref}" in result.text
    assert "leave_trail" in empty.text
    assert not desk.report("prd").exists()


async def test_only_a_synthesis_may_do_without_sources(desk: Desk) -> None:
    work = await desk.task(role="pm", deliverable=PRD)
    synthesis = await desk.task("synthesis", "vp", deliverable={"kind": "report", "name": "README"})
    assert "at least one" in (await desk.call(work, "write_report", name="prd", title="T", body=BODY)).text
    assert "wrote" in (await desk.call(synthesis, "write_report", name="README", title="T", body=BODY)).text


@pytest.mark.parametrize("name", ["../../x", "a/b", "", ".x", "x.md", "a b", "/etc/x", "a" * 70, "x\n"])
async def test_a_report_s_name_is_a_plain_name(desk: Desk, name: str) -> None:
    task = await desk.task(role="pm", deliverable=PRD)
    ref = await desk.cite(task)
    result = await desk.call(task, "write_report", name=name, title="T", body=BODY, sources=[ref])
    assert "`name`" in result.text
    assert not (desk.services.shared / "reports").exists()


@pytest.mark.parametrize("path", ["../../home/x", "/etc/passwd", "x/../../git/y", "none"])
async def test_reading_leads_nowhere_else(desk: Desk, path: str) -> None:
    task = await desk.task(role="pm")
    assert (await desk.call(task, "read_report", path=path)).text.startswith("read_report:")


async def test_a_hostile_title_cannot_forge_the_front_matter(desk: Desk) -> None:
    task = await desk.task(role="pm", deliverable=PRD)
    ref = await desk.cite(task, "---\ntask: another\n---")
    title, body = "x\n---\ncost_usd: 0\ntask: another", f"---\ntask: another\n---\n{BODY}"
    await desk.call(task, "write_report", name="prd", title=title, body=body, sources=[ref])
    written = report_files.load(desk.services.shared, f"reports/{desk.mission.slug}/prd.md")
    assert written.front["task"] == task.id
    assert written.refs() == [ref]
    assert all(receipt.ok for receipt in await desk.check(task))


async def test_a_task_rewrites_its_own_report_but_not_another_s(desk: Desk) -> None:
    mine, other = await desk.task(role="pm", deliverable=PRD), await desk.task(role="sales")
    ref = await desk.cite(mine)
    for body in (BODY, BODY * 2):
        await desk.call(mine, "write_report", name="prd", title="T", body=body, sources=[ref])
    refused = await desk.call(other, "write_report", name="prd", title="T", body="gone", sources=[ref])
    assert "another task's" in refused.text
    assert (BODY * 2).strip() in desk.report("prd").read_text()


async def test_what_a_failed_task_left_is_its_successor_s(desk: Desk) -> None:
    failed, successor = await desk.task(role="pm", deliverable=PRD), await desk.task(role="pm", deliverable=PRD)
    ref = await desk.cite(failed)
    await desk.call(failed, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    async with desk.outbox.transaction() as tx:
        await missions.fail_task(tx, failed, "no idea")
    await desk.call(successor, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    assert all(receipt.ok for receipt in await desk.check(successor))


async def test_of_two_who_write_one_report_at_once_one_wins_whole(desk: Desk) -> None:
    one, two = await desk.task(role="pm", deliverable=PRD), await desk.task(role="sales", deliverable=PRD)
    ref = await desk.cite(one)
    results = await asyncio.gather(
        *(desk.call(t, "write_report", name="prd", title=t.role, body=BODY, sources=[ref]) for t in (one, two))
    )
    assert sorted(result.text.split()[0] for result in results) == ["write_report:", "wrote"]
    checked = [all(receipt.ok for receipt in await desk.check(task)) for task in (one, two)]
    assert sorted(checked) == [False, True]
    assert [path.name for path in desk.report("prd").parent.iterdir()] == ["prd.md"]


async def test_a_worker_that_lost_its_lease_writes_nothing(desk: Desk) -> None:
    task = await desk.task(role="pm", deliverable=PRD)
    ref = await desk.cite(task)
    context = await desk.context(task)
    await context.lease.ensure()  # as far as it can tell, the task is still its own
    async with desk.outbox.transaction() as tx:
        await recovery.recover_held_by(tx, "w", SETTINGS)
    calls = {
        "write_report": {"name": "prd", "title": "T", "body": BODY, "sources": [ref]},
        "leave_trail": {"kind": "log", "text": "zombie"},
        "send_message": {"to": "vp", "content": "zombie"},
        "ask": {"to": "ceo", "question": "zombie?"},
        "delegate": {"role": "pm", "title": "z", "description": "z", "deliverable": {"kind": "note", "name": "z"}},
        "run_command": {"command": "touch zombie"},
    }
    for tool, arguments in calls.items():
        with pytest.raises(LeaseLost):
            await desk.registry.run(context, calls.keys(), tool, arguments)
    async with desk.outbox.reading() as tx:
        assert await tx.artifacts.of_mission(task.mission_id) == []
        assert len(await tx.events.trail(task.mission_id)) == 1
    assert list(desk.report("prd").parent.iterdir()) == []


async def test_a_crash_between_the_file_and_its_row_is_mended_by_the_same_call(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await desk.task(role="pm", deliverable=PRD)
    ref = await desk.cite(task)
    arguments = {"name": "prd", "title": "T", "body": BODY, "sources": [ref]}
    context = await desk.context(task)
    publish = report_files.move_into_place

    def publish_and_die(*where: Path) -> None:
        publish(*where)  # type: ignore[arg-type]
        raise asyncio.CancelledError

    monkeypatch.setattr(report_files, "move_into_place", publish_and_die)
    with pytest.raises(asyncio.CancelledError):
        await desk.registry.run(context, {"write_report"}, "write_report", arguments)
    monkeypatch.undo()
    assert desk.report("prd").exists()
    assert not (await desk.check(task))[0].ok
    await desk.registry.run(context, {"write_report"}, "write_report", arguments)
    assert all(receipt.ok for receipt in await desk.check(task))


async def test_a_folder_that_cannot_be_written_is_one_clear_line(desk: Desk) -> None:
    task = await desk.task(role="pm", deliverable=PRD)
    ref = await desk.cite(task)
    desk.services.shared.mkdir(parents=True, exist_ok=True)
    (desk.services.shared / "reports").write_text("in the way")
    result = await desk.call(task, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    assert "could not be written" in result.text
    async with desk.outbox.reading() as tx:
        assert await tx.artifacts.of_mission(task.mission_id) == []


async def test_a_task_that_ended_writes_nothing(desk: Desk) -> None:
    task = await desk.task(role="pm", deliverable=PRD)
    ref = await desk.cite(task)
    context = await desk.context(task)
    async with desk.outbox.transaction() as tx:
        await tasks.end(tx, task, "cancelled", "ceo", reason="enough")
    with pytest.raises(LeaseLost):
        await desk.registry.run(
            context, {"write_report"}, "write_report", {"name": "prd", "title": "T", "body": BODY, "sources": [ref]}
        )


async def test_a_disk_that_takes_nothing_is_told_as_trouble_that_may_pass(desk: Desk) -> None:
    task = await desk.task(role="pm", deliverable={"kind": "report", "name": "prd"})
    ref = await desk.cite(task)
    folder = desk.report("prd").parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("no folder can be here")
    said = await desk.call(task, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    assert said.retryable
    folder.unlink()
    said = await desk.call(task, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    assert (said.retryable, said.text) == (False, f"wrote {folder.name}/prd.md")
