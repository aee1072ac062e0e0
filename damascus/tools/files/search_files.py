"""`search_files`: plain text here, a pattern in the workshop, so that none of a model's can hang us."""

import asyncio
import fnmatch

from pydantic import Field

from damascus.core.confined_folder import ConfinedFolder, EntryKind
from damascus.core.errors import Invalid, NotFound
from damascus.tools.file_text import MAX_FILE_BYTES, printable, to_text
from damascus.tools.files.regex_search import MAX_MATCHES, regex_search
from damascus.tools.files.task_folder import readable_folder
from damascus.tools.files.walk import Walk
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult

MAX_SEARCHED_BYTES = 50_000_000
MAX_LINE_CHARS = 200
NOTHING_FOUND = "no line contains it"


class SearchFilesArguments(Arguments):
    pattern: str = Field(min_length=1, max_length=200)
    regex: bool = Field(default=False)
    glob: str = Field(default="", max_length=200, description="such as *.py")
    context: int = Field(default=0, ge=0, le=20, description="lines around")


class SearchFilesTool:
    """Finds lines that contain a text, or match a pattern."""

    name = "search_files"
    description = "Find lines of files by text or regular expression, in either case."
    parameters = SearchFilesArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: SearchFilesArguments) -> ToolResult:
        async with readable_folder(self._services, context) as folder:
            if not arguments.regex:
                found = await asyncio.to_thread(_search, folder.files, arguments)
            else:
                workshop, place = self._services.workshop, folder.files.root
                found = await regex_search(workshop, place, arguments.pattern, arguments.glob, arguments.context)
            return ToolResult((found or NOTHING_FOUND) + folder.note)


def _search(folder: ConfinedFolder, wanted: SearchFilesArguments) -> str:
    walk, found, total, matches = Walk(folder), list[str](), 0, 0
    for path, entry in walk:
        if entry.kind != EntryKind.FILE or entry.size > MAX_FILE_BYTES or not _is_named(path, wanted.glob):
            continue
        total += entry.size
        if total > MAX_SEARCHED_BYTES or matches >= MAX_MATCHES:
            walk.cut = True
            break
        count, lines = _matches(folder, path, wanted, MAX_MATCHES - matches)
        matches += count
        found += lines
    if walk.cut or matches >= MAX_MATCHES:
        found.append("[not everything was searched or is shown; search for something more specific]")
    return "\n".join(found)


def _is_named(path: str, glob: str) -> bool:
    return not glob or any(fnmatch.fnmatchcase(name, glob) for name in (path, path.rpartition("/")[2]))


def _matches(folder: ConfinedFolder, path: str, wanted: SearchFilesArguments, limit: int) -> tuple[int, list[str]]:
    """Return how many lines of a file match, and these with what is around them."""
    try:
        lines = to_text(path, folder.read(path, MAX_FILE_BYTES)).splitlines()
    except (Invalid, NotFound):
        return 0, []  # binary, unreadable, or gone by now
    pattern = wanted.pattern.casefold()
    hits = dict.fromkeys([n for n, line in enumerate(lines) if pattern in line.casefold()][:limit])
    shown = {k for n in hits for k in range(max(n - wanted.context, 0), min(n + wanted.context + 1, len(lines)))}
    found = list[str]()
    for k in sorted(shown):
        if wanted.context and found and k - 1 not in shown:
            found.append("--")
        mark = ":" if k in hits else "-"
        found.append(f"{printable(path)}{mark}{k + 1}{mark} {lines[k][:MAX_LINE_CHARS]}")
    return len(hits), found
