"""`submit_review`: what a colleague found of each line; what it quotes must be in what it read or ran."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from pydantic import Field

from damascus.core.errors import Conflict, Invalid
from damascus.core.records.reviews import LineVerdict, Review, ReviewedLine, ReviewFindings
from damascus.core.records.tasks import TaskKind
from damascus.core.records.turns import Speaker, Turn, TurnStatus
from damascus.knowledge.sources.passages import nearest, quoted_from
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, TaskEffect, ToolContext, ToolResult
from damascus.work.tasks import missions, tasks

MAX_QUOTE_CHARS = 600
QUOTABLE = frozenset({"read_report", "read_file", "list_files", "search_files", "read_trail", "run_command"})
_NUMBERED = re.compile(r"^ *\d+\t", re.MULTILINE)


class LineArguments(Arguments):
    line: int = Field(description="its number in your task")
    verdict: LineVerdict
    quote: str = Field(
        default="", max_length=MAX_QUOTE_CHARS,
        description="copied from what you read or ran: a passage, or a whole line; not needed for cannot_tell",
    )  # fmt: skip
    why: str = Field(default="", max_length=1000, description="in a sentence or two")


class SubmitReviewArguments(Arguments):
    lines: list[LineArguments] = Field(min_length=1, max_length=24, description="each line of your task, once")


class SubmitReviewTool:
    """Ends a review with a verdict on each line."""

    name = "submit_review"
    description = "Submit your review: a verdict on each line, with a quote that shows it."
    parameters = SubmitReviewArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: SubmitReviewArguments) -> ToolResult:
        task = context.task
        if task.kind != TaskKind.REVIEW:
            raise Conflict("only a review is submitted; do this task's own work")
        async with self._services.outbox.reading() as tx:
            review = await tx.reviews.get(task.id)
            seen = [turn.content for turn in await tx.turns.of_task(task.id) if _is_quotable(turn, context.turn)]
        findings = _findings(review, arguments.lines, seen)
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            await tx.reviews.answer(task.id, findings)
            result = ToolResult(_summary(findings), TaskEffect.REVIEWED)
            await missions.complete(tx, task, result.text)
            # with the findings: once they are committed the task has ended, and no worker may be left to write it
            await tx.turns.finish(context.turn.id, result.text, tx.now)
        return result


def _is_quotable(turn: Turn, call: Turn) -> bool:
    """Return whether a turn shows something: what refuses a call repeats the call's own words."""
    is_read = turn.speaker == Speaker.TOOL and turn.status == TurnStatus.DONE and turn.n < call.n
    return is_read and turn.tool in QUOTABLE and not turn.was_refused


def _findings(review: Review, given: Sequence[LineArguments], seen: Sequence[str]) -> ReviewFindings:
    """Return the review's lines with what was said of them. Raises Invalid with every fault."""
    lines = {line.number: line for line in review.findings.lines}
    counts = Counter(each.line for each in given)
    faults = [f"there is no line {n}" for n in counts if n not in lines]
    faults += [f"line {n} is given {count} times" for n, count in counts.items() if count > 1]
    faults += [f"line {n} is missing" for n in lines if n not in counts]
    texts = [_NUMBERED.sub("", text) for text in seen]
    faults += [fault for each in given for fault in _faults(each, texts)]
    if faults:
        raise Invalid("; ".join(faults))
    found = {each.line: each for each in given}
    return ReviewFindings(tuple(_reviewed(line, found[n], texts) for n, line in lines.items()))


def _faults(given: LineArguments, texts: Sequence[str]) -> list[str]:
    if given.verdict == LineVerdict.CANNOT_TELL:
        return [] if given.why.strip() else [f"line {given.line}: say in `why` what keeps you from telling"]
    if not texts:
        return [f"line {given.line}: you have read nothing yet; read it, then quote it"]
    if any(quoted_from(text, given.quote) for text in texts):
        return []
    near = next(filter(None, (nearest(text, given.quote) for text in texts)), "")
    hint = f" (nearest: “{near}”)" if near else ""
    return [
        f"line {given.line}: the quote is in nothing that you read or ran in this review{hint}; copy a passage of at "
        "least 15 characters or a whole line, or say cannot_tell"
    ]


def _reviewed(line: ReviewedLine, given: LineArguments, texts: Sequence[str]) -> ReviewedLine:
    quote = given.quote.strip() if any(quoted_from(text, given.quote) for text in texts) else ""
    return replace(line, verdict=given.verdict, quote=quote, why=given.why.strip())


def _summary(findings: ReviewFindings) -> str:
    counts = {verdict: len(findings.of(verdict)) for verdict in LineVerdict}
    return (
        f"{counts[LineVerdict.HOLDS]} of {len(findings.lines)} lines hold, {counts[LineVerdict.DOES_NOT_HOLD]} do not, "
        f"of {counts[LineVerdict.CANNOT_TELL]} it cannot be told"
    )
