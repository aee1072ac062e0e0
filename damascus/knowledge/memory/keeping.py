"""Decides what becomes of a memory that is to be kept, within one transaction; nothing half is left.

Writers of memories wait for each other (`next_number`): of two that bring the same at once, the second finds it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from damascus.core.errors import Invalid
from damascus.core.ids import new_id
from damascus.core.records.memories import (
    CEO,
    STEERING,
    Memory,
    MemoryKind,
    MemorySource,
    MemoryStatus,
    Visibility,
)
from damascus.core.text import one_line
from damascus.knowledge.memory.credentials import without_secrets
from damascus.knowledge.memory.likeness import repeats, say_the_same
from damascus.knowledge.memory.people import Colleagues, check_people
from damascus.knowledge.memory.port import (
    MAX_CONTENT_CHARS,
    MAX_EVIDENCE,
    MAX_PER_TASK,
    MAX_TAG_CHARS,
    MAX_TAGS,
    MIN_CONFIDENCE,
    MIN_CONTENT_CHARS,
    Fate,
    Near,
    NewMemory,
    Remembered,
)
from damascus.knowledge.memory.usefulness import drop_the_least_useful
from damascus.knowledge.memory.words import asked, searched
from damascus.knowledge.sources.marks import REF
from damascus.ledger.transaction import ReadTransaction, Transaction

MAX_COMPARED = 12
_WIDTH = {Visibility.OWN: 0, Visibility.TEAM: 1, Visibility.COMPANY: 2}


@dataclass(frozen=True, slots=True)
class Shown:
    """What the author was shown before: the texts of its prompt."""

    texts: Sequence[str] = ()


async def keep(
    tx: Transaction,
    new: NewMemory,
    shown: Shown,
    near: Sequence[Near] = (),
    colleagues: Colleagues | None = None,
) -> Remembered:
    """Keep a memory, merge it into one that says the same, or leave it out.

    `near` is what an index of meanings finds like it, `colleagues` who works here (None: nobody is looked for).
    Raises Invalid, with what to change, if it cannot be kept as it is.
    """
    number = await tx.memories.next_number()
    known = await tx.memory_sources.find(new.source_id)
    if known is not None:
        holder = await tx.memories.find(known.memory_id) if known.memory_id else None
        return Remembered(Fate.KNOWN, holder, "it was given before")
    new = _tidied(new)
    await _check_task(tx, new)
    if new.confidence < MIN_CONFIDENCE:
        return Remembered(Fate.DROPPED, None, f"below a confidence of {MIN_CONFIDENCE} nothing is kept")
    from_web = await _rests_on_pages(tx, new)
    evidence = await _evidence(tx, new)
    new = replace(new, evidence=evidence.refs)
    if colleagues is not None:
        check_people(new.content, colleagues, await _words_of_ceo(tx, new), evidence.says)
    if repeats(new.content, shown.texts):
        return Remembered(Fate.SHOWN_BEFORE, None, "it repeats what you were told; keep what you found out yourself")
    replaced = await _replaced(tx, new, from_web)
    same = None if replaced else await _same(tx, new, near)
    if same is not None:
        return await _merge(tx, same, new)
    memory = _memory(tx, number, new, from_web)
    await tx.memories.add(memory)
    await _note_source(tx, new, memory.id)
    if memory.status == MemoryStatus.PROPOSED:
        return Remembered(Fate.PROPOSED, memory, "it waits for the CEO, who alone decides what steers the company")
    if replaced is not None:
        await tx.memories.change(replaced.id, superseded_by=memory.id)
    if memory.owner != CEO and memory.id in await drop_the_least_useful(tx, memory.owner):
        return Remembered(Fate.DROPPED, None, "what is kept already is more useful")
    return Remembered(Fate.KEPT, memory)


def tidied(content: str, tags: Iterable[str]) -> tuple[str, list[str]]:
    """Return a memory's content and tags in their form. Raises Invalid if they cannot be a memory's."""
    content = without_secrets(one_line(content, MAX_CONTENT_CHARS + 1))
    if not MIN_CONTENT_CHARS <= len(content) <= MAX_CONTENT_CHARS:
        limits = f"{MIN_CONTENT_CHARS} to {MAX_CONTENT_CHARS} characters"
        raise Invalid(f"a memory has {limits}: one thing, in a sentence or two")
    kept = list(dict.fromkeys(one_line(without_secrets(tag), MAX_TAG_CHARS).lower() for tag in tags if tag.strip()))
    if len(kept) > MAX_TAGS:
        raise Invalid(f"a memory has at most {MAX_TAGS} tags")
    return content, kept


def _tidied(new: NewMemory) -> NewMemory:
    content, tags = tidied(new.content, new.tags)
    evidence = list(dict.fromkeys(one_line(ref, 80) for ref in new.evidence if ref.strip()))
    if len(evidence) > MAX_EVIDENCE:
        raise Invalid(f"a memory has at most {MAX_EVIDENCE} pieces of evidence")
    if not 0 <= new.confidence <= 1:
        raise Invalid("a confidence is a number from 0 to 1")
    return replace(new, content=content, tags=tags, evidence=evidence)


async def _check_task(tx: ReadTransaction, new: NewMemory) -> None:
    if new.task_id and len(await tx.memory_sources.of_task(new.task_id)) >= MAX_PER_TASK:
        raise Invalid(f"this task has had {MAX_PER_TASK} things remembered, which is all a task may; keep what matters")


async def _words_of_ceo(tx: ReadTransaction, new: NewMemory) -> list[str]:
    if new.owner == CEO:
        return [new.content]
    if new.mission_id is None:
        return []
    answers = [item.answer or "" for item in await tx.desk_items.of_mission(new.mission_id)]
    return [(await tx.missions.get(new.mission_id)).directive_text, *answers]


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a memory rests on: the entries, each with its mission before it (mis_1/e17), and what they say."""

    refs: list[str]
    says: list[str]


