"""`leave_trail`."""

from dataclasses import replace
from typing import Annotated

from pydantic import Field

from damascus.core.errors import Invalid
from damascus.core.events import LEFT_BY_AGENTS, EventKind
from damascus.core.records.tasks import Task
from damascus.core.validation import one_of
from damascus.knowledge.sources.marks import REF, Origin, origin_of
from damascus.knowledge.sources.passages import MAX_PASSAGE_CHARS
from damascus.ledger.transaction import ReadTransaction, Transaction
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import event_log
from damascus.work.delivery import corrections
from damascus.work.tasks import tasks


class LeaveTrailArguments(Arguments):
    kind: Annotated[EventKind, one_of(*(kind for kind in EventKind if kind in LEFT_BY_AGENTS))]
    text: str = Field(min_length=1, max_length=20_000)
    source: str | None = Field(
        default=None, max_length=2000,
        description="the page's entry, such as e17; `directive`; `computed`",
    )  # fmt: skip
    passage: str | None = Field(
        default=None, max_length=MAX_PASSAGE_CHARS, description="the page's sentence, word for word"
    )
    replaces: str | None = Field(default=None, max_length=20, description="the entry that it corrects")


class LeaveTrailTool:
    """Leaves an entry for later tasks; the same entry of a task twice is one entry."""

    name = "leave_trail"
    description = "Leave an entry on the mission's trail."
    parameters = LeaveTrailArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: LeaveTrailArguments) -> ToolResult:
        task, kind, text = context.task, arguments.kind, arguments.text
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            origin = await self._origin(tx, context, arguments)
            said = (text, origin.source if origin else None, _number(arguments.replaces))
            for known in await tx.events.trail(task.mission_id, task.id, kind):
                if (known.payload.get("text"), known.payload.get("source"), known.replaces) == said:
                    return ToolResult(f"trail entry {known.ref}")
            replaces = await _replaced(tx, task, arguments.replaces)
            number = await event_log.append_trail_entry(tx, task, kind, text, origin, replaces)
            flagged = await corrections.flag(tx, task.mission_id, replaces, number, self._services.shared)
        mark = f": {origin.mark}" if origin and origin.mark else ""
        return ToolResult(f"trail entry e{number}{mark}{flagged}")

    async def _origin(self, tx: ReadTransaction, context: ToolContext, given: LeaveTrailArguments) -> Origin | None:
        if given.kind == EventKind.CODE_SNIPPET:
            return None
        if given.kind != EventKind.FINDING and given.passage is None:  # only a claim has a mark
            return Origin(None, given.source)
        directive = context.mission.directive_text
        origin = await origin_of(tx, context.task.mission_id, directive, given.source, given.passage)
        return replace(origin, passage=given.passage)


def _number(ref: str | None) -> int | None:
    found = REF.fullmatch((ref or "").strip())
    return int(found[1]) if found else None


async def _replaced(tx: Transaction, task: Task, ref: str | None) -> int | None:
    """Return the number of the entry to correct, None if there is none. Raises Invalid if it cannot be corrected."""
    if not ref:
        return None
    await tx.missions.lock(task.mission_id)  # of two who correct one entry at once, one must lose
    number = _number(ref)
    entry = await tx.events.entry(task.mission_id, number) if number else None
    if entry is None or entry.kind not in LEFT_BY_AGENTS:
        raise Invalid(f"{ref!r} is not what an agent left in this mission; only that can be corrected")
    known = (await tx.events.corrections(task.mission_id)).get(entry.entry or 0)
    if known is not None:
        raise Invalid(f"{entry.ref} was corrected by e{known} already; correct that one")
    return entry.entry
