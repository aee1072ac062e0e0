"""Search over everything: each hit says where it opens."""

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query

from damascus.api import schemas
from damascus.core.records.memories import Memory
from damascus.core.records.search import SearchKind, SearchRow
from damascus.core.text import one_line
from damascus.knowledge.memory.words import asked, words_in
from damascus.office.dependencies import Reading

router = APIRouter(tags=["search"])
MAX_HITS = 100
DEFAULT_HITS = 30
MAX_QUERY_CHARS = 1_000
EXCERPT_CHARS = 200
LEAD_CHARS = 60
TITLE_CHARS = 200


@router.get("")
async def search(
    tx: Reading,
    q: Annotated[str, Query(max_length=MAX_QUERY_CHARS, description="all of these words, in any order")],
    kind: Annotated[list[SearchKind] | None, Query(description="may be given several times; default: all")] = None,
    limit: Annotated[int, Query(ge=1, le=MAX_HITS)] = DEFAULT_HITS,
) -> schemas.SearchResult:
    """Find missions, tasks, trail entries, reports, pages, code and memories by their words, the likest first."""
    words = asked(q)
    kinds = kind or list(SearchKind)
    rows = await tx.search.with_words(words, kinds, limit)
    slugs = {id: (await tx.missions.get(id)).slug for id in {row.mission_id for row in rows}}
    hits = [_hit(row, slugs[row.mission_id], words) for row in rows]
    if SearchKind.MEMORY in kinds and len(hits) < limit:
        memories = await tx.memories.with_words(words, None, limit - len(hits))
        hits += [_of_memory(memory, words) for memory in memories if {*words} <= {*words_in(memory.words)}]
    return schemas.SearchResult(words=words, items=hits)


def _hit(row: SearchRow, slug: str, words: list[str]) -> schemas.Hit:
    id, part = row.id.partition(":")[2], quote(row.name, safe="")
    opens = {
        SearchKind.MISSION: (f"/api/missions/{slug}", f"ceo show {slug}"),
        SearchKind.TASK: (f"/api/tasks/{id}", f"ceo trail {id}"),
        SearchKind.ENTRY: (f"/api/log/{id}", f"ceo show {slug}"),
        SearchKind.REPORT: (f"/api/reports/{slug}/{part}", f"ceo read {slug}/{row.name}"),
        SearchKind.SOURCE: (f"/api/sources/{id}", f"ceo source {slug}/{row.name}"),
        SearchKind.CODE: (f"/api/missions/{slug}", f"ceo show {slug}"),
    }
    place, command = opens[row.kind]
    title = row.title
    if row.kind == SearchKind.MISSION:
        title = one_line(row.text.partition("\n")[0], TITLE_CHARS)  # what was asked for says more than its short name
    return schemas.Hit(
        kind=row.kind, id=id, mission_id=row.mission_id, mission_slug=slug, name=row.name, title=title,
        excerpt=excerpt(row.text, words), place=place, command=command, created_at=row.created_at,
    )  # fmt: skip


def _of_memory(memory: Memory, words: list[str]) -> schemas.Hit:
    return schemas.Hit(
        kind=SearchKind.MEMORY, id=memory.id, mission_id=memory.mission_id, mission_slug=None, name=memory.id,
        title=memory.kind, excerpt=excerpt(memory.content, words), place=f"/api/memories/{memory.id}",
        command=f"ceo memory show {memory.id}", created_at=memory.created_at,
    )  # fmt: skip


def excerpt(text: str, words: list[str]) -> str:
    """Return a line of a text around the first of the words that it has as it is written, else its beginning."""
    lower = text.lower()
    found = [at for at in (lower.find(word) for word in words) if at >= 0]
    begin = max(min(found, default=0) - LEAD_CHARS, 0)
    line = one_line(text[begin : begin + EXCERPT_CHARS + LEAD_CHARS], EXCERPT_CHARS)
    return f"…{line}" if begin else line
