"""`read_trail`."""

from collections import Counter
from collections.abc import Mapping

from pydantic import Field

from damascus.core.errors import Invalid, NotFound
from damascus.core.events import TRAIL
from damascus.core.records.events import Event
from damascus.core.text import one_line
from damascus.knowledge.sources.marks import mark_of
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult

MAX_TEXT_CHARS = 1_000
MAX_WHOLE_CHARS = 20_000


class ReadTrailArguments(Arguments):
    id: str | None = Field(default=None, pattern=r"^e\d{1,15}$", description="one entry, whole")
    kind: str | None = Field(default=None, description="`command` only when asked for")
    limit: int = Field(default=50, ge=1, le=200)


class ReadTrailTool:
    """Reads what all tasks of the mission left."""

    name = "read_trail"
    description = "Read the mission's trail."
    parameters = ReadTrailArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: ReadTrailArguments) -> ToolResult:
        if arguments.kind is not None and arguments.kind not in TRAIL:
            raise Invalid(f"{arguments.kind!r} is not a kind of trail entry; use one of {', '.join(sorted(TRAIL))}")
        async with self._services.outbox.reading() as tx:
            corrected = await tx.events.corrections(context.mission.id)
            if arguments.id is not None:
                one = await tx.events.entry(context.mission.id, int(arguments.id[1:]))
                if one is None:
                    raise NotFound(f"there is no entry {arguments.id} in this mission; without `id` all are listed")
                return ToolResult(_line(one, corrected, MAX_WHOLE_CHARS))
            entries = await tx.events.trail(context.mission.id, kind=arguments.kind, limit=arguments.limit)
            others = [] if entries else await tx.events.trail(context.mission.id)
        return ToolResult("\n".join(_line(entry, corrected) for entry in entries) or _nothing(arguments.kind, others))


def _nothing(kind: str | None, others: list[Event]) -> str:
    """Say that nothing was found, and what else there is: a trail without one kind is not an empty one."""
    if not others:
        return "(the trail is empty)"
    counts = ", ".join(f"{count} {name}" for name, count in Counter(str(entry.kind) for entry in others).items())
    return f"(no entry of the kind {kind}; there are {counts})"


def _line(entry: Event, corrected: Mapping[int, int], limit: int = MAX_TEXT_CHARS) -> str:
    # one line each, so that no text can pass for another entry
    shown = one_line(str(entry.payload.get("text", "")), limit)
    by = corrected.get(entry.entry or 0)
    shown = shown if by is None else f"~~{shown}~~ (corrected by e{by})"
    shown = shown if entry.replaces is None else f"(corrects e{entry.replaces}) {shown}"
    mark = f" ({mark_of(entry)})" if mark_of(entry) else ""
    source = one_line(str(entry.payload.get("source") or ""), MAX_TEXT_CHARS)
    return f"[{entry.ref}] {entry.kind} by {entry.author}{mark}: {shown}" + (f" (source: {source})" if source else "")
