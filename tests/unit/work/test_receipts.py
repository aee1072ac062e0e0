"""Receipts: whatever an agent claims, only what the program finds counts."""

from collections.abc import AsyncIterator
from pathlib import Path
from textwrap import dedent

import pytest

from damascus.bus.streams import Bus
from damascus.core.records.receipts import Receipt
from damascus.core.records.tasks import Task
from damascus.ledger.engine import Ledger
from damascus.work.receipts import issue
from damascus.work.tasks import missions
from tests.fixtures.workbench import BODY, PASSING, Workbench, open_workbench

CODE = {"kind": "code", "name": "invoicer", "test_command": "python3 -m unittest discover -s tests"}
PRD = {"kind": "report", "name": "prd"}


@pytest.fixture
async def workbench(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Workbench]:
    async with open_workbench(tmp_path, sqlite_ledger, bus) as workbench:
        workbench.needs_jail()
        yield workbench


def of_kind(found: list[Receipt], kind: str) -> Receipt:
    return next(receipt for receipt in found if receipt.kind == kind)


async def reported(workbench: Workbench, body: str = BODY) -> Task:
    task = await workbench.task(role="pm", deliverable=PRD)
    await workbench.call(task, "write_report", name="prd", title="T", body=body, sources=[await workbench.cite(task)])
    return task


async def repository(
    workbench: Workbench, files: dict[str, str], *, command: str | None = None, push: bool = True
) -> Task:
    task = await workbench.task(deliverable={**CODE, **({"test_command": command} if command else {})})
    await workbench.call(task, "create_repository", name="invoicer", description="d")
    for path, content in files.items():
        await workbench.call(task, "write_file", path=path, content=content)
    await workbench.call(task, "commit", message="m")
    if push:
        await workbench.call(task, "push")
    return task


async def refused(workbench: Workbench, files: dict[str, str], *, command: str | None = None) -> str:
    """What a push says that moves nothing; the task is not done by it, and a receipt tells why."""
    task = await repository(workbench, files, command=command, push=False)
    said = (await workbench.call(task, "push")).text
    assert said.startswith("push: main stays where it is: ")
    assert "nothing was pushed" in (issue.unmet(await workbench.check(task)) or "")
    async with workbench.outbox.reading() as tx:
        (receipt,) = await tx.receipts.of_task(task.id)
    assert (receipt.kind, receipt.ok) == ("tests", False)
    return said


async def test_a_real_report_has_its_receipts(workbench: Workbench) -> None:
    found = await workbench.check(await reported(workbench))
    assert [(receipt.kind, receipt.ok) for receipt in found] == [("report", True), ("sources", True)]
    assert issue.unmet(found) is None


async def test_a_claim_without_a_report_says_what_to_do(workbench: Workbench) -> None:
    task = await workbench.task(role="pm", deliverable=PRD)
    found = await workbench.check(task, "I have written an excellent report, you can trust me.")
    assert issue.unmet(found) == (
        "Not done yet:\n- there is no report 'prd' of this task: write it with `write_report`"
    )


async def test_a_report_of_another_name_or_another_task_does_not_count(workbench: Workbench) -> None:
    first, second = await reported(workbench), await workbench.task(role="sales", deliverable=PRD)
    assert not (await workbench.check(second))[0].ok
    await workbench.call(
        second, "write_report", name="other", title="T", body=BODY, sources=[await workbench.cite(second)]
    )
    assert not (await workbench.check(second))[0].ok
    assert all(receipt.ok for receipt in await workbench.check(first))


async def test_an_all_but_empty_report_does_not_count(workbench: Workbench) -> None:
    (found,) = await workbench.check(await reported(workbench, "TODO" + "\n" * 500))
    assert "has 4 characters" in found.text


@pytest.mark.parametrize(
    "text", ["", "---\n", "no front matter", "---\n{[\n---\n" + BODY, "---\n- 1\n---\n" + BODY, "\udcff", None]
)
async def test_a_report_that_was_changed_by_hand_does_not_count(workbench: Workbench, text: str | None) -> None:
    task = await reported(workbench)
    if text is None:
        workbench.report("prd").unlink()
    else:
        workbench.report("prd").write_bytes(text.encode(errors="surrogateescape"))
    (found,) = await workbench.check(task)
    assert not found.ok
    assert "write_report" in found.text


