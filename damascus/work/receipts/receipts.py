"""Receipts: before a task counts as done the program itself looks whether it is.

What an agent says is never evidence, and neither is what it could have written by hand: a report counts with its
row, its file and its sources in the trail, code with the head of `main` and tests that pass in a fresh copy of just
that commit. No commit gets to `main` without that (docs/decisions/0011-main-is-proven.md). What is not promised: that
tests test much. A repository whose tests are empty shells passes.
"""

import asyncio
import re
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from damascus.core.errors import Invalid, NotFound, Unavailable, WorkshopRefused
from damascus.core.events import TRAIL, EventKind, ReceiptIssued
from damascus.core.ids import new_id
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.missions import Mission
from damascus.core.records.plan import DEFAULT_TEST_COMMAND
from damascus.core.records.receipts import Receipt, ReceiptKind
from damascus.core.records.tasks import Task, TaskKind
from damascus.forge.port import Forge
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work.delivery import report_files, repositories
from damascus.work.outbox import Outbox
from damascus.work.receipts.commit_tests import LayOut, run_tests
from damascus.work.tasks import tasks
from damascus.workshop.port import Workshop

MIN_BODY = 200
MIN_SUMMARY = 20
_REF = re.compile(r"e\d{1,15}")
_FREE_OF_SOURCES = (TaskKind.SYNTHESIS, TaskKind.ANSWER)


@dataclass(frozen=True, slots=True)
class ReceiptChecker:
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
class CheckResult:
    """What one check found; `text` tells an agent what to do next when it is not `ok`."""

    kind: ReceiptKind
    ok: bool
    text: str
    detail: dict[str, Any]


async def check(evidence: ReceiptChecker, task: Task, mission: Mission, summary: str) -> list[Receipt]:
    """Look at everything the task must leave behind; the receipts, not yet written."""
    if task.kind == TaskKind.PLAN:
        findings = [
            CheckResult(ReceiptKind.PLAN, False, "a planning task ends with `submit_plan`, not with `finish`", {})
        ]
    elif task.deliverable.get("kind") == "report":
        findings = await _check_report(evidence, task, mission)
    elif task.deliverable.get("kind") == "code":
        findings = await _check_code(evidence, task, mission)
    else:
        findings = [_check_summary(summary)]
    if task.kind == TaskKind.SYNTHESIS:
        findings += await _check_main_branches(evidence, mission)
    return _receipts(evidence, findings, task)


async def verify_commit(evidence: ReceiptChecker, task: Task, row: Artifact, workspace: Path, sha: str) -> Receipt:
    """The receipt that a commit must have before main moves to it: whether the repository's tests pass on it.

    They are run now unless they passed on it before. Raises LeaseLost, and Unavailable when they cannot be run now.
    """
    known = await _passing_receipt(evidence, row, sha)
    if known is not None:
        return known
    found = await _test(evidence, row, sha, partial(evidence.forge.copy, workspace, sha))
    (receipt,) = _receipts(evidence, [found], task)
    async with evidence.outbox.transaction() as tx:
        await tasks.fence(tx, task)
        await write(tx, [receipt])
    return receipt


async def check_main_branches(evidence: ReceiptChecker, task: Task, mission: Mission) -> list[Receipt]:
    """Receipts for what main of the mission's repositories is at, where no push of the company brought it there.

    None in the ordinary case; `main` in the company's own store is a file, and a person may have moved it.
    """
    return _receipts(evidence, await _check_main_branches(evidence, mission), task)


def unmet(receipts: list[Receipt]) -> str | None:
    """What is still to be done, in words for the agent; None when every receipt holds."""
    faults = [receipt.text for receipt in receipts if not receipt.ok]
    return "Not done yet:\n" + "\n".join(f"- {fault}" for fault in faults) if faults else None


