"""Receipts: before a task counts as done the program itself looks whether it is.

What an agent says is never evidence, and neither is what it could have written by hand: a report counts with its
row, its file and its sources in the trail, code with the head of `main` and tests that pass in a fresh copy of just
that commit. What is not promised: that tests test much. A repository whose tests are empty shells passes.
"""

import asyncio
import logging
import re
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from damascus.core.errors import DamascusError, Invalid, NotFound
from damascus.core.events import TRAIL, EventKind, ReceiptIssued
from damascus.core.ids import new_id
from damascus.forge.base import Forge
from damascus.ledger.tables.artifacts import Artifact
from damascus.ledger.tables.missions import Mission
from damascus.ledger.tables.receipts import Receipt
from damascus.ledger.tables.tasks import Task
from damascus.ledger.transaction import Transaction
from damascus.work import outgoing, reports, repositories
from damascus.work.outbox import Outbox
from damascus.work.plan import DEFAULT_TEST_COMMAND, check_test_command
from damascus.work.testruns import count_tests
from damascus.workshop.base import CommandResult, Workshop

log = logging.getLogger(__name__)

MIN_BODY = 200
MIN_SUMMARY = 20
TAIL = 1_500
_REF = re.compile(r"e\d{1,15}")
_FREE_OF_SOURCES = ("synthesis", "answer")


