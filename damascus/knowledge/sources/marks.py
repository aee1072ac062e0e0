"""Where a claim comes from, decided by the program: from the words of its author, and from what is kept."""

import re
from dataclasses import dataclass

from damascus.core.errors import Invalid
from damascus.core.events import EventKind
from damascus.core.records.events import Event
from damascus.core.records.sources import Mark, Source
from damascus.knowledge.sources.passages import MIN_PASSAGE_CHARS, contains, nearest
from damascus.knowledge.sources.reading import address_of
from damascus.ledger.transaction import ReadTransaction

DIRECTIVE = "directive"
COMPUTED = "computed"
REF = re.compile(r"\[?e(\d{1,15})\]?", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Origin:
    """A claim's mark, and its source as it is kept: an entry such as e17, or the author's own words.

    What is not a claim has no mark.
    """

    mark: Mark | None
    source: str | None
    passage: str | None = None


async def origin_of(
    tx: ReadTransaction, mission_id: str, directive: str, source: str | None, passage: str | None
) -> Origin:
    """Return where a claim comes from.

    `source` is the entry or address of a page that this mission read, `directive`, `computed`, or words; `passage` is
    what that page, or the directive, says word for word.

    Raises:
        Invalid: if a page was not read, or does not say the passage; with the nearest that it says.
    """
    given = (source or "").strip()
    if given.lower() == DIRECTIVE:
        _look_up(directive, passage, "the directive")
        return Origin(Mark.FROM_CEO, DIRECTIVE)
    page = await _page(tx, mission_id, given)
    if page is not None:
        if not passage:
            return Origin(Mark.CITED, page.ref)
        _look_up(page.text, passage, f"{page.ref}, {page.url[:200]},")
        return Origin(Mark.VERIFIED, page.ref)
    if passage:
        raise Invalid("a passage needs its `source`: the entry of the page that says it, such as e17, or `directive`")
    return Origin(Mark.COMPUTED if given.lower() == COMPUTED else Mark.OWN_KNOWLEDGE, given or None)


def mark_of(event: Event) -> str:
    """Return the mark of a trail entry; a page that is cited itself is cited, not verified. Empty if it has none."""
    return str(Mark.CITED) if event.kind == EventKind.SOURCE else str(event.payload.get("mark") or "")


async def holds(tx: ReadTransaction, event: Event) -> bool:
    """Return whether what an entry says of its page is still true of what is kept, byte for byte.

    True of an entry that has no page.
    """
    if event.kind == EventKind.SOURCE:
        return await _whole_page(tx, event.mission_id or "", event.entry or 0) is not None
    mark, ref = event.payload.get("mark"), REF.fullmatch(str(event.payload.get("source") or ""))
    if mark not in (Mark.VERIFIED, Mark.CITED) or ref is None:
        return True
    page = await _whole_page(tx, event.mission_id or "", int(ref[1]))
    if page is None:
        return False
    return mark == Mark.CITED or contains(page.text, str(event.payload.get("passage") or ""))


async def page_of(tx: ReadTransaction, event: Event) -> Source | None:
    """Return the page that a trail entry is, or that it rests on; None if there is none."""
    number = page_entry_of(event)
    return None if number is None else await tx.sources.at(event.mission_id or "", number)


def page_entry_of(event: Event) -> int | None:
    """Return the number of the entry that a page is kept under: the one that an entry is, or rests on."""
    if event.kind == EventKind.SOURCE:
        return event.entry or 0
    ref = REF.fullmatch(str(event.payload.get("source") or ""))
    if ref is None or event.payload.get("mark") not in (Mark.VERIFIED, Mark.CITED):
        return None
    return int(ref[1])


async def _whole_page(tx: ReadTransaction, mission_id: str, number: int) -> Source | None:
    """Return the page of a mission at an entry, or None if it is not byte for byte what the entry noted."""
    page = await tx.sources.at(mission_id, number)
    entry = await tx.events.entry(mission_id, number)
    if page is None or entry is None:
        return None
    return page if page.is_whole(str(entry.payload.get("sha256") or "")) else None


async def _page(tx: ReadTransaction, mission_id: str, given: str) -> Source | None:
    ref, address = REF.fullmatch(given), _ADDRESS.search(given)
    if ref is not None:
        page = await tx.sources.at(mission_id, int(ref[1]))
        if page is None:
            raise Invalid(f"{given[:20]} is not a page that this mission read; `fetch_page` gives a page its entry")
        return page
    if address is None:
        return None
    url = address_of(address[0].rstrip(".,;:!?)]}>\"'"))
    page = await tx.sources.of_url(mission_id, url)
    if page is None:
        raise Invalid(
            f"{url[:200]} was not read in this mission: read it with `fetch_page` and cite its entry, or leave "
            "`source` out, and the claim counts as own knowledge"
        )
    return page


def _look_up(text: str, passage: str | None, where: str) -> None:
    if passage is None:
        return
    if len(passage.strip()) < MIN_PASSAGE_CHARS:
        raise Invalid(f"a passage has at least {MIN_PASSAGE_CHARS} characters: quote the whole sentence")
    if not contains(text, passage):
        near = nearest(text, passage)
        says = f"The nearest that it says: {near}" if near else "It says nothing like it"
        raise Invalid(f"{where} does not say that word for word. {says}")
