"""The numbers of a mission's reports, compared with those of what they cite."""

import asyncio
from pathlib import Path

from damascus.core.errors import Invalid, NotFound
from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.missions import Mission
from damascus.ledger.transaction import ReadTransaction
from damascus.work.delivery import report_files
from damascus.work.delivery.citations import cited_refs
from damascus.work.delivery.contradictions import Contradiction, contradictions, linked_reports


async def in_report(tx: ReadTransaction, mission: Mission, name: str, body: str, shared: Path) -> list[Contradiction]:
    """Return the numbers of a report's text that the entries and reports which it cites state otherwise."""
    corrected = await tx.events.corrections(mission.id)
    numbers = [int(ref[1:]) for ref in cited_refs(body)]
    found = [await tx.events.entry(mission.id, number) for number in numbers if number not in corrected]
    entries = {event.ref: str(event.payload.get("text", "")) for event in found if event is not None}
    texts = {other: await _text(tx, mission, other, shared) for other in linked_reports(body) if other != name}
    return contradictions(body, entries, {other: text for other, text in texts.items() if text})


async def in_mission(tx: ReadTransaction, mission: Mission, shared: Path) -> dict[str, list[Contradiction]]:
    """Return those of all reports of a mission, by the report's name."""
    found = {}
    for row in await tx.artifacts.of_mission(mission.id, ArtifactKind.REPORT):
        body = await _text(tx, mission, row.name, shared)
        found[row.name] = await in_report(tx, mission, row.name, body, shared)
    return {name: each for name, each in found.items() if each}


async def _text(tx: ReadTransaction, mission: Mission, name: str, shared: Path) -> str:
    """Return the text of a report of the mission; nothing if there is none that can be read."""
    row = await tx.artifacts.named(mission.id, ArtifactKind.REPORT, name)
    if row is None:
        return ""
    try:
        return (await asyncio.to_thread(report_files.load, shared, row.path)).body
    except (Invalid, NotFound):
        return ""  # its own receipt says so
