"""The words of a mission's board. What a model or a person wrote in them is shown as it is, and does nothing.

Everything passes `forge/harmless.py` here, where the texts are composed; the marks, which the program alone adds, come
behind it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from zlib import crc32

from damascus.core.money import to_usd
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.receipts import Receipt
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.text import one_line
from damascus.forge.board import Label, PullRequest
from damascus.forge.harmless import harmless, plain, quoted

MAX_TITLE_CHARS = 250
MAX_PULL_TITLE_CHARS = 100
MAX_MILESTONE_CHARS = 50  # what the forge's own page lets a person edit
MAX_TEXT_CHARS = 20_000
SHORT_SHA_CHARS = 12
PLANNED = Label("state/planned", "b6bcc4", "nobody works on it yet")
AT_WORK = Label("state/at work", "2f7fd6", "somebody works on it")
STATES = {
    TaskStatus.WAITING: PLANNED,
    TaskStatus.QUEUED: PLANNED,
    TaskStatus.CLAIMED: AT_WORK,
    TaskStatus.WORKING: AT_WORK,
    TaskStatus.CHECKING: AT_WORK,
    TaskStatus.PARKED: Label("state/waiting", "e8a317", "it continues later; its text says why"),
    TaskStatus.COMPLETED: Label("state/done", "2e9e5b", "the program has checked the result"),
    TaskStatus.FAILED: Label("state/failed", "d1433f", "it was given up"),
    TaskStatus.CANCELLED: Label("state/cancelled", "6e7681", "it was not needed any more"),
}
ROLE_COLORS = ("7057c9", "a8558f", "3d8f8a", "8a7238", "4a6fa5", "b0603c")
MISSION_WORDS = {
    MissionStatus.PLANNING: "is being planned",
    MissionStatus.QUOTED: "waits for the signature of its plan",
    MissionStatus.RUNNING: "is in progress",
    MissionStatus.SYNTHESIZING: "is being summed up",
    MissionStatus.SUCCEEDED: "has succeeded",
    MissionStatus.FAILED: "has failed",
    MissionStatus.CANCELLED: "was cancelled",
}


@dataclass(frozen=True, slots=True)
class Links:
    """Where the company's reports are at the forge, and its own name for a tag of a repository's artifact."""

    reports: str | None = None
    releases: tuple[tuple[str, str], ...] = ()

    def report(self, mission: Mission, name: str) -> str | None:
        return f"{self.reports}/{mission.slug}/{name}.md" if self.reports else None


@dataclass(frozen=True, slots=True)
class TaskStory:
    """A task with the receipts that it passed, what it made and what it cost."""

    task: Task
    receipts: Sequence[Receipt]
    artifacts: Sequence[Artifact]
    cost: int


def title(task: Task) -> str:
    return one_line(harmless(task.title), MAX_TITLE_CHARS)


def labels(task: Task) -> tuple[Label, ...]:
    color = ROLE_COLORS[crc32(task.role.encode()) % len(ROLE_COLORS)]
    return STATES[task.status], Label(f"role/{task.role}", color, f"work of the {task.role}")


def description(task: Task) -> str:
    """Return what an issue says of a task that is not done yet."""
    parts = [quoted(task.description[:MAX_TEXT_CHARS])]
    if task.acceptance:
        items = "\n".join(f"- {plain(item, 1000)}" for item in task.acceptance)
        parts.append(f"**It is done when**\n\n{items}")
    if task.deliverable.name:
        parts.append(f"**It delivers** the {task.deliverable.kind} {plain(task.deliverable.name)}")
    if task.status == TaskStatus.PARKED and task.reason:
        parts.append(f"**It waits**\n\n{quoted(task.reason)}")
    return "\n\n".join(parts)


def closing_comment(story: TaskStory, mission: Mission, links: Links) -> str:
    """Return what is said when a task has ended: the result, the program's receipts, where it is, the cost."""
    task = story.task
    head = {
        TaskStatus.COMPLETED: "**Done.**", TaskStatus.FAILED: "**Failed.**", TaskStatus.CANCELLED: "**Cancelled.**",
    }[task.status]  # fmt: skip
    said = (task.summary if task.status == TaskStatus.COMPLETED else task.reason) or ""
    parts = [f"{head} It cost ${to_usd(story.cost):.4f}.", quoted(said[:MAX_TEXT_CHARS]) if said.strip() else ""]
    if story.receipts:
        checks = "\n".join(f"- ✓ {plain(receipt.text, 500)}" for receipt in story.receipts)
        parts.append(f"**Checked by the program**\n\n{checks}")
    if story.artifacts:
        made = "\n".join(_made(artifact, mission, links) for artifact in story.artifacts)
        parts.append(f"**What it left**\n\n{made}")
    return "\n\n".join(filter(None, parts))


