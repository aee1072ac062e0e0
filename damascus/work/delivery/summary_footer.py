"""What the program itself adds to a mission's summary: what it checked and knew before, where the code is, the cost.

A model may forget or embellish; these lines come from the ledger. They are not written again, so they say nothing that
can change later on. The synthesis that is being written is not in them.
"""

from pathlib import Path

from damascus.core.money import to_usd
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.gates import StopDecision
from damascus.core.records.missions import Mission
from damascus.core.records.receipts import standing
from damascus.core.records.sources import Mark
from damascus.core.records.tasks import Task, TaskStatus
from damascus.ledger.queries.usage import Spend
from damascus.ledger.transaction import ReadTransaction
from damascus.work.delivery import handover, repositories, stated_numbers, sync_state
from damascus.work.delivery.acceptance_results import open_lines, reviewed_section
from damascus.work.delivery.report_files import PROGRAM_HEAD
from damascus.work.tasks import gates

SHORT_SHA_CHARS = 12
_FOLLOWED = {
    StopDecision.OPEN: "nothing was decided",
    StopDecision.CONTINUED: "the mission continued anyway",
    StopDecision.REPLANNED: "it was planned again",
    StopDecision.ENDED: "the mission ended there",
}
ASSUMED_NOTE = "~: the price of a model was not known and was assumed."


async def summary_footer(tx: ReadTransaction, mission: Mission, shared: Path) -> str:
    """Return `program_part` as it stands in the summary's file, under a line that says whose it is."""
    return f"{PROGRAM_HEAD}{await program_part(tx, mission, shared)}"


async def program_part(tx: ReadTransaction, mission: Mission, shared: Path) -> str:
    """Return Markdown: the receipts, the repositories with their commits, the cost per role."""
    titles = {task.id: task for task in await tx.tasks.of_mission(mission.id)}
    parts = [
        await _receipts(tx, mission, titles), await reviewed_section(tx, mission, titles),
        await _gates(tx, mission, titles), await _quoted(tx, mission),
        await _open_ends(tx, mission, titles, shared), await _taught(tx, titles),
        await _repositories(tx, mission), await _costs(tx, mission),
    ]  # fmt: skip
    return "\n\n".join(filter(None, parts)) + "\n"


async def _receipts(tx: ReadTransaction, mission: Mission, tasks: dict[str, Task]) -> str:
    rows = [row for row in standing(await tx.receipts.of_mission(mission.id)) if row.ok]
    lines = [f"- {_cell(tasks[row.task_id].title)}: {_cell(row.text)}" for row in rows]
    return "\n".join(["## Checked by the program", "", *dict.fromkeys(lines)]) if lines else ""


async def _gates(tx: ReadTransaction, mission: Mission, tasks: dict[str, Task]) -> str:
    """Return what the mission's gates said, and what followed where one said stop."""
    lines = []
    for verdict in await tx.verdicts.of_mission(mission.id):
        task = tasks[verdict.id]
        question = task.gate.question if task.gate else ""
        lines.append(f"- `{task.key}`: **{gates.in_words(verdict, task.gate)}**. {_cell(question)}")
        if verdict.decision != StopDecision.NONE:
            who = "you" if verdict.decided_by == "ceo" else verdict.decided_by or "nobody yet"
            lines.append(f"  - {_FOLLOWED[verdict.decision]} (decided by {who}): {_cell(task.summary or '')}")
            named = f"the gate {task.key!r} said stop"
            lines += [
                f"  - not begun: {_cell(other.title)}"
                for other in tasks.values() if (other.reason or "").startswith(named)
            ]  # fmt: skip
    return "\n".join(["## Gates", "", *lines]) if lines else ""


async def _quoted(tx: ReadTransaction, mission: Mission) -> str:
    """Return what the plan was quoted at, beside what was spent and took when this was written."""
    spent = to_usd(sum(spend.cost for spend in await tx.usage.by("role", mission.id)))
    took = int((tx.now - mission.created_at).total_seconds())
    rows = [
        f"| {quote.status} | {' / '.join(f'{to_usd(value):.4f}' for value in (cost.low, cost.expected, cost.worst))} | "
        f"{to_usd(quote.ceiling):.4f} | {seconds.low} / {seconds.expected} / {seconds.worst} | {spent:.4f} | {took} |"
        for quote in await tx.quotes.of_mission(mission.id)
        for cost, seconds in [(quote.lines.cost, quote.lines.seconds)]
    ]  # fmt: skip
    head = [
        "## Quoted and spent", "",
        "| quote | USD: low / expected / worst | ceiling | seconds: low / expected / worst | spent | took |",
        "|---|---|---|---|---|---|",
    ]  # fmt: skip
    return "\n".join([*head, *rows]) if rows else ""