async def test_a_source_forged_into_the_file_does_not_count(workbench: Workbench) -> None:
    task = await reported(workbench)
    text = workbench.report("prd").read_text()
    assert "\nsources: [e1]\n" in text
    workbench.report("prd").write_text(text.replace("sources: [e1]", "sources: [e2]"))
    (found,) = await workbench.check(task)
    assert "not as it was written" in found.text


async def test_a_report_swapped_for_a_link_does_not_count(workbench: Workbench) -> None:
    task = await reported(workbench)
    elsewhere = workbench.report("prd").with_name("elsewhere")
    workbench.report("prd").rename(elsewhere)
    workbench.report("prd").symlink_to(elsewhere)
    assert not (await workbench.check(task))[0].ok


@pytest.mark.parametrize("name", ["../../../home/x", "/etc/passwd", "", "None"])
async def test_a_deliverable_that_is_no_name_is_never_done(workbench: Workbench, name: str) -> None:
    for kind in ("report", "code"):
        task = await workbench.task(deliverable={"kind": kind, "name": name})
        assert issue.unmet(await workbench.check(task)) is not None


async def test_code_that_is_pushed_and_passes_its_tests_has_its_receipts(workbench: Workbench) -> None:
    task = await repository(workbench, {"tests/test_it.py": PASSING})
    found = await workbench.check(task)
    assert issue.unmet(found) is None
    tests = of_kind(found, "tests").detail
    assert (tests.exit_code, tests.tests, tests.command) == (0, 1, CODE["test_command"])
    assert of_kind(found, "commit").detail.commit == tests.commit
    assert list(workbench.receipts.checks.iterdir()) == []


async def test_a_claim_without_code_says_each_step_that_is_missing(workbench: Workbench) -> None:
    task = await workbench.task(deliverable=CODE)
    assert "create_repository" in (await workbench.check(task))[0].text
    await workbench.call(task, "create_repository", name="invoicer", description="d")
    assert "nothing was pushed" in (await workbench.check(task))[0].text
    await workbench.call(task, "write_file", path="tests/test_it.py", content=PASSING)
    await workbench.call(task, "commit", message="m")
    assert "nothing was pushed" in (await workbench.check(task))[0].text
    await workbench.call(task, "push")
    assert issue.unmet(await workbench.check(task)) is None
    await workbench.call(task, "write_file", path="more", content="x")
    await workbench.call(task, "commit", message="m")
    assert "call `push`" in (await workbench.check(task))[0].text


async def test_tests_that_fail_come_back_with_their_last_words(workbench: Workbench) -> None:
    said = await refused(workbench, {"tests/test_it.py": PASSING.replace("assertTrue(True)", "fail('the bug')")})
    assert "the bug" in said
    assert "fix it, commit and push. Last lines of its output:" in said


@pytest.mark.parametrize(
    "content",
    [
        "import sys\nsys.exit(0)\n",
        "import os\nos._exit(0)\n",
        "",
        PASSING.replace("def test_it", "@unittest.skip('later')\n    def test_it"),
    ],
)
async def test_a_run_without_a_test_that_passed_proves_nothing(workbench: Workbench, content: str) -> None:
    await refused(workbench, {"tests/test_it.py": content})


async def test_tests_that_need_an_uncommitted_file_fail(workbench: Workbench) -> None:
    needy = PASSING.replace("self.assertTrue(True)", "open('data.txt').close()")
    files = {"tests/test_it.py": needy, ".gitignore": "data.txt\n", "data.txt": "x"}
    task = await repository(workbench, files, push=False)
    here = await workbench.call(task, "run_command", command=CODE["test_command"])
    assert here.text.startswith("exit 0")
    assert "data.txt" in (await workbench.call(task, "push")).text
    assert issue.unmet(await workbench.check(task)) is not None


