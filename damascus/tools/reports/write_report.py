"""`write_report`."""

import asyncio
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from damascus.core.errors import Conflict, Invalid
from damascus.core.money import to_usd
from damascus.core.records.artifacts import ArtifactDetail, ArtifactKind, Citation
from damascus.core.records.events import Event
from damascus.core.records.tasks import Task, TaskKind
from damascus.knowledge.sources.marks import mark_of
from damascus.ledger.transaction import ReadTransaction
from damascus.tools import draft
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import artifacts
from damascus.work.budget.settlement import SEARCHES
from damascus.work.delivery import report_files
from damascus.work.delivery.citations import cited_refs, flagged, with_marks
from damascus.work.delivery.report_files import Report
from damascus.work.delivery.summary_footer import summary_footer
from damascus.work.tasks import tasks
from damascus.work.tasks.planner_tasks import SUMMARY_REPORT

MAX_EXCERPT_CHARS = 200
MAX_NAMED_ENTRIES = 40
FREE_OF_SOURCES = (TaskKind.SYNTHESIS, TaskKind.ANSWER)


def _as_list(value: Any) -> Any:
    return value.replace(",", " ").split() if isinstance(value, str) else value


class WriteReportArguments(Arguments):
    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,59}$", description="the deliverable's name, without .md")
    title: str | None = None
    body: str | None = Field(default=None, description="Markdown; the first time with `title`")
    sources: Annotated[list[str], BeforeValidator(_as_list)] = Field(
        default_factory=list, max_length=100, description="the trail entries it rests on, such as e17"
    )
    edits: list[dict[str, Any]] = Field(
        default_factory=list, description="instead of `body`: passages of your last one to replace, each `old`, `new`"
    )


class WholeReport(Arguments):
    """A report as it is written: what the call gives, together with the draft of those before it."""

    name: str
    title: str = Field(min_length=1, max_length=200)
    body: str = Field(min_length=1, max_length=200_000)
    sources: Annotated[list[str], BeforeValidator(_as_list)] = Field(default_factory=list, max_length=100)


class WriteReportTool:
    """Writes a report of the mission with its sources; a task may rewrite its own."""

    name = "write_report"
    description = "Write a report, or rewrite your own. Every source must be an entry of the mission's trail."
    parameters = WriteReportArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, given: WriteReportArguments) -> ToolResult:
        async with self._services.outbox.reading() as tx:
            turns = await tx.turns.of_task(context.task.id)
        arguments = WholeReport.model_validate(draft.merged(turns, context.turn, self.name, given, _merge))
        path = report_files.path_of(context.mission.slug, arguments.name)
        async with self._services.outbox.reading() as tx:
            await _check_owner(tx, context.task, arguments.name)
            report = await self._compose(tx, context, arguments)
        shared = self._services.shared
        written = await asyncio.to_thread(report_files.write_draft, shared, path, report_files.render(report))
        try:
            async with self._services.outbox.transaction() as tx:
                await tasks.fence(tx, context.task)
                await tx.missions.lock(context.mission.id)  # of two who write one name at once, one must lose
                await _check_owner(tx, context.task, arguments.name)
                detail = ArtifactDetail(title=report.title, author=report.author, sources=report.sources)
                row = await artifacts.record(tx, context.task, ArtifactKind.REPORT, arguments.name, path, detail)
                artifacts.announce(tx, context.task, row)
                await tx.events.flush()
                report_files.move_into_place(written, shared, path)
        finally:
            report_files.discard_draft(written)
        return ToolResult(f"wrote {path.removeprefix(f'{report_files.REPORTS_FOLDER}/')}")

    async def _compose(self, tx: ReadTransaction, context: ToolContext, arguments: WholeReport) -> Report:
        used = await tx.usage.of_task(context.task.id)
        models = dict.fromkeys(row.model for row in used if row.answered and not row.model.startswith(SEARCHES))
        author = context.author
        cited = [*arguments.sources, *cited_refs(arguments.body)]
        sources = await _sources(tx, context.task, cited)
        corrected = {f"e{old}": f"e{new}" for old, new in (await tx.events.corrections(context.mission.id)).items()}
        body = flagged(with_marks(arguments.body, {source.ref: source.mark for source in sources}), corrected)
        if context.task.kind == TaskKind.SYNTHESIS:
            body += await summary_footer(tx, context.mission)
        return Report(
            title=" ".join(arguments.title.split()), mission=context.mission.slug, task=context.task.id,
            author=f"{author.name}, {author.title}",
            model=", ".join(models) or self._services.settings.model.tiers.standard or "rehearsal",
            cost_usd=to_usd(sum(row.cost for row in used)), price_known=all(row.price_known for row in used),
            sources=sources, created_at=tx.now, rehearsal=self._services.rehearsal, body=body,
            looked_up=await tx.sources.has_any(context.mission.id),
        )  # fmt: skip


def _merge(before: draft.Draft, given: draft.Draft) -> draft.Draft:
    fields = {name: value for name, value in given.items() if name != "edits" and value is not None}
    if "body" in fields:
        return fields if "title" in fields else {"title": before.get("title"), **fields}
    body = draft.edited(with_marks(str(before.get("body") or ""), {}), given.get("edits") or ())
    return {**before, **fields, "body": body}


async def _check_owner(tx: ReadTransaction, task: Task, name: str) -> None:
    if name.casefold() == SUMMARY_REPORT.casefold() and task.kind != TaskKind.SYNTHESIS:
        raise Conflict(f"the name {SUMMARY_REPORT!r} is kept for the VP's summary; write yours under another name")
    if await artifacts.belongs_to_other_task(tx, task, ArtifactKind.REPORT, name):
        raise Conflict(f"the report {name!r} is another task's; write yours under your deliverable's name")


async def _sources(tx: ReadTransaction, task: Task, cited: list[str]) -> tuple[Citation, ...]:
    found, unknown = dict[str, Citation](), list[str]()
    for text in cited:
        event = await _entry(tx, task, text)
        if event is None:
            unknown.append(text[:40])
        else:
            found[event.ref] = Citation(event.ref, event.author, _excerpt(event), mark_of(event))
    if unknown:
        raise Invalid(f"not in the trail of this mission: {', '.join(unknown)}. {await _there_are(tx, task)}")
    if not found and task.kind not in FREE_OF_SOURCES:
        there = await _there_are(tx, task)
        raise Invalid(f"a report rests on at least one trail entry; cite what you found. {there}")
    return tuple(found.values())


async def _entry(tx: ReadTransaction, task: Task, cited: str) -> Event | None:
    digits = cited.strip().strip("[]").lower().removeprefix("e")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 15:
        return None
    return await tx.events.entry(task.mission_id, int(digits))


async def _there_are(tx: ReadTransaction, task: Task) -> str:
    trail = await tx.events.trail(task.mission_id, limit=MAX_NAMED_ENTRIES)
    if not trail:
        return "The trail is empty: leave an entry with `leave_trail` first."
    return f"There are: {', '.join(event.ref for event in trail)}."


def _excerpt(event: Event) -> str:
    text = " ".join(str(event.payload.get("text", "")).split())
    return text if len(text) <= MAX_EXCERPT_CHARS else f"{text[:MAX_EXCERPT_CHARS]}…"
