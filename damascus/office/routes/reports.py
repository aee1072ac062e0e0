"""Reports on the shared volume."""

import asyncio

from fastapi import APIRouter

from damascus.core.errors import Invalid, NotFound
from damascus.core.records.artifacts import ArtifactKind
from damascus.office import missions_view, views
from damascus.office.deps import CompanyDep, Limit, Reading

router = APIRouter(prefix="/api/reports", tags=["reports"])


@router.get("")
async def list_reports(
    company: CompanyDep, tx: Reading, mission: str | None = None, after: str | None = None, limit: Limit = 100
) -> views.Page[views.ReportView]:
    """A mission's reports, or all, newest first."""
    if mission is not None:
        rows = await tx.artifacts.of_mission((await missions_view.find(tx, mission)).id, ArtifactKind.REPORT)
    else:
        rows = await tx.artifacts.list(ArtifactKind.REPORT, after, limit)
    slugs = {id: (await tx.missions.get(id)).slug for id in {row.mission_id for row in rows}}
    items = [missions_view.report(row, slugs[row.mission_id], company.settings.shared) for row in rows]
    more = mission is None and len(rows) == limit
    return views.Page(items=items, next=rows[-1].id if more else None)


@router.get("/{mission}/{name}")
async def read(mission: str, name: str, company: CompanyDep, tx: Reading) -> views.ReportText:
    """A report's text, front matter included."""
    found = await missions_view.find(tx, mission)
    row = await tx.artifacts.named(found.id, ArtifactKind.REPORT, name)
    if row is None:
        raise NotFound(f"the mission {found.slug} has no report {name!r}; `ceo reports {found.slug}` lists them")
    path = company.settings.shared / row.path
    try:
        text = await asyncio.to_thread(path.read_text, encoding="utf-8")
    except OSError as error:
        raise NotFound(f"the report's file {path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError:
        raise Invalid(f"the report's file {path} is not UTF-8 text any more; save it as UTF-8") from None
    view = missions_view.report(row, found.slug, company.settings.shared)
    return views.ReportText(**view.model_dump(), text=text)
