"""From rows to the schemas of the API."""

from pathlib import Path

from damascus.api import schemas
from damascus.composition.company import Company
from damascus.core.errors import NotFound
from damascus.core.json_object import to_json_object
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.core.records.budgets import FREE_UNITS, Budget, unit_of
from damascus.core.records.compactions import Compaction
from damascus.core.records.desk_items import DeskItem, DeskItemStatus
from damascus.core.records.events import Event
from damascus.core.records.forge_syncs import ForgeSyncRow
from damascus.core.records.gates import TaskVerdict
from damascus.core.records.missions import Mission
from damascus.core.records.quotes import Estimate, Quote
from damascus.core.records.receipts import Receipt, standing
from damascus.core.records.tasks import Task, TaskStatus
from damascus.core.records.turns import Turn
from damascus.core.records.usage import Usage
from damascus.ledger.queries.usage import Spend
from damascus.ledger.transaction import ReadTransaction
from damascus.work.budget.limits import mission_scope
from damascus.work.budget.pace import Paces
from damascus.work.delivery import handover
from damascus.work.delivery.repositories import pushed
from damascus.work.delivery.sync_state import note, pending_reason
from damascus.work.tasks import model_queue


async def find_mission(tx: ReadTransaction, name: str) -> Mission:
    """Return a mission by id or slug; raises NotFound if there is none."""
    mission = await tx.missions.find(name) or await tx.missions.by_slug(name)
    if mission is None:
        raise NotFound(f"there is no mission {name!r}; `ceo missions` lists them")
    return mission


async def directive(tx: ReadTransaction, id: str) -> schemas.Directive:
    """Return a directive with what became of it; raises NotFound if there is none."""
    row = await tx.directives.get(id)
    proposal = await tx.proposals.of_directive(id)
    if proposal is None:  # both are written in one transaction
        raise NotFound(f"the directive {id!r} has no proposal")
    mission = await tx.missions.of_directive(id)
    return schemas.Directive(
        id=id,
        text=row.text,
        created_at=row.created_at,
        proposal=schemas.Proposal(id=proposal.id, status=proposal.status, reason=proposal.reason),
        mission_id=mission.id if mission else None,
        follows=row.options.follows or None,
        answers=row.options.answers or None,
    )


async def mission(tx: ReadTransaction, row: Mission, company: Company) -> schemas.Mission:
    budget = await tx.budgets.get(mission_scope(row.id))
    until = row.finished_at or company.clock.now()
    free = await tx.budgets.list(*(f"{unit}:{budget.scope}" for unit in FREE_UNITS))
    spent = await tx.usage.by("model", row.id)
    return schemas.Mission(
        id=row.id, slug=row.slug, directive_id=row.directive_id, directive_text=row.directive_text,
        playbook=row.playbook, status=row.status, reason=row.reason, summary=row.summary,
        created_at=row.created_at, finished_at=row.finished_at,
        seconds=(until - row.created_at).total_seconds(), spent_microusd=budget.spent,
        reserved_microusd=budget.reserved,
        limit_microusd=budget.limit,
        models=sorted(sums.of for sums in spent), task_counts=await tx.tasks.count_by_status(row.id),
        input_tokens=sum(sums.input_tokens for sums in spent), cached_tokens=sum(sums.cached_tokens for sums in spent),
        rehearsal=company.settings.model.rehearsal if row.rehearsal is None else row.rehearsal,
        model_wait=await model_queue.describe(tx, row, Paces(company.settings.models)),
        price_known=not await tx.usage.has_assumed(row.id), allowances=[allowance(found) for found in free],
    )  # fmt: skip


async def mission_detail(tx: ReadTransaction, row: Mission, company: Company) -> schemas.MissionDetail:
    """Return a mission with all that belongs to it."""
    head = await mission(tx, row, company)
    made = await tx.artifacts.of_mission(row.id)
    open_items = [item for item in await tx.desk_items.of_mission(row.id) if item.status == DeskItemStatus.OPEN]
    return schemas.MissionDetail(
        **{name: getattr(head, name) for name in schemas.Mission.model_fields},
        tasks=await tasks(tx, row.id),
        reports=[report(a, row.slug, company.settings.shared) for a in made if a.kind == ArtifactKind.REPORT],
        repositories=await repositories(tx, row, made),
        receipts=receipts(await tx.receipts.of_mission(row.id)),
        waiting=[await desk_item(tx, item) for item in open_items],
        quotes=[quote(found) for found in await tx.quotes.of_mission(row.id)],
    )


