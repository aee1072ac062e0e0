"""The one question of direction: which reading of a directive is meant, asked before the first plan.

It is a row at the desk with its options. Where the CEO is not to be asked the row expires at once with the assumption
as its answer, and the mission's README says so at its top.
"""

from dataclasses import dataclass, replace

from damascus.core.errors import Conflict
from damascus.core.events import EventKind
from damascus.core.records.desk_items import DeskItem, DeskItemStatus
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.core.text import one_line
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.work import desk, event_log

MAX_SHOWN_CHARS = 600


@dataclass(frozen=True, slots=True)
class DirectionQuestion:
    """What is asked, the ways to read the directive, and the one that holds if nobody answers."""

    text: str
    options: tuple[str, ...]
    assumption: str


async def ask(tx: Transaction, task: Task, turn_id: str, question: DirectionQuestion) -> str | None:
    """Ask the CEO and park the task; return what is assumed if nobody is to be asked, None if the task waits.

    Raises Conflict if the mission has asked before; the same call again returns the same.
    """
    mission = await tx.missions.lock(task.mission_id)
    before = await of_mission(tx, mission.id)
    if before is not None and before.turn_id == turn_id and before.status != DeskItemStatus.OPEN:
        return _assumed(before)
    if before is not None:
        raise Conflict("a mission asks one question of direction, and this one has: decide it, and note the assumption")
    directive = await tx.directives.get(mission.directive_id)
    text = f"{question.text}{desk.numbered(question.options)}\nIf you do not say: {question.assumption}"
    item = desk.question_of_direction(tx, task, text, question.options, question.assumption)
    item = replace(item, turn_id=turn_id)
    if directive.options.ask:
        await desk.park_for(tx, task, item)
        return None
    item = replace(item, status=DeskItemStatus.EXPIRED, answer=question.assumption, decided_at=tx.now)
    await tx.desk_items.add(item)
    note = f"Assumed, since nobody was to be asked: {question.text} {question.assumption}"
    await event_log.append_trail_entry(tx, task, EventKind.LOG, note)
    return _assumed(item)


async def of_mission(tx: ReadTransaction, mission_id: str) -> DeskItem | None:
    """Return the question of direction that a mission has asked, None if it has not."""
    return next((item for item in await tx.desk_items.of_mission(mission_id) if item.detail.assumption), None)


async def readme_note(tx: ReadTransaction, mission: Mission) -> str:
    """Return what stands at the top of a mission's README about its direction; empty if nothing was asked."""
    item = await of_mission(tx, mission.id)
    if item is None:
        return ""
    question = one_line(item.text.partition("\n")[0], MAX_SHOWN_CHARS)
    if item.status == DeskItemStatus.ANSWERED:
        return f"> **You were asked:** {question} **You answered:** {one_line(item.answer or '', MAX_SHOWN_CHARS)}\n\n"
    return f"> **Assumption:** {question} Nobody said; assumed: {one_line(item.detail.assumption, MAX_SHOWN_CHARS)}\n\n"


def _assumed(item: DeskItem) -> str:
    return f"nobody is to be asked: plan on the assumption “{item.detail.assumption}”; the README says so at its top"
