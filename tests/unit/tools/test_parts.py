"""Long files and reports come in parts: whole again after a crash, in whatever order and how often they are sent."""

from typing import Any

import pytest

from damascus.core.errors import Invalid
from damascus.core.records.tasks import Task
from damascus.tools.parts import with_part
from tests.fixtures.workbench import BODY, Workbench

CODE = {"kind": "code", "name": "invoicer", "test_command": "true"}


@pytest.fixture
async def coder(workbench: Workbench) -> Task:
    task = await workbench.task(deliverable=CODE)
    await workbench.call(task, "create_repository", name="invoicer", description="sends invoices")
    return task


async def write(workbench: Workbench, task: Task, content: str, part: int | None = None, path: str = "a.py") -> str:
    given = {} if part is None else {"part": part}
    return (await workbench.call(task, "write_file", path=path, content=content, **given)).text


def text(workbench: Workbench, path: str = "a.py") -> str:
    return (workbench.workspace("invoicer") / path).read_text()


@pytest.mark.parametrize(
    ("before", "part", "made"),
    [
        ([], None, ["x"]), ([], 1, ["x"]), (["a"], 1, ["x"]), (["a", "b"], None, ["x"]), (["a"], 2, ["a", "x"]),
        (["a", "b"], 2, ["a", "x"]), (["a", "b", "c"], 2, ["a", "x"]), (["a", "b"], 3, ["a", "b", "x"]),
    ],
)  # fmt: skip
def test_a_part_goes_behind_those_before_it_in_place_of_the_rest(
    before: list[str], part: int | None, made: list[str]
) -> None:
    assert with_part(before, part, "x") == made


@pytest.mark.parametrize(
    ("before", "part", "there"), [([], 2, "none is"), (["a"], 3, "part 1 is"), (["a", "b"], 4, "parts 1 to 2 are")]
)
def test_a_part_whose_forerunner_is_missing_is_refused(before: list[str], part: int, there: str) -> None:
    with pytest.raises(Invalid, match=rf"behind part {part - 1}, which is not there \({there}\)"):
        with_part(before, part, "x")


async def test_a_long_file_is_written_part_by_part(workbench: Workbench, coder: Task) -> None:
    assert await write(workbench, coder, "one = 1\n", 1) == "wrote part 1 of a.py (8 bytes in all)"
    await write(workbench, coder, "other\n", 1, "b.py")
    assert await write(workbench, coder, "two = 2\n", 2, "./a.py") == "wrote part 2 of ./a.py (16 bytes in all)"
    assert "part 4 goes behind part 3" in await write(workbench, coder, "four\n", 4)
    await write(workbench, coder, "three = 3", 3)
    assert text(workbench) == "one = 1\ntwo = 2\nthree = 3"
    await write(workbench, coder, "again\n", 1)
    assert text(workbench) == "again\n"
    assert text(workbench, "b.py") == "other\n"


async def test_a_part_that_is_made_again_after_a_crash_makes_the_same_file(workbench: Workbench, coder: Task) -> None:
    await write(workbench, coder, "one\n", 1)
    context = await workbench.context(coder, "write_file", {"path": "a.py", "content": "two\n", "part": 2})
    given = context.turn.arguments
    said = [(await workbench.registry.run(context, {"write_file"}, "write_file", given)).text for _ in range(2)]
    assert said == ["wrote part 2 of a.py (8 bytes in all)"] * 2
    assert text(workbench) == "one\ntwo\n"


async def test_a_part_is_sent_again_in_place_of_what_it_was(workbench: Workbench, coder: Task) -> None:
    for part, content in ((1, "one\n"), (2, "twoo\n"), (2, "two\n"), (3, "three\n")):
        await write(workbench, coder, content, part)
    assert text(workbench) == "one\ntwo\nthree\n"


async def test_a_file_that_was_changed_since_its_last_part_keeps_the_change(workbench: Workbench, coder: Task) -> None:
    await write(workbench, coder, "one\n", 1)
    await workbench.call(coder, "edit_file", path="a.py", old="one", new="1")
    said = await write(workbench, coder, "two\n", 2)
    assert "was changed since its last part" in said
    assert text(workbench) == "1\n"
    (workbench.workspace("invoicer") / "a.py").unlink()
    assert (await write(workbench, coder, "two\n", 2)).startswith("write_file: ")