async def write(tx: Transaction, receipts: list[Receipt]) -> None:
    """Add the rows and tell everybody."""
    await tx.receipts.add(*receipts)
    for receipt in receipts:
        issued = ReceiptIssued(receipt_id=receipt.id, kind=receipt.kind, ok=receipt.ok, text=receipt.text)
        tx.events.append(EventKind.RECEIPT, "office", issued, receipt.mission_id, receipt.task_id)


def _check_summary(summary: str) -> CheckResult:
    size = len(summary.strip())
    if size < MIN_SUMMARY:
        return CheckResult(
            ReceiptKind.NOTE, False, f"the summary has {size} characters: say in words what came of the task", {}
        )
    return CheckResult(ReceiptKind.NOTE, True, "the summary says something", {"characters": size})


async def _check_report(evidence: ReceiptChecker, task: Task, mission: Mission) -> list[CheckResult]:
    name = str(task.deliverable.get("name"))
    async with evidence.outbox.reading() as tx:
        row = await tx.artifacts.named(mission.id, ArtifactKind.REPORT, name)
    if row is None or row.task_id != task.id:
        return [
            CheckResult(
                ReceiptKind.REPORT, False, f"there is no report {name!r} of this task: write it with `write_report`", {}
            )
        ]
    try:
        path = report_files.path_of(mission.slug, name)
        written = await asyncio.to_thread(report_files.load, evidence.shared, path)
        _check_file(written, row, task, mission)
    except (Invalid, NotFound) as error:
        return [
            CheckResult(ReceiptKind.REPORT, False, f"{error}: write the report {name!r} again with `write_report`", {})
        ]
    size = len(written.body)
    found = CheckResult(ReceiptKind.REPORT, True, f"{path} has {size} characters", {"path": path, "characters": size})
    return [found, await _check_sources(evidence, task, written.refs())]


def _check_file(written: report_files.ReportFile, row: Artifact, task: Task, mission: Mission) -> None:
    if row.path != report_files.path_of(mission.slug, row.name):
        raise Invalid(f"the report is noted at {row.path}, which is not its place")
    if len(written.body) < MIN_BODY:
        raise Invalid(f"its text has {len(written.body)} characters, a report has at least {MIN_BODY}")
    cited = [source["ref"] for source in row.detail.get("sources", [])]
    if (written.front.get("mission"), written.front.get("task"), written.refs()) != (mission.slug, task.id, cited):
        raise Invalid(f"the front matter of {row.path} is not as it was written")


async def _check_sources(evidence: ReceiptChecker, task: Task, refs: list[str]) -> CheckResult:
    if not refs and task.kind not in _FREE_OF_SOURCES:
        return CheckResult(
            ReceiptKind.SOURCES, False, "the report cites nothing: `leave_trail` what you found, then cite it", {}
        )
    async with evidence.outbox.reading() as tx:
        unknown = [ref for ref in refs if not await _is_in_trail(tx, task.mission_id, ref)]
    if unknown:
        text = f"the report cites {', '.join(unknown)}, not in the trail of this mission: cite what is there"
        return CheckResult(ReceiptKind.SOURCES, False, text, {"unknown": unknown})
    return CheckResult(ReceiptKind.SOURCES, True, f"{len(refs)} cited entries are in the trail", {"sources": refs})


async def _is_in_trail(tx: ReadTransaction, mission_id: str, ref: str) -> bool:
    if not _REF.fullmatch(ref):
        return False
    seq = int(ref[1:])
    return any(event.seq == seq and event.kind in TRAIL for event in await tx.events.since(seq - 1, 1, mission_id))


