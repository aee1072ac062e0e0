"""What an ended mission leaves for later ones: what was asked, what was done, and what came of it.

Written by the program from the mission's rows, in the transaction that ends it: so once, however often processes die.
The VP's own words are added unless they repeat what earlier missions taught. A cancelled mission teaches nothing.
"""

import logging
from collections.abc import Iterator, Sequence

from damascus.core.errors import Invalid
from damascus.core.failpoints import failpoint
from damascus.core.playbook_files import NO_PLAYBOOK
from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.memories import MemoryKind
from damascus.core.records.missions import Mission, MissionStatus
from damascus.core.records.receipts import Receipt
from damascus.core.records.roles import PLANNER
from damascus.core.records.tasks import Task, TaskKind, TaskStatus
from damascus.core.text import one_line
from damascus.knowledge.memory.keeping import Shown, keep
from damascus.knowledge.memory.likeness import repeats
from damascus.knowledge.memory.port import MAX_EVIDENCE, NewMemory
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work import policies

log = logging.getLogger(__name__)

KINDS = {MissionStatus.SUCCEEDED: MemoryKind.PATTERN, MissionStatus.FAILED: MemoryKind.LESSON}
MAX_LESSONS = 5  # of one mission
MAX_PART_CHARS = 300
CONFIDENCE = 4 / 5


async def archive(tx: Transaction, mission: Mission) -> None:
    """Keep what a mission that has just ended teaches, if it did not end by the CEO's hand and the policy allows it.

    What cannot be kept is left out: no mission fails for it.
    """
    if mission.status not in KINDS or not (await policies.memory(tx)).use:
        return
    rows = await tx.tasks.of_mission(mission.id)
    failed = [receipt for receipt in await tx.receipts.of_mission(mission.id) if not receipt.ok]
    told = await _told(tx, rows)
    await _keep(tx, await _outcome(tx, mission, rows, told), Shown())
    for lesson in list(_lessons(rows, failed))[:MAX_LESSONS]:
        await _keep(tx, lesson, Shown(told))
    failpoint("before-archived")


async def _keep(tx: Transaction, new: NewMemory, shown: Shown) -> None:
    try:
        await keep(tx, new, shown)
    except Invalid as error:
        log.info("%s is not kept: %s", new.source_id, error)


async def _outcome(tx: ReadTransaction, mission: Mission, rows: Sequence[Task], told: Sequence[str]) -> NewMemory:
    made = await tx.artifacts.of_mission(mission.id)
    summary = next((row for row in made if row.kind == ArtifactKind.REPORT and row.name == "README"), None)
    steps = [f"{row.title} ({row.role})" for row in rows if row.kind == TaskKind.WORK]
    said = mission.summary or "" if mission.status == MissionStatus.SUCCEEDED else mission.reason or ""
    if repeats(said, told):
        said = ""
    parts = [f"Asked: {_cut(mission.directive_text)}", f"Tried: {_cut('; '.join(steps) or 'nothing')}"]
    return NewMemory(
        kind=KINDS[mission.status],
        content=f"{'. '.join(parts)}. The mission {mission.status}. {_cut(said)}",
        owner=PLANNER,
        source_id=f"mission:{mission.id}",
        confidence=CONFIDENCE,
        tags=[tag for tag in (mission.playbook, mission.status) if tag != NO_PLAYBOOK],
        evidence=[source.ref for source in summary.detail.sources][:MAX_EVIDENCE] if summary else [],
        mission_id=mission.id,
    )


async def _told(tx: ReadTransaction, rows: Sequence[Task]) -> list[str]:
    """The texts of what the mission's tasks were shown of earlier missions."""
    used = {use.memory_id for row in rows for use in await tx.memory_uses.of_task(row.id)}
    return [memory.content for memory in (await tx.memories.among(sorted(used), None)).values()]


def _lessons(rows: Sequence[Task], failed: Sequence[Receipt]) -> Iterator[NewMemory]:
    """What did not work at once: tasks that failed, and claims to be done that the program's checks refused."""
    for row in rows:
        refused = next((receipt for receipt in failed if receipt.task_id == row.id), None)
        if row.kind != TaskKind.WORK:
            continue
        if row.status == TaskStatus.FAILED:
            what = f"could not be done: {_cut(row.reason or '')}"
        elif row.status == TaskStatus.COMPLETED and refused is not None:
            what = f"was refused at first: {_cut(refused.text)}. Put right, it passed: {_cut(row.summary or '')}"
        else:
            continue
        yield NewMemory(
            kind=MemoryKind.LESSON,
            content=f"{_cut(row.title)} ({row.role}, {row.deliverable.kind}) {what}",
            owner=row.role,
            source_id=f"lesson:{row.id}",
            confidence=CONFIDENCE,
            tags=[row.role, row.deliverable.kind],
            mission_id=row.mission_id,
            task_id=row.id,
        )


def _cut(text: str) -> str:
    return one_line(text, MAX_PART_CHARS).rstrip(".")
