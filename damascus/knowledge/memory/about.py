"""What the company knows about something, and from where: memories, each with its way down to pages that are kept."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.memories import Memory
from damascus.core.records.relations import Node, NodeKind, Relation, entry_id
from damascus.core.text import one_line
from damascus.knowledge.memory.words import asked
from damascus.ledger.transaction import ReadTransaction

MAX_KNOWN = 20
MAX_WORDS_CHARS = 300
_ENTRY = re.compile(r"(.+)/(e\d{1,15})")
_TO_A_MEMORY = (NodeKind.ENTRY, NodeKind.SOURCE, NodeKind.TASK, NodeKind.MISSION, NodeKind.AGENT, NodeKind.MEMORY)


@dataclass(frozen=True, slots=True)
class Known:
    """A memory, the relations that lead from it, and what each node of them is, in words."""

    memory: Memory
    relations: list[Relation]
    words: dict[Node, str]


async def about(tx: ReadTransaction, subject: str) -> list[Known]:
    """Return what is known about a mission, task, repository, role, page, memory or topic, at most MAX_KNOWN.

    What rests on the thing itself comes before what only uses its words.
    """
    ids = [found for node in await _named(tx, subject) for found in await _memories_from(tx, node)]
    ids += [memory.id for memory in await tx.memories.with_words(asked(subject), None, MAX_KNOWN)]
    found = await tx.memories.among(list(dict.fromkeys(ids)), None)
    return [await trace(tx, found[id]) for id in list(dict.fromkeys(ids)) if id in found][:MAX_KNOWN]


async def trace(tx: ReadTransaction, memory: Memory) -> Known:
    """Return a memory with its way down to what it rests on."""
    relations = await tx.relations.from_node(Node(NodeKind.MEMORY, memory.id))
    nodes = dict.fromkeys(end for relation in relations for end in (relation.node, relation.other))
    return Known(memory, relations, {node: await _words(tx, node) for node in nodes})


async def _memories_from(tx: ReadTransaction, node: Node) -> list[str]:
    own = [node.id] if node.kind == NodeKind.MEMORY else []
    met = _ends(await tx.relations.to_node(node))
    return own + [end.id for end in met if end.kind == NodeKind.MEMORY]


def _ends(relations: Iterable[Relation]) -> list[Node]:
    return [relation.node for relation in relations if relation.node.kind in _TO_A_MEMORY]


async def _named(tx: ReadTransaction, subject: str) -> list[Node]:
    """Return what has this name; a repository stands for the tasks that made it."""
    found = []
    if await tx.memories.find(subject):
        found.append(Node(NodeKind.MEMORY, subject))
    mission = await tx.missions.find(subject) or await tx.missions.by_slug(subject)
    if mission is not None:
        found.append(Node(NodeKind.MISSION, mission.id))
    if await tx.tasks.find(subject):
        found.append(Node(NodeKind.TASK, subject))
    if await tx.memories.of_owner(subject):
        found.append(Node(NodeKind.AGENT, subject))
    found += [Node(NodeKind.TASK, row.task_id) for row in await tx.artifacts.of_name(ArtifactKind.REPOSITORY, subject)]
    page = await tx.sources.last_of_url(subject)
    if page is not None:
        found.append(Node(NodeKind.SOURCE, entry_id(page.mission_id, page.ref)))
    entry = _ENTRY.fullmatch(subject)
    of = await tx.missions.by_slug(entry[1]) if entry else None
    if entry and of:
        found += [Node(kind, entry_id(of.id, entry[2])) for kind in (NodeKind.ENTRY, NodeKind.SOURCE)]
    return found


async def _words(tx: ReadTransaction, node: Node) -> str:
    if node.kind in (NodeKind.ENTRY, NodeKind.SOURCE):
        text = await _entry_words(tx, node)
    elif node.kind == NodeKind.MEMORY:
        memory = await tx.memories.find(node.id)
        text = memory.content if memory else ""
    elif node.kind == NodeKind.MISSION:
        text = (await tx.missions.get(node.id)).slug
    elif node.kind == NodeKind.TASK:
        task = await tx.tasks.get(node.id)
        text = f"{task.title} ({task.role})"
    else:
        text = node.id
    return one_line(text, MAX_WORDS_CHARS)


async def _entry_words(tx: ReadTransaction, node: Node) -> str:
    mission_id, _, ref = node.id.partition("/")
    slug, number = (await tx.missions.get(mission_id)).slug, int(ref[1:])
    page = await tx.sources.at(mission_id, number)
    if page is not None:
        return f"{slug}/{ref} {page.facts.title}, {page.final_url}"
    entry = await tx.events.entry(mission_id, number)
    if entry is None:
        return f"{slug}/{ref}"
    passage = entry.payload.get("passage")
    said = f', "{passage}"' if passage else ""
    mark = f" ({entry.payload['mark']})" if entry.payload.get("mark") else ""
    return f"{slug}/{ref}{mark} {entry.payload.get('text')}{said}"