async def _evidence(tx: ReadTransaction, new: NewMemory) -> Evidence:
    """Return what the evidence is. Raises Invalid if a piece of it is not there."""
    found = Evidence([], [])
    for given in new.evidence:
        ref = REF.fullmatch(given)
        page = await tx.sources.find(given) if given.startswith("src_") else None
        number = page.entry if page is not None and page.mission_id == new.mission_id else int(ref[1]) if ref else 0
        entry = await tx.events.entry(new.mission_id, number) if new.mission_id else None
        if entry is None or new.mission_id is None:
            raise Invalid(
                f"{given!r} is not an entry of this mission's trail; `leave_trail` and `fetch_page` give entries "
                "such as e17, or leave `evidence` out"
            )
        page = page or await tx.sources.at(new.mission_id, number)
        found.refs.append(f"{new.mission_id}/{entry.ref}")
        found.says.extend(str(entry.payload.get(name) or "") for name in ("text", "passage"))
        found.says.extend([page.text] if page is not None else [])
    return found


async def _rests_on_pages(tx: ReadTransaction, new: NewMemory) -> bool:
    """Return whether words of strangers may stand behind this: the mission read the web, or what was learnt of it."""
    mission = new.mission_id
    if mission is None:
        return False
    has_read = await tx.sources.has_any(mission) or bool(await tx.turns.results_of_web(mission))
    return has_read or await tx.memory_uses.was_shown_pages(mission)


async def _replaced(tx: ReadTransaction, new: NewMemory, from_web: bool) -> Memory | None:
    if new.replaces is None:
        return None
    seen = await tx.memories.among([new.replaces], None if new.owner == CEO else new.owner)
    if new.replaces not in seen:
        raise Invalid(f"there is no memory {new.replaces[:60]!r} to replace; `recall` shows their ids")
    old = seen[new.replaces]
    if _needs_ceo(new, from_web):
        raise Invalid("what waits for the CEO replaces nothing yet; propose it without `replaces`")
    if new.owner not in (CEO, old.owner):
        raise Invalid(
            f"{old.id} is {old.owner}'s: only {old.owner} or the CEO may replace it; say what is different now"
        )
    return old


async def _same(tx: ReadTransaction, new: NewMemory, near: Sequence[Near]) -> Memory | None:
    """Return a memory in force that says the same, and that those who are to see the new one may see."""
    viewer = None if new.owner == CEO else new.owner
    cosines = {one.memory_id: one.cosine for one in near}
    by_words = await tx.memories.with_words(asked(new.content), viewer, MAX_COMPARED)
    found = {memory.id: memory for memory in by_words} | await tx.memories.among(cosines, viewer)
    found |= {memory.id: memory for memory in await tx.memories.proposed_by(new.owner)}
    for memory in found.values():
        if _may_hold(memory, new) and say_the_same(memory.content, new.content, cosines.get(memory.id)):
            return memory
    return None


def _may_hold(memory: Memory, new: NewMemory) -> bool:
    if (memory.kind in STEERING or new.kind in STEERING) and memory.kind != new.kind:
        return False
    return memory.owner == new.owner or _WIDTH[memory.visibility] >= _WIDTH[new.visibility]


async def _merge(tx: Transaction, memory: Memory, new: NewMemory) -> Remembered:
    """Let a memory that says the same hold the new one: its words stay, what speaks for it grows."""
    if memory.owner == new.owner or memory.owner != CEO:  # what the CEO laid down is as it was laid down
        is_owner = memory.owner == new.owner
        tags = _union(memory.tags, new.tags, MAX_TAGS)
        await tx.memories.change(
            memory.id,
            confidence=max(memory.confidence, new.confidence),
            tags=tags,
            words=searched(memory.content, tags),
            evidence=_union(memory.evidence, new.evidence, MAX_EVIDENCE),
            visibility=max(memory.visibility, new.visibility, key=_WIDTH.__getitem__)
            if is_owner
            else memory.visibility,
        )
    await _note_source(tx, new, memory.id)
    return Remembered(Fate.MERGED, await tx.memories.get(memory.id), "it was known already")


def _union(some: Iterable[str], more: Iterable[str], limit: int) -> list[str]:
    return list(dict.fromkeys([*some, *more]))[:limit]


def _needs_ceo(new: NewMemory, from_web: bool) -> bool:
    """Preferences are the CEO's; so is a strategy behind which words of strangers may stand."""
    return new.owner != CEO and (new.kind == MemoryKind.PREFERENCE or (new.kind == MemoryKind.STRATEGY and from_web))


def _memory(tx: Transaction, number: int, new: NewMemory, from_web: bool) -> Memory:
    return Memory(
        id=new_id("mem"), number=number, kind=new.kind, content=new.content, words=searched(new.content, new.tags),
        confidence=new.confidence, tags=list(new.tags), evidence=list(new.evidence), owner=new.owner,
        visibility=new.visibility, status=MemoryStatus.PROPOSED if _needs_ceo(new, from_web) else MemoryStatus.ACTIVE,
        superseded_by=None, from_web=from_web, mission_id=new.mission_id, task_id=new.task_id,
        created_at=tx.now, updated_at=tx.now,
    )  # fmt: skip


async def _note_source(tx: Transaction, new: NewMemory, memory_id: str) -> None:
    await tx.memory_sources.add(MemorySource(new.source_id, memory_id, new.task_id, tx.now))
