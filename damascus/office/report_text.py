"""A report to be read: its author's words, and apart from them what the ledger knows of it, not the file."""

import asyncio

from damascus.api import schemas
from damascus.core.records.artifacts import Artifact
from damascus.core.records.events import Event
from damascus.core.records.missions import Mission
from damascus.core.records.sources import Source
from damascus.core.settings import Settings
from damascus.knowledge.sources.marks import mark_of, page_entry_of
from damascus.ledger.transaction import ReadTransaction
from damascus.office import serializers
from damascus.work.delivery import report_files
from damascus.work.delivery.summary_footer import program_part
from damascus.work.direction import readme_note
from damascus.work.tasks.planner_tasks import SUMMARY_REPORT


async def read(tx: ReadTransaction, mission: Mission, row: Artifact, settings: Settings) -> schemas.ReportText:
    """Return a report. Raises NotFound if its file is gone, Invalid if it cannot be read whole."""
    shared, is_summary = settings.shared, row.name == SUMMARY_REPORT
    text = await asyncio.to_thread(report_files.whole_text, shared, row.path)
    body = report_files.by_author(text, is_summary=is_summary)
    notes = []
    if settings.model.rehearsal if mission.rehearsal is None else mission.rehearsal:
        notes.append(report_files.REHEARSAL_LINE)
    elif not await tx.sources.has_any(mission.id):
        notes.append(report_files.NOTHING_LOOKED_UP)
    if is_summary and (note := (await readme_note(tx, mission)).strip()):
        notes.append(note)
        body = body.replace(f"\n\n{note}\n", "\n", 1)
    head = serializers.report(row, mission.slug, shared)
    return schemas.ReportText(
        **head.model_dump(), text=text, body=body, notes=[note.removeprefix("> ") for note in notes],
        program_part=await program_part(tx, mission, shared) if is_summary else "",
        sources=await _sources(tx, mission, row),
        receipts=serializers.receipts(await tx.receipts.of_task(row.task_id)),
    )  # fmt: skip


async def _sources(tx: ReadTransaction, mission: Mission, row: Artifact) -> list[schemas.ReportSource]:
    """Return the entries that the program found to be cited when the report was written, in its order."""
    numbers = [int(source.ref[1:]) for source in row.detail.sources]
    entries = {event.entry: event for event in await tx.events.entries(mission.id, numbers)}
    corrected = await tx.events.corrections(mission.id)
    found = [entries[number] for number in numbers if number in entries]
    pages = {page.entry: page for page in await tx.sources.of_mission(mission.id)} if found else {}
    return [_source(event, pages.get(page_entry_of(event) or 0), corrected.get(event.entry or 0)) for event in found]


def _source(event: Event, page: Source | None, corrected_by: int | None) -> schemas.ReportSource:
    payload = event.payload
    return schemas.ReportSource(
        ref=event.ref, seq=event.seq, by=event.author, kind=event.kind, text=str(payload.get("text", "")),
        source=payload.get("source"), task_id=event.task_id, at=event.created_at, mark=mark_of(event),
        passage=payload.get("passage"), page_id=page.id if page else None, page_url=page.final_url if page else None,
        corrected_by=f"e{corrected_by}" if corrected_by else None,
    )  # fmt: skip
