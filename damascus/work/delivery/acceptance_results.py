"""What became of the lines of the tasks' acceptance: what reviewers found, and which nobody has checked."""

from collections.abc import Mapping

from damascus.core.records.missions import Mission
from damascus.core.records.reviews import LineVerdict, Review, ReviewedLine
from damascus.core.records.tasks import Task, TaskKind, TaskStatus
from damascus.core.text import one_line
from damascus.ledger.transaction import ReadTransaction

MAX_CELL_CHARS = 300


async def reviewed_section(tx: ReadTransaction, mission: Mission, tasks: Mapping[str, Task]) -> str:
    """Return what reviewers found to hold, with what shows it; empty without reviews."""
    lines = []
    for task, review in (await _last_reviews(tx, mission, tasks)).values():
        shown = review.findings.of(LineVerdict.HOLDS)
        again = ", after a revision" if review.round > 1 else ""
        lines.append(f"- {_cell(task.title)}, reviewed by {review.reviewer}{again}: {_count(review)}")
        lines += [f"  - holds: {_cell(line.text)}: “{_cell(line.quote)}”" for line in shown]
    return "\n".join(["## Reviewed by a colleague", "", *lines]) if lines else ""


async def open_lines(tx: ReadTransaction, mission: Mission, tasks: Mapping[str, Task]) -> list[str]:
    """Return, as items of a list, the lines that do not hold and those that nobody could check."""
    reviews = await _last_reviews(tx, mission, tasks)
    failed, unchecked = list[str](), list[str]()
    for task in tasks.values():
        if task.kind != TaskKind.WORK or task.status != TaskStatus.COMPLETED:
            continue
        title = _cell(task.title)
        if task.id not in reviews:
            left = len(set(range(1, len(task.acceptance) + 1)) - task.deliverable.checked_lines())
            unchecked += [f"- not checked: {title}: {_lines(left)} of its acceptance"] if left else []
            continue
        review = reviews[task.id][1]
        lost = review.findings.of(LineVerdict.DOES_NOT_HOLD)
        failed += [f"- does not hold: {title}: {_cell(line.text)}: {_said(review, line)}" for line in lost]
        unknown = review.findings.of(LineVerdict.CANNOT_TELL)
        unchecked += [f"- not checked: {title}: {_cell(line.text)}: {_said(review, line)}" for line in unknown]
    return failed + unchecked


async def _last_reviews(
    tx: ReadTransaction, mission: Mission, tasks: Mapping[str, Task]
) -> dict[str, tuple[Task, Review]]:
    """Return the last review of each task that was completed, by the task's id."""
    done = [one for one in await tx.reviews.of_mission(mission.id) if one.finished_at is not None]
    found = {one.task_id: (tasks[one.task_id], one) for one in sorted(done, key=lambda one: one.round)}
    return {id: pair for id, pair in found.items() if pair[0].status == TaskStatus.COMPLETED}


def _count(review: Review) -> str:
    return f"{len(review.findings.of(LineVerdict.HOLDS))} of {_lines(len(review.findings.lines))} hold"


def _said(review: Review, line: ReviewedLine) -> str:
    why = _cell(line.why) or "the review ended without an answer"
    quoted = f" (“{_cell(line.quote)}”)" if line.quote else ""
    return f"{review.reviewer}: {why}{quoted}"


def _lines(count: int) -> str:
    return f"{count} {'line' if count == 1 else 'lines'}"


def _cell(text: str) -> str:
    """A model's words on one line, so that they cannot add lines of their own here."""
    return one_line(text.replace("`", "'"), MAX_CELL_CHARS)
