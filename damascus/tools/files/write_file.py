"""`write_file`."""

import asyncio

from pydantic import Field

from damascus.tools.file_text import check_content
from damascus.tools.files.task_folder import folder_of_task
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult


class WriteFileArguments(Arguments):
    path: str = Field(description="its folders are made")
    content: str = Field(description="the whole file")


class WriteFileTool:
    """Puts a whole text file into the working copy."""

    name = "write_file"
    description = "Create a file in the working copy, or replace it whole."
    parameters = WriteFileArguments
    danger = Danger.WRITE
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: WriteFileArguments) -> ToolResult:
        data = check_content(arguments.path, arguments.content)
        folder = await folder_of_task(self._services, context)
        new = await asyncio.to_thread(folder.write, arguments.path, data)
        return ToolResult(f"{'created' if new else 'replaced'} {arguments.path} ({len(data)} bytes)")
