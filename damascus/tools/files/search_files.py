"""`search_files`: a literal search, so that no pattern of a model can hang us."""

import asyncio

from pydantic import Field

from damascus.core.confined_folder import ConfinedFolder, EntryKind
from damascus.core.errors import Invalid, NotFound
from damascus.tools.file_text import MAX_FILE_BYTES, printable, to_text
from damascus.tools.files.task_folder import folder_of_task
from damascus.tools.files.walk import Walk
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult

MAX_MATCHES = 100
MAX_SEARCHED_BYTES = 50_000_000
MAX_LINE_CHARS = 200


class SearchFilesArguments(Arguments):
    pattern: str = Field(min_length=1, max_length=200, description="plain text, not a regular expression")


class SearchFilesTool:
    """Finds lines that contain a text."""

    name = "search_files"
    description = "Find the lines of the repository's files that contain a text; case does not count."
    parameters = SearchFilesArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: SearchFilesArguments) -> ToolResult:
        folder = await folder_of_task(self._services, context)
        return ToolResult(await asyncio.to_thread(_search, folder, arguments.pattern.casefold()))


def _search(folder: ConfinedFolder, pattern: str) -> str:
    walk, found, total = Walk(folder), list[str](), 0
    for path, entry in walk:
        if entry.kind != EntryKind.FILE or entry.size > MAX_FILE_BYTES:
            continue
        total += entry.size
        if total > MAX_SEARCHED_BYTES or len(found) >= MAX_MATCHES:
            walk.cut = True
            break
        found += _matches(folder, path, pattern)
    lines = found[:MAX_MATCHES]
    if walk.cut or len(found) > MAX_MATCHES:
        lines.append("[not everything was searched or is shown; search for something more specific]")
    return "\n".join(lines) or "no line contains it"


def _matches(folder: ConfinedFolder, path: str, pattern: str) -> list[str]:
    try:
        text = to_text(path, folder.read(path, MAX_FILE_BYTES))
    except (Invalid, NotFound):
        return []  # binary, unreadable, or gone by now
    numbered = enumerate(text.splitlines(), start=1)
    return [f"{printable(path)}:{n}: {line[:MAX_LINE_CHARS]}" for n, line in numbered if pattern in line.casefold()]