@dataclass(frozen=True, slots=True)
class Evidence:
    """Where the truth is looked up; `checks` is a folder for fresh copies that tests are run in.

    `workspaces` and `checks` have the same path in the workshop.
    """

    outbox: Outbox
    forge: Forge
    workshop: Workshop
    shared: Path
    workspaces: Path
    checks: Path


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found; `text` tells an agent what to do next when it is not `ok`."""

    kind: str
    ok: bool
    text: str
    detail: dict[str, Any]


async def check(evidence: Evidence, task: Task, mission: Mission, summary: str) -> list[Receipt]:
    """Look at everything the task must leave behind; the receipts, not yet written."""
    if task.kind == "plan":
        findings = [Finding("plan", False, "a planning task ends with `submit_plan`, not with `finish`", {})]
    elif task.deliverable.get("kind") == "report":
        findings = await _check_report(evidence, task, mission)
    elif task.deliverable.get("kind") == "code":
        findings = await _check_code(evidence, task, mission)
    else:
        findings = [_check_summary(summary)]
    now = evidence.outbox.ledger.clock.now()
    return [
        Receipt(new_id("rcp"), task.mission_id, task.id, found.kind, found.ok, found.text, found.detail, now)
        for found in findings
    ]


def missing(receipts: list[Receipt]) -> str | None:
    """What is still to be done, in words for the agent; None when every receipt holds."""
    faults = [receipt.text for receipt in receipts if not receipt.ok]
    return "Not done yet:\n" + "\n".join(f"- {fault}" for fault in faults) if faults else None


async def write(tx: Transaction, receipts: list[Receipt]) -> None:
    """Add the rows and tell everybody."""
    await tx.receipts.add(*receipts)
    for receipt in receipts:
        issued = ReceiptIssued(receipt_id=receipt.id, kind=receipt.kind, ok=receipt.ok, text=receipt.text)
        tx.events.append(EventKind.RECEIPT, "office", issued, receipt.mission_id, receipt.task_id)


def _check_summary(summary: str) -> Finding:
    size = len(summary.strip())
    if size < MIN_SUMMARY:
        return Finding("note", False, f"the summary has {size} characters: say in words what came of the task", {})
    return Finding("note", True, "the summary says something", {"characters": size})


async def _check_report(evidence: Evidence, task: Task, mission: Mission) -> list[Finding]:
    name = str(task.deliverable.get("name"))
    async with evidence.outbox.reading() as tx:
        row = await tx.artifacts.named(mission.id, "report", name)
    if row is None or row.task_id != task.id:
        return [Finding("report", False, f"there is no report {name!r} of this task: write it with `write_report`", {})]
    try:
        path = reports.path_of(mission.slug, name)
        written = await asyncio.to_thread(reports.load, evidence.shared, path)
        _check_file(written, row, task, mission)
    except (Invalid, NotFound) as error:
        return [Finding("report", False, f"{error}: write the report {name!r} again with `write_report`", {})]
    size = len(written.body)
    found = Finding("report", True, f"{path} has {size} characters", {"path": path, "characters": size})
    return [found, await _check_sources(evidence, task, written.refs())]


def _check_file(written: reports.Written, row: Artifact, task: Task, mission: Mission) -> None:
    if row.path != reports.path_of(mission.slug, row.name):
        raise Invalid(f"the report is noted at {row.path}, which is not its place")
    if len(written.body) < MIN_BODY:
        raise Invalid(f"its text has {len(written.body)} characters, a report has at least {MIN_BODY}")
    cited = [source["ref"] for source in row.detail.get("sources", [])]
    if (written.front.get("mission"), written.front.get("task"), written.refs()) != (mission.slug, task.id, cited):
        raise Invalid(f"the front matter of {row.path} is not as it was written")


async def _check_sources(evidence: Evidence, task: Task, refs: list[str]) -> Finding:
    if not refs and task.kind not in _FREE_OF_SOURCES:
        return Finding("sources", False, "the report cites nothing: `leave_trail` what you found, then cite it", {})
    async with evidence.outbox.reading() as tx:
        unknown = [ref for ref in refs if not await _is_in_trail(tx, task.mission_id, ref)]
    if unknown:
        text = f"the report cites {', '.join(unknown)}, not in the trail of this mission: cite what is there"
        return Finding("sources", False, text, {"unknown": unknown})
    return Finding("sources", True, f"{len(refs)} cited entries are in the trail", {"sources": refs})


async def _is_in_trail(tx: Transaction, mission_id: str, ref: str) -> bool:
    if not _REF.fullmatch(ref):
        return False
    seq = int(ref[1:])
    return any(event.seq == seq and event.kind in TRAIL for event in await tx.events.since(seq - 1, 1, mission_id))


async def _check_code(evidence: Evidence, task: Task, mission: Mission) -> list[Finding]:
    name = str(task.deliverable.get("name"))
    async with evidence.outbox.reading() as tx:
        row = await tx.artifacts.named(mission.id, "repository", name)
        commits = await tx.artifacts.of_mission(mission.id, "commit")
        out = await tx.outgoing.find(row.id) if row else None
    if row is None or row.task_id != task.id:
        text = f"there is no repository {name!r} of this task: make it with `create_repository`"
        return [Finding("commit", False, text, {})]
    try:
        head = await _pushed_head(evidence, mission, row, commits)
    except Invalid as error:
        return [Finding("commit", False, str(error), {})]
    text = f"main of {name} is {head}, as pushed{outgoing.standing(out, head)}"
    commit = Finding("commit", True, text, {"commit": head, "repository": name})
    return [commit, await _check_tests(evidence, task, row, head)]


async def _pushed_head(evidence: Evidence, mission: Mission, row: Artifact, commits: list[Artifact]) -> str:
    repository = repositories.from_row(row)
    head = await evidence.forge.head(repository)
    if head is None:
        raise Invalid(f"nothing was pushed to {row.name} yet: call `commit`, then `push`")
    here = await evidence.forge.workspace_head(repositories.workspace(evidence.workspaces, mission, row.name))
    if here != head:
        raise Invalid(f"the last commit {here} is not the head of main, {head}: call `push`")
    pushed = [c.name for c in commits if c.detail.get("repository") == row.name and c.detail.get("pushed")]
    if head not in pushed:
        raise Invalid(f"the head of main, {head}, was not pushed with `push`: call `push`")
    return head


async def _check_tests(evidence: Evidence, task: Task, row: Artifact, head: str) -> Finding:
    command = str(task.deliverable.get("test_command") or DEFAULT_TEST_COMMAND)
    try:
        check_test_command(command)
        async with _fresh_copy(evidence, row, head) as place:
            ended = await evidence.workshop.run(command, place)
    except (DamascusError, ValueError) as error:
        return Finding("tests", False, f"`{command}` could not be run on {head}: {error}", {"command": command})
    tests = count_tests(ended.output)
    detail = {
        "commit": head, "command": command, "exit_code": ended.exit_code, "seconds": round(ended.seconds, 3),
        "tests": tests,
    }  # fmt: skip
    return Finding("tests", ended.exit_code == 0 and tests > 0, _tests_text(command, head, ended, tests), detail)


def _tests_text(command: str, head: str, ended: CommandResult, tests: int) -> str:
    where = f"`{command}` in a fresh copy of {head[:12]}"
    if ended.exit_code != 0:
        end = "ran out of time" if ended.timed_out else f"ended with exit {ended.exit_code}"
        return f"{where} {end}: mend it, commit and push. Its last words:\n{ended.output[-TAIL:]}"
    if tests == 0:
        return f"{where} ran no test: write tests that it finds, commit and push. It said:\n{ended.output[-TAIL:]}"
    return f"{where} ran {tests} tests and all passed"


@asynccontextmanager
async def _fresh_copy(evidence: Evidence, row: Artifact, sha: str) -> AsyncIterator[Path]:
    """Exactly the files of a commit, in a folder that goes afterwards."""
    evidence.checks.mkdir(mode=0o700, parents=True, exist_ok=True)
    place = evidence.checks / f"{sha[:12]}-{secrets.token_hex(4)}"
    try:
        await evidence.forge.checkout(repositories.from_row(row), sha, place)
        yield place
    finally:
        await asyncio.to_thread(_remove, place)


def _remove(place: Path) -> None:
    try:
        shutil.rmtree(place)
    except FileNotFoundError:
        return
    except (OSError, RecursionError) as error:
        # a test run may leave what cannot be removed; that is litter, not a fault of the code
        log.warning("%s could not be removed: %s", place, error)
