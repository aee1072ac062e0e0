"""What a mission's board says, read from the ledger at one moment, and what of it is not at the forge yet."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.forge_syncs import BoardState, ForgeSyncRow
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.receipts import Receipt, standing
from damascus.core.records.tasks import DeliverableKind, Task, TaskStatus
from damascus.forge.board import COMPANY, Board, Milestone, TaskIssue
from damascus.ledger.transaction import ReadTransaction
from damascus.work.delivery import board_texts, company_files, repositories
from damascus.work.delivery.board_texts import Links, TaskStory


@dataclass(frozen=True, slots=True)
class Home:
    """The repository that a mission's issues are in, before it is made."""

    name: str
    description: str
    owner: str


COMPANY_HOME = Home(COMPANY, company_files.DESCRIPTION, COMPANY)


@dataclass(frozen=True, slots=True)
class BoardContent:
    """A mission's row, and all that its board is made of; `code` are its repositories that are at the forge."""

    now: datetime
    row: ForgeSyncRow
    mission: Mission
    tasks: tuple[Task, ...]
    receipts: tuple[Receipt, ...]
    artifacts: tuple[Artifact, ...]
    costs: dict[str, int]
    code: tuple[tuple[Artifact, ForgeSyncRow], ...]
    home: Home | None

    @property
    def has_ended(self) -> bool:
        return self.mission.status in MissionStatus.ENDED

    @property
    def reports(self) -> list[Artifact]:
        """The reports of tasks that have ended, which nobody writes any more."""
        ended = {task.id for task in self.tasks if task.status in TaskStatus.ENDED}
        return [made for made in self.artifacts if made.kind == ArtifactKind.REPORT and made.task_id in ended]

    @property
    def filed(self) -> str:
        """The digest of what the company's own repository has to say of the mission; empty if that is nothing."""
        names = [f"{made.name} {made.task_id}" for made in self.reports]
        has_page = names or self.has_ended or self.row.board.at_company
        return _digest([self.mission.status, *names]) if has_page else ""

    @property
    def missing(self) -> frozenset[str]:
        """What is not at the forge as it is here: each thing with the digest of what it says."""
        row, board = self.row, self.row.board
        found = {home_key(self.home)} if row.remote_id is None and self.home else set[str]()
        found |= {self.filed_key} if self.filed != board.filed else set()
        found |= {release_key(made) for made, _ in self.handed_over()}
        if row.remote_id is not None or self.home is not None:
            at_forge = {f"milestone {board.shown}", *(f"{task} {digest}" for task, (_, digest) in row.issues.items())}
            found |= self.shown_keys - at_forge
        return frozenset(found)

    @property
    def waiting(self) -> frozenset[str]:
        """What was tried as it is, and is not to be tried again yet."""
        board = self.row.board
        waits = self.row.attempts > 0 and self.now.timestamp() < board.again_at
        return frozenset(board.tried) & self.missing if waits else frozenset()

    def put_off(self, again_at: float) -> BoardState:
        """Return the state of the row in which what was due, and is still missing, waits until then."""
        longest = max(again_at, self.row.board.again_at if self.waiting else 0)
        return replace(self.row.board, tried=tuple(sorted(self.missing)), again_at=longest)

    @property
    def due(self) -> frozenset[str]:
        return self.missing - self.waiting

    @property
    def shown_keys(self) -> frozenset[str]:
        """The milestone and the issues."""
        return frozenset({self.milestone_key, *(self.issue_key(task) for task in self.tasks)})

    @property
    def filed_key(self) -> str:
        return f"reports {self.filed}"

    @property
    def milestone_key(self) -> str:
        return f"milestone {self.milestone_digest}"

    def issue_key(self, task: Task) -> str:
        return f"{task.id} {self.issue_digest(task)}"

    def handed_over(self) -> list[tuple[Artifact, ForgeSyncRow]]:
        """The repositories of an ended mission, whose tested commit is at the forge and not handed over yet."""
        done = {one.artifact_id for one in self.row.board.released}
        return [
            (made, row)
            for made, row in self.code
            if row.target_sha and row.target_sha == row.remote_sha and made.id not in done and self._may_go(made)
        ]

    def _may_go(self, made: Artifact) -> bool:
        """The company's own code is released with the whole mission, a change of somebody's if its task is done."""
        if not made.detail.base:
            return self.mission.status == MissionStatus.SUCCEEDED
        done = (task.id for task in self.tasks if task.status == TaskStatus.COMPLETED)
        return self.has_ended and made.task_id in done

    def board(self, links: Links) -> Board:
        """Return the milestone, and the issues that are due."""
        due = self.due
        issues = []
        for task in self.tasks:
            number, _ = self.row.issues.get(task.id) or (None, "")
            if self.issue_key(task) in due:
                issues.append(replace(self._issue(task, links), number=number))
        return Board(self._milestone(links), tuple(issues), self.milestone_key not in due)

    @property
    def milestone_digest(self) -> str:
        milestone = self._milestone(Links())
        return _digest([milestone.title, milestone.text, str(milestone.open)])

    def issue_digest(self, task: Task) -> str:
        issue = self._issue(task, Links())
        labels = [label.name for label in issue.labels]
        return _digest([issue.title, issue.text, str(issue.open), issue.comment or "", *labels])

    def _milestone(self, links: Links) -> Milestone:
        title, text = board_texts.milestone(self.mission, sum(self.costs.values()), links)
        return Milestone(self.mission.id, title, text, not self.has_ended, self.row.board.milestone)

    def _issue(self, task: Task, links: Links) -> TaskIssue:
        has_ended = task.status in TaskStatus.ENDED
        story = TaskStory(
            task,
            [receipt for receipt in standing(self.receipts) if receipt.task_id == task.id and receipt.ok],
            [made for made in self.artifacts if made.task_id == task.id],
            self.costs.get(task.id, 0),
        )
        return TaskIssue(
            task.id, board_texts.title(task), board_texts.description(task), not has_ended, board_texts.labels(task),
            board_texts.closing_comment(story, self.mission, links) if has_ended else None,
        )  # fmt: skip


