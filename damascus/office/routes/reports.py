"""Reports on the shared volume."""

from fastapi import APIRouter

from damascus.api import schemas
from damascus.composition.company import Company
from damascus.core.errors import NotFound
from damascus.core.records.artifacts import Artifact, ArtifactKind
from damascus.ledger.transaction import ReadTransaction
from damascus.office import report_text, serializers
from damascus.office.dependencies import CompanyDep, PagingDep, Reading

router = APIRouter(tags=["reports"])


@router.get("")
async def list_reports(
    company: CompanyDep, tx: Reading, paging: PagingDep, mission: str | None = None
) -> schemas.Page[schemas.Report]:
    """Return all reports of a mission, or a page of all reports, newest first."""
    if mission is not None:
        found = await serializers.find_mission(tx, mission)
        rows = await tx.artifacts.of_mission(found.id, ArtifactKind.REPORT)
        return schemas.Page(items=await _reports(tx, rows, company))
    rows = await tx.artifacts.list(ArtifactKind.REPORT, paging.after, paging.fetched)
    items = await _reports(tx, paging.cut(rows), company)
    return schemas.Page(items=items, next=paging.next([row.id for row in rows]))


@router.get("/{mission}/{name}")
async def read(mission: str, name: str, company: CompanyDep, tx: Reading) -> schemas.ReportText:
    """Return a report with its text, whose words are whose, and what it rests on, uncut."""
    found = await serializers.find_mission(tx, mission)
    row = await tx.artifacts.named(found.id, ArtifactKind.REPORT, name)
    if row is None:
        raise NotFound(f"the mission {found.slug} has no report {name!r}; `ceo reports {found.slug}` lists them")
    return await report_text.read(tx, found, row, company.settings)


async def _reports(tx: ReadTransaction, rows: list[Artifact], company: Company) -> list[schemas.Report]:
    slugs = {id: (await tx.missions.get(id)).slug for id in {row.mission_id for row in rows}}
    return [serializers.report(row, slugs[row.mission_id], company.settings.shared) for row in rows]
