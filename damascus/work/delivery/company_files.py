"""The files of the company's own repository: each mission's reports, and a page that lists the missions.

They are what people read at the forge, so their head says who wrote them and from what, without the ids that the files
under `shared/reports` carry for the program.
"""

from pathlib import Path

from damascus.core.errors import Invalid, NotFound
from damascus.core.records.artifacts import Artifact
from damascus.core.records.authors import Author
from damascus.core.records.missions import Mission, MissionStatus
from damascus.forge.harmless import plain
from damascus.ledger.transaction import ReadTransaction
from damascus.work.delivery import report_files
from damascus.work.delivery.board_texts import MISSION_WORDS
from damascus.work.tasks.planner_tasks import SUMMARY_REPORT

OFFICE = Author("Damascus Frontier", "office@damascus.local")
DESCRIPTION = "Notice board of the company: its tasks and its reports"
MAX_MISSIONS = 200
FOLDER = report_files.REPORTS_FOLDER


def report_page(shared: Path, report: Artifact) -> bytes | None:
    """Return a report as the forge shows it, None if its file cannot be read (any more)."""
    try:
        file = report_files.load(shared, report.path)
    except (Invalid, NotFound):
        return None
    front = file.front
    head = [f"*By {plain(str(front.get('author') or report.detail.author))}, {str(front.get('created_at'))[:10]} UTC*"]
    if front.get("rehearsal"):
        head.append(report_files.REHEARSAL_LINE)
    parts = [f"# {plain(report.detail.title or report.name)}", *head, file.body]
    return ("\n\n".join(parts) + report_files.sources_section(report.detail.sources, plain) + "\n").encode()


def author_of(report: Artifact) -> Author:
    """Return who wrote a report, as the author of a commit."""
    name = report.detail.author.partition(",")[0].strip()
    return Author.named(name) if name else OFFICE


async def front_page(tx: ReadTransaction, filing: Mission) -> bytes:
    """Return the page that lists the missions, newest first, with the summary of those that have one there."""
    filed = {row.id for row in await tx.forge_syncs.boards(MAX_MISSIONS) if row.board.filed}
    lines = []
    for mission in await tx.missions.list(limit=MAX_MISSIONS):
        words = plain(mission.directive_text, 150)
        has_summary = mission.status == MissionStatus.SUCCEEDED and (mission.id in filed or mission.id == filing.id)
        title = f"[{words}]({FOLDER}/{mission.slug}/{SUMMARY_REPORT}.md)" if has_summary else words
        lines.append(f"| {mission.created_at:%Y-%m-%d} UTC | {title} | {MISSION_WORDS[mission.status]} |")
    table = "\n".join(["| given | directive | state |", "|---|---|---|", *lines])
    words = (
        "The tasks of a mission are issues, with a milestone per mission: of missions that make code in the repository "
        "of that code, of all others here. The reports of all missions are in `reports/`."
    )
    return f"# Notice board\n\n{words}\n\n{table}\n".encode()
