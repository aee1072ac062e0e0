"""The section "Specification": the report that a program is built from, whole; other reports are a line and a call."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agents.context.dependencies import DependencyResult
from agents.context.token_budget import TokenBudget
from damascus.core.errors import Invalid, NotFound
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.tasks import DeliverableKind, Task
from damascus.work.delivery import report_files

MAX_SPECIFICATION_CHARS = 16_000  # of all together; a longer one is read by a call


@dataclass(frozen=True, slots=True)
class Specification:
    """A report as it stands in the prompt; `artifact` is the path of its row."""

    artifact: str
    text: str

    @property
    def path(self) -> str:
        """Return its path below the reports' folder."""
        return self.artifact.removeprefix(f"{report_files.REPORTS_FOLDER}/")


async def gather(
    task: Task, needed: Sequence[DependencyResult], shared: Path, budget: TokenBudget
) -> tuple[Specification, ...]:
    """Return what a task of code builds on: the reports that its words name, else the only one there is."""
    if task.deliverable.kind != DeliverableKind.CODE:
        return ()
    reports = [made for done in needed for made in done.artifacts if made.kind == ArtifactKind.REPORT]
    named = [report for report in reports if _names(task, report)] or (reports if len(reports) == 1 else [])
    found, room = list[Specification](), MAX_SPECIFICATION_CHARS
    for report in named:
        try:
            text = report_files.as_read(await asyncio.to_thread(report_files.whole_text, shared, report.path))
        except (NotFound, Invalid):
            continue  # its line says where it should be
        if len(text) <= room:
            room -= len(text)
            budget.spend(text)
            found.append(Specification(report.path, text))
    return tuple(found)


def _names(task: Task, report: Artifact) -> bool:
    word = re.compile(rf"(?<![\w-]){re.escape(report.name)}(?![\w-])", re.IGNORECASE)
    return any(word.search(text) for text in (task.description, *task.acceptance))