async def _open_ends(tx: ReadTransaction, mission: Mission, tasks: dict[str, Task], shared: Path) -> str:
    """Return what failed, what was corrected, and what no program can check."""
    lost = [task for task in tasks.values() if task.status in TaskStatus.UNSUCCESSFUL]
    lines = [f"- failed: {_cell(task.title)}: {_cell(task.reason or task.status)}" for task in lost]
    lines += [
        f"- did not hold: {_cell(tasks[row.task_id].title)}: {_cell(row.text)}"
        for row in standing(await tx.receipts.of_mission(mission.id)) if not row.ok
    ]  # fmt: skip
    corrected = await tx.events.corrections(mission.id)
    reports = await tx.artifacts.of_mission(mission.id, ArtifactKind.REPORT)
    lines += [
        f"- contradiction: `{row.name}` cites {source.ref}, which e{corrected[int(source.ref[1:])]} corrects"
        for row in reports for source in row.detail.sources if int(source.ref[1:]) in corrected
    ]  # fmt: skip
    lines += [
        f"- contradiction: `{name}`: {_cell(str(each))}"
        for name, found in (await stated_numbers.in_mission(tx, mission, shared)).items() for each in found
    ]  # fmt: skip
    own = sum(source.mark == Mark.OWN_KNOWLEDGE for row in reports for source in row.detail.sources)
    lines += [f"- not checked: {own} citations of what is the models' own knowledge"] if own else []
    lines += await open_lines(tx, mission, tasks)
    lines.append("- not checked: whether a source supports what is said with it")
    return "\n".join(["## Failed, contradictory or not checked", "", *lines])


async def _taught(tx: ReadTransaction, tasks: dict[str, Task]) -> str:
    """What the mission's tasks were shown of earlier missions, and the CEO's rules."""
    shown: dict[str, list[str]] = {}
    for task in tasks.values():
        for use in await tx.memory_uses.of_task(task.id):
            shown.setdefault(use.memory_id, []).append(task.role)
    found = await tx.memories.among(sorted(shown), None)
    lines = []
    for memory in (found[id] for id in sorted(found)):
        origin = await tx.missions.find(memory.mission_id) if memory.mission_id else None
        whence = f"`{origin.slug}`" if origin else f"`{memory.owner}`"
        roles = ", ".join(sorted(set(shown[memory.id])))
        lines.append(f"- `{memory.id}`, {memory.kind} from {whence}, shown to {roles}: {_cell(memory.content)}")
    return "\n".join(["## From earlier missions", "", *lines]) if lines else ""


async def _repositories(tx: ReadTransaction, mission: Mission) -> str:
    made = await tx.artifacts.of_mission(mission.id)
    lines = []
    for row in (artifact for artifact in made if artifact.kind == ArtifactKind.REPOSITORY):
        pages = f", to look at: {row.detail.web_url}" if row.detail.web_url else ""
        commits = repositories.pushed(made, row.name)
        if commits:
            folder, zipped = handover.folder_of(mission, row.name), handover.zip_of(mission, row.name)
            start = f"; start it there with `{_cell(row.detail.start)}`" if row.detail.start else ""
            lines.append(f"- `{row.name}`: its files are in `{folder}` and `{zipped}`{start}")
        if row.detail.base:
            lines += _change(mission, row)
        else:
            lines.append(f"{'  ' if commits else ''}- `git clone {row.path}`{pages}")
        if sync_state.pending_reason(await tx.forge_syncs.find(row.id)):
            # it is synced later, and this is not written again: no reason, and not that it is still pending
            lines.append(f"  - not at the forge when this was written; `ceo show {mission.slug}` says where it is now")
        lines += [f"  - `{c.name[:SHORT_SHA_CHARS]}` {_cell(c.detail.message)} (`{c.path}`)" for c in commits]
    return "\n".join(["## Repositories", "", *lines]) if lines else ""


def _change(mission: Mission, row: Artifact) -> list[str]:
    """Return where a change of somebody's code is."""
    return [
        f"- `{row.name}` is a change of {_cell(row.detail.origin)}, whose own branch stays as it is: the branch "
        f"`{row.detail.branch}` (`git fetch {row.path} {row.detail.branch}`)",
        f"  - what asks for it to be taken over: `{handover.pull_request_of(mission)}`; `ceo show {mission.slug}` says "
        "where that is at the forge",
    ]


async def _costs(tx: ReadTransaction, mission: Mission) -> str:
    spent = await tx.usage.by("role", mission.id)
    lines = [
        f"| {s.of} | {s.calls} | {s.input_tokens} | {_share(s.cached_tokens, s.input_tokens)} | {s.output_tokens} | "
        f"{_cost(s)} |"
        for s in spent
    ]
    if lines:
        read, written = sum(s.input_tokens for s in spent), sum(s.output_tokens for s in spent)
        cached = _share(sum(s.cached_tokens for s in spent), read)
        total = f"{'~' if any(s.unknown_prices for s in spent) else ''}{to_usd(sum(s.cost for s in spent)):.4f}"
        lines.append(f"| **total** | {sum(s.calls for s in spent)} | {read} | {cached} | {written} | {total} |")
    head = ["## Cost", "", "| role | calls | tokens in | cached | tokens out | USD |", "|---|---|---|---|---|---|"]
    notes = ["", ASSUMED_NOTE] if any(s.unknown_prices for s in spent) else []
    return "\n".join([*head, *lines, *notes]) if lines else ""


def _share(cached: int, read: int) -> str:
    """Return the share of the tokens read that were in the provider's cache."""
    return f"{cached / read:.0%}" if read else "0%"


def _cost(spent: Spend) -> str:
    return f"{'~' if spent.unknown_prices else ''}{to_usd(spent.cost):.4f}"


def _cell(text: str) -> str:
    """A model's words on one line, so that they cannot add lines of their own here."""
    return " ".join(text.split()).replace("`", "'")[:300]
