"""`leave_trail`."""

from typing import Annotated

from pydantic import Field

from damascus.core.events import TRAIL, EventKind
from damascus.core.validation import one_of
from damascus.knowledge.sources.marks import Origin, origin_of
from damascus.knowledge.sources.passages import MAX_PASSAGE_CHARS
from damascus.ledger.transaction import ReadTransaction
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import event_log
from damascus.work.tasks import tasks


class LeaveTrailArguments(Arguments):
    kind: Annotated[EventKind, one_of(*(kind for kind in EventKind if kind in TRAIL and kind != EventKind.SOURCE))]
    text: str = Field(min_length=1, max_length=20_000)
    source: str | None = Field(
        default=None, max_length=2000,
        description="the entry of the page that says it, such as e17; `directive`; `computed`; none for own knowledge",
    )  # fmt: skip
    passage: str | None = Field(
        default=None, max_length=MAX_PASSAGE_CHARS, description="the page's sentence that carries it, word for word"
    )


class LeaveTrailTool:
    """Leaves an entry for later tasks; the same entry of a task twice is one entry."""

    name = "leave_trail"
    description = "Leave an entry on the mission's trail, which others read and reports cite."
    parameters = LeaveTrailArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: LeaveTrailArguments) -> ToolResult:
        task, kind, text, passage = context.task, arguments.kind, arguments.text, arguments.passage
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            origin = await self._origin(tx, context, arguments)
            source = origin.source if origin else None
            for known in await tx.events.trail(task.mission_id, task.id, kind):
                if (known.payload.get("text"), known.payload.get("source")) == (text, source):
                    return ToolResult(f"trail entry {known.ref}")
            number = await event_log.append_trail_entry(tx, task, kind, text, origin, passage)
        return ToolResult(f"trail entry e{number}" + (f": {origin.mark}" if origin and origin.mark else ""))

    async def _origin(self, tx: ReadTransaction, context: ToolContext, given: LeaveTrailArguments) -> Origin | None:
        if given.kind == EventKind.CODE_SNIPPET:
            return None
        if given.kind != EventKind.FINDING and given.passage is None:  # only a claim has a mark
            return Origin(None, given.source)
        directive = context.mission.directive_text
        return await origin_of(tx, context.task.mission_id, directive, given.source, given.passage)
