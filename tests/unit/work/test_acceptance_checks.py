"""What the program checks of a task's acceptance, on real reports and real commits."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from damascus.bus.streams import Bus
from damascus.core.records.acceptance import AcceptanceCheck, CheckKind
from damascus.core.records.plan import PlannedTask
from damascus.core.records.receipts import Receipt, ReceiptKind
from damascus.core.records.sources import Source, SourceFacts
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from tests.fixtures.rows import WHEN
from tests.fixtures.story import planned
from tests.fixtures.workbench import BODY, PASSING, Workbench, open_workbench

TABLE = "\n\n| **Name** | `Price`  | gap |\n|:--|--:|---|\n| a | 9 | b |\n"


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        yield workbench


def check(kind: CheckKind, **more: Any) -> AcceptanceCheck:
    return AcceptanceCheck(more.pop("line", 1), kind, **more)


async def found(workbench: Workbench, task: Task) -> list[Receipt]:
    return [receipt for receipt in await workbench.check(task) if receipt.kind == ReceiptKind.ACCEPTANCE]


async def of_report(workbench: Workbench, body: str, *checks: AcceptanceCheck) -> list[Receipt]:
    deliverable = {"kind": "report", "name": "x", "checks": checks}
    task = await workbench.task(deliverable=deliverable, acceptance=["it is short", "it has a table"])
    ref = await workbench.cite(task)
    wrote = await workbench.call(task, "write_report", name="x", title="X", body=body, sources=[ref])
    assert wrote.text.startswith("wrote "), wrote.text
    return await found(workbench, task)


async def of_code(workbench: Workbench, *checks: AcceptanceCheck) -> list[Receipt]:
    deliverable = {"kind": "code", "name": "app", "test_command": "python3 -m unittest discover -s tests"}
    task = await workbench.task(deliverable={**deliverable, "checks": checks}, acceptance=["it runs"])
    workbench.needs_jail()
    await workbench.call(task, "create_repository", name="app", description="x")
    await workbench.call(task, "write_file", path="app.py", content="print('total: 41 + 1')\n")
    await workbench.call(task, "write_file", path="tests/test_it.py", content=PASSING)
    await workbench.call(task, "commit", message="first")
    assert "pushed" in (await workbench.call(task, "push")).text
    await workbench.call(task, "write_file", path="later.md", content="not committed")
    return await found(workbench, task)


@pytest.mark.parametrize(
    ("bounds", "ok"),
    [
        ({"at_most": 100}, True), ({"at_most": 99}, False), ({"at_least": 100}, True), ({"at_least": 101}, False),
        ({"at_least": 50, "at_most": 100}, True), ({"at_least": 101, "at_most": 200}, False),
    ],
)  # fmt: skip
async def test_words_are_counted(workbench: Workbench, bounds: dict[str, int], ok: bool) -> None:
    (receipt,) = await of_report(workbench, "word " * 100, check(CheckKind.WORDS, **bounds))
    assert receipt.ok is ok
    assert "it is short" in receipt.text
    assert "it has 100 words" in receipt.text
    assert receipt.detail.line == 1


async def test_the_columns_of_one_table_must_be_there(workbench: Workbench) -> None:
    body = BODY + TABLE + "\n| Buyer | Name |\n|---|---|\n"
    wanted = [("name", "PRICE"), ("Gap",), ("Buyer", "Price"), ("Total",)]
    receipts = await of_report(workbench, body, *[check(CheckKind.COLUMNS, columns=each, line=2) for each in wanted])
    assert [receipt.ok for receipt in receipts] == [True, True, False, False]
    assert "lacking: Total" in receipts[3].text
    assert receipts[0].detail.line == 2


async def test_a_line_with_bars_is_no_table(workbench: Workbench) -> None:
    (receipt,) = await of_report(
        workbench, f"{BODY}\nname | price\nand so on", check(CheckKind.COLUMNS, columns=("name",))
    )
    assert not receipt.ok


async def test_links_lead_to_reports_and_to_pages_that_were_read(workbench: Workbench) -> None:
    links = check(CheckKind.LINKS)
    async with workbench.outbox.transaction() as tx:
        page = Source(
            "src_1", workbench.mission.id, (await tx.tasks.of_mission(workbench.mission.id))[0].id, 900,
            "https://example.org/a_(b)", "https://example.org/final", "text", "x", SourceFacts(), WHEN,
        )  # fmt: skip
        await tx.sources.add(page)
    good = "[own](x.md), [page](https://example.org/final#part) and https://example.org/final."
    (receipt,) = await of_report(workbench, f"{BODY} {good}", links)
    assert receipt.ok, receipt.text
    bad = [
        "[a](nothing.md)",
        "[a](https://example.com/)",
        "[a](../../git/x)",
        "[a](/etc/passwd)",
        "https://example.com/x",
    ]
    for text in bad:
        task = await workbench.task(
            deliverable={"kind": "report", "name": f"n{bad.index(text)}", "checks": (links,)}, acceptance=["l"]
        )
        ref = await workbench.cite(task)
        name = task.deliverable.name
        await workbench.call(task, "write_report", name=name, title="X", body=f"{BODY} {text}", sources=[ref])
        (receipt,) = await found(workbench, task)
        assert not receipt.ok, text
        assert "1 of 1 links" in receipt.text


async def test_a_report_without_a_link_has_none_that_resolves(workbench: Workbench) -> None:
    (receipt,) = await of_report(workbench, BODY, check(CheckKind.LINKS))
    assert (receipt.ok, "no link" in receipt.text) == (False, True)


async def test_a_file_counts_as_it_is_at_the_proven_commit(workbench: Workbench) -> None:
    paths = ("app.py", "later.md", "tests/test_it.py", "tests")
    receipts = await of_code(workbench, *[check(CheckKind.FILE, path=path) for path in paths])
    assert [receipt.ok for receipt in receipts] == [True, False, True, False]


async def test_a_command_runs_in_a_fresh_copy_of_the_proven_commit(workbench: Workbench) -> None:
    receipts = await of_code(
        workbench,
        check(CheckKind.COMMAND, command="python3 app.py", output="total:  41 + 1"),
        check(CheckKind.COMMAND, command="python3 app.py", output="total: 42"),
        check(CheckKind.COMMAND, command="test -e later.md"),
        check(CheckKind.COMMAND, command="test -e later.md", exit_code=1),
        check(CheckKind.COMMAND, command="touch later.md"),
        check(CheckKind.COMMAND, command="test -e later.md"),
    )
    assert [receipt.ok for receipt in receipts] == [True, False, False, True, True, False]
    assert "total: 41 + 1" in receipts[1].text


async def test_code_that_is_not_proven_is_not_looked_at(workbench: Workbench) -> None:
    task = await workbench.task(
        deliverable={"kind": "code", "name": "b", "checks": (check(CheckKind.FILE, path="x"),)}, acceptance=["l"]
    )
    assert await found(workbench, task) == []


def plan_task(kind: str, *checks: dict[str, Any]) -> dict[str, Any]:
    return {**planned("a"), "deliverable": {"kind": kind, "name": "a", "checks": list(checks)}}


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        ("report", {"line": 1, "kind": "words", "at_most": 450}),
        ("report", {"line": 1, "kind": "columns", "columns": ["a"]}),
        ("report", {"line": 1, "kind": "links"}),
        ("code", {"line": 1, "kind": "file", "path": "README.md"}),
        ("code", {"line": 1, "kind": "command", "command": "python3 a.py", "exit_code": 2, "output": "x"}),
    ],
)
def test_a_check_of_a_plan_goes_into_the_task_as_it_is(kind: str, given: dict[str, Any]) -> None:
    (check,) = PlannedTask.model_validate(plan_task(kind, given)).deliverable.for_task().checks
    assert check.kind is CheckKind(given["kind"])
    for name, value in given.items():
        assert getattr(check, name) == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize(
    ("kind", "given", "says"),
    [
        ("report", {"line": 2, "kind": "links"}, "line 2 of `acceptance`, which has 1"),
        ("report", {"line": 0, "kind": "links"}, "greater than or equal to 1"),
        ("report", {"line": 1, "kind": "words"}, "needs at_least or at_most"),
        ("report", {"line": 1, "kind": "words", "at_least": 9, "at_most": 5}, "9 is more than at_most 5"),
        ("report", {"line": 1, "kind": "columns"}, "needs columns"),
        ("report", {"line": 1, "kind": "words", "at_most": 5, "path": "a"}, "takes at_least, at_most, not path"),
        (
            "report",
            {"line": 1, "kind": "file", "path": "a"},
            "a check of a report is of words, columns, links, not of file",
        ),
        ("code", {"line": 1, "kind": "words", "at_most": 5}, "a check of a code is of file, command, not of words"),
        ("code", {"line": 1, "kind": "file", "path": "../a"}, "relative to the repository"),
        ("code", {"line": 1, "kind": "file", "path": "/a"}, "relative to the repository"),
        ("note", {"line": 1, "kind": "links"}, "is of no kind"),
        ("report", {"line": 1, "kind": "mood"}, "Input should be 'words'"),
        ("report", {"line": 1, "kind": "links", "strict": True}, "Extra inputs"),
    ],
)
def test_a_wrong_check_is_refused_with_what_is_wrong(kind: str, given: dict[str, Any], says: str) -> None:
    with pytest.raises(ValidationError) as refused:
        PlannedTask.model_validate(plan_task(kind, given))
    assert says in str(refused.value)


async def test_a_plan_with_a_wrong_check_is_sent_back_with_what_to_correct(workbench: Workbench) -> None:
    task = await workbench.task(kind="plan", role="vp")
    wrong = plan_task("report", {"line": 4, "kind": "words", "at_most": 450})
    result = await workbench.call(task, "submit_plan", summary="s", tasks=[wrong])
    assert result.effect is None
    assert "line 4 of `acceptance`, which has 1" in result.text
