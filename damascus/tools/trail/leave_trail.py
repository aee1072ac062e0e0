"""`leave_trail`."""

from typing import Annotated

from pydantic import Field

from damascus.core.events import TRAIL, EventKind
from damascus.core.validation import one_of
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import event_log
from damascus.work.tasks import tasks


class LeaveTrailArguments(Arguments):
    kind: Annotated[EventKind, one_of(*(kind for kind in EventKind if kind in TRAIL))]
    text: str = Field(min_length=1, max_length=20_000)
    source: str | None = Field(default=None, max_length=2000, description="where it was found, if anywhere")


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
        task, kind, text = context.task, arguments.kind, arguments.text
        source = None if kind == EventKind.CODE_SNIPPET else arguments.source
        async with self._services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            for known in await tx.events.trail(task.mission_id, task.id, kind):
                if (known.payload.get("text"), known.payload.get("source")) == (text, source):
                    return ToolResult(f"trail entry e{known.seq}")
            seq = await event_log.append_trail_entry(tx, task, kind, text, source)
        return ToolResult(f"trail entry e{seq}")
