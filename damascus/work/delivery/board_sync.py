"""Brings a mission's board to the forge: its repository, its reports, its issues, and at the end its releases.

A round does all that is due. What fails of it holds up nothing else of it, and is done again in the next one: each
thing at the forge is found again by its mark, so a crash between a request and the row doubles nothing.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

from damascus.core.errors import Conflict, Invalid, NotFound, Unavailable
from damascus.core.records.artifacts import Artifact
from damascus.core.records.forge_syncs import BoardState, ForgeSyncRow, Released
from damascus.core.text import one_line
from damascus.forge.board import COMPANY, Release
from damascus.forge.harmless import harmless
from damascus.forge.port import Forge, Repository
from damascus.work.delivery import board_texts, company_files, repositories
from damascus.work.delivery.board_content import BoardContent, Home, home_key, release_key
from damascus.work.delivery.board_texts import Links
from damascus.work.delivery.report_files import path_of
from damascus.work.outbox import Outbox

MAX_MESSAGE_CHARS = 200


@dataclass
class BoardRound:
    """One round for one mission; what it changed is in the fields when it ends."""

    outbox: Outbox
    forge: Forge
    shared: Path
    content: BoardContent
    name: str = ""
    remote_id: str | None = None
    state: BoardState = field(default_factory=BoardState)
    issues: dict[str, tuple[int, str]] = field(default_factory=dict)
    problem: str | None = None
    retry_after: float = 0.0
    takes_issues: bool = True

    async def run(self) -> None:
        """Do all that is due. Raises NotFound if the repository is not at the forge any more."""
        row, due = self.content.row, self.content.due
        self.name, self.remote_id, self.state, self.issues = row.name, row.remote_id, row.board, dict(row.issues)
        if self.content.home is not None and home_key(self.content.home) in due:
            await self._try(partial(self._make_home, self.content.home))
        if self.content.filed_key in due:
            await self._try(self._file)
        for made, code in self.content.handed_over():
            if release_key(made) in due:
                await self._try(partial(self._release, made, code))
        if self.remote_id is not None:
            await self._show()

    async def _try(self, step: Callable[[], Awaitable[None]]) -> None:
        try:
            await step()
        except (Unavailable, Conflict, Invalid, NotFound) as error:
            self._note(str(error), getattr(error, "retry_after", 0.0))

    def _note(self, problem: str, retry_after: float) -> None:
        self.problem = self.problem or problem
        self.retry_after = max(self.retry_after, retry_after)

    async def _make_home(self, home: Home) -> None:
        made = await self.forge.create_repository(home.name, home.description, home.owner)
        known = next((row for one, row in self.content.code if one.detail.repository == made.name), None)
        there = await self.forge.publish(replace(made, remote_id=known.remote_id) if known else made, "")
        self.name, self.remote_id = made.name, there.remote_id
        self.state = replace(
            self.state, at_company=home.owner == COMPANY, web_url=there.web_url, milestone=None, shown=""
        )
        # an earlier version noted them with the code
        self.issues = {task: (number, "") for task, (number, _) in (known.issues if known else {}).items()}

    async def _file(self) -> None:
        """Put the mission's reports into the company's own repository, on top of whatever people did there."""
        made = await self.forge.create_repository(COMPANY, company_files.DESCRIPTION, COMPANY)
        there = await self.forge.publish(made, "")
        await self.forge.refresh(there)
        mission = self.content.mission
        for report in self.content.reports:
            page = await asyncio.to_thread(company_files.report_page, self.shared, report)
            if page is not None:
                words = one_line(harmless(f"Report: {report.detail.title or report.name}"), MAX_MESSAGE_CHARS)
                author = company_files.author_of(report)
                await self.forge.add_files(there, {path_of(mission.slug, report.name): page}, words, author)
        async with self.outbox.reading() as tx:
            page = await company_files.front_page(tx, mission)
        await self.forge.add_files(there, {"README.md": page}, "List the missions", company_files.OFFICE)
        await self.forge.publish(there, await self.forge.head(there) or "")
        url = self.forge.file_link(there, company_files.FOLDER)
        self.state = replace(self.state, filed=self.content.filed, reports_url=url)

    async def _release(self, made: Artifact, code: ForgeSyncRow) -> None:
        content = self.content
        receipts = [receipt for receipt in content.receipts if receipt.task_id == made.task_id and receipt.ok]
        if made.detail.base:
            done = next(task for task in content.tasks if task.id == made.task_id)
            request = board_texts.pull_request(content.mission, made, done, receipts, sum(content.costs.values()))
            shown = await self.forge.propose(_repository(made, code), code.target_sha or "", request)
            self.state = replace(self.state, released=(*self.state.released, Released(made.id, shown or "")))
            return
        title, text = board_texts.release(
            content.mission, made.name, receipts, sum(content.costs.values()), self._links()
        )
        release = Release(f"{content.mission.id} {made.id}", code.target_sha or "", title, text, f"{made.name}.zip")
        tag = await self.forge.release(_repository(made, code), release)
        self.state = replace(self.state, released=(*self.state.released, Released(made.id, tag or "")))

    async def _show(self) -> None:
        content = self.left()
        if content.due.isdisjoint(content.shown_keys):
            return
        repository = Repository(self.name, "", self.state.web_url, self.remote_id)
        try:
            tracked = await self.forge.track(repository, content.board(self._links()))
        except (Unavailable, Conflict) as error:
            self._note(str(error), getattr(error, "retry_after", 0.0))
            return
        shown = {task.id: content.issue_digest(task) for task in content.tasks}
        self.issues |= {task: (number, shown[task]) for task, number in tracked.numbers.items()}
        if tracked.milestone is not None:
            self.state = replace(self.state, milestone=tracked.milestone, shown=content.milestone_digest)
        self.takes_issues = tracked.takes_issues
        if tracked.problem is not None:
            self._note(tracked.problem, tracked.retry_after)

    def left(self) -> BoardContent:
        """Return the content with its row as this round has left it so far."""
        row = self.content.row
        return replace(
            self.content,
            row=replace(row, name=self.name, remote_id=self.remote_id, board=self.state, issues=self.issues),
        )

    def _links(self) -> Links:
        return Links(self.state.reports_url)


def _repository(made: Artifact, code: ForgeSyncRow) -> Repository:
    return replace(repositories.repository_of(made), remote_id=code.remote_id)


def outcome_of(row: ForgeSyncRow) -> dict[str, Any]:
    """Return the columns of a row that a round may have changed."""
    return {"name": row.name, "remote_id": row.remote_id, "board": row.board, "issues": row.issues}
