"""A mission with all that belongs to it, as the API shows it."""

from pathlib import Path

from damascus.composition.company import Company
from damascus.core.errors import NotFound
from damascus.core.records.artifacts import Artifact
from damascus.core.records.desk_items import DeskItem
from damascus.core.records.missions import Mission
from damascus.core.records.tasks import Task
from damascus.ledger.queries.usage import Spend
from damascus.ledger.transaction import ReadTransaction
from damascus.office import views
from damascus.work.budget.budget import mission_scope
from damascus.work.delivery.forge_sync import waits
from damascus.work.delivery.repositories import pushed


async def find(tx: ReadTransaction, name: str) -> Mission:
    """A mission by id or slug; raises NotFound."""
    mission = await tx.missions.find(name) or await tx.missions.by_slug(name)
    if mission is None:
        raise NotFound(f"there is no mission {name!r}; `ceo missions` lists them")
    return mission


async def brief(tx: ReadTransaction, mission: Mission, company: Company) -> views.MissionView:
    budget = await tx.budgets.get(mission_scope(mission.id))
    until = mission.finished_at or company.clock.now()
    return views.MissionView(
        id=mission.id, slug=mission.slug, directive_id=mission.directive_id, directive=mission.directive_text,
        playbook=mission.playbook, status=mission.status, reason=mission.reason, summary=mission.summary,
        created_at=mission.created_at, finished_at=mission.finished_at,
        seconds=(until - mission.created_at).total_seconds(), spent_microusd=budget.spent,
        limit_microusd=budget.limit, rehearsal=company.settings.model.rehearsal,
    )  # fmt: skip


async def detail(tx: ReadTransaction, mission: Mission, company: Company) -> views.MissionDetail:
    """Everything about a mission in one answer."""
    head = await brief(tx, mission, company)
    made = await tx.artifacts.of_mission(mission.id)
    waiting = [a for a in await tx.desk_items.of_mission(mission.id) if a.status == "open"]
    return views.MissionDetail(
        **head.model_dump(),
        tasks=await tasks(tx, mission.id),
        reports=[report(a, mission.slug, company.settings.shared) for a in made if a.kind == "report"],
        repositories=await repositories(tx, made),
        receipts=[views.ReceiptView.model_validate(r) for r in await tx.receipts.of_mission(mission.id)],
        waiting=[await approval(tx, a) for a in waiting],
    )


async def tasks(tx: ReadTransaction, mission_id: str) -> list[views.TaskView]:
    needs = await tx.tasks.dependencies(mission_id)
    spent = {s.of: s for s in await tx.usage.by("task_id", mission_id)}
    return [task(row, needs.get(row.id, []), spent.get(row.id)) for row in await tx.tasks.of_mission(mission_id)]


def task(row: Task, needs: list[str], spend: Spend | None) -> views.TaskView:
    return views.TaskView(
        id=row.id, mission_id=row.mission_id, key=row.key, kind=row.kind, title=row.title, role=row.role,
        status=row.status, reason=row.reason, summary=row.summary, needs=needs,
        worker=row.lease_owner.split("/")[0] if row.lease_owner else None,
        spent_microusd=spend.cost if spend else 0, started_at=row.started_at, finished_at=row.finished_at,
    )  # fmt: skip


def report(row: Artifact, slug: str, shared: Path) -> views.ReportView:
    return views.ReportView(
        mission_id=row.mission_id, mission_slug=slug, name=row.name, title=str(row.detail.get("title", row.name)),
        path=row.path, absolute=str(shared / row.path), task_id=row.task_id,
        author=str(row.detail.get("author", "")), created_at=row.created_at,
    )  # fmt: skip


async def repositories(tx: ReadTransaction, made: list[Artifact]) -> list[views.RepositoryView]:
    """The repositories among a mission's artifacts, each with its pushed commits, oldest first."""
    found = []
    for row in (a for a in made if a.kind == "repository"):
        commits = [
            views.CommitView(sha=c.name, message=str(c.detail.get("message", "")), link=c.path)
            for c in pushed(made, row.name)
        ]
        view = views.RepositoryView(
            mission_id=row.mission_id, name=row.name, url=row.path, web_url=row.detail.get("web_url"),
            head=commits[-1].sha if commits else None, waits=waits(await tx.forge_syncs.find(row.id)), commits=commits,
        )  # fmt: skip
        found.append(view)
    return found


async def approval(tx: ReadTransaction, row: DeskItem) -> views.ApprovalView:
    asker = await tx.tasks.find(row.task_id) if row.task_id else None
    return views.ApprovalView(
        id=row.id, kind=row.kind, mission_id=row.mission_id, task_id=row.task_id, role=asker.role if asker else None,
        text=row.text, amount_microusd=row.amount, status=row.status, created_at=row.created_at,
    )  # fmt: skip