@pytest.mark.parametrize(
    "command", ["true", "python3 -m unittest; true", "echo Ran 5 tests in 1s", "$(x)", "pytest\nx"]
)
async def test_a_test_command_that_is_not_a_test_runner_is_not_run(workbench: Workbench, command: str) -> None:
    assert "could not be run" in await refused(workbench, {"tests/test_it.py": PASSING}, command=command)


async def test_pytest_and_its_count_are_understood(workbench: Workbench) -> None:
    task = await repository(
        workbench,
        {
            "requirements.txt": "pytest\n",
            "test_it.py": "import pytest\n\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(n):\n    assert n\n",
        },
        command="python3 -m pytest -q",
    )
    found = of_kind(await workbench.check(task), "tests")
    assert (found.ok, found.detail.tests) == (True, 2), found.text


async def test_a_program_that_needs_what_its_repository_does_not_declare_is_not_pushed(workbench: Workbench) -> None:
    files = {"pricing.py": "import httpx\nimport yaml\n", "tests/test_it.py": "import pricing\n" + PASSING}
    said = await refused(workbench, files)
    assert "No module named 'httpx'" in said
    assert "`httpx` is neither in the working copy nor in a plain Python" in said


async def test_a_test_runner_is_declared_as_well(workbench: Workbench) -> None:
    said = await refused(workbench, {"test_it.py": "def test_it():\n    assert 1\n"}, command="python3 -m pytest -q")
    assert "add the line `pytest` to requirements.txt" in said


async def test_what_is_declared_and_not_there_is_said_with_the_receipt(workbench: Workbench) -> None:
    task = await repository(workbench, {"requirements.txt": "requests>=2\npytest<1\n", "tests/test_it.py": PASSING})
    found = of_kind(await workbench.check(task), "tests")
    assert "without requests>=2, pytest<1 (the workshop has " in found.text
    assert "), which it declares and the workshop does not have" in found.text


async def test_a_test_run_cannot_reach_the_company_or_leave_itself_behind(workbench: Workbench) -> None:
    home = workbench.receipts.checks.parent
    home.mkdir(exist_ok=True)
    (home / "token").write_text("s3cret")
    nosy = dedent(
        f"""
        import os, unittest
        class T(unittest.TestCase):
            def test_it(self):
                for path in ("{home}/token", "../../token"):
                    with self.assertRaises(OSError):
                        open(path)
                os.makedirs("deep/" + "d/" * 300)
                os.chmod("deep", 0)
        """
    )
    task = await repository(workbench, {"tests/test_it.py": nosy})
    found = of_kind(await workbench.check(task), "tests")
    assert found.ok, found.text
    assert list(workbench.receipts.checks.iterdir()) == []


async def test_a_note_says_something_and_a_planning_task_ends_with_its_plan(workbench: Workbench) -> None:
    note, plan = (
        await workbench.task(),
        await workbench.task("plan", "vp", deliverable={"kind": "plan", "name": "plan"}),
    )
    assert issue.unmet(await workbench.check(note, "ok")) is not None
    assert issue.unmet(await workbench.check(note, "They pay nine dollars a month.")) is None
    assert "submit_plan" in (issue.unmet(await workbench.check(plan, "I have made a very good plan.")) or "")


async def test_receipts_are_kept_and_told(workbench: Workbench) -> None:
    task = await reported(workbench)
    found = await workbench.check(task)
    async with workbench.outbox.transaction() as tx:
        await issue.write(tx, found)
        await missions.complete(tx, task, "done")
    async with workbench.outbox.reading() as tx:
        kept = await tx.receipts.of_task(task.id)
        told = [event for event in await tx.events.since(0, 500, task.mission_id) if event.kind == "receipt"]
    assert {receipt.id for receipt in kept} == {receipt.id for receipt in found}
    assert {event.payload["receipt_id"] for event in told} == {receipt.id for receipt in found}


async def test_a_summary_that_cites_nothing_has_no_receipt_for_its_sources(workbench: Workbench) -> None:
    task = await workbench.task("synthesis", "vp", deliverable={"kind": "report", "name": "README"})
    await workbench.call(task, "write_report", name="README", title="T", body=BODY)
    assert [(receipt.kind, receipt.ok) for receipt in await workbench.check(task)] == [("report", True)]
