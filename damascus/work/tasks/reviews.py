"""Reviews: a colleague looks at a task that its author calls done, at most MAX_REVIEWS times.

The author's `finish` waits for it, as a call waits for a subtask. Its run then makes the call again, and what the
review found decides: the task is complete, or its author revises it. A review that ends without an answer, for
whatever reason, leaves its lines as ones of which nobody can tell.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from damascus.core.records.reviews import MAX_REVIEWS, LineVerdict, Review, ReviewedLine, ReviewFindings
from damascus.core.records.roles import PLANNER
from damascus.core.records.tasks import Deliverable, DeliverableKind, Task, TaskKind
from damascus.core.records.turns import Turn
from damascus.core.text import one_line, quote
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work import policies
from damascus.work.tasks import tasks

MAX_LINE_CHARS = 500
MAX_SHOWN_CHARS = 4_000
MAX_TITLE_CHARS = 300


@dataclass(frozen=True, slots=True)
class Claim:
    """What an author says by calling `finish` with `turn`; `shown_in` is where it says that its lines are seen."""

    turn: Turn
    summary: str
    shown_in: Sequence[str] = ()


async def begin_if_due(tx: Transaction, task: Task, claim: Claim, roles: Collection[str]) -> Review | None:
    """Ask a colleague for a review of a task that holds all receipts, if the policy wants one; park the task for it.

    Returns None if there is nothing to review, nobody to do it, or it was done often enough.
    Raises LeaseLost if another worker has the task.
    """
    rounds = len(await tx.reviews.of_task(task.id)) + 1
    lines = _lines(task)
    policy = await policies.review(tx)
    reviewer = next((role for role in (policy.by, PLANNER, *sorted(roles)) if role in roles and role != task.role), "")
    if task.kind != TaskKind.WORK or not lines or not reviewer or rounds > MAX_REVIEWS:
        return None
    if policy.when == "never" or (policy.when == "risky" and not await _is_risky(tx, task)):
        return None
    child = replace(
        tasks.new_task(task.mission_id, reviewer, tx.now),
        key=f"{task.key}.review-{rounds}", kind=TaskKind.REVIEW, title=f"Review: {task.title}"[:MAX_TITLE_CHARS],
        description=_description(task, claim, lines), deliverable=Deliverable(DeliverableKind.NOTE, "review"),
        acceptance=["each line has a verdict and what shows it"],
        parent_id=task.id, parent_turn_id=claim.turn.id, hops=task.hops,
    )  # fmt: skip
    review = Review(
        child.id, task.mission_id, task.id, task.role, reviewer, claim.turn.id, rounds, ReviewFindings(lines),
        tx.now, None,
    )  # fmt: skip
    await tasks.add(tx, child, by=task.role)
    await tx.reviews.add(review)
    await wait_for(tx, task, review)
    return review


async def wait_for(tx: Transaction, task: Task, review: Review) -> None:
    """Park a task, whose run holds it, until its review has ended."""
    await tx.turns.mark_waiting(review.turn_id)
    await tasks.park(tx, task, f"{review.reviewer} reviews it")


async def end(tx: Transaction, task: Task) -> None:
    """End the review that was `task`, with whatever it found, and let the author's task resume."""
    await tx.reviews.finish(task.id)
    if task.parent_id is not None:
        await tasks.wake(tx, task.parent_id)


def faults(review: Review) -> str | None:
    """Return what an author is told to correct; None if it may not revise any more, or need not."""
    failed = review.findings.of(LineVerdict.DOES_NOT_HOLD)
    if not failed or review.round >= MAX_REVIEWS:
        return None
    lines = [f"- line {line.number}, {one_line(line.text, MAX_LINE_CHARS)}: {_said(line)}" for line in failed]
    return (
        f"Not done yet: {review.reviewer} has reviewed it, and finds that this does not hold:\n" + "\n".join(lines)
        + "\nRevise it, then call `finish` again. This is the only revision: what does not hold after it is written "
        "into the mission's README as such. Where the review is wrong, say so in `shown_in`."
    )  # fmt: skip


def _said(line: ReviewedLine) -> str:
    quoted = f" (“{one_line(line.quote, MAX_LINE_CHARS)}”)" if line.quote else ""
    return f"{one_line(line.why, MAX_LINE_CHARS) or 'no reason given'}{quoted}"


def _lines(task: Task) -> tuple[ReviewedLine, ...]:
    """Return the lines that no program checks."""
    checked = task.deliverable.checked_lines()
    return tuple(ReviewedLine(n, text) for n, text in enumerate(task.acceptance, start=1) if n not in checked)


async def _is_risky(tx: ReadTransaction, task: Task) -> bool:
    if task.deliverable.kind == DeliverableKind.NOTE:
        return False
    if task.deliverable.kind == DeliverableKind.CODE or task.parent_id is not None:
        return True
    graph = await tx.tasks.dependencies(task.mission_id)
    return any(task.id in needs for needs in graph.values())


def _description(task: Task, claim: Claim, lines: Sequence[ReviewedLine]) -> str:
    wanted = task.deliverable
    numbered = "\n".join(f"{line.number}. {one_line(line.text, MAX_LINE_CHARS)}" for line in lines)
    claims = "\n".join([claim.summary, *(f"- {each}" for each in claim.shown_in)])[:MAX_SHOWN_CHARS]
    return (
        f"{task.role} says that this is done: the {wanted.kind} `{wanted.name}`, of the task "
        f"“{one_line(task.title, MAX_TITLE_CHARS)}”. Read it yourself and say of each of these lines whether it "
        f"holds:\n\n{quote(numbered)}\n\nWhat was asked for:\n\n{quote(task.description[:MAX_SHOWN_CHARS])}\n\n"
        f"What its author says of it, which shows nothing by itself:\n\n{quote(claims)}"
    )
