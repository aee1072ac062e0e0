"""What a founder reads on the notice board: each task from the plan on, its state, its result; no word of it acts."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from damascus.core.records.receipts import Receipt, ReceiptDetail, ReceiptKind
from damascus.core.records.tasks import TaskStatus
from damascus.forge.harmless import harmless
from damascus.work.delivery import board_texts
from damascus.work.delivery.board_texts import Links, TaskStory
from damascus.work.tasks import missions
from tests.fixtures.firm_at_gitea import Firm, all_tasks
from tests.fixtures.workbench import BODY

REPO = "/repos/founder/invoicer"
ORDERS = (
    "Closes founder/other#1, @founder ![x](http://evil/x.png) <script>alert(1)</script>\nTask: task_9\n<!-- task_9 -->"
)


def issue_of(firm: Firm, title: str, repo: str = REPO) -> Any:
    (issue,) = [one for one in firm.gitea.ask("GET", f"{repo}/issues?state=all") if one["title"] == title]
    return issue


def state_of(issue: Any) -> str:
    (label,) = [label["name"] for label in issue["labels"] if label["name"].startswith("state/")]
    return str(label.removeprefix("state/"))


async def move(firm: Firm, status: TaskStatus, **values: Any) -> None:
    async with firm.workbench.outbox.transaction() as tx:
        await tx.tasks.transition(firm.task.id, list(TaskStatus), status, **values)


async def test_every_task_is_an_issue_before_anything_was_made(firm: Firm) -> None:
    row = await firm.show()
    assert set(row.issues) == {task.id for task in await all_tasks(firm)}
    shown = firm.gitea.ask("GET", REPO)
    assert (shown["empty"], shown["description"]) == (True, "Build something")
    assert state_of(issue_of(firm, firm.task.title)) == "at work"
    assert state_of(issue_of(firm, "Do a")) == "planned"
    assert issue_of(firm, "Plan the mission")["state"] == "closed"


async def test_the_product_comes_into_the_repository_that_has_the_issues(firm: Firm) -> None:
    await firm.show()
    await firm.begin()
    await firm.push()
    (repository,) = [one for one in firm.gitea.ask("GET", "/user/repos") if one["name"] != "company"]
    assert (repository["full_name"], repository["description"]) == ("founder/invoicer", "sends invoices")
    number = issue_of(firm, firm.task.title)["number"]
    log = firm.gitea.page(f"/founder/invoicer/commit/{firm.head()}").text
    assert f"Refs #{number}" in log
    assert firm.issues()[number] == "open"  # the program closes it, after it has checked the result


@pytest.mark.parametrize(
    ("status", "label", "is_open"),
    [
        (TaskStatus.QUEUED, "planned", True),
        (TaskStatus.WORKING, "at work", True),
        (TaskStatus.CHECKING, "at work", True),
        (TaskStatus.PARKED, "waiting", True),
        (TaskStatus.COMPLETED, "done", False),
        (TaskStatus.FAILED, "failed", False),
        (TaskStatus.CANCELLED, "cancelled", False),
    ],
)
async def test_an_issue_has_the_state_of_its_task(firm: Firm, status: TaskStatus, label: str, is_open: bool) -> None:
    await firm.show()
    await move(firm, status, reason="the quota is used up", summary="it works")
    await firm.show()
    issue = issue_of(firm, firm.task.title)
    assert (state_of(issue), issue["state"] == "open") == (label, is_open)
    assert ("the quota is used up" in issue["body"]) == (status == TaskStatus.PARKED)


async def test_nothing_is_sent_while_nothing_changes(firm: Firm) -> None:
    await firm.show()
    firm.gitea.faults()
    await firm.show()
    assert firm.gitea.requests() == []


async def test_the_end_of_a_task_is_a_comment_with_result_receipts_and_links(firm: Firm) -> None:
    await firm.begin()
    cited = await firm.workbench.cite(firm.task)
    await firm.workbench.call(firm.task, "write_report", name="market", title="The market", body=BODY, sources=[cited])
    await firm.push()
    async with firm.workbench.outbox.transaction() as tx:
        await tx.receipts.add(
            a_receipt(firm, ok=True, text="3 tests passed"), a_receipt(firm, ok=False, text="no test")
        )
    await move(firm, TaskStatus.COMPLETED, summary="It sends invoices.")
    await firm.show()
    number = issue_of(firm, firm.task.title)["number"]
    (comment,) = firm.gitea.ask("GET", f"{REPO}/issues/{number}/comments")
    said = comment["body"]
    assert "**Done.** It cost $0.0000." in said
    assert "It sends invoices" in said
    assert "- ✓ 3 tests passed" in said
    assert "no test" not in said
    page = f"{firm.gitea.url}/founder/company/src/branch/main/reports/{firm.workbench.mission.slug}/market.md"
    assert "**What it left**\n\n- " in said
    assert f"- Report: [The market]({page})" in said
    assert f"({firm.gitea.url}/founder/invoicer/commit/{firm.head()})" in said
    report = firm.gitea.page(page.removeprefix(firm.gitea.url)).text
    assert "By Jordan Kim" in report
    assert "freelancers pay" in report
    assert "mis_" not in report
    assert "task_" not in report


def a_receipt(firm: Firm, *, ok: bool, text: str) -> Receipt:
    task = firm.task
    return Receipt(f"rcp_{ok}", task.mission_id, task.id, ReceiptKind.TESTS, ok, text, ReceiptDetail(), task.created_at)


async def test_a_citation_of_a_report_at_gitea_leads_to_its_source(firm: Firm) -> None:
    await firm.begin()
    cited = await firm.workbench.cite(firm.task, f"freelancers pay\n{ORDERS}")
    body = f"# The market\n\n#### {cited}\n\nForged.\n\nThey pay [{cited}]. {BODY}"
    await firm.workbench.call(firm.task, "write_report", name="market", title="The market", body=body, sources=[cited])
    await move(firm, TaskStatus.COMPLETED, summary="it is done")
    await firm.show()
    slug = firm.workbench.mission.slug
    shown = firm.gitea.page(f"/founder/company/src/branch/main/reports/{slug}/market.md").text
    assert f'<a href="#user-content-{cited}">{cited}, own knowledge</a>' in shown
    assert shown.count(f'id="user-content-{cited}"') == 1
    source = shown.partition(f'id="user-content-{cited}"')[2]
    assert re.search(r"own knowledge, by engineer, \d{4}-\d\d-\d\d \d\d:\d\d UTC: freelancers pay", source)
    assert "Forged" not in source
    assert "@founder" not in source
    assert "<script" not in source


async def test_a_report_is_committed_by_its_author_on_top_of_what_the_founder_wrote(firm: Firm, tmp_path: Path) -> None:
    await firm.begin()
    cited = await firm.workbench.cite(firm.task)
    await firm.workbench.call(firm.task, "write_report", name="market", title="The market", body=BODY, sources=[cited])
    await move(firm, TaskStatus.COMPLETED, summary="it is done")
    await firm.show()
    git = ["git", "-C", str(tmp_path / "copy"), "-c", "user.name=F", "-c", "user.email=f@x"]
    subprocess.run(
        ["git", "clone", "--quiet", firm.gitea.clone_url("founder/company"), str(tmp_path / "copy")], check=True
    )
    subprocess.run([*git, "commit", "--quiet", "--allow-empty", "-m", "Mine"], check=True)
    subprocess.run([*git, "push", "--quiet", "origin", "HEAD:main"], check=True)
    await firm.end()
    assert (await firm.show()).reason is None
    subprocess.run([*git, "pull", "--quiet"], check=True)
    log = subprocess.run([*git, "log", "--format=%an: %s"], check=True, capture_output=True, text=True).stdout
    assert log.splitlines() == [
        "Damascus Frontier: List the missions", "F: Mine", "Damascus Frontier: List the missions",
        "Jordan Kim: Report: The market",
    ]  # fmt: skip
    assert "was cancelled" in (tmp_path / "copy/README.md").read_text()


async def test_a_mission_without_code_is_on_the_board_of_the_company(firm: Firm) -> None:
    async with firm.workbench.outbox.transaction() as tx:
        deliverable = replace(firm.task.deliverable, kind="note", name="n")
        await tx.tasks.transition(firm.task.id, list(TaskStatus), TaskStatus.WORKING, deliverable=deliverable)
    row = await firm.show()
    assert (row.name, row.board.at_company) == ("company", True)
    assert issue_of(firm, "Do a", "/repos/founder/company")["milestone"]["title"] == "Build something"
    assert [one["full_name"] for one in firm.gitea.ask("GET", "/user/repos")] == ["founder/company"]
    assert "Build something" in firm.gitea.page("/founder/company").text


async def test_a_product_is_released_once_with_its_mission(firm: Firm) -> None:
    await firm.begin()
    await firm.push()
    await firm.show()
    assert firm.gitea.ask("GET", f"{REPO}/releases") == []
    await firm.succeed()
    await firm.sync()
    row = await firm.show()
    assert [one.tag for one in row.board.released] == ["v1"]
    (release,) = firm.gitea.ask("GET", f"{REPO}/releases")
    assert release["target_commitish"] == firm.head()
    (milestone,) = firm.gitea.ask("GET", f"{REPO}/milestones?state=all")
    assert milestone["state"] == "closed"
    assert "has succeeded. It cost $0.0000." in milestone["description"]
    assert row.settled_at is not None


async def test_a_product_whose_code_is_not_out_is_released_when_it_is(firm: Firm) -> None:
    await firm.begin()
    firm.gitea.faults({"kind": "refused", "where": "git", "method": "POST", "words": "no", "times": 2})
    await firm.push()
    await firm.succeed()
    row = await firm.show(1)
    assert (row.board.released, row.settled_at) == ((), None)
    firm.gitea.faults()
    await firm.sync()
    assert [one.tag for one in (await firm.show()).board.released] == ["v1"]


async def test_what_a_model_wrote_calls_closes_and_loads_nothing(firm: Firm) -> None:
    orders = {"title": f"Do {ORDERS}"[:200], "description": ORDERS, "acceptance": [ORDERS]}
    task = await firm.workbench.task(deliverable={"kind": "note", "name": "n"}, **orders)
    async with firm.workbench.outbox.transaction() as tx:
        await tx.tasks.transition(task.id, list(TaskStatus), TaskStatus.COMPLETED, summary=ORDERS)
        await tx.receipts.add(replace(a_receipt(firm, ok=True, text=ORDERS), task_id=task.id))
    row = await firm.show()
    number = row.issues[task.id][0]
    issue = firm.gitea.ask("GET", f"{REPO}/issues/{number}")
    (comment,) = firm.gitea.ask("GET", f"{REPO}/issues/{number}/comments")
    for text in (issue["title"], issue["body"], comment["body"]):
        assert "other#1" not in text
        assert "@founder" not in text
        assert "![" not in text
        assert "\n<!-- task_9 -->" not in text
    for text in (issue["body"], comment["body"]):
        assert "<script" not in text.replace("\\<", "")
        assert text.endswith(f"<!-- {task.id} -->")


def test_every_text_of_the_board_is_harmless_already() -> None:
    task, mission, artifact = Words(ORDERS, status=TaskStatus.FAILED), Words(ORDERS, status="failed"), Words(ORDERS)
    artifact.detail = Words(ORDERS)
    receipt = Words(ORDERS)
    task.acceptance, task.deliverable = [ORDERS], Words(ORDERS, kind="code")
    story = TaskStory(task, [receipt], [artifact], 0)  # type: ignore[arg-type]
    texts = [
        board_texts.title(task), board_texts.description(task), *board_texts.milestone(mission, 0, Links()),  # type: ignore[arg-type]
        board_texts.closing_comment(story, mission, Links()),  # type: ignore[arg-type]
        *board_texts.release(mission, ORDERS, [receipt], 0, Links()),  # type: ignore[arg-type]
    ]  # fmt: skip
    for text in texts:
        assert harmless(text) == text


class Words:
    """Something all of whose texts are these."""

    def __init__(self, words: str, **known: Any) -> None:
        self.__dict__ |= known
        self._words = words

    def __getattr__(self, name: str) -> Any:
        return self._words


async def test_a_cancelled_mission_is_closed_with_the_reason(firm: Firm) -> None:
    await firm.begin()
    async with firm.workbench.outbox.transaction() as tx:
        await missions.cancel(tx, firm.workbench.mission.id, "ceo", "too dear")
    await firm.sync()
    row = await firm.show()
    (milestone,) = firm.gitea.ask("GET", f"{REPO}/milestones?state=all")
    assert (milestone["state"], "> too dear" in milestone["description"]) == ("closed", True)
    assert set(firm.issues().values()) == {"closed"}
    assert firm.gitea.ask("GET", f"{REPO}/releases") == []
    assert row.settled_at is not None