async def test_a_refused_part_is_none_and_no_part_makes_a_file_too_large(workbench: Workbench, coder: Task) -> None:
    await write(workbench, coder, "x" * 600_000, 1)
    assert "at most 1000000" in await write(workbench, coder, "y" * 600_000, 2)
    assert "part 3 goes behind part 2" in await write(workbench, coder, "z", 3)
    assert "part" in await write(workbench, coder, "z", 0)
    await write(workbench, coder, "y", 2)
    assert text(workbench) == "x" * 600_000 + "y"


async def test_parts_are_those_of_the_own_task(workbench: Workbench, coder: Task) -> None:
    await write(workbench, coder, "one\n", 1)
    other = await workbench.task(deliverable=CODE)
    assert "(none is)" in await write(workbench, other, "two\n", 2)


async def report(workbench: Workbench, task: Task, **given: Any) -> str:
    return (await workbench.call(task, "write_report", name="prd", **given)).text


@pytest.fixture
async def writer(workbench: Workbench) -> Task:
    task = await workbench.task(role="pm", deliverable={"kind": "report", "name": "prd"})
    await workbench.cite(task)
    await workbench.cite(task, "gyms pay $90 a year")
    return task


async def test_a_long_report_is_written_part_by_part_with_the_sources_of_all(
    workbench: Workbench, writer: Task
) -> None:
    assert (await report(workbench, writer, title="Bread", body=f"It grew [e1]. {BODY}", part=1)).startswith("wrote ")
    await report(workbench, writer, body="\n\nSecond [e9].", part=2)  # no such entry: refused, and kept as a draft
    assert "part 4 goes behind part 3" in await report(workbench, writer, body="x", part=4)
    assert (await report(workbench, writer, body="\n\nThen it fell [e2].", sources=["e2"], part=2)).startswith("wrote ")
    page = workbench.report("prd").read_text()
    assert page.count("It grew") == page.count("Then it fell") == 1
    assert page.index("It grew") < page.index("Then it fell")
    assert "Second" not in page
    assert "# Bread" in page
    assert "gyms pay $90 a year" in page


async def test_a_report_s_part_that_is_made_again_makes_the_same_page(workbench: Workbench, writer: Task) -> None:
    await report(workbench, writer, title="Bread", body=f"It grew [e1]. {BODY}", part="1")
    given = {"name": "prd", "body": "\n\nThen it fell [e2].", "part": "2"}
    context = await workbench.context(writer, "write_report", given)
    pages = []
    for _ in range(2):
        assert (await workbench.registry.run(context, {"write_report"}, "write_report", given)).text.startswith("wrote")
        pages.append(workbench.report("prd").read_text().partition("# Bread")[2])
    assert pages[0] == pages[1]
    assert pages[0].count("Then it fell") == 1


async def test_after_a_passage_was_replaced_a_report_is_one_part(workbench: Workbench, writer: Task) -> None:
    await report(workbench, writer, title="Bread", body=f"It grew [e1]. {BODY}", part=1)
    await report(workbench, writer, body="\n\nThen it fell [e2].", part=2)
    await report(workbench, writer, edits=[{"old": "it fell", "new": "it rose"}])
    assert "(part 1 is)" in await report(workbench, writer, body="\n\nEnd.", part=3)
    await report(workbench, writer, body="\n\nEnd.", part=2)
    page = workbench.report("prd").read_text()
    assert "it rose" in page
    assert page.index("it rose") < page.index("End.")


async def test_a_past_part_of_any_form_breaks_no_later_call(workbench: Workbench, writer: Task) -> None:
    for part in ("x", [2], {"n": 1}, -1, 2.5, None):
        await report(workbench, writer, body=BODY, sources=5, part=part)
    assert (await report(workbench, writer, title="Bread", body=f"It grew [e1]. {BODY}")).startswith("wrote ")
