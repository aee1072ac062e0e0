"""`list_reports`."""

from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.tools.services import ToolServices
from damascus.tools.tool import Arguments, Danger, ToolContext, ToolResult
from damascus.work.delivery.report_files import REPORTS_FOLDER

MAX_EARLIER_REPORTS = 20


class ListReportsArguments(Arguments):
    pass


class ListReportsTool:
    """Lists the mission's reports, and the newest of earlier missions."""

    name = "list_reports"
    description = "List the reports of this mission and of earlier ones."
    parameters = ListReportsArguments
    danger = Danger.READ
    idempotent = True

    def __init__(self, services: ToolServices) -> None:
        self._services = services

    async def run(self, context: ToolContext, arguments: ListReportsArguments) -> ToolResult:  # noqa: ARG002
        async with self._services.outbox.reading() as tx:
            here = await tx.artifacts.of_mission(context.mission.id, ArtifactKind.REPORT)
            newest = await tx.artifacts.list(ArtifactKind.REPORT, limit=MAX_EARLIER_REPORTS + len(here))
        earlier = [report for report in newest if report.mission_id != context.mission.id][:MAX_EARLIER_REPORTS]
        lines = [_line(report) for report in here] or ["(this mission has no report yet)"]
        if earlier:
            lines += ["", "Of earlier missions:", *map(_line, earlier)]
        return ToolResult("\n".join(lines))


def _line(report: Artifact) -> str:
    path = report.path.removeprefix(f"{REPORTS_FOLDER}/")
    earlier = ", ".join(old.removeprefix(f"{REPORTS_FOLDER}/") for old in report.detail.earlier)
    return f"{path}: {report.detail.title} ({report.detail.author}){f'; supersedes {earlier}' if earlier else ''}"