async def _check_code(evidence: ReceiptChecker, task: Task, mission: Mission) -> list[CheckResult]:
    name = str(task.deliverable.get("name"))
    async with evidence.outbox.reading() as tx:
        row = await tx.artifacts.named(mission.id, ArtifactKind.REPOSITORY, name)
        commits = await tx.artifacts.of_mission(mission.id, ArtifactKind.COMMIT)
        out = await tx.forge_syncs.find(row.id) if row else None
    if row is None or row.task_id != task.id:
        text = f"there is no repository {name!r} of this task: make it with `create_repository`"
        return [CheckResult(ReceiptKind.COMMIT, False, text, {})]
    try:
        head = await _pushed_head(evidence, mission, row, commits)
    except Invalid as error:
        return [CheckResult(ReceiptKind.COMMIT, False, str(error), {})]
    # what waits is at the forge later on, and a receipt stays as it is: `ceo show` says where it is now
    there = ", and at the forge" if out is not None and out.remote_sha == head else ""
    text = f"main of {name} is {head}, as pushed{there}"
    commit = CheckResult(ReceiptKind.COMMIT, True, text, {"commit": head, "repository": name})
    return [commit, await _check_tests(evidence, row, head)]


async def _pushed_head(evidence: ReceiptChecker, mission: Mission, row: Artifact, commits: list[Artifact]) -> str:
    repository = repositories.repository_of(row)
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


async def _check_tests(evidence: ReceiptChecker, row: Artifact, head: str) -> CheckResult:
    try:
        found = await _passing_receipt(evidence, row, head) or await _test(
            evidence, row, head, _from_store(evidence, row, head)
        )
    except Unavailable as error:
        return CheckResult(ReceiptKind.TESTS, False, f"the tests could not be run on {head}: {error}", {})
    if isinstance(found, Receipt):
        return CheckResult(ReceiptKind.TESTS, True, f"before main moved there, {found.text}", found.detail)
    return found


async def _passing_receipt(evidence: ReceiptChecker, row: Artifact, sha: str) -> Receipt | None:
    """The receipt of an earlier run that passed on a repository's commit."""
    command = await _test_command(evidence, row)
    async with evidence.outbox.reading() as tx:
        issued = await tx.receipts.of_mission(row.mission_id)
    passed = (receipt for receipt in issued if receipt.kind == ReceiptKind.TESTS and receipt.ok)
    wanted = (sha, command)
    return next((r for r in passed if (r.detail.get("commit"), r.detail.get("command")) == wanted), None)


async def _test(evidence: ReceiptChecker, row: Artifact, sha: str, lay_out: LayOut) -> CheckResult:
    command = await _test_command(evidence, row)
    try:
        tested = await run_tests(evidence.workshop, evidence.checks, lay_out, sha, command)
    except (Invalid, WorkshopRefused) as error:
        return CheckResult(
            ReceiptKind.TESTS, False, f"`{command}` could not be run on {sha}: {error}", {"command": command}
        )
    return CheckResult(ReceiptKind.TESTS, tested.ok, tested.text, tested.detail)


async def _test_command(evidence: ReceiptChecker, row: Artifact) -> str:
    """What proves a repository: the command of the task that it is the deliverable of, whoever pushes to it."""
    async with evidence.outbox.reading() as tx:
        owner = await tx.tasks.get(row.task_id)
    return str(owner.deliverable.get("test_command") or DEFAULT_TEST_COMMAND)


def _from_store(evidence: ReceiptChecker, row: Artifact, sha: str) -> LayOut:
    return partial(evidence.forge.checkout, repositories.repository_of(row), sha)


async def _check_main_branches(evidence: ReceiptChecker, mission: Mission) -> list[CheckResult]:
    async with evidence.outbox.reading() as tx:
        made = await tx.artifacts.of_mission(mission.id, ArtifactKind.REPOSITORY)
    findings = []
    for row in made:
        head = await evidence.forge.head(repositories.repository_of(row))
        if head is not None and await _passing_receipt(evidence, row, head) is None:
            found = await _test(evidence, row, head, _from_store(evidence, row, head))
            text = f"main of {row.name} was moved to {head[:12]} by somebody outside of the company; {found.text}"
            findings.append(replace(found, text=text))
    return findings


def _receipts(evidence: ReceiptChecker, findings: list[CheckResult], task: Task) -> list[Receipt]:
    now = evidence.outbox.ledger.clock.now()
    return [
        Receipt(new_id("rcp"), task.mission_id, task.id, found.kind, found.ok, found.text, found.detail, now)
        for found in findings
    ]
