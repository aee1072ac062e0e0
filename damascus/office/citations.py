"""What rests on an entry of a trail: the reports that cite it, what was learnt from it, the entry that corrects it."""

from damascus.api import schemas
from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.events import Event
from damascus.ledger.transaction import ReadTransaction


async def cited_by(tx: ReadTransaction, entry: Event) -> list[schemas.Citing]:
    """Return what cites an entry, the oldest first; nothing for an event that is not an entry."""
    mission_id = entry.mission_id
    if mission_id is None or entry.entry is None:
        return []
    reports = await tx.artifacts.of_mission(mission_id, ArtifactKind.REPORT)
    found = [
        schemas.Citing(kind="report", id=row.id, name=row.name, title=row.detail.title or row.name)
        for row in reports
        if any(source.ref == entry.ref for source in row.detail.sources)
    ]
    named = f"{mission_id}/{entry.ref}"
    for memory in await tx.memories.list({"mission_id": mission_id}, limit=500):
        if named in memory.evidence:
            found.append(schemas.Citing(kind="memory", id=memory.id, name=memory.kind, title=memory.content))
    correction = (await tx.events.corrections(mission_id)).get(entry.entry)
    if correction is not None:
        found.append(schemas.Citing(kind="entry", id=f"e{correction}", name=f"e{correction}", title="corrects it"))
    return found
