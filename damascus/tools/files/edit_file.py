"""`edit_file`."""

import asyncio

from pydantic import Field

from damascus.core.errors import Invalid
from damascus.tools.file_text import MAX_FILE_BYTES, check_content, to_text
from damascus.tools.files.task_folder import folder_of_task
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult


class EditFileArguments(Arguments):
    path: str = Field(description="relative to the repository")
    old: str = Field(min_length=1, description="text that occurs exactly once in the file")
    new: str = Field(description="what takes its place")


class EditFileTool:
    """Replaces one passage of a text file."""

    name = "edit_file"
    description = "Replace one passage of a file in the repository's working copy."
    parameters = EditFileArguments
    danger = Danger.WRITE
    idempotent = False

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: EditFileArguments) -> ToolResult:
        path, old, new = arguments.path, arguments.old, arguments.new
        folder = await folder_of_task(self._services, context)
        text = to_text(path, await asyncio.to_thread(folder.read, path, MAX_FILE_BYTES + 1))
        count = text.count(old)
        if count == 0:
            raise Invalid(f"`old` does not occur in {path}; read the file and copy the passage exactly")
        if count > 1:
            raise Invalid(f"`old` occurs {count} times in {path}; include more of the surrounding lines")
        await asyncio.to_thread(folder.write, path, check_content(path, text.replace(old, new)))
        return ToolResult(f"changed {path}")
