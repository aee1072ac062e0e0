"""`read_report`."""

import asyncio

from pydantic import Field

from damascus.core.confined_folder import ConfinedFolder
from damascus.core.errors import NotFound
from damascus.core.text import quote
from damascus.tools.file_text import MAX_FILE_BYTES, to_text
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work.delivery.report_files import REPORTS_FOLDER, as_read

STANDS_IN_TASK = "It stands whole in your task, under `Specification`."


class ReadReportArguments(Arguments):
    path: str = Field(min_length=1, description="such as the-mission/prd.md")


class ReadReportTool:
    """Reads a report of this or an earlier mission."""

    name = "read_report"
    description = "Read a report."
    parameters = ReadReportArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: ReadReportArguments) -> ToolResult:
        path = _full(arguments.path, context.mission.slug)
        reports = ConfinedFolder(self._services.shared / REPORTS_FOLDER)
        try:
            data = await asyncio.to_thread(reports.read, path, MAX_FILE_BYTES + 1)
        except NotFound:
            raise NotFound(f"there is no report {path}; see `list_reports`") from None
        text = as_read(to_text(path, data))
        async with self._services.outbox.reading() as tx:
            opening = await tx.openings.find(context.task.id)
        stands = opening is not None and quote(text.strip()) in opening.assignment
        return ToolResult(STANDS_IN_TASK if stands else text)


def _full(path: str, mission: str) -> str:
    path = path.removeprefix(f"{REPORTS_FOLDER}/")
    path = path if "/" in path else f"{mission}/{path}"
    return path if path.endswith(".md") else f"{path}.md"
