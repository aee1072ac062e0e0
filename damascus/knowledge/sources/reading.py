"""Reads a page once for a mission, and keeps it: what is kept is cited, and is not read again."""

import hashlib
from dataclasses import replace

from damascus.core.events import EventKind, SourceRead
from damascus.core.ids import new_id
from damascus.core.records.sources import Source, SourceFacts, SourceLink
from damascus.core.records.tasks import Task
from damascus.core.text import one_line
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.web.port import Page, Unchanged, Validators, Web

MAX_TITLE_CHARS = 200
MAX_LINKS = 30


def address_of(url: str) -> str:
    """Return the address of a page by what is asked for: without blanks around it and without a place on the page."""
    return url.strip().partition("#")[0]


async def kept(tx: ReadTransaction, task: Task, url: str) -> Source | None:
    """Return what this task's mission has read at `url`, or None."""
    return await tx.sources.of_url(task.mission_id, url)


async def read(web: Web, earlier: Source | None, url: str) -> Page | Source:
    """Read the page at `url`; return `earlier`, what another mission read there, if it has not changed since.

    Raises WebError.
    """
    known = Validators()
    if earlier is not None and earlier.is_whole():  # what was changed since it was read is read again
        known = Validators(earlier.facts.etag, earlier.facts.last_modified)
    found = await web.fetch(url, known if known != Validators() else None)
    if isinstance(found, Unchanged):
        assert earlier is not None
        return earlier
    return found


async def keep(tx: Transaction, task: Task, url: str, found: Page | Source) -> Source:
    """Keep a page under an entry of the mission's trail; of two tasks that read it at once, one keeps it."""
    await tx.missions.lock(task.mission_id)
    already = await kept(tx, task, url)
    if already is not None:
        return already
    facts = found.facts if isinstance(found, Source) else _facts(found)
    id = new_id("src")
    title = one_line(facts.title or found.final_url)[:MAX_TITLE_CHARS]
    text = f"{title}, {found.final_url}, {len(found.text):,} characters"
    row = Source(
        id=id, mission_id=task.mission_id, task_id=task.id, entry=0, url=url, final_url=found.final_url,
        text=found.text, text_sha256=hashlib.sha256(found.text.encode()).hexdigest(), facts=facts, created_at=tx.now,
    )  # fmt: skip
    noted = SourceRead(text=text[:3_000], source_id=id, url=url, sha256=row.sha256())
    tx.events.append(EventKind.SOURCE, task.role, noted, task.mission_id, task.id)
    await tx.events.flush()
    assert tx.events.last_entry is not None
    row = replace(row, entry=tx.events.last_entry)
    await tx.sources.add(row)
    return row


def _facts(page: Page) -> SourceFacts:
    return SourceFacts(
        status=page.status, media_type=page.media_type, size=page.size, body_sha256=page.sha256, title=page.title,
        author=page.author, date=page.date, language=page.language, etag=page.validators.etag,
        last_modified=page.validators.last_modified,
        links=tuple(SourceLink(link.text, link.url) for link in page.links[:MAX_LINKS]),
    )  # fmt: skip
