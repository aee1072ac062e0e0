"""`write_file`."""

import asyncio
from collections.abc import Sequence

from pydantic import Field

from damascus.core.confined_folder import ConfinedFolder, parts_of
from damascus.core.errors import Invalid
from damascus.core.records.turns import Turn, TurnStatus
from damascus.tools.file_text import MAX_FILE_BYTES, check_content
from damascus.tools.files.task_folder import folder_of_task
from damascus.tools.parts import with_part
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult


class WriteFileArguments(Arguments):
    path: str = Field(description="its folders are made")
    content: str = Field(description="the whole file or a part")
    part: int | None = Field(default=None, ge=1, description="1, 2, ... of a long file")


class WriteFileTool:
    """Puts a text file into the working copy, whole or part by part."""

    name = "write_file"
    description = "Create a file in the working copy, or replace it whole."
    parameters = WriteFileArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: WriteFileArguments) -> ToolResult:
        path, part = arguments.path, arguments.part
        before = await self._parts_before(context, path) if part is not None and part > 1 else []
        data = check_content(path, "".join(with_part(before, part, arguments.content)))
        folder = await folder_of_task(self._services, context)
        if before:
            await asyncio.to_thread(_check_unchanged, folder, path, "".join(before).encode(), data)
        new = await asyncio.to_thread(folder.write, path, data)
        if part is not None:
            return ToolResult(f"wrote part {part} of {path} ({len(data)} bytes in all)")
        return ToolResult(f"{'created' if new else 'replaced'} {path} ({len(data)} bytes)")

    async def _parts_before(self, context: ToolContext, path: str) -> list[str]:
        async with self._services.outbox.reading() as tx:
            return _parts(await tx.turns.of_task(context.task.id), context.turn, path)


def _parts(turns: Sequence[Turn], call: Turn, path: str) -> list[str]:
    """Return the parts that the calls before this one made a file of."""
    parts = list[str]()
    for turn in turns:
        if (
            turn.tool == WriteFileTool.name
            and turn.n < call.n
            and turn.status == TurnStatus.DONE
            and not turn.was_refused
        ):
            given = WriteFileArguments.model_validate(turn.arguments)
            if parts_of(given.path) == parts_of(path):
                parts = with_part(parts, given.part, given.content)
    return parts


def _check_unchanged(folder: ConfinedFolder, path: str, before: bytes, after: bytes) -> None:
    """Raise Invalid unless a file is what its parts made it, with or without the one that is written now."""
    if folder.read(path, MAX_FILE_BYTES + 1) not in (before, after):
        raise Invalid(f"{path} was changed since its last part; add the rest with `edit_file`, or send all parts again")
