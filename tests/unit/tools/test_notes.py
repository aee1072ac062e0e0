"""A note is a file that anybody can read, with the line breaks of its author."""

import frontmatter

from tests.fixtures.workbench import BODY, Workbench

SUMMARY = "Three shops were asked:\n\n- two sell out by noon\n- one does not [e1]\n\nOpen is the price."


async def test_a_note_is_a_file_with_its_line_breaks(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", title="Ask shops", deliverable={"kind": "note", "name": "shops"})
    await workbench.cite(task)
    assert (await workbench.call(task, "finish", summary=SUMMARY)).text == SUMMARY
    written = frontmatter.loads(workbench.report("shops").read_text())
    assert written.content.startswith("# Ask shops\n\n")
    assert "\n\nThree shops were asked:\n\n- two sell out by noon\n- one does not [e1" in written.content
    reader = await workbench.task(role="sales")
    assert "\n- two sell out by noon\n" in (await workbench.call(reader, "read_report", path="shops")).text


async def test_a_note_takes_no_name_from_a_report_and_an_answer_is_no_file(workbench: Workbench) -> None:
    report = await workbench.task(role="pm", deliverable={"kind": "report", "name": "shops"})
    await workbench.call(
        report, "write_report", name="shops", title="T", body=BODY, sources=[await workbench.cite(report)]
    )
    task = await workbench.task(role="pm", key="asked", deliverable={"kind": "note", "name": "shops"})
    await workbench.call(task, "finish", summary=SUMMARY.replace("\n", "\r\n"))
    assert BODY.strip() in workbench.report("shops").read_text()
    assert "sell out by noon" in workbench.report("note-asked").read_text()
    answer = await workbench.task("answer", "pm", deliverable={"kind": "note", "name": "answer"})
    await workbench.call(answer, "finish", summary=SUMMARY)
    assert not workbench.report("answer").exists()


async def test_a_note_that_says_nothing_is_no_file(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable={"kind": "note", "name": "shops"})
    await workbench.call(task, "finish", summary="done")
    assert not workbench.report("shops").exists()