def _made(artifact: Artifact, mission: Mission, links: Links) -> str:
    detail = artifact.detail
    if artifact.kind == ArtifactKind.REPORT:
        where, words = links.report(mission, artifact.name), detail.title or artifact.name
        return f"- Report: {_link(words, where)}"
    if artifact.kind == ArtifactKind.REPOSITORY:
        return f"- Repository: {_link(artifact.name, detail.web_url)}"
    where = artifact.path if artifact.path.startswith("http") else None
    return f"- Commit {_link(artifact.name[:SHORT_SHA_CHARS], where)}: {plain(detail.message, 120)}"


def _link(words: str, where: str | None) -> str:
    return f"[{plain(words, 120)}]({where})" if where else plain(words, 120)


def milestone(mission: Mission, cost: int, links: Links) -> tuple[str, str]:
    """Return title and text of a mission's milestone."""
    parts = [quoted(mission.directive_text[:MAX_TEXT_CHARS]), f"The mission {MISSION_WORDS[mission.status]}."]
    if mission.status in MissionStatus.ENDED:
        summary = links.report(mission, "README") if mission.status == MissionStatus.SUCCEEDED else None
        parts[1] += f" It cost ${to_usd(cost):.4f}."
        parts.append(f"[Read the summary]({summary})" if summary else "")
        parts.append(quoted(mission.reason) if mission.reason else "")
    return mission_title(mission), "\n\n".join(filter(None, parts))


def mission_title(mission: Mission) -> str:
    return one_line(harmless(mission.directive_text), MAX_MILESTONE_CHARS)


def pull_request(mission: Mission, made: Artifact, task: Task, receipts: Sequence[Receipt], cost: int) -> PullRequest:
    """Return what asks for a mission's change to code of somebody's to be taken over."""
    checks = "\n".join(f"- ✓ {plain(receipt.text, 500)}" for receipt in receipts)
    said = task.summary or ""
    parts = [
        "Asked for:",
        quoted(mission.directive_text[:MAX_TEXT_CHARS]),
        f"**What was done**\n\n{quoted(said[:MAX_TEXT_CHARS])}" if said.strip() else "",
        f"**Checked by the program**\n\n{checks}" if checks else "",
        f"It begins from `{made.detail.base[:SHORT_SHA_CHARS]}`. The mission cost ${to_usd(cost):.4f}.",
    ]
    title = one_line(harmless(mission.directive_text), MAX_PULL_TITLE_CHARS)
    mark = f"{mission.id} {made.id}"
    return PullRequest(mark, made.detail.branch, title, "\n\n".join(filter(None, parts)))


def release(mission: Mission, name: str, receipts: Sequence[Receipt], cost: int, links: Links) -> tuple[str, str]:
    """Return title and text of the release of a repository."""
    summary = links.report(mission, "README")
    checks = "\n".join(f"- ✓ {plain(receipt.text, 500)}" for receipt in receipts)
    parts = [
        "Handed over for:",
        quoted(mission.directive_text[:MAX_TEXT_CHARS]),
        f"**Checked by the program**\n\n{checks}" if checks else "",
        f"The mission cost ${to_usd(cost):.4f}." + (f" [Read the summary]({summary})" if summary else ""),
        "The zip has the files of exactly the commit on which the tests passed.",
    ]
    return one_line(harmless(name), MAX_TITLE_CHARS), "\n\n".join(filter(None, parts))
