"""Shows a board at Gitea: its milestone, its labels, its issues and what is said at their end.

All of it may be done again: what a crash kept us from recording is found by its mark. What Gitea refuses of one thing
holds up nothing else; where it lets us make no labels or milestones, issues go without.
"""

from dataclasses import dataclass, field, replace
from typing import Any

from damascus.core.errors import ForgeUnavailable
from damascus.forge.board import Board, Label, Milestone, TaskIssue, Tracked, has_mark, marked
from damascus.forge.gitea.board_api import BoardApi
from damascus.forge.gitea.responses import IssueResponse, RequestRefused

NONE = 0  # the number of a milestone that we may not make


@dataclass
class GiteaBoard:
    """A board in a repository with this full name; for one use."""

    api: BoardApi
    full_name: str
    board: Board
    numbers: dict[str, int] = field(default_factory=dict)
    milestone: int | None = None
    problem: str | None = None
    labels: dict[str, int] = field(default_factory=dict)

    async def show(self) -> Tracked:
        """Show what is on the board, and return what came of it."""
        wait = 0.0
        try:
            await self._show_all()
        except ForgeUnavailable as error:
            self.problem, wait = str(error), error.retry_after
        return Tracked(self.numbers, self.milestone, self.problem, wait)

    async def _show_all(self) -> None:
        self.milestone = self.board.milestone.number
        if self.milestone is None or not self.board.is_current:
            try:
                self.milestone = await self._show_milestone(self.board.milestone)
            except RequestRefused as error:
                self.milestone, self.problem = None, str(error)
        if not self.board.issues:
            return
        self.labels = await self.api.labels(self.full_name)
        for issue in await self._with_numbers():
            try:
                self.numbers[issue.mark] = await self._show_issue(issue)
            except RequestRefused as error:  # as for an issue that another one blocks; the rest may go through
                self.problem = self.problem or str(error)

    async def _show_milestone(self, wanted: Milestone) -> int:
        title, text, state = wanted.title, marked(wanted.text, wanted.mark), _state(wanted.open)
        number = wanted.number
        if number is None:
            async for there in self.api.milestones(self.full_name):
                number = there.id if has_mark(there.description or "", wanted.mark) else number
        if number:
            edited = await self.api.edit_milestone(self.full_name, number, title, text, state)
            if edited is not None or not wanted.open:  # a person removed it: then there is nothing to close
                return number
        return await self.api.create_milestone(self.full_name, title, text, state) or NONE

    async def _with_numbers(self) -> list[TaskIssue]:
        """Return the issues, with the numbers of those that a crash kept us from recording."""
        unknown = [issue.mark for issue in self.board.issues if issue.number is None]
        found: dict[str, int] = {}
        if unknown:
            async for there in self.api.issues(self.full_name, self.milestone):
                found |= {mark: there.number for mark in unknown if has_mark(there.body, mark)}
        return [replace(issue, number=found.get(issue.mark, issue.number)) for issue in self.board.issues]

    async def _show_issue(self, issue: TaskIssue) -> int:
        labels = [await self._label(label) for label in issue.labels]
        ours = [id for id in labels if id]
        values: dict[str, Any] = {"title": issue.title, "body": marked(issue.text, issue.mark)}
        values |= {"milestone": self.milestone} if self.milestone else {}
        there = None
        if issue.number is not None:
            opened = {"state": "open"} if issue.open else {}
            there = await self.api.edit_issue(self.full_name, issue.number, values | opened)
            if there is None and not issue.open:
                return issue.number  # a person removed it: then there is nothing to close
        if there is None:
            values |= {"labels": ours} if ours else {}
            there = await self.api.create_issue(self.full_name, values | {"closed": not issue.open})
            if there is None:
                raise RequestRefused(f"{self.full_name} takes no issue at the moment")
        else:
            await self._set_labels(there, issue, ours)
        if issue.comment:
            await self._comment(there.number, issue.comment, issue.mark)
        if not issue.open and there.state != "closed":
            await self.api.edit_issue(self.full_name, there.number, {"state": "closed"})
        return there.number

    async def _label(self, label: Label) -> int | None:
        """Return the id of a label, made if need be, None if we may not make it."""
        if label.name not in self.labels:
            self.labels[label.name] = await self.api.create_label(self.full_name, label) or NONE
        return self.labels[label.name]

    async def _set_labels(self, there: IssueResponse, issue: TaskIssue, ours: list[int]) -> None:
        """Give an issue its labels; those that a person gave it stay."""
        kinds = {label.name.partition("/")[0] for label in issue.labels}
        before = {label.id: label.name for label in there.labels or []}
        theirs = [id for id, name in before.items() if name.partition("/")[0] not in kinds]
        if set(before) != {*theirs, *ours}:
            await self.api.set_labels(self.full_name, there.number, [*theirs, *ours])

    async def _comment(self, number: int, text: str, mark: str) -> None:
        if not any(has_mark(said, mark) for said in await self.api.comments(self.full_name, number)):
            await self.api.create_comment(self.full_name, number, marked(text, mark))


def _state(is_open: bool) -> str:
    return "open" if is_open else "closed"