def quote(row: Quote) -> schemas.Quote:
    lines = [
        schemas.QuotedTask(
            key=line.key, title=line.title, role=line.role, cost_microusd=_range(line.cost),
            seconds=_range(line.seconds), based_on=line.based_on,
        )
        for line in row.lines.tasks
    ]  # fmt: skip
    return schemas.Quote(
        id=row.id, status=row.status, tasks=lines, cost_microusd=_range(row.lines.cost),
        seconds=_range(row.lines.seconds), ceiling_microusd=row.ceiling,
        created_at=row.created_at, decided_at=row.decided_at,
    )  # fmt: skip


def _range(of: Estimate) -> schemas.QuotedRange:
    return schemas.QuotedRange(low=of.low, expected=of.expected, worst=of.worst)


async def tasks(tx: ReadTransaction, mission_id: str) -> list[schemas.Task]:
    """Return a mission's tasks in the order they were made."""
    dependencies = await tx.tasks.dependencies(mission_id)
    spent = {spend.of: spend for spend in await tx.usage.by("task_id", mission_id)}
    verdicts = {row.id: verdict(row) for row in await tx.verdicts.of_mission(mission_id)}
    rows = await tx.tasks.of_mission(mission_id)
    return [task(row, dependencies.get(row.id, []), spent.get(row.id), verdicts.get(row.id)) for row in rows]


def verdict(row: TaskVerdict) -> schemas.Verdict:
    return schemas.Verdict(
        word=row.word, number=row.number, decision=row.decision, decided_by=row.decided_by,
        created_at=row.created_at, decided_at=row.decided_at,
    )  # fmt: skip


def task(row: Task, depends_on: list[str], spent: Spend | None, verdict: schemas.Verdict | None = None) -> schemas.Task:
    return schemas.Task(
        id=row.id, mission_id=row.mission_id, key=row.key, kind=row.kind, title=row.title, role=row.role,
        status=row.status, reason=row.reason, summary=row.summary, depends_on=depends_on,
        worker=row.lease_owner.split("/")[0] if row.lease_owner else None,
        spent_microusd=spent.cost if spent else 0, price_known=not (spent and spent.unknown_prices),
        started_at=row.started_at, finished_at=row.finished_at,
        waits_for=row.waits_for if row.status == TaskStatus.PARKED else None, wake_at=row.wake_at,
        description=row.description, acceptance=row.acceptance, parent_id=row.parent_id, lease_until=row.lease_until,
        deliverable=schemas.Deliverable(
            kind=row.deliverable.kind, name=row.deliverable.name, test_command=row.deliverable.test_command
        ),
        gate=row.gate.question if row.gate else None, verdict=verdict,
    )  # fmt: skip


def compaction(row: Compaction, call: Usage | None) -> schemas.Compaction:
    return schemas.Compaction(
        text=row.text, created_at=row.created_at, model=call.model if call else None,
        input_tokens=call.input_tokens if call else None, output_tokens=call.output_tokens if call else None,
        cost_microusd=call.cost if call else None,
    )  # fmt: skip


def turn(
    row: Turn,
    call: Usage | None = None,
    max_chars: int | None = None,
    compaction: schemas.Compaction | None = None,
) -> schemas.Turn:
    """Return a turn, its content cut to `max_chars`; `call` is what a response used and cost."""
    return schemas.Turn(
        id=row.id, n=row.n, speaker=row.speaker, content=row.content[:max_chars], tool=row.tool,
        arguments=row.arguments, status=row.status, created_at=row.created_at, done_at=row.done_at,
        size=len(row.content), asked_at=call.asked_at if call else None,
        model=call.model if call else row.provider.model if row.provider else None,
        input_tokens=call.input_tokens if call else None, output_tokens=call.output_tokens if call else None,
        cost_microusd=call.cost if call else None, compaction=compaction,
    )  # fmt: skip


def event(row: Event) -> schemas.Event:
    return schemas.Event(
        seq=row.seq, kind=row.kind, author=row.author, mission_id=row.mission_id, task_id=row.task_id,
        payload=row.payload, created_at=row.created_at, entry=row.entry, replaces=row.replaces,
    )  # fmt: skip


