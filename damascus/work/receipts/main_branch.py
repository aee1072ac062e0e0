"""No commit gets to `main` unless the tests passed on it (docs/decisions/0011-main-is-proven.md).

Tests that let too many faults through are sent back (mutants.py), for what a push changes.
"""

from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from damascus.core.errors import Invalid, NotFound, WorkshopRefused
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.missions import Mission
from damascus.core.records.plan import DEFAULT_TEST_COMMAND
from damascus.core.records.receipts import Receipt, ReceiptDetail, ReceiptKind
from damascus.core.records.tasks import Task
from damascus.forge.port import NOTHING, FileChange, Forge
from damascus.work.delivery import repositories
from damascus.work.outbox import Outbox
from damascus.work.receipts.commit_tests import run_tests
from damascus.work.receipts.fresh_copy import ExportCommit
from damascus.work.receipts.issue import CheckResult, receipts_of, write
from damascus.work.receipts.mutants import Trial, try_mutants
from damascus.work.tasks import tasks
from damascus.workshop.port import Workshop


@dataclass(frozen=True, slots=True, kw_only=True)
class MainBranchChecker:
    """Decides by its tests whether `main` may be at a commit.

    `checks` is a folder for fresh copies that tests are run in; its path is the same in the workshop. Of a hundred
    faults the tests of a push must notice `mutants_caught`, 0 for no such check; they are tried for `mutants_seconds`.
    """

    outbox: Outbox
    forge: Forge
    workshop: Workshop
    checks: Path
    mutants_caught: int = 0
    mutants_seconds: float = 60

    async def verify_commit(self, task: Task, row: Artifact, workspace: Path, sha: str) -> Receipt:
        """Return the receipt that a commit must have before `main` moves to it: whether its repository's tests pass.

        They are run now unless they passed on that commit before.

        Raises:
            LeaseLost: if another worker has the task.
            Unavailable: if the tests cannot be run now.
        """
        known = await self.passing_receipt(row, sha)
        if known is not None:
            return known
        export = partial(self.forge.checkout_from_workspace, workspace, sha)
        result = await self._test(row, sha, export)
        if result.ok and self.mutants_caught:
            result = await self._try_mutants(result, export, await self._changes(row, workspace, sha))
        (receipt,) = receipts_of(task, [result], self.outbox.ledger.clock.now())
        async with self.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            await write(tx, [receipt])
        return receipt

    async def check_main_branches(self, task: Task, mission: Mission) -> list[Receipt]:
        """Return receipts for each `main` of a mission that no push of the company moved to where it is.

        Empty in the ordinary case; `main` in the local store is a file, and a person may have moved it.
        """
        results = await self.main_branch_results(mission)
        return receipts_of(task, results, self.outbox.ledger.clock.now())

    async def main_branch_results(self, mission: Mission) -> list[CheckResult]:
        """Test each `main` of a mission that no push of the company moved to where it is."""
        async with self.outbox.reading() as tx:
            rows = await tx.artifacts.of_mission(mission.id, ArtifactKind.REPOSITORY)
        results = []
        for row in rows:
            head = await self.forge.head(repositories.repository_of(row))
            if head is not None and await self.passing_receipt(row, head) is None:
                result = await self.test_head(row, head)
                text = f"main of {row.name} was moved to {head[:12]} by somebody outside of the company; {result.text}"
                results.append(replace(result, text=text, detail=replace(result.detail, repository=row.name)))
        return results

    async def passing_receipt(self, row: Artifact, sha: str) -> Receipt | None:
        """Return the receipt of an earlier run of its tests that passed on a commit. Returns None if there is none."""
        command = await self._test_command(row)
        async with self.outbox.reading() as tx:
            issued = await tx.receipts.of_mission(row.mission_id)
        passed = (receipt for receipt in issued if receipt.kind == ReceiptKind.TESTS and receipt.ok)
        wanted = (sha, command)
        return next((r for r in passed if (r.detail.commit, r.detail.command) == wanted), None)

    async def test_head(self, row: Artifact, sha: str) -> CheckResult:
        """Run a repository's tests on a commit of the forge's. Raises Unavailable if they cannot be run now."""
        return await self._test(row, sha, partial(self.forge.checkout, repositories.repository_of(row), sha))

    async def _test(self, row: Artifact, sha: str, export: ExportCommit) -> CheckResult:
        command = await self._test_command(row)
        try:
            tested = await run_tests(self.workshop, self.checks, export, sha, command)
        except (Invalid, WorkshopRefused) as error:
            text = f"`{command}` could not be run on {sha}: {error}"
            return CheckResult(ReceiptKind.TESTS, False, text, ReceiptDetail(command=command))
        return CheckResult(ReceiptKind.TESTS, tested.ok, tested.text, tested.detail)

    async def _changes(self, row: Artifact, workspace: Path, sha: str) -> list[FileChange]:
        """Return what a push would change of `main`; all that there is, if nothing was pushed or by somebody else."""
        repository = repositories.repository_of(row)
        main = await self.forge.head(repository) or repository.base
        try:
            return await self.forge.changes(workspace, sha, main or NOTHING)
        except NotFound:
            return await self.forge.changes(workspace, sha, NOTHING)

    async def _try_mutants(self, result: CheckResult, export: ExportCommit, changes: list[FileChange]) -> CheckResult:
        """Return a passed check of the tests with what became of faults, failed if too few were noticed."""
        tested = result.detail
        trial = Trial(
            self.workshop, self.checks, export, tested.commit or "", tested.command or "", tested.seconds or 0,
            self.mutants_seconds,
        )  # fmt: skip
        found = await try_mutants(trial, changes)
        detail = replace(tested, mutants=found.tried, caught=found.caught)
        if found.holds(self.mutants_caught):
            return replace(result, text=f"{result.text}{found.text()}", detail=detail)
        text = f"`{tested.command}` on {trial.sha[:12]}: {found.complaint(self.mutants_caught)}"
        return replace(result, ok=False, text=text, detail=detail)

    async def _test_command(self, row: Artifact) -> str:
        """Return the command of the task that a repository is the deliverable of, whichever task pushes to it."""
        async with self.outbox.reading() as tx:
            owner = await tx.tasks.get(row.task_id)
        return owner.deliverable.test_command or DEFAULT_TEST_COMMAND
