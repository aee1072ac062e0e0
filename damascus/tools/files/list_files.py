"""`list_files`."""

import asyncio

from pydantic import Field

from damascus.core.confined_folder import ConfinedFolder, EntryKind
from damascus.tools.file_text import printable
from damascus.tools.files.task_folder import readable_folder
from damascus.tools.files.walk import Walk
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult

MAX_LISTED = 500


class ListFilesArguments(Arguments):
    path: str = Field(default="", description="a folder")


class ListFilesTool:
    """Lists the working copy's files with their sizes."""

    name = "list_files"
    description = "List the files of the working copy, or of the finished repositories, with their sizes."
    parameters = ListFilesArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: ListFilesArguments) -> ToolResult:
        async with readable_folder(self._services, context) as folder:
            return ToolResult(await asyncio.to_thread(_list, folder.files, arguments.path) + folder.note)


def _list(folder: ConfinedFolder, path: str) -> str:
    walk = Walk(folder, path)
    lines: list[str] = []
    for name, entry in walk:
        if len(lines) == MAX_LISTED:
            walk.cut = True
            break
        what = str(entry.size) if entry.kind == EntryKind.FILE else f"{entry.kind}, not followed"
        lines.append(f"{printable(name)} ({what})")
    if walk.cut:
        lines.append("[there are more; list one of the folders]")
    return "\n".join(lines) or "(no files)"
