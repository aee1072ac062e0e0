"""Indexes for search what the log says is new or changed: missions, tasks, trail entries, reports, pages, code.

The log leads: what an event names is read as it is now, so that doing one twice does no harm, and a ledger of before is
indexed from its first event on.
"""

import asyncio
import logging
from collections.abc import Iterable
from pathlib import Path

from damascus.composition.company import Company
from damascus.core.errors import DamascusError, Invalid, NotFound
from damascus.core.events import TRAIL, EventKind
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.events import Event
from damascus.core.records.search import SearchKind, SearchRow
from damascus.knowledge.memory.words import words_in
from damascus.ledger.transaction import ReadTransaction
from damascus.office.dependencies import forge_of
from damascus.office.jobs.job import Tick
from damascus.work.delivery import report_files, repositories

log = logging.getLogger(__name__)
MAX_BATCH_EVENTS = 200
MAX_TEXT_CHARS = 100_000  # of one thing: a GIN index takes a megabyte of words at most
MAX_FILES = 2_000


async def index_for_search(tick: Tick) -> int:
    """Index what the next events name. Returns how many rows were written."""
    company = tick.company
    async with company.outbox.reading() as tx:
        events = await tx.events.since(await tx.search.read_to(), MAX_BATCH_EVENTS)
        if not events:
            return 0
        found = await _Reader(tx, company).rows(events)
    async with company.outbox.transaction() as tx:
        if await tx.search.lock() >= events[0].seq:
            return 0  # another office was first
        number = await tx.search.last_number()
        rows = [_row(id, given, number + at) for at, (id, given) in enumerate(found.items(), start=1)]
        await tx.search.put(rows)
        await tx.search.read_on(events[-1].seq)
    return len(rows)


Indexed = tuple[SearchKind, str, str, str, str, Event]  # kind, mission, name, title, text, and the event that told


def _row(id: str, given: Indexed, number: int) -> SearchRow:
    kind, mission_id, name, title, text, event = given
    text = text[:MAX_TEXT_CHARS]
    words = " ".join(words_in(f"{title} {text}"))[:MAX_TEXT_CHARS]
    return SearchRow(id, number, kind, mission_id, name, title, text, words, event.created_at)


class _Reader:
    """Reads what events name, each thing once."""

    def __init__(self, tx: ReadTransaction, company: Company) -> None:
        self._tx = tx
        self._company = company
        self._found: dict[str, Indexed] = {}

    async def rows(self, events: Iterable[Event]) -> dict[str, Indexed]:
        """Return what to index, by its id."""
        for event in events:
            if event.mission_id is None:
                continue
            if event.kind == EventKind.MISSION:
                await self._mission(event, event.mission_id)
            elif event.kind == EventKind.TASK and event.task_id:
                await self._task(event, event.task_id)
            elif event.kind == EventKind.SOURCE and event.entry is not None:
                await self._source(event, event.mission_id, event.entry)
            elif event.kind in TRAIL and event.entry is not None:
                self._put(SearchKind.ENTRY, str(event.seq), event, event.ref, event.kind, event.payload.get("text", ""))
            elif event.kind == EventKind.ARTIFACT:
                await self._artifact(event, event.mission_id)
        return self._found

    def _put(self, kind: SearchKind, id: str, event: Event, name: str, title: str, text: str) -> None:
        self._found[f"{kind}:{id}"] = (kind, event.mission_id or "", name, title, text, event)

    async def _mission(self, event: Event, id: str) -> None:
        mission = await self._tx.missions.find(id)
        if mission is not None:
            text = f"{mission.directive_text}\n{mission.summary or ''}"
            self._put(SearchKind.MISSION, id, event, mission.slug, mission.slug, text)

    async def _task(self, event: Event, id: str) -> None:
        task = await self._tx.tasks.find(id)
        if task is not None:
            self._put(SearchKind.TASK, id, event, id, task.title, f"{task.description}\n{task.summary or ''}")

    async def _source(self, event: Event, mission_id: str, entry: int) -> None:
        source = await self._tx.sources.at(mission_id, entry)
        if source is not None:
            title = source.facts.title or source.final_url
            self._put(SearchKind.SOURCE, source.id, event, source.ref, title, f"{source.final_url}\n{source.text}")

    async def _artifact(self, event: Event, mission_id: str) -> None:
        for row in await self._tx.artifacts.of_mission(mission_id):
            if row.id == event.payload.get("artifact_id") and row.kind == ArtifactKind.REPORT:
                text = await asyncio.to_thread(_text_of, self._company.settings.shared, row.path)
                self._put(SearchKind.REPORT, row.id, event, row.name, row.detail.title or row.name, text)
            elif row.kind == ArtifactKind.REPOSITORY:
                names = "\n".join(await _files_of(self._company, row))
                self._put(SearchKind.CODE, row.id, event, row.name, row.name, f"{row.detail.description}\n{names}")


def _text_of(shared: Path, path: str) -> str:
    try:
        return report_files.as_read(report_files.whole_text(shared, path))
    except (NotFound, Invalid):
        return ""  # it was removed: its title is found


async def _files_of(company: Company, row: Artifact) -> list[str]:
    """Return the names of a repository's files, as it is now."""
    forge, repository = forge_of(company), repositories.repository_of(row)
    try:
        head = await forge.head(repository)
        return (await forge.file_names(repository, head))[:MAX_FILES] if head else []
    except (DamascusError, OSError) as error:
        log.info("the files of %s are not indexed: %s", row.name, error)
        return []
