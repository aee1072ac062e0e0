"""What becomes of reports that cite a trail entry which was corrected since: the entry is flagged where it is cited."""

import asyncio
from pathlib import Path

from damascus.core.errors import Invalid, NotFound
from damascus.core.records.artifacts import ArtifactKind
from damascus.ledger.transaction import Transaction
from damascus.work.delivery import report_files
from damascus.work.delivery.citations import cited_refs, flagged


async def flag(tx: Transaction, mission_id: str, replaced: int | None, by: int, shared: Path) -> str:
    """Flag an entry in the mission's reports that cite it; the caller holds the mission's lock.

    A call that is made again after a crash flags again, which changes nothing. Returns what to tell the author.
    """
    if replaced is None:
        return ""
    ref, found = f"e{replaced}", []
    for report in await tx.artifacts.of_mission(mission_id, ArtifactKind.REPORT):
        try:
            text = await asyncio.to_thread(report_files.whole_text, shared, report.path)
        except (Invalid, NotFound):
            continue  # it is not there to be read by anybody either; its own receipt says so
        front, end, body = text.partition("\n---\n")
        if ref in cited_refs(body):
            new = f"{front}{end}{flagged(body, {ref: f'e{by}'})}"
            draft = await asyncio.to_thread(report_files.write_draft, shared, report.path, new)
            report_files.move_into_place(draft, shared, report.path)
            found.append(report.name)
    return f"; flagged where it is cited: {', '.join(found)}" if found else ""
