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
from tests.fixtures.desk import BODY, PASSING, Desk, open_desk

CODE = {"kind": "code", "name": "invoicer", "test_command": "python3 -m unittest discover -s tests"}
PRD = {"kind": "report", "name": "prd"}


@pytest.fixture
async def desk(tmp_path: Path, sqlite_ledger: Ledger, bus: Bus) -> AsyncIterator[Desk]:
    async with open_desk(tmp_path, sqlite_ledger, bus) as desk:
        desk.needs_jail()
        yield desk


def of_kind(found: list[Receipt], kind: str) -> Receipt:
    return next(receipt for receipt in found if receipt.kind == kind)


async def reported(desk: Desk, body: str = BODY) -> Task:
    task = await desk.task(role="pm", deliverable=PRD)
    await desk.call(task, "write_report", name="prd", title="T", body=body, sources=[await desk.cite(task)])
    return task


async def repository(desk: Desk, files: dict[str, str], *, command: str | None = None, push: bool = True) -> Task:
    task = await desk.task(deliverable={**CODE, **({"test_command": command} if command else {})})
    await desk.call(task, "create_repository", name="invoicer", description="d")
    for path, content in files.items():
        await desk.call(task, "write_file", path=path, content=content)
    await desk.call(task, "commit", message="m")
    if push:
        await desk.call(task, "push")
    return task


async def refused(desk: Desk, files: dict[str, str], *, command: str | None = None) -> str:
    """What a push says that moves nothing; the task is not done by it, and a receipt tells why."""
    task = await repository(desk, files, command=command, push=False)
    said = (await desk.call(task, "push")).text
    assert said.startswith("push: main stays where it is: ")
    assert "nothing was pushed" in (issue.unmet(await desk.check(task)) or "")
    async with desk.outbox.reading() as tx:
        (receipt,) = await tx.receipts.of_task(task.id)
    assert (receipt.kind, receipt.ok) == ("tests", False)
    return said


async def test_a_real_report_has_its_receipts(desk: Desk) -> None:
    found = await desk.check(await reported(desk))
    assert [(receipt.kind, receipt.ok) for receipt in found] == [("report", True), ("sources", True)]
    assert issue.unmet(found) is None


async def test_a_claim_without_a_report_says_what_to_do(desk: Desk) -> None:
    task = await desk.task(role="pm", deliverable=PRD)
    found = await desk.check(task, "I have written an excellent report, you can trust me.")
    assert issue.unmet(found) == (
        "Not done yet:\n- there is no report 'prd' of this task: write it with `write_report`"
    )


async def test_a_report_of_another_name_or_another_task_does_not_count(desk: Desk) -> None:
    first, second = await reported(desk), await desk.task(role="sales", deliverable=PRD)
    assert not (await desk.check(second))[0].ok
    await desk.call(second, "write_report", name="other", title="T", body=BODY, sources=[await desk.cite(second)])
    assert not (await desk.check(second))[0].ok
    assert all(receipt.ok for receipt in await desk.check(first))


async def test_an_all_but_empty_report_does_not_count(desk: Desk) -> None:
    (found,) = await desk.check(await reported(desk, "TODO" + "\n" * 500))
    assert "has 4 characters" in found.text


@pytest.mark.parametrize(
    "text", ["", "---\n", "no front matter", "---\n{[\n---\n" + BODY, "---\n- 1\n---\n" + BODY, "\udcff", None]
)
async def test_a_report_that_was_changed_by_hand_does_not_count(desk: Desk, text: str | None) -> None:
    task = await reported(desk)
    if text is None:
        desk.report("prd").unlink()
    else:
        desk.report("prd").write_bytes(text.encode(errors="surrogateescape"))
    (found,) = await desk.check(task)
    assert not found.ok
    assert "write_report" in found.text


async def test_a_source_forged_into_the_file_does_not_count(desk: Desk) -> None:
    task = await reported(desk)
    text = desk.report("prd").read_text()
    ref = text.split("ref: ")[1].split("\n")[0]
    desk.report("prd").write_text(text.replace(f"ref: {ref}", "ref: e1"))
    (found,) = await desk.check(task)
    assert "not as it was written" in found.text


async def test_a_report_swapped_for_a_link_does_not_count(desk: Desk) -> None:
    task = await reported(desk)
    elsewhere = desk.report("prd").with_name("elsewhere")
    desk.report("prd").rename(elsewhere)
    desk.report("prd").symlink_to(elsewhere)
    assert not (await desk.check(task))[0].ok


@pytest.mark.parametrize("name", ["../../../home/x", "/etc/passwd", "", "None"])
async def test_a_deliverable_that_is_no_name_is_never_done(desk: Desk, name: str) -> None:
    for kind in ("report", "code"):
        task = await desk.task(deliverable={"kind": kind, "name": name})
        assert issue.unmet(await desk.check(task)) is not None


