"""Receipts: before a task counts as done the program itself checks that it is.

What an agent says is never evidence, and neither is what it could have written by hand: a report counts with its
row, its file and its sources on the trail, code with the head of `main` and tests that pass in a fresh copy of just
that commit.
"""

import asyncio
import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from damascus.core.errors import Invalid, NotFound, Unavailable
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.events import Event
from damascus.core.records.missions import Mission
from damascus.core.records.receipts import Receipt, ReceiptDetail, ReceiptKind
from damascus.core.records.sources import Mark
from damascus.core.records.tasks import DeliverableKind, Task, TaskKind
from damascus.knowledge.sources.marks import holds, mark_of
from damascus.ledger.transaction import ReadTransaction
from damascus.work import policies
from damascus.work.delivery import report_files, repositories
from damascus.work.delivery.citations import cited_refs
from damascus.work.receipts import acceptance
from damascus.work.receipts.issue import CheckResult, receipts_of
from damascus.work.receipts.main_branch import MainBranchChecker

MIN_REPORT_CHARS = 200
MIN_SUMMARY_CHARS = 20
_REF = re.compile(r"e\d{1,15}")
_KINDS_WITHOUT_SOURCES = (TaskKind.SYNTHESIS, TaskKind.ANSWER)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptChecker(MainBranchChecker):
    """Decides whether a task left behind what it must, `main` of its repositories included.

    `shared` is the folder that people read, `workspaces` that of the working copies; the latter has the same path in
    the workshop.
    """

    shared: Path
    workspaces: Path

    async def check(self, task: Task, mission: Mission, summary: str) -> list[Receipt]:
        """Check everything that a task must leave behind; return the receipts, not yet written."""
        if task.kind == TaskKind.PLAN:
            results = [
                CheckResult(ReceiptKind.PLAN, False, "a planning task ends with `submit_plan`, not with `finish`")
            ]
        elif task.deliverable.kind == DeliverableKind.REPORT:
            results = await self._check_report(task, mission)
        elif task.deliverable.kind == DeliverableKind.CODE:
            results = await self._check_code(task, mission)
        else:
            results = [_check_summary(summary)]
        if task.kind == TaskKind.SYNTHESIS:
            results += await self.main_branch_results(mission)
        return receipts_of(task, results, self.outbox.ledger.clock.now())

    async def _check_report(self, task: Task, mission: Mission) -> list[CheckResult]:
        name = task.deliverable.name
        async with self.outbox.reading() as tx:
            row = await tx.artifacts.named(mission.id, ArtifactKind.REPORT, name)
        if row is None or row.task_id != task.id:
            text = f"there is no report {name!r} of this task: write it with `write_report`"
            return [CheckResult(ReceiptKind.REPORT, False, text)]
        try:
            path = report_files.path_of(mission.slug, name)
            written = await asyncio.to_thread(report_files.load, self.shared, path)
            _check_file(written, row, task, mission)
        except (Invalid, NotFound) as error:
            return [
                CheckResult(ReceiptKind.REPORT, False, f"{error}: write the report {name!r} again with `write_report`")
            ]
        size = len(written.body)
        detail = ReceiptDetail(path=path, characters=size)
        result = CheckResult(ReceiptKind.REPORT, True, f"{path} has {size} characters", detail)
        async with self.outbox.reading() as tx:
            lines = await acceptance.check_report(tx, task, mission, written.body, self.shared)
        refs = list(dict.fromkeys([*written.refs(), *cited_refs(written.body)]))
        if not refs and task.kind in _KINDS_WITHOUT_SOURCES:
            return [result, *lines]  # nothing was cited, so nothing was checked
        return [result, await self._check_sources(task, refs), *lines]

    async def _check_sources(self, task: Task, refs: list[str]) -> CheckResult:
        if not refs:
            text = "the report cites nothing: `leave_trail` what you found, then cite it"
            return CheckResult(ReceiptKind.SOURCES, False, text)
        async with self.outbox.reading() as tx:
            entries = {ref: await _entry(tx, task.mission_id, ref) for ref in refs}
            unknown = [ref for ref, entry in entries.items() if entry is None]
            known = [entry for entry in entries.values() if entry is not None]
            changed = [entry.ref for entry in known if not await holds(tx, entry)]
            lacking = await _lacking_share(tx, task, known)
        if unknown:
            text = f"the report cites {', '.join(unknown)}, not in the trail of this mission: cite what is there"
            return CheckResult(ReceiptKind.SOURCES, False, text, ReceiptDetail(unknown=tuple(unknown)))
        if changed:
            text = f"what {', '.join(changed)} cites is not as it was read: read the page again and cite that"
            return CheckResult(ReceiptKind.SOURCES, False, text, ReceiptDetail(unknown=tuple(changed)))
        if lacking:
            return CheckResult(ReceiptKind.SOURCES, False, lacking)
        cited = "1 cited entry is" if len(refs) == 1 else f"{len(refs)} cited entries are"
        text = f"{cited} in the trail{_marks(known)}"
        return CheckResult(ReceiptKind.SOURCES, True, text, ReceiptDetail(sources=tuple(refs)))

    async def _check_code(self, task: Task, mission: Mission) -> list[CheckResult]:
        name = task.deliverable.name
        async with self.outbox.reading() as tx:
            row = await tx.artifacts.named(mission.id, ArtifactKind.REPOSITORY, name)
            commits = await tx.artifacts.of_mission(mission.id, ArtifactKind.COMMIT)
            sync = await tx.forge_syncs.find(row.id) if row else None
        if row is None or row.task_id != task.id:
            text = f"there is no repository {name!r} of this task: make it with `create_repository`"
            return [CheckResult(ReceiptKind.COMMIT, False, text)]
        try:
            head = await self._pushed_head(mission, row, commits)
        except Invalid as error:
            return [CheckResult(ReceiptKind.COMMIT, False, str(error))]
        # a pending commit gets to the forge later, and a receipt is never rewritten: `ceo show` says where it is now
        where = ", and at the forge" if sync is not None and sync.remote_sha == head else ""
        left_out = next((c.detail.left_out for c in commits if c.name == head), ())
        text = f"main of {name} is {head}, as pushed{where}{repositories.left_out_note(left_out)}"
        commit = CheckResult(ReceiptKind.COMMIT, True, text, ReceiptDetail(commit=head, repository=name))
        tests = await self._check_tests(row, head)
        if not tests.ok:
            return [commit, tests]
        export = partial(self.forge.checkout, repositories.repository_of(row), head)
        proven = acceptance.ProvenCommit(self.workshop, self.checks, export, head)
        return [commit, tests, *await acceptance.check_commit(task, proven)]

    async def _pushed_head(self, mission: Mission, row: Artifact, commits: list[Artifact]) -> str:
        """Return the head of `main`. Raises Invalid, with what to do, unless `push` moved it to the last commit."""
        head = await self.forge.head(repositories.repository_of(row))
        if head is None:
            raise Invalid(f"nothing was pushed to {row.name} yet: call `commit`, then `push`")
        last = await self.forge.workspace_head(repositories.workspace(self.workspaces, mission, row.name))
        if last != head:
            raise Invalid(f"the last commit {last} is not the head of main, {head}: call `push`")
        pushed = [c.name for c in commits if c.detail.repository == row.name and c.detail.pushed]
        if head not in pushed:
            raise Invalid(f"the head of main, {head}, was not pushed with `push`: call `push`")
        return head

    async def _check_tests(self, row: Artifact, head: str) -> CheckResult:
        try:
            passed = await self.passing_receipt(row, head)
            if passed is None:
                return await self.test_head(row, head)
        except Unavailable as error:
            return CheckResult(ReceiptKind.TESTS, False, f"the tests could not be run on {head}: {error}")
        return CheckResult(ReceiptKind.TESTS, True, f"before main moved there, {passed.text}", passed.detail)