async def read_board(tx: ReadTransaction, row: ForgeSyncRow) -> BoardContent:
    """Read what the board of a mission is made of."""
    mission = await tx.missions.get(row.mission_id)
    tasks = await tx.tasks.of_mission(mission.id)
    made = await tx.artifacts.of_mission(mission.id)
    synced = {code.id: code for code in await tx.forge_syncs.of_mission(mission.id)}
    return BoardContent(
        tx.now, row, mission, tuple(tasks), tuple(await tx.receipts.of_mission(mission.id)), tuple(made),
        {spend.of: spend.cost for spend in await tx.usage.by("task_id", mission.id)},
        tuple((artifact, synced[artifact.id]) for artifact in made if artifact.id in synced),
        COMPANY_HOME if await repositories.existing_code(tx, mission) else _home(row, mission, tasks, made),
    )  # fmt: skip


def home_key(home: Home) -> str:
    return f"repository {home.name}"


def release_key(made: Artifact) -> str:
    return f"release {made.id}"


def _home(row: ForgeSyncRow, mission: Mission, tasks: list[Task], made: list[Artifact]) -> Home | None:
    """Return where the issues belong: with the code that the plan promises, else with the company; None until then."""
    code = [task for task in tasks if task.deliverable.kind == DeliverableKind.CODE]
    if row.board.at_company or (not row.name and not code and mission.status != MissionStatus.PLANNING):
        return COMPANY_HOME
    name = row.name or next((task.deliverable.name for task in code), "")
    if not name:
        return None
    made = [one for one in made if one.kind == ArtifactKind.REPOSITORY]
    known = (one.detail for one in made if name in (one.name, one.detail.repository))
    words = next((detail.description for detail in known), mission.directive_text)
    return Home(name, words, mission.id)


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]