def receipts(rows: list[Receipt]) -> list[schemas.Receipt]:
    """Return a mission's receipts, each with whether it still counts."""
    counts = {row.id for row in standing(rows)}
    return [
        schemas.Receipt(
            kind=row.kind, ok=row.ok, text=row.text, standing=row.id in counts, task_id=row.task_id,
            detail=to_json_object(row.detail), created_at=row.created_at,
        )
        for row in rows
    ]  # fmt: skip


def report(row: Artifact, slug: str, shared: Path) -> schemas.Report:
    return schemas.Report(
        mission_id=row.mission_id, mission_slug=slug, name=row.name, title=row.detail.title or row.name,
        path=row.path, absolute=str(shared / row.path), task_id=row.task_id,
        author=row.detail.author, created_at=row.created_at, earlier=list(row.detail.earlier),
    )  # fmt: skip


async def repositories(tx: ReadTransaction, mission: Mission, made: list[Artifact]) -> list[schemas.Repository]:
    """Return the repositories among a mission's artifacts, each with its pushed commits, oldest first."""
    found = []
    for row in (a for a in made if a.kind == ArtifactKind.REPOSITORY):
        commits = [schemas.Commit(sha=c.name, message=c.detail.message, link=c.path) for c in pushed(made, row.name)]
        sync, board = await tx.forge_syncs.find(row.id), await tx.forge_syncs.find(row.mission_id)
        repository = schemas.Repository(
            id=row.id, mission_id=row.mission_id, name=row.name, url=row.path, web_url=row.detail.web_url,
            head=commits[-1].sha if commits else None, commits=commits,
            waits=pending_reason(sync), note=note(sync, board), start=row.detail.start or None,
            folder=handover.folder_of(mission, row.name) if commits else None,
            zip=handover.zip_of(mission, row.name) if commits else None,
            origin=row.detail.origin or None, branch=row.detail.branch or None,
            pull_request=_pull_request(mission, row, board) if commits and row.detail.base else None,
        )  # fmt: skip
        found.append(repository)
    return found


def _pull_request(mission: Mission, row: Artifact, board: ForgeSyncRow | None) -> str | None:
    """Return where a pull request is: at the forge, or if there is none that takes it in a file; None until then."""
    if board is None:
        return handover.pull_request_of(mission)
    done = next((one for one in board.board.released if one.artifact_id == row.id), None)
    return None if done is None else done.tag or handover.pull_request_of(mission)


async def desk_item(tx: ReadTransaction, row: DeskItem) -> schemas.DeskItem:
    asker = await tx.tasks.find(row.task_id) if row.task_id else None
    call = await tx.turns.find(row.turn_id) if row.turn_id else None
    budget = await tx.budgets.find(row.detail.scope) if row.detail.scope else None
    return schemas.DeskItem(
        id=row.id, kind=row.kind, mission_id=row.mission_id, task_id=row.task_id, role=asker.role if asker else None,
        text=row.text, amount_microusd=row.amount, unit=unit_of(row.detail.scope), status=row.status,
        created_at=row.created_at, mission_slug=(await tx.missions.get(row.mission_id)).slug,
        task_title=asker.title if asker else None, turn_id=row.turn_id, tool=row.detail.tool or None,
        arguments=call.arguments if call and row.detail.tool else None, scope=row.detail.scope or None,
        danger=row.detail.danger or None, spent=budget.spent if budget else None,
        limit=budget.limit if budget else None, needed=row.detail.need or None,
        memory_id=row.detail.memory or None, answer=row.answer, decided_at=row.decided_at,
        blocks=row.status == DeskItemStatus.OPEN and asker is not None and asker.status == TaskStatus.PARKED,
    )  # fmt: skip


def budget(row: Budget, *, price_known: bool = True) -> schemas.Budget:
    return schemas.Budget(
        scope=row.scope, spent_microusd=row.spent, reserved_microusd=row.reserved, limit_microusd=row.limit,
        price_known=price_known,
    )  # fmt: skip


def allowance(row: Budget) -> schemas.Allowance:
    unit = unit_of(row.scope)
    scope = row.scope.removeprefix(f"{unit}:")
    return schemas.Allowance(scope=scope, unit=unit, used=row.spent, reserved=row.reserved, limit=row.limit)


def spend(row: Spend) -> schemas.Spend:
    return schemas.Spend(
        of=row.of, calls=row.calls, input_tokens=row.input_tokens, output_tokens=row.output_tokens,
        cost_microusd=row.cost, unknown_prices=row.unknown_prices, cached_tokens=row.cached_tokens,
    )  # fmt: skip