def _check_summary(summary: str) -> CheckResult:
    size = len(summary.strip())
    if size < MIN_SUMMARY_CHARS:
        text = f"the summary has {size} characters: say in words what came of the task"
        return CheckResult(ReceiptKind.NOTE, False, text)
    return CheckResult(ReceiptKind.NOTE, True, "the summary says something", ReceiptDetail(characters=size))


def _check_file(written: report_files.ReportFile, row: Artifact, task: Task, mission: Mission) -> None:
    if row.path != report_files.path_of(mission.slug, row.name):
        raise Invalid(f"the report is noted at {row.path}, which is not its place")
    if len(written.body) < MIN_REPORT_CHARS:
        raise Invalid(f"its text has {len(written.body)} characters, a report has at least {MIN_REPORT_CHARS}")
    cited = [source.ref for source in row.detail.sources]
    if (written.front.get("mission"), written.front.get("task"), written.refs()) != (mission.slug, task.id, cited):
        raise Invalid(f"the front matter of {row.path} is not as it was written")


async def _entry(tx: ReadTransaction, mission_id: str, ref: str) -> Event | None:
    return await tx.events.entry(mission_id, int(ref[1:])) if _REF.fullmatch(ref) else None


async def _lacking_share(tx: ReadTransaction, task: Task, cited: list[Event]) -> str:
    """Return what a report lacks that must rest on pages, if the mission could read any; else nothing."""
    policy = await policies.research(tx)
    if not task.deliverable.name.startswith(policy.reports) or not await tx.sources.has_any(task.mission_id):
        return ""
    marks = [mark_of(event) for event in cited]
    verified, claims = marks.count(Mark.VERIFIED), sum(1 for mark in marks if mark)
    if verified >= policy.verified_share * max(claims, 1):  # who cites no claim at all has verified none
        return ""
    return (
        f"{verified} of {claims} cited claims are verified, at least {policy.verified_share:.0%} must be: read pages "
        "with `fetch_page`, and leave findings with `source` and the `passage` that says it"
    )


def _marks(cited: list[Event]) -> str:
    counts = Counter(filter(None, map(mark_of, cited)))
    return ": " + ", ".join(f"{counts[mark]} {mark}" for mark in Mark if counts[mark]) if counts else ""
