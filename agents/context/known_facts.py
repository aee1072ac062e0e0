"""The section "What the program knows" of a summary: figures and places that its author need not find out.

The README has them in any case, below the author's words (`work/delivery/summary_footer.py`).
"""

import asyncio
from pathlib import Path

from agents.context.token_budget import TokenBudget
from damascus.core.errors import Invalid, NotFound
from damascus.core.money import format_usd
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.missions import Mission
from damascus.core.records.receipts import standing
from damascus.core.records.tasks import Task, TaskKind
from damascus.core.text import one_line
from damascus.ledger.transaction import ReadTransaction
from damascus.work.delivery import handover, report_files, repositories
from damascus.work.delivery.report_length import length_of

MAX_FACTS = 60
MAX_FACT_CHARS = 200


async def gather(
    tx: ReadTransaction, task: Task, mission: Mission, shared: Path, budget: TokenBudget
) -> tuple[str, ...]:
    """Return a line for the cost, each report, each repository and what was checked; none unless a task sums up."""
    if task.kind != TaskKind.SYNTHESIS:
        return ()
    made = await tx.artifacts.of_mission(mission.id)
    lines = [await _cost(tx, mission)]
    lines += [await _report(row, shared) for row in made if row.kind == ArtifactKind.REPORT]
    lines += [_repository(mission, row, made) for row in made if row.kind == ArtifactKind.REPOSITORY]
    lines += await _checks(tx, mission)
    found = tuple(one_line(line, MAX_FACT_CHARS) for line in lines[:MAX_FACTS])
    budget.spend(*found)
    return found


async def _cost(tx: ReadTransaction, mission: Mission) -> str:
    spent = await tx.usage.by("role", mission.id)
    assumed = " (some prices are assumed)" if any(sums.unknown_prices for sums in spent) else ""
    minutes = (tx.now - mission.created_at).total_seconds() / 60
    cost, calls = format_usd(sum(sums.cost for sums in spent)), sum(sums.calls for sums in spent)
    return f"so far: {cost}{assumed}, {calls} model calls, {minutes:.0f} minutes"


async def _report(row: Artifact, shared: Path) -> str:
    path = row.path.removeprefix(f"{report_files.REPORTS_FOLDER}/")
    try:
        report = await asyncio.to_thread(report_files.load, shared, row.path)
    except (NotFound, Invalid):
        return f"report `{path}`: its file is gone"
    return f"report `{path}`: {length_of(report.body).words:,} words"


def _repository(mission: Mission, row: Artifact, made: list[Artifact]) -> str:
    if not repositories.pushed(made, row.name):
        return f"repository `{row.name}`: nothing of it was pushed"
    places = f"files in `{handover.folder_of(mission, row.name)}`, zip `{handover.zip_of(mission, row.name)}`"
    return f"repository `{row.name}`: {places}, address `{row.detail.web_url or row.path}`"


async def _checks(tx: ReadTransaction, mission: Mission) -> list[str]:
    """Return how many checks hold, and those that do not."""
    rows = standing(await tx.receipts.of_mission(mission.id))
    holding = sum(row.ok for row in rows)
    return [f"{holding} of {len(rows)} checks hold", *(f"does not hold: {row.text}" for row in rows if not row.ok)]
