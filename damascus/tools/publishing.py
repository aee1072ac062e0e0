"""A report as the program makes it of an agent's words, brought into its place and the ledger in one step."""

import asyncio
from datetime import datetime
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from damascus.core.errors import Conflict, Invalid
from damascus.core.money import to_usd
from damascus.core.records.artifacts import ArtifactDetail, ArtifactKind, Citation
from damascus.core.records.events import Event
from damascus.core.records.tasks import DeliverableKind, Task, TaskKind
from damascus.knowledge.sources.marks import mark_of, page_of
from damascus.ledger.transaction import ReadTransaction
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, ToolContext
from damascus.work import artifacts
from damascus.work.budget.settlement import SEARCHES
from damascus.work.delivery import report_files
from damascus.work.delivery.citations import cited_refs, flagged, linked, uncited, with_marks
from damascus.work.delivery.report_files import Report
from damascus.work.delivery.report_versions import earlier_versions, keep_earlier, version_before
from damascus.work.delivery.summary_footer import summary_footer
from damascus.work.direction import readme_note
from damascus.work.tasks import tasks
from damascus.work.tasks.planner_tasks import SUMMARY_REPORT

MAX_EXCERPT_CHARS = 200
MAX_NAMED_ENTRIES = 40
FREE_OF_SOURCES = (TaskKind.SYNTHESIS, TaskKind.ANSWER)


def as_list(value: Any) -> Any:
    """Return entries that a model gave in one text as a list."""
    return value.replace(",", " ").split() if isinstance(value, str) else value


class WholeReport(Arguments):
    """A report as it is written: what the call gives, together with the draft of those before it."""

    name: str
    title: str = Field(min_length=1, max_length=200)
    body: str = Field(min_length=1, max_length=200_000)
    sources: Annotated[list[str], BeforeValidator(as_list)] = Field(default_factory=list, max_length=100)


async def check_owner(tx: ReadTransaction, task: Task, name: str) -> None:
    """Raise Conflict if a report's name is another task's, or kept for the summary."""
    if name.casefold() == SUMMARY_REPORT.casefold() and task.kind != TaskKind.SYNTHESIS:
        raise Conflict(f"the name {SUMMARY_REPORT!r} is kept for the VP's summary; write yours under another name")
    if await artifacts.belongs_to_other_task(tx, task, ArtifactKind.REPORT, name):
        raise Conflict(f"the report {name!r} is another task's; write yours under your deliverable's name")


async def publish(services: ToolServices, context: ToolContext, name: str, report: Report) -> str:
    """Write a report's file and row; a task may do so again. Returns its path below the reports' folder.

    Raises Conflict if the name is another task's, LeaseLost if another worker has the task.
    """
    path = report_files.path_of(context.mission.slug, name)
    shared = services.shared
    draft = await asyncio.to_thread(report_files.write_draft, shared, path, report_files.render(report))
    try:
        async with services.outbox.transaction() as tx:
            await tasks.fence(tx, context.task)
            await tx.missions.lock(context.mission.id)  # of two who write one name at once, one must lose
            await check_owner(tx, context.task, name)
            earlier = await keep_earlier(tx, context.task, context.mission, name, shared)
            detail = ArtifactDetail(title=report.title, author=report.author, sources=report.sources, earlier=earlier)
            row = await artifacts.record(tx, context.task, ArtifactKind.REPORT, name, path, detail)
            artifacts.announce(tx, context.task, row)
            await tx.events.flush()
            report_files.move_into_place(draft, shared, path)
    finally:
        report_files.discard_draft(draft)
    return path.removeprefix(f"{report_files.REPORTS_FOLDER}/")


async def _sources(tx: ReadTransaction, task: Task, cited: list[str]) -> tuple[Citation, ...]:
    found, unknown = dict[str, Citation](), list[str]()
    for text in cited:
        event = await _entry(tx, task, text)
        if event is None:
            unknown.append(text[:40])
        else:
            page = await page_of(tx, event)
            found[event.ref] = Citation(
                event.ref, event.author, _excerpt(event), mark_of(event), _minute(event.created_at),
                page.final_url if page else "", _minute(page.created_at) if page else "",
            )  # fmt: skip
    if unknown:
        raise Invalid(f"not in the trail of this mission: {', '.join(unknown)}. {await _there_are(tx, task)}")
    if not found and task.kind not in FREE_OF_SOURCES and task.deliverable.kind != DeliverableKind.NOTE:
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


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"


def _excerpt(event: Event) -> str:
    text = " ".join(str(event.payload.get("text", "")).split())
    return text if len(text) <= MAX_EXCERPT_CHARS else f"{text[:MAX_EXCERPT_CHARS]}…"


async def compose(services: ToolServices, tx: ReadTransaction, context: ToolContext, arguments: WholeReport) -> Report:
    """Return the report with what the program adds: author, cost, sources, marks. Raises Invalid for a wrong source."""
    used = await tx.usage.of_task(context.task.id)
    models = dict.fromkeys(row.model for row in used if row.answered and not row.model.startswith(SEARCHES))
    author = context.author
    cited = [*arguments.sources, *cited_refs(arguments.body)]
    sources = await _sources(tx, context.task, cited)
    corrected = {f"e{old}": f"e{new}" for old, new in (await tx.events.corrections(context.mission.id)).items()}
    body = linked(flagged(with_marks(arguments.body, {source.ref: source.mark for source in sources}), corrected))
    if context.task.kind == TaskKind.SYNTHESIS:
        footer = await summary_footer(tx, context.mission, services.shared)
        body = uncited(await readme_note(tx, context.mission)) + body + uncited(footer)
    earlier = await earlier_versions(tx, context.task, context.mission, arguments.name)
    return Report(
        title=" ".join(arguments.title.split()), mission=context.mission.slug, task=context.task.id,
        author=f"{author.name}, {author.title}",
        model=", ".join(models) or services.settings.model.tiers.standard or "rehearsal",
        cost_usd=to_usd(sum(row.cost for row in used)), price_known=all(row.price_known for row in used),
        sources=sources, created_at=tx.now, rehearsal=services.rehearsal, body=body,
        looked_up=await tx.sources.has_any(context.mission.id), supersedes=version_before(earlier),
    )  # fmt: skip
