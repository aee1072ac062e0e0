"""`read_file`."""

import asyncio

from pydantic import Field

from damascus.tools.file_text import MAX_FILE_BYTES, numbered, to_text
from damascus.tools.files.task_folder import readable_folder
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult

MAX_SHOWN_CHARS = 18_000
NUMBER_CHARS = 8


class ReadFileArguments(Arguments):
    path: str
    first_line: int = Field(default=1, ge=1)
    last_line: int | None = Field(default=None, ge=1)


class ReadFileTool:
    """Reads a text file of the working copy, a long one in pieces."""

    name = "read_file"
    description = "Read a file of the working copy, or `NAME/path` of a finished repository; its lines are numbered."
    parameters = ReadFileArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: ReadFileArguments) -> ToolResult:
        async with readable_folder(self._services, context) as folder:
            data = await asyncio.to_thread(folder.files.read, arguments.path, MAX_FILE_BYTES + 1)
        shown = _piece(to_text(arguments.path, data), arguments.first_line, arguments.last_line)
        return ToolResult(shown + folder.note)


def _piece(text: str, first: int, until: int | None) -> str:
    lines = text.splitlines()
    if not lines:
        return "(the file is empty)"
    if first > len(lines):
        return f"(the file has {len(lines)} lines)"
    end = min(until or len(lines), len(lines))
    last, size = first - 1, 0
    while last < end and (size + len(lines[last]) <= MAX_SHOWN_CHARS or last == first - 1):
        size += len(lines[last]) + NUMBER_CHARS
        last += 1
    shown = "\n".join(numbered(lines[first - 1 : last], first))
    if len(shown) > MAX_SHOWN_CHARS + NUMBER_CHARS:
        shown = f"{shown[:MAX_SHOWN_CHARS]}\n[the rest of this line of {len(lines[first - 1])} characters is left out]"
    more = f"; continue with first_line={last + 1}" if last < end else ""
    return shown if (first, last) == (1, len(lines)) else f"{shown}\n[{first}-{last} of {len(lines)} lines{more}]"
