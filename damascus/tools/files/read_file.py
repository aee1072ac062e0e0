"""`read_file`."""

import asyncio

from pydantic import Field

from damascus.tools.file_text import MAX_FILE_BYTES, to_text
from damascus.tools.files.task_folder import folder_of_task
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult

MAX_SHOWN_CHARS = 18_000


class ReadFileArguments(Arguments):
    path: str = Field(description="relative to the repository")
    first_line: int = Field(default=1, ge=1, description="where to begin in a long file")


class ReadFileTool:
    """Reads a text file of the working copy, a long one in pieces."""

    name = "read_file"
    description = "Read a text file of the repository's working copy."
    parameters = ReadFileArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: ReadFileArguments) -> ToolResult:
        folder = await folder_of_task(self._services, context)
        data = await asyncio.to_thread(folder.read, arguments.path, MAX_FILE_BYTES + 1)
        return ToolResult(_piece(to_text(arguments.path, data), arguments.first_line))


def _piece(text: str, first: int) -> str:
    lines = text.splitlines(keepends=True)
    if not text:
        return "(the file is empty)"
    if first > len(lines):
        return f"(the file has {len(lines)} lines)"
    last, size = first - 1, 0
    while last < len(lines) and (size + len(lines[last]) <= MAX_SHOWN_CHARS or last == first - 1):
        size += len(lines[last])
        last += 1
    shown = "".join(lines[first - 1 : last])
    if len(shown) > MAX_SHOWN_CHARS:
        shown = f"{shown[:MAX_SHOWN_CHARS]}\n[the rest of this line of {len(shown)} characters is left out]"
    if last < len(lines):
        shown += f"\n[lines {first} to {last} of {len(lines)}; continue with first_line={last + 1}]"
    return shown
