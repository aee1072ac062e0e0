"""Reports: a file with an honest front matter, a row that agrees with it, sources that exist."""

import asyncio
import re
from pathlib import Path

import frontmatter
import pytest
from markdown_it import MarkdownIt

from agents.context import dependencies
from damascus.bus.streams import Bus
from damascus.cli.report_shelf import ReportShelf
from damascus.core.errors import LeaseLost
from damascus.core.records.reviews import LineVerdict, Review, ReviewedLine, ReviewFindings
from damascus.ledger.engine import Ledger
from damascus.work.delivery import report_files
from damascus.work.delivery.report_files import load
from damascus.work.delivery.report_length import length_of
from damascus.work.delivery.report_versions import keep_earlier
from damascus.work.tasks import missions, recovery, tasks
from tests.fixtures.story import SETTINGS, claim, planned, running_mission
from tests.fixtures.workbench import BODY, Workbench, open_workbench

PRD = {"kind": "report", "name": "prd"}


async def test_a_report_says_who_wrote_it_for_whom_at_what_cost_and_from_what(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    ref = await workbench.cite(task, "they pay:\n# much")
    result = await workbench.call(
        task, "write_report", name="prd", title="The PRD", body=BODY, sources=[ref, f"[{ref}]"]
    )
    assert result.text == f"wrote {workbench.mission.slug}/prd.md: {length_of(BODY)}"
    written = frontmatter.loads(workbench.report("prd").read_text())
    assert written["mission"] == workbench.mission.slug
    assert written["task"] == task.id
    assert written["author"] == "Jordan Kim, Full-Stack Engineer"
    assert written["cost_usd"] == 0
    assert written["sources"] == [ref]
    assert "rehearsal" not in written.metadata
    words, _, listed = written.content.partition("\n\n## Sources\n\n")
    assert words == f"# The PRD\n\n{report_files.NOTHING_LOOKED_UP}\n\n{BODY.strip()}"
    assert re.fullmatch(
        rf"{re.escape(report_files.SOURCES_NOTE)}\n\n#### {ref}\n\n"
        r"own knowledge, by pm, \d{4}-\d\d-\d\d \d\d:\d\d UTC: they pay: # much", listed,
    )  # fmt: skip
    read = await workbench.call(task, "read_report", path="prd")
    assert read.text == f"{words}\n"  # what the file says of itself costs a model tokens at each call
    assert "The PRD" in (await workbench.call(task, "list_reports")).text


async def test_a_report_opens_with_its_headline_and_its_front_matter_is_short(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    cited = [await workbench.cite(task, f"fact {n}") for n in range(40)]
    body = f"# Bread pays\n\nIt does [{cited[0]}, {cited[1]}], see [the guild](https://example.org). {BODY}"
    title = "A title of many words that YAML would like to fold: " * 3
    await workbench.call(task, "write_report", name="prd", title=title, body=body, sources=cited)
    text = workbench.report("prd").read_text()
    front, _, rest = text.removeprefix("---\n").partition("\n---\n\n")
    assert len(front.splitlines()) <= 10
    assert rest.startswith("# Bread pays\n\n> Nothing was looked up")
    assert "[e1, own knowledge](#e1) [e2, own knowledge](#e2), see [the guild](https://example.org)" in rest
    assert re.findall(r"^#### (e\d+)$", rest, re.MULTILINE) == cited
    assert all(receipt.ok for receipt in await workbench.check(task))


@pytest.mark.parametrize(
    "forged", ["#### e1", "# E1 #", "> ## [e1]", "- ### **e1**", "e1\n---", "  e1  \n===", "##### [e1](#e1)", "###\te1"]
)
async def test_no_heading_of_a_models_takes_the_place_that_citations_lead_to(workbench: Workbench, forged: str) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    assert await workbench.cite(task) == "e1"
    body = f"{BODY}\n\n{forged}\n\nverified: all of it\n\n## Experience e1\n"
    await workbench.call(task, "write_report", name="prd", title="T", body=body, sources=["e1"])
    text = workbench.report("prd").read_text()
    tokens = MarkdownIt("commonmark").parse(text.partition("\n---\n")[2])
    heads = [one.content for at, one in enumerate(tokens) if at and tokens[at - 1].type == "heading_open"]
    bare = [re.sub(r"\(#.*?\)|[\W_]", "", head).lower() for head in heads]
    assert bare.count("e1") == 1
    assert bare[-1] == "e1"
    assert "experiencee1" in bare


async def test_no_words_of_a_model_pass_for_the_list_of_sources(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    ref = await workbench.cite(task)
    forged = f"## Sources\n\n{report_files.SOURCES_NOTE}\n\n#### e99\n\nverified, by the guild: all of it"
    await workbench.call(task, "write_report", name="prd", title="T", body=f"{BODY}\n\n{forged}", sources=[ref])
    text = workbench.report("prd").read_text()
    assert text.count(report_files.SOURCES_NOTE) == 1
    assert text.index("e99") < text.index(report_files.SOURCES_NOTE)


async def test_a_rehearsed_report_says_so_first(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> None:
    async with open_workbench(tmp_path, sqlite_ledger, bus, rehearsal=True) as workbench:
        task = await workbench.task(role="pm", deliverable=PRD)
        ref = await workbench.cite(task)
        await workbench.call(task, "write_report", name="prd", title="T", body=f"# T\n\n{BODY}", sources=[ref])
        written = frontmatter.loads(workbench.report("prd").read_text())
        assert written["rehearsal"] is True
        assert written.content.startswith("# T\n\n> Rehearsal: written by the rehearsal model; nothing in it is real")


async def test_a_source_must_be_in_the_trail_of_this_mission(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    stranger = await workbench.task(role="pm", mission=await running_mission(workbench.outbox, planned("b")))
    await workbench.cite(stranger, "first there")
    elsewhere = await workbench.cite(stranger, "elsewhere")
    empty = await workbench.call(task, "write_report", name="prd", title="T", body=BODY, sources=["e1"])
    ref = await workbench.cite(task)
    for wrong in (elsewhere, "e0", "e999999", "e-1", "e1e5", "x", "e٣", "e" + "9" * 400):
        result = await workbench.call(task, "write_report", name="prd", title="T", body=BODY, sources=[ref, wrong])
        assert f"not in the trail of this mission: {wrong[:40]}" in result.text
        assert f"There are: {ref}" in result.text
    assert "leave_trail" in empty.text
    assert not workbench.report("prd").exists()


async def test_what_a_reviewer_quotes_is_no_citation_of_the_summary(workbench: Workbench) -> None:
    """A program that a reviewer ran may print anything; the VP could not correct it in its summary."""
    author, reviewer = await workbench.task(role="pm", deliverable=PRD), await workbench.task("review", "vp")
    call = (await workbench.context(author)).turn
    lines = ReviewFindings((ReviewedLine(1, "it counts", LineVerdict.HOLDS, "usage: [e99] [e98](#e98)", "it does"),))
    async with workbench.outbox.transaction() as tx:
        await tx.reviews.add(
            Review(reviewer.id, author.mission_id, author.id, "pm", "vp", call.id, 1, lines, tx.now, tx.now)
        )
        await missions.complete(tx, author, "done")
    synthesis = await workbench.task("synthesis", "vp", deliverable={"kind": "report", "name": "README"})
    await workbench.call(synthesis, "write_report", name="README", title="T", body=BODY)
    assert "“usage: (e99) (e98)”" in workbench.report("README").read_text()
    assert all(receipt.ok for receipt in await workbench.check(synthesis))


async def test_only_a_synthesis_may_do_without_sources(workbench: Workbench) -> None:
    work = await workbench.task(role="pm", deliverable=PRD)
    synthesis = await workbench.task("synthesis", "vp", deliverable={"kind": "report", "name": "README"})
    assert "at least one" in (await workbench.call(work, "write_report", name="prd", title="T", body=BODY)).text
    assert "wrote" in (await workbench.call(synthesis, "write_report", name="README", title="T", body=BODY)).text


@pytest.mark.parametrize("name", ["../../x", "a/b", "", ".x", "x.md", "a b", "/etc/x", "a" * 70, "x\n"])
async def test_a_report_s_name_is_a_plain_name(workbench: Workbench, name: str) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    ref = await workbench.cite(task)
    result = await workbench.call(task, "write_report", name=name, title="T", body=BODY, sources=[ref])
    assert "`name`" in result.text
    assert not (workbench.services.shared / "reports").exists()


@pytest.mark.parametrize("path", ["../../home/x", "/etc/passwd", "x/../../git/y", "none"])
async def test_reading_leads_nowhere_else(workbench: Workbench, path: str) -> None:
    task = await workbench.task(role="pm")
    assert (await workbench.call(task, "read_report", path=path)).text.startswith("read_report:")


async def test_a_hostile_title_cannot_forge_the_front_matter(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    ref = await workbench.cite(task, "---\ntask: another\n---")
    title, body = "x\n---\ncost_usd: 0\ntask: another", f"---\ntask: another\n---\n{BODY}"
    await workbench.call(task, "write_report", name="prd", title=title, body=body, sources=[ref])
    written = report_files.load(workbench.services.shared, f"reports/{workbench.mission.slug}/prd.md")
    assert written.front["task"] == task.id
    assert written.refs() == [ref]
    assert all(receipt.ok for receipt in await workbench.check(task))


async def test_a_task_rewrites_its_own_report_but_not_another_s(workbench: Workbench) -> None:
    mine, other = await workbench.task(role="pm", deliverable=PRD), await workbench.task(role="sales")
    ref = await workbench.cite(mine)
    for body in (BODY, BODY * 2):
        await workbench.call(mine, "write_report", name="prd", title="T", body=body, sources=[ref])
    refused = await workbench.call(other, "write_report", name="prd", title="T", body="gone", sources=[ref])
    assert "another task's" in refused.text
    assert (BODY * 2).strip() in workbench.report("prd").read_text()


async def test_nobody_takes_the_name_of_what_another_task_must_deliver(workbench: Workbench) -> None:
    early, late = await workbench.task(role="pm"), await workbench.task(role="sales", deliverable=PRD)
    ref = await workbench.cite(early)
    report = {"title": "T", "body": BODY, "sources": [ref]}
    assert "another task's" in (await workbench.call(early, "write_report", name="prd", **report)).text
    assert "kept for the VP's summary" in (await workbench.call(early, "write_report", name="ReadMe", **report)).text
    assert not workbench.report("ReadMe").exists()
    code = await workbench.task(deliverable={"kind": "code", "name": "shop"})
    taken = await workbench.call(early, "create_repository", name="shop", description="mine")
    assert "another task's" in taken.text
    assert "wrote" in (await workbench.call(late, "write_report", name="prd", **report)).text
    assert "created" in (await workbench.call(code, "create_repository", name="shop", description="d")).text


async def test_a_name_that_was_taken_before_it_was_planned_goes_to_the_task_that_must_deliver_it(
    workbench: Workbench,
) -> None:
    early = await workbench.task(role="sales")
    ref = await workbench.cite(early)
    await workbench.call(early, "write_report", name="prd", title="Mine", body=BODY, sources=[ref])
    late = await workbench.task(role="pm", deliverable=PRD)
    await workbench.call(late, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    assert all(receipt.ok for receipt in await workbench.check(late))
    assert (
        "another task's"
        in (await workbench.call(early, "write_report", name="prd", title="Mine", body=BODY, sources=[ref])).text
    )


async def test_what_a_failed_task_left_is_its_successor_s(workbench: Workbench) -> None:
    failed, successor = (
        await workbench.task(role="pm", deliverable=PRD),
        await workbench.task(role="pm", deliverable=PRD),
    )
    ref = await workbench.cite(failed)
    await workbench.call(failed, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    async with workbench.outbox.transaction() as tx:
        await missions.fail_task(tx, failed, "no idea")
    await workbench.call(successor, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    assert all(receipt.ok for receipt in await workbench.check(successor))


async def test_of_two_who_write_one_report_at_once_one_wins_whole(workbench: Workbench) -> None:
    one, two = await workbench.task(role="pm", deliverable=PRD), await workbench.task(role="sales", deliverable=PRD)
    ref = await workbench.cite(one)
    results = await asyncio.gather(
        *(workbench.call(t, "write_report", name="prd", title=t.role, body=BODY, sources=[ref]) for t in (one, two))
    )
    assert sorted(result.text.split()[0] for result in results) == ["write_report:", "wrote"]
    checked = [all(receipt.ok for receipt in await workbench.check(task)) for task in (one, two)]
    assert sorted(checked) == [False, True]
    assert [path.name for path in workbench.report("prd").parent.iterdir()] == ["prd.md"]


async def test_a_worker_that_lost_its_lease_writes_nothing(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    ref = await workbench.cite(task)
    context = await workbench.context(task)
    await context.lease.ensure()  # as far as it can tell, the task is still its own
    async with workbench.outbox.transaction() as tx:
        await recovery.recover_tasks_of(tx, "w", SETTINGS)
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
            await workbench.registry.run(context, calls.keys(), tool, arguments)
    async with workbench.outbox.reading() as tx:
        assert await tx.artifacts.of_mission(task.mission_id) == []
        assert len(await tx.events.trail(task.mission_id)) == 1
    assert list(workbench.report("prd").parent.iterdir()) == []


async def test_a_crash_between_the_file_and_its_row_is_mended_by_the_same_call(
    workbench: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    ref = await workbench.cite(task)
    arguments = {"name": "prd", "title": "T", "body": BODY, "sources": [ref]}
    context = await workbench.context(task)
    publish = report_files.move_into_place

    def publish_and_die(*where: Path) -> None:
        publish(*where)  # type: ignore[arg-type]
        raise asyncio.CancelledError

    monkeypatch.setattr(report_files, "move_into_place", publish_and_die)
    with pytest.raises(asyncio.CancelledError):
        await workbench.registry.run(context, {"write_report"}, "write_report", arguments)
    monkeypatch.undo()
    assert workbench.report("prd").exists()
    assert not (await workbench.check(task))[0].ok
    await workbench.registry.run(context, {"write_report"}, "write_report", arguments)
    assert all(receipt.ok for receipt in await workbench.check(task))


async def test_a_folder_that_cannot_be_written_is_one_clear_line(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    ref = await workbench.cite(task)
    workbench.services.shared.mkdir(parents=True, exist_ok=True)
    (workbench.services.shared / "reports").write_text("in the way")
    result = await workbench.call(task, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    assert "could not be written" in result.text
    async with workbench.outbox.reading() as tx:
        assert await tx.artifacts.of_mission(task.mission_id) == []


async def test_a_task_that_ended_writes_nothing(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    ref = await workbench.cite(task)
    context = await workbench.context(task)
    async with workbench.outbox.transaction() as tx:
        await tasks.end(tx, task, "cancelled", "ceo", reason="enough")
    with pytest.raises(LeaseLost):
        await workbench.registry.run(
            context, {"write_report"}, "write_report", {"name": "prd", "title": "T", "body": BODY, "sources": [ref]}
        )


async def test_a_disk_that_takes_nothing_is_told_as_trouble_that_may_pass(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable={"kind": "report", "name": "prd"})
    ref = await workbench.cite(task)
    folder = workbench.report("prd").parent
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("no folder can be here")
    said = await workbench.call(task, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    assert said.retryable
    folder.unlink()
    said = await workbench.call(task, "write_report", name="prd", title="T", body=BODY, sources=[ref])
    assert (said.retryable, said.text) == (False, f"wrote {folder.name}/prd.md: {length_of(BODY)}")


async def test_a_number_that_is_another_one_in_what_it_cites_is_shown_to_its_author_and_to_the_ceo(
    workbench: Workbench,
) -> None:
    early = await workbench.task(role="sales", deliverable={"kind": "report", "name": "market"})
    guild = await workbench.cite(early, "The guild of weavers in Berlin has 12,340 members")
    body = f"{BODY}\n\nThe guild of weavers in Berlin has 12,340 members [{guild}]."
    told = await workbench.call(early, "write_report", name="market", title="T", body=body, sources=[guild])
    assert "correct the number" not in told.text
    late = await workbench.task(role="pm", deliverable=PRD)
    body = (
        f"{BODY}\n\nThe guild of weavers has 15,340 members in Berlin [{guild}].\n\n"
        "After [the market](market.md) was read: 9,000 members of the guild of weavers live in Berlin.\n\n"
        "As [the market](market.md) says, 9,000 members of the weavers' guild live in Berlin."
    )
    told = await workbench.call(late, "write_report", name="prd", title="T", body=body, sources=[guild])
    assert "correct the number or say why it differs:\n- “The guild of weavers has 15,340 members in" in told.text
    assert f"states 15,340 members, {guild} says 12,340 members" in told.text
    assert "states 9,000 members, market says 12,340 members" in told.text
    synthesis = await workbench.task(kind="synthesis", role="vp", deliverable={"kind": "report", "name": "README"})
    await workbench.call(synthesis, "write_report", name="README", title="T", body=BODY)
    readme = workbench.report("README").read_text()
    assert "- contradiction: `prd`: “The guild of weavers has 15,340 members in Berlin" in readme
    assert "- contradiction: `market`" not in readme
    body = body.replace("15,340", "12,340").replace("9,000", "12,000")
    told = await workbench.call(late, "write_report", name="prd", title="T", body=body, sources=[guild])
    assert "correct the number" not in told.text


async def test_a_report_is_superseded_by_who_is_asked_for_it_anew_and_its_old_version_is_kept(
    workbench: Workbench,
) -> None:
    first, vp = await workbench.task(role="pm", deliverable=PRD), await workbench.task(role="vp")
    ref = await workbench.cite(first)
    report = {"name": "prd", "title": "T", "sources": [ref]}
    await workbench.call(first, "write_report", body=f"{BODY} The first.", **report)
    asked = {"role": "pm", "title": "Shorten it", "description": "d", "deliverable": PRD}
    assert "is another task's" in (await workbench.call(vp, "delegate", **asked)).text, "it is not done yet"
    async with workbench.outbox.transaction() as tx:
        await missions.complete(tx, first, "done")
    assert (await workbench.call(vp, "delegate", **asked)).effect == "parked"
    async with workbench.outbox.reading() as tx:
        (child,) = [one for one in await tx.tasks.of_mission(first.mission_id) if one.parent_id == vp.id]
    second = await claim(workbench.outbox, child)
    for _ in range(2):  # a worker dies between the files and the row: what is kept stays the first
        async with workbench.outbox.reading() as tx:
            (kept,) = await keep_earlier(tx, second, workbench.mission, "prd", workbench.services.shared)
        workbench.report("prd").write_text("a version that was never committed")
    assert "The first." in (workbench.services.shared / kept).read_text()
    stranger = await workbench.task(role="sales")
    refused = await workbench.call(stranger, "write_report", body=BODY, **report)
    assert "another task's" in refused.text, "nobody else may"
    for words in ("The second.", "The second, again."):
        await workbench.call(second, "write_report", body=f"{BODY} {words}", **report)
    assert all(receipt.ok for receipt in await workbench.check(second))
    assert "The second, again." in workbench.report("prd").read_text()
    slug = workbench.mission.slug
    listed = (await workbench.call(second, "list_reports")).text.splitlines()
    assert listed == [f"{slug}/prd.md: T (Jordan Kim, Full-Stack Engineer); supersedes {slug}/earlier/prd-1.md"]
    old = await workbench.call(second, "read_report", path=f"{slug}/earlier/prd-1.md")
    assert "The first." in old.text
    assert "> Superseded: `../prd.md` holds.\n" in old.text
    assert "> Supersedes `earlier/prd-1.md`.\n" in workbench.report("prd").read_text()
    shared = workbench.services.shared
    for path, words in (("earlier/prd-1.md", "The first."), ("prd.md", "The second, again.")):
        assert load(shared, f"reports/{slug}/{path}").body.startswith(BODY.strip()), "the author's own words only"
        assert words in load(shared, f"reports/{slug}/{path}").body
        assert "Supersede" not in load(shared, f"reports/{slug}/{path}").body
    assert [(one.name, one.path) for one in ReportShelf(shared).reports()] == [("prd", f"reports/{slug}/prd.md")]
    async with workbench.outbox.reading() as tx:
        told = await dependencies._result(tx, await tx.tasks.get(first.id))
        assert [one.name for one in told.artifacts] == ["prd"]
