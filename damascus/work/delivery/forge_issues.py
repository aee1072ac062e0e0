"""Tasks as issues of the forge: in which repository, what they say, and which are out of date.

A task's issue is in the repository that the task made, else in the first one of its mission. The words are a model's:
they are a quotation, in which the forge follows no mention and no reference.
"""

from damascus.core.records.artifacts import ArtifactKind
from damascus.core.records.forge_syncs import ForgeSyncRow
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.text import one_line
from damascus.forge.harmless import harmless, quoted
from damascus.forge.port import MARK, TaskIssue
from damascus.ledger.transaction import ReadTransaction

MAX_TITLE_CHARS = 250
MAX_TEXT_CHARS = 20_000


async def out_of_date_issues(tx: ReadTransaction, row: ForgeSyncRow) -> list[TaskIssue]:
    """Return the issues of a repository that are missing, or open or closed when their task is not."""
    made = await tx.artifacts.of_mission(row.mission_id, ArtifactKind.REPOSITORY)
    home = {artifact.task_id: artifact.id for artifact in made}
    found = []
    for task in await tx.tasks.of_mission(row.mission_id):
        if home.get(task.id, made[0].id) != row.id:
            continue
        number, is_open = row.issues.get(task.id) or (None, None)
        wanted = task.status not in TaskStatus.ENDED
        if is_open != wanted:
            found.append(TaskIssue(task.id, _title(task), _text(task), wanted, number))
    return found


def _title(task: Task) -> str:
    return one_line(harmless(f"{task.role}: {task.title}"), MAX_TITLE_CHARS)


def _text(task: Task) -> str:
    words = "\n".join([task.description, *(f"- {item}" for item in task.acceptance)])[:MAX_TEXT_CHARS]
    return f"{quoted(words)}\n\nMission: {task.mission_id}\n{MARK}{task.id}"