async def test_code_that_is_pushed_and_passes_its_tests_has_its_receipts(desk: Desk) -> None:
    task = await repository(desk, {"tests/test_it.py": PASSING})
    found = await desk.check(task)
    assert issue.unmet(found) is None
    tests = of_kind(found, "tests").detail
    assert (tests["exit_code"], tests["tests"], tests["command"]) == (0, 1, CODE["test_command"])
    assert of_kind(found, "commit").detail["commit"] == tests["commit"]
    assert list(desk.evidence.checks.iterdir()) == []


async def test_a_claim_without_code_says_each_step_that_is_missing(desk: Desk) -> None:
    task = await desk.task(deliverable=CODE)
    assert "create_repository" in (await desk.check(task))[0].text
    await desk.call(task, "create_repository", name="invoicer", description="d")
    assert "nothing was pushed" in (await desk.check(task))[0].text
    await desk.call(task, "write_file", path="tests/test_it.py", content=PASSING)
    await desk.call(task, "commit", message="m")
    assert "nothing was pushed" in (await desk.check(task))[0].text
    await desk.call(task, "push")
    assert issue.unmet(await desk.check(task)) is None
    await desk.call(task, "write_file", path="more", content="x")
    await desk.call(task, "commit", message="m")
    assert "call `push`" in (await desk.check(task))[0].text


async def test_tests_that_fail_come_back_with_their_last_words(desk: Desk) -> None:
    said = await refused(desk, {"tests/test_it.py": PASSING.replace("assertTrue(True)", "fail('the bug')")})
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
async def test_a_run_without_a_test_that_passed_proves_nothing(desk: Desk, content: str) -> None:
    await refused(desk, {"tests/test_it.py": content})


async def test_tests_that_need_an_uncommitted_file_fail(desk: Desk) -> None:
    needy = PASSING.replace("self.assertTrue(True)", "open('data.txt').close()")
    files = {"tests/test_it.py": needy, ".gitignore": "data.txt\n", "data.txt": "x"}
    task = await repository(desk, files, push=False)
    here = await desk.call(task, "run_command", command=CODE["test_command"])
    assert here.text.startswith("exit 0")
    assert "data.txt" in (await desk.call(task, "push")).text
    assert issue.unmet(await desk.check(task)) is not None


@pytest.mark.parametrize(
    "command", ["true", "python3 -m unittest; true", "echo Ran 5 tests in 1s", "$(x)", "pytest\nx"]
)
async def test_a_test_command_that_is_not_a_test_runner_is_not_run(desk: Desk, command: str) -> None:
    assert "could not be run" in await refused(desk, {"tests/test_it.py": PASSING}, command=command)


async def test_pytest_and_its_count_are_understood(desk: Desk) -> None:
    task = await repository(
        desk,
        {"test_it.py": "import pytest\n\n@pytest.mark.parametrize('n', [1, 2])\ndef test_it(n):\n    assert n\n"},
        command="python3 -m pytest -q",
    )
    found = of_kind(await desk.check(task), "tests")
    assert (found.ok, found.detail.get("tests")) == (True, 2), found.text


async def test_a_test_run_cannot_reach_the_company_or_leave_itself_behind(desk: Desk) -> None:
    home = desk.evidence.checks.parent
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
    task = await repository(desk, {"tests/test_it.py": nosy})
    found = of_kind(await desk.check(task), "tests")
    assert found.ok, found.text
    assert list(desk.evidence.checks.iterdir()) == []


async def test_a_note_says_something_and_a_planning_task_ends_with_its_plan(desk: Desk) -> None:
    note, plan = await desk.task(), await desk.task("plan", "vp", deliverable={"kind": "plan", "name": "plan"})
    assert issue.unmet(await desk.check(note, "ok")) is not None
    assert issue.unmet(await desk.check(note, "They pay nine dollars a month.")) is None
    assert "submit_plan" in (issue.unmet(await desk.check(plan, "I have made a very good plan.")) or "")


async def test_receipts_are_kept_and_told(desk: Desk) -> None:
    task = await reported(desk)
    found = await desk.check(task)
    async with desk.outbox.transaction() as tx:
        await issue.write(tx, found)
        await missions.complete(tx, task, "done")
    async with desk.outbox.reading() as tx:
        kept = await tx.receipts.of_task(task.id)
        told = [event for event in await tx.events.since(0, 500, task.mission_id) if event.kind == "receipt"]
    assert {receipt.id for receipt in kept} == {receipt.id for receipt in found}
    assert {event.payload["receipt_id"] for event in told} == {receipt.id for receipt in found}
