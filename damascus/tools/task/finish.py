"""`finish`."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from damascus.core.errors import Conflict, Invalid
from damascus.core.records.tasks import DeliverableKind, TaskKind
from damascus.tools.publishing import WholeReport, check_owner, compose, publish
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, TaskEffect, ToolContext, ToolResult, as_lines
from damascus.work.receipts.check import MIN_SUMMARY_CHARS
from damascus.work.tasks import gates

OpenDecision = Annotated[str, Field(min_length=1, max_length=1_000)]


class FinishArguments(Arguments):
    summary: str = Field(min_length=1, max_length=8000)
    shown_in: Annotated[list[str], BeforeValidator(as_lines)] = Field(
        default_factory=list, max_length=24, description="for each line of `Done when`: entry, file or command"
    )
    verdict: str | None = Field(default=None, max_length=60, description="with a gate: go or stop")
    number: float | None = Field(default=None, description="of the gate")
    decisions: Annotated[list[OpenDecision], BeforeValidator(as_lines)] = Field(
        default_factory=list, max_length=12, description="with the README: what the CEO is to decide"
    )


class FinishTool:
    """Says that the task is done; the program then checks that it is. A note becomes a file, as it was written."""

    name = "finish"
    description = "End the task as done; what is missing comes back."
    parameters = FinishArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: FinishArguments) -> ToolResult:
        summary, task = arguments.summary.strip(), context.task
        if arguments.decisions and task.kind != TaskKind.SYNTHESIS:
            raise Invalid("`decisions` are of the mission's summary; put yours into the summary of your task")
        verdict = gates.judge(task.gate, arguments.verdict, arguments.number)
        is_note = task.kind == TaskKind.WORK and task.deliverable.kind == DeliverableKind.NOTE
        if is_note and len(summary) >= MIN_SUMMARY_CHARS:
            await self._write_note(context, summary)
        return ToolResult(summary, TaskEffect.FINISHED, verdict=verdict, decisions=tuple(arguments.decisions))

    async def _write_note(self, context: ToolContext, summary: str) -> None:
        task, name = context.task, context.task.deliverable.name
        async with self._services.outbox.reading() as tx:
            try:
                await check_owner(tx, task, name)
            except Conflict:
                name = f"note-{task.key}"  # a key is one task's only
            note = await compose(self._services, tx, context, WholeReport(name=name, title=task.title, body=summary))
        await publish(self._services, context, name, note)
