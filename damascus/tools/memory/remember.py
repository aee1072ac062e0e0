"""`remember`."""

from typing import Annotated

from pydantic import Field

from damascus.core.records.memories import MemoryKind, Visibility
from damascus.core.validation import one_of
from damascus.knowledge.memory.keeping import Shown
from damascus.knowledge.memory.port import (
    MAX_CONTENT_CHARS,
    MAX_EVIDENCE,
    MAX_TAGS,
    MIN_CONTENT_CHARS,
    Fate,
    NewMemory,
    Remembered,
)
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work import desk, policies
from damascus.work.tasks import tasks

OFF = "the company keeps no memory (policy memory.use is false); continue without it"


class RememberArguments(Arguments):
    kind: Annotated[MemoryKind, one_of(*MemoryKind)] = Field(
        description="preference: how the CEO wants it; lesson: what to do otherwise; insight: a fact"
    )
    content: str = Field(
        min_length=MIN_CONTENT_CHARS, max_length=MAX_CONTENT_CHARS,
        description="a sentence or two that can be understood without this mission",
    )  # fmt: skip
    confidence: float = Field(0.8, ge=0, le=1)
    tags: tuple[str, ...] = Field((), max_length=MAX_TAGS)
    evidence: tuple[str, ...] = Field((), max_length=MAX_EVIDENCE)
    visibility: Annotated[Visibility, one_of(*Visibility)] = Field(Visibility.COMPANY)
    replaces: str | None = Field(None, max_length=64, description="your mem_... that is no longer true")


class RememberTool:
    """Keeps one thing for later missions; the same call twice is one memory."""

    name = "remember"
    description = "Keep one thing for later missions that you found out, not what you were told; some wait for the CEO."
    parameters = RememberArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: RememberArguments) -> ToolResult:
        services, task = self._services, context.task
        async with services.outbox.reading() as tx:
            if not (await policies.memory(tx)).use:
                return ToolResult(OFF)
        new = NewMemory(
            kind=arguments.kind, content=arguments.content, owner=task.role, source_id=f"turn:{context.turn.id}",
            confidence=arguments.confidence, tags=arguments.tags, evidence=arguments.evidence,
            visibility=arguments.visibility, mission_id=task.mission_id, task_id=task.id, replaces=arguments.replaces,
        )  # fmt: skip
        embedder = services.embedder_for(context.lease)
        near = await services.memory.near(new.content, embedder)
        async with services.outbox.transaction() as tx:
            await tasks.fence(tx, task)
            kept = await services.memory.keep(tx, new, Shown(context.told), near)
            if kept.fate == Fate.PROPOSED and kept.memory is not None:
                await desk.propose_memory(tx, task, kept.memory)
        await services.memory.catch_up(embedder)
        return ToolResult(_said(kept))


def _said(kept: Remembered) -> str:
    where = f" {kept.memory.id}" if kept.memory is not None else ""
    if kept.fate in (Fate.DROPPED, Fate.SHOWN_BEFORE):
        return f"not kept: {kept.why}"
    return f"{kept.fate}{where}" + (f": {kept.why}" if kept.why else "")
